"""ActiveCode: the active entries of the codes of some rows, and the products over them alone."""

from __future__ import annotations

from functools import partial
from itertools import zip_longest

import numpy as np

from ..kernels import active, csr, gates, selection
from ..rows.matrices import CSRBatch
from ..runtime import buffers, workers

# How many times as long as a number of a product takes one of a selection, and one of a transposed copy.
_SELECTION, _COPY = 16, 8

# Numbers of a cache line, of which parts are multiples. Bytes of sums that are put together before they are taken,
# which are to stay in the second-level cache, and the most units of them: what is read and written of a row of weights
# is long.
_LINE, _TILE_BYTES, _TILE_UNITS = 16, 2**19, 1024

# Units of which the greatest entries are looked for together.
_TOGETHER = 64


class ActiveCode:
    """The active entries of the codes of some rows.

    Parameters
    ----------
    row_starts : ndarray of shape (n_rows + 1,), int64
        Place of the first entry of each row, and the end of the last row.
    units : ndarray of shape (n_active,), int32
        Unit of each entry, ascending within a row.
    values : ndarray of shape (n_active,)
        Pre-activations with their bias; after ``activate`` activations.
    n_units : int
    """

    def __init__(self, row_starts, units, values, n_units):
        self.row_starts = row_starts
        self.units = units
        self.values = values
        self.shape = (len(row_starts) - 1, n_units)

    @classmethod
    def greatest_of_rows(cls, z, bias, k):
        """The k greatest of z + bias in each row; None where one of all is not finite."""
        (n_rows, width), dtype = z.shape, z.dtype
        units, values = np.empty(n_rows * k, np.int32), np.empty(n_rows * k, dtype)

        def select(first, last):
            sums, workspace, chosen = np.empty(width, dtype), np.empty(width, dtype), np.empty(width, np.int32)
            return selection.greatest_of_rows(z, bias, k, first, last, sums, workspace, chosen, units, values)

        if not all(workers.shared(select, workers.parts(n_rows, _SELECTION * z.size))):
            return None
        return cls(np.arange(0, n_rows * k + 1, k, np.int64), units, values, width)

    @classmethod
    def greatest_of_columns(cls, z, bias, k):
        """The k greatest of z + bias in each column; None where one of all is not finite."""
        (n_rows, width), dtype = z.shape, z.dtype
        rows, values = np.empty(width * k, np.int32), np.empty(width * k, dtype)

        def select(first, last):
            sums, best = np.zeros(_TOGETHER, dtype), np.empty((k, _TOGETHER), dtype)
            room, found = np.empty(_TOGETHER, np.int32), np.empty(_TOGETHER, np.int32)
            return selection.greatest_of_columns(z, bias, first, last, sums, best, room, found, rows, values)

        if not all(workers.shared(select, workers.parts(width, _SELECTION * z.size, _LINE))):
            return None
        by_unit = cls(np.arange(0, width * k + 1, k, np.int64), rows, values, n_rows)
        row_starts, units, places = by_unit.transposed()
        return cls(row_starts, units, values[places], width)

    @classmethod
    def greatest_of_all(cls, z, bias, count):
        """The greatest of z + bias over all rows, so many; None where one of all is not finite."""
        n_rows, width = z.shape
        # The greatest of blocks, of which there are about twice as many, give a bound that enough entries reach.
        n_blocks = min(width, -(-2 * count // n_rows))
        maxima = np.empty((n_rows, n_blocks), z.dtype)

        def find_maxima(first, last):
            return selection.maxima_of_rows(z, bias, first, last, maxima)

        if not all(workers.shared(find_maxima, workers.parts(n_rows, _SELECTION * z.size))):
            return None
        code = cls.at_least(z, bias, selection.kth_greatest(maxima.ravel(), maxima.size, count))
        bound = selection.kth_greatest(code.values.copy(), len(code.values), count)
        kept = np.empty(len(code.values), np.uint8)
        selection.keep_greatest(code.values, bound, count, kept)
        return code.only(kept.view(bool))

    @classmethod
    def at_least(cls, z, bias, bound):
        """All of z + bias that are at least a bound."""
        n_rows, width = z.shape
        counts, row_parts = np.empty(n_rows, np.int64), workers.parts(n_rows, z.size)

        def count(first, last):
            selection.count_from(z, bias, bound, first, last, counts)

        workers.shared(count, row_parts)
        row_starts = np.append(0, np.cumsum(counts))
        units, values = np.empty(row_starts[-1], np.int32), np.empty(row_starts[-1], z.dtype)

        def collect(first, last):
            selection.collect_from(z, bias, bound, first, last, row_starts, units, values)

        workers.shared(collect, row_parts)
        return cls(row_starts, units, values, width)

    def transposed(self):
        """The entries unit by unit: where each unit starts, the rows of the entries, and their places among these."""
        return active.entries_by_unit(self.row_starts, self.units, self.shape[1])

    def activate(self, activation):
        """Activations in the place of the pre-activations."""
        activation.forward(self.values[None], np.zeros_like(self.values))

    def at_preactivation(self, delta, activation):
        """The gradient at the activations becomes that at the pre-activations: zero for units that are zero."""
        gates.stop_where_zero(self.values[None], delta[None])
        activation.backward(delta[None], self.values[None], np.empty_like(delta))

    def without_zeros(self):
        """The entries that are not zero, as a new code."""
        return self.only(self.values != 0)

    def only(self, kept):
        """Some of the entries, as a new code; ``kept`` is of bool."""
        row_starts = np.append(0, np.cumsum(kept))[self.row_starts]
        return ActiveCode(row_starts, self.units[kept], self.values[kept], self.shape[1])

    @classmethod
    def of_dense(cls, code):
        """The entries of a code that are not zero."""
        rows, units = np.nonzero(code)
        row_starts = np.append(0, np.cumsum(np.bincount(rows, minlength=len(code))))
        return cls(row_starts, units.astype(np.int32), code[rows, units], code.shape[1])

    def scatter(self, out):
        """Put the code into out, of shape (n_rows, n_units)."""
        csr.scatter(self.values, self.units, self.row_starts, out)

    def product(self, weights, out):
        """The code times a matrix of shape (n_units, n_features)."""

        def decode(first, last):
            active.decode(self.row_starts, self.units, self.values, weights, first, last, out)

        workers.shared(decode, self._row_parts(weights))

    def gradient(self, output_delta, weights):
        """Gradient at each entry from that at its product with weights."""
        delta = np.empty_like(self.values)

        def differentiate(first, last):
            active.code_gradient(self.row_starts, self.units, weights, output_delta, first, last, delta)

        workers.shared(differentiate, self._row_parts(weights))
        return delta

    def _row_parts(self, weights):
        return workers.parts(self.shape[0], len(self.units) * weights.shape[1])


def unit_gradients(code, *sums):
    """Sums over pairs of the products of the entries of a code, transposed, with rows: grad_l = sum_i values_il x_i.

    Parameters
    ----------
    code : ActiveCode of shape (n_rows, n_units)
    *sums : tuple of (out, pairs)
        ``out``, of shape (n_units, n_columns), is an ndarray of C order or the transposed of one, which is overwritten,
        or takes the sums part by part, as ``training.weight_steps.WeightStep`` does: its ``take(first, first_column,
        last_column, part)`` is called for parts of shape (n, at least last_column - first_column), each for units and
        columns of its own, by several threads at once. Each pair is the values at the entries, in the order of the
        rows, and the rows: ndarray or, where units are not rows of ``out``, CSRBatch of shape (n_rows, n_columns).
    """
    by_unit = code.transposed()
    sums = [(out, [_terms(code, by_unit, values, x) for values, x in pairs]) for out, pairs in sums]
    by_units = [(out, terms) for out, terms in sums if _whole_rows(out)]
    by_columns = [(out, terms) for out, terms in sums if not _whole_rows(out)]
    numbers = sum(
        len(terms) * len(code.units) * out.shape[1] + (1 if _whole_rows(out) else _COPY) * out.shape[0] * out.shape[1]
        for out, terms in sums
    )
    unit_parts = workers.parts(code.shape[1], numbers, _LINE) if by_units else []
    column_parts = workers.parts(by_columns[0][0].shape[1], numbers, _LINE) if by_columns else []

    def add(units, columns):
        for out, terms in by_units:
            _add_units(terms, *units, out, code.values.dtype)
        for out, terms in by_columns:
            _add_columns(terms, *columns, out, code.values.dtype)

    # Each thread has some units of the ones and some columns of the others.
    workers.shared(add, list(zip_longest(unit_parts, column_parts, fillvalue=(0, 0))))


def _terms(code, by_unit, values, x):
    """What adds the products of values and rows to a part: a callable (first, first_column, last_column, anew, out)."""
    if isinstance(x, CSRBatch):
        return partial(active.add_stored_unit_sums, *x.by_columns(), code.row_starts, code.units, values)
    return partial(active.add_unit_sums, *by_unit, values, x)


def _whole_rows(out):
    """Whether units are rows in memory."""
    return out.flags.c_contiguous if isinstance(out, np.ndarray) else out.by_rows


def _add_units(terms, first, last, out, dtype):
    """``unit_gradients`` for some of the units."""
    if isinstance(out, np.ndarray):
        _add_terms(terms, first, 0, out.shape[1], out[first:last])
        return
    tile = _tile_of_units(out, dtype)
    for start in range(first, last, len(tile)):
        part = tile[: last - start]
        _add_terms(terms, start, 0, out.shape[1], part)
        out.take(start, 0, out.shape[1], part)


def _add_columns(terms, first, last, out, dtype):
    """``unit_gradients`` for some of the columns of the rows."""
    if first == last:
        return
    n_units = out.shape[0]
    tile, n_columns = _tile_of_columns(n_units, last - first, dtype)
    for column in range(first, last, n_columns):
        end = min(last, column + n_columns)
        for start in range(0, n_units, len(tile)):
            part = tile[: n_units - start]
            _add_terms(terms, start, column, end, part)
            if isinstance(out, np.ndarray):
                active.transpose_into(part, start, out.T[column:end])
            else:
                out.take(start, column, end, part)


def _add_terms(terms, first, first_column, last_column, out):
    """The sums of the units from ``first`` on, for some columns."""
    for n, add in enumerate(terms):
        add(first, first_column, last_column, n == 0, out)


def _tile_of_units(out, dtype):
    """A buffer for the sums of some units, without gaps."""
    n_units, n_columns = out.shape
    most = _TILE_BYTES // (n_columns * dtype.itemsize) // _LINE * _LINE
    return buffers.empty((min(n_units, max(_LINE, most)), n_columns), dtype)


def _tile_of_columns(n_units, n_columns, dtype):
    """A buffer for the sums of some units and columns, and for how many columns it is.

    Its rows take odd numbers of cache lines: with powers of two, entries of one column would fall on the same places of
    the cache.
    """
    n_units, per_line = min(n_units, _TILE_UNITS), _LINE * 4 // dtype.itemsize
    most = max(1, _TILE_BYTES // (n_units * per_line * dtype.itemsize)) * per_line
    n_columns = min(n_columns, most)
    return buffers.empty((n_units, (-(-n_columns // per_line) | 1) * per_line), dtype), n_columns


def rows_of(weights, out=None):
    """A matrix of C order: itself, or a copy of the transposed of one, in a buffer where that is given."""
    if weights.flags.c_contiguous:
        return weights
    out = np.empty(weights.shape, weights.dtype) if out is None else out

    def copy(first, last):
        active.transpose_rows(weights.T, first, last, out)

    workers.shared(copy, workers.parts(out.shape[0], _COPY * out.size, _LINE))
    return out
