"""SharedProduct: products of batches with weights that the threads of ``workers`` share, each with one of BLAS.

The threads of BLAS itself keep a core busy for a while after each product, while other loops would need it.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..kernels import csr
from ..rows.matrices import CSRBatch
from ..runtime import workers
from ..runtime.threads import one_thread_if_small

# Columns that are multiplied at once, at least; most parts of a product; and what they are multiples of.
_COLUMNS, _PARTS, _MULTIPLE = 512, 8, 64

# How many numbers of a dense product are gone through in the time of one of a product of active entries.
_DENSE = 3

# A product over the entries that are not zero in X alone is faster up to this share of them and up to so many in a row,
# both the mean of some rows of a batch, and from so many units on.
_STORED_SHARE, _MOST_STORED = 0.3, 600
_SEEN_ROWS = 8
_FEWEST_UNITS = 128

# Weights that a product over single entries goes through again and again, which are to stay in the cache; fewest units
# of a part of them, since short pieces of rows are slow to read.
_TILE_BYTES, _TILE_UNITS = 2**22, 512

# Greatest zero of X, in the coordinates of a network, that is taken off: what is left has digits less by so much.
_GREATEST_ZERO = 4.0


class SharedProduct:
    """The product of a batch with the first weights of a network: of all entries, or, where most of those of X are
    zero, of the others.

    In the coordinates of a network a zero of X is another number, z_j in column j: x W = (x - z) W + z W.

    Parameters
    ----------
    network : Network
    """

    def __init__(self, network):
        self._network = network
        self._room = None

    def __call__(self, a, weights, out):
        """out = a W, by parts that do not depend on the number of threads, so that neither do the roundings.

        Parameters
        ----------
        a : ndarray or CSRBatch of shape (n_rows, fan_in)
        weights : ndarray of shape (fan_in, fan_out)
        out : ndarray of shape (n_rows, fan_out)
        """
        if isinstance(a, CSRBatch):
            rows = StoredRows(a.values, a.columns, a.row_starts[:-1], a.row_starts[1:])
            # So few of the weights are read twice that whole rows of them are best.
            _of_stored(rows, weights, np.zeros(out.shape[1], out.dtype), out, out.shape[1])
        elif self._has_few_entries(a, out):
            self._of_changes(a, weights, out)
        else:
            _dense(a, weights, out)

    def _has_few_entries(self, a, out):
        """Whether most entries of some rows are zero in X."""
        if out.shape[1] < _FEWEST_UNITS:
            return False
        some = a[:: max(1, len(a) // _SEEN_ROWS)]
        most = min(_STORED_SHARE * a.shape[1], _MOST_STORED)
        return np.count_nonzero(some != self._zero) <= most * len(some)

    @cached_property
    def _zero(self):
        """What a zero of X is in each column."""
        coordinates = self._network.coordinates
        zero = np.zeros((1, self._network.architecture.sizes[0]), self._network.dtype)
        if coordinates is not None:
            coordinates.inward(zero)
        zero[np.abs(zero) > _GREATEST_ZERO] = 0
        return zero[0]

    @cached_property
    def _entries_of_zero(self):
        columns = np.flatnonzero(self._zero).astype(np.int32)
        return StoredRows(self._zero[columns], columns, np.zeros(1, np.int64), np.array([len(columns)]))

    def _of_changes(self, a, weights, out):
        """The product over the entries that are not zero in X."""
        nothing, of_zero = np.zeros(out.shape[1], out.dtype), np.empty((1, out.shape[1]), out.dtype)
        size = max(_TILE_UNITS, _TILE_BYTES // (len(weights) * weights.itemsize) // _MULTIPLE * _MULTIPLE)
        _of_stored(self._entries_of_zero, weights, nothing, of_zero, size)
        changes = StoredRows(*self._buffers(a), np.arange(len(a)) * a.shape[1], np.empty(len(a), np.int64))

        def find(first, last):
            csr.changes(a, self._zero, first, last, changes.values, changes.columns, changes.ends)

        _of_stored(changes, weights, of_zero[0], out, size, find)

    def _buffers(self, a):
        """For the entries of a batch and their columns: new ones at each step would take longer than to fill them."""
        if self._room is None or self._room[0].size < a.size:
            self._room = np.empty(a.size, a.dtype), np.empty(a.size, np.int32)
        return self._room


class StoredRows(NamedTuple):
    """Entries of rows: their values, their columns, and where those of each row start and end."""

    values: np.ndarray
    columns: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


def _of_stored(rows, weights, bias, out, size, find=None):
    """out = x W + bias, with rows of which some entries are stored, for ``size`` units at a time.

    ``find(first, last)``, where it is given, finds the entries of some rows before they are multiplied.
    """
    width = out.shape[1]
    n_entries = int((rows.ends - rows.starts).sum()) if find is None else int(_STORED_SHARE * rows.values.size)

    def multiply(first, last):
        if find is not None:
            find(first, last)
        for unit in range(0, width, size):
            csr.part_of_product(*rows, weights, bias, first, last, unit, min(width, unit + size), out)

    workers.shared(multiply, workers.parts(len(out), n_entries * width))


def _dense(a, weights, out):
    """The product of all entries."""
    width = out.shape[1]
    size = max(_COLUMNS, -(-width // _PARTS // _MULTIPLE) * _MULTIPLE)

    # Each thread has its own state of errors.
    @np.errstate(over="ignore", invalid="ignore")
    def multiply_columns(first, last):
        with one_thread_if_small(0):
            for start in range(first, last, size):
                columns = slice(start, min(last, start + size))
                np.matmul(a, weights[:, columns], out=out[:, columns])

    workers.shared(multiply_columns, workers.parts(width, out.size * a.shape[1] // _DENSE, size))
