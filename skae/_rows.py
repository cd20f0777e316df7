"""Rows of a data matrix, read in blocks into buffers of the model's precision; X as a whole is never copied."""

from __future__ import annotations

import mmap
from typing import NamedTuple

import numpy as np

from . import _buffers
from ._matrices import SparseRows

# Bytes of one block of rows: large enough for the products to run at full speed, small beside any X.
BLOCK_BYTES = 4 * 2**20

# Rows taken from a memory map before its pages are released. A page that is touched brings its neighbours with it, up
# to 2 MiB a row where the file is cached in large pages.
_MAPPED_ROWS = 32


def model_dtype(X):
    """Precision in which X is modelled: float32 for float32 and float16, else float64."""
    return np.dtype(np.float32 if X.dtype.kind == "f" and X.dtype.itemsize <= 4 else np.float64)


def is_native(X, dtype):
    """True where rows of X can be handed to BLAS as they are."""
    return (
        isinstance(X, np.ndarray) and X.dtype == dtype and X.dtype.isnative and X.flags.c_contiguous and X.flags.aligned
    )


def block_rows(width, dtype, block_bytes=BLOCK_BYTES):
    """Number of rows of the given width that make one block."""
    return max(1, block_bytes // (max(1, width) * np.dtype(dtype).itemsize))


def row_blocks(n_rows, size):
    """Yield slices that cover range(n_rows) in steps of size."""
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))


def gather(X, indices, out):
    """Copy the rows at indices into out, converted to its dtype.

    Parameters
    ----------
    X : ndarray, SparseRows or FilledRows of shape (n_samples, n_features)
    indices : ndarray of shape (n_rows,)
        Within bounds.
    out : ndarray of shape (n_rows, n_features)
    """
    if isinstance(X, SparseRows):
        X.gather(indices, out)
        return
    size = len(indices) if memory_map(X) is None else _MAPPED_ROWS
    for part in row_blocks(len(indices), size):
        if is_native(X, out.dtype):
            # mode="clip" spares NumPy the buffer that it needs to leave ``out`` whole after an error.
            np.take(X, indices[part], axis=0, out=out[part], mode="clip")
        else:
            out[part] = X[indices[part]]
        release(X)


class Reader:
    """Reads rows of X in the precision of a model.

    Parameters
    ----------
    X : ndarray, SparseRows or FilledRows of shape (n_samples, n_features)
    dtype : dtype
    n_rows : int
        Most rows of one call.
    keep_sparse : bool, default=True
        Whether rows of a sparse X may come as ``StoredRows``, where that is less work.
    """

    def __init__(self, X, dtype, n_rows, keep_sparse=True):
        self._X = X
        self._dtype = dtype
        self._sparse = keep_sparse and isinstance(X, SparseRows) and X.worth_keeping
        self._buffer = None if self._sparse else _buffers.empty((n_rows, X.shape[1]), dtype)

    def __call__(self, indices):
        """The rows at indices: ``StoredRows``, or an array that the next call overwrites."""
        if self._sparse:
            return self._X.stored(indices, self._dtype)
        out = self._buffer[: len(indices)]
        gather(self._X, indices, out)
        return out


def release(X):
    """Let the system take back the pages of a memory map that were read; X stays as it is.

    Without this the resident memory of a fit would grow to the size of the file. Maps whose changed pages are private
    to the process are left alone, since those pages would be lost.
    """
    mapped = memory_map(X)
    if mapped is not None and mapped.mode in ("r", "r+", "w+") and hasattr(mapped._mmap, "madvise"):
        mapped._mmap.madvise(mmap.MADV_DONTNEED)


def memory_map(X):
    """The memory map that X is a view of, or None."""
    X = getattr(X, "X", X)
    while isinstance(X, np.ndarray):
        if isinstance(X, np.memmap):
            return X
        X = X.base
    return None


def read_blocks(X):
    """Yield (slice, X[slice]) for all rows of X in order, and release what was read."""
    for rows in row_blocks(len(X), block_rows(X.shape[1], X.dtype)):
        yield rows, X[rows]
        release(X)


@np.errstate(over="ignore", invalid="ignore")
def sums_finite(block):
    """Whether the sum of a block is finite, which shows at little cost that all its values are; not the reverse."""
    return block.dtype.kind != "f" or bool(np.isfinite(block.sum()))


class Sample(NamedTuple):
    """Some rows of X, with their weights in a mean.

    Attributes
    ----------
    X : ndarray, SparseRows or FilledRows of shape (n_samples, n_features)
    rows : ndarray of shape (n_rows,)
        Indices of the rows, in order.
    weights : ndarray of shape (n_samples,) or None
        Of mean one over the rows; None for ones.
    """

    X: np.ndarray
    rows: np.ndarray
    weights: np.ndarray | None = None

    @classmethod
    def of(cls, X, sample_weight=None, rows=None):
        """The rows of X whose weight is not zero, of all or of the given ones."""
        rows = np.arange(len(X)) if rows is None else rows
        if sample_weight is None:
            return cls(X, rows)
        rows = rows[sample_weight[rows] > 0]
        # Divided first, so that weights near the largest number have a mean.
        weights = sample_weight / sample_weight[rows].max()
        return cls(X, rows, weights / weights[rows].mean())

    def blocks(self):
        """Yield the rows in order, a block of them at a time."""
        for part in row_blocks(len(self.rows), block_rows(self.X.shape[1], self.X.dtype)):
            yield self.X[self.rows[part]]
            release(self.X)

    def scales(self, part, dtype):
        """1 / n_rows times the weight of some of the rows: their share of the mean."""
        if self.weights is None:
            return np.full(len(self.rows[part]), 1.0 / len(self.rows), dtype)
        return (self.weights[self.rows[part]] / len(self.rows)).astype(dtype)

    @np.errstate(over="ignore", invalid="ignore")
    def mean_and_scale(self):
        """Weighted mean of each column, and the root mean square, over all entries, of the deviations from it."""
        mean = square = 0.0
        start = 0
        for block in self.blocks():
            x = block.astype(np.float64)
            share = self.scales(slice(start, start + len(x)), np.float64)
            mean += share @ x
            square += share @ np.square(x)
            start += len(x)
        return mean, float(np.sqrt(np.maximum(square - np.square(mean), 0.0).mean()))


def column_range(sample, low=None, high=None):
    """Least and greatest value of each column of a sample, joined with an earlier range where one is given.

    NaN is passed over; a column that holds nothing else has the range NaN.
    """
    for block in sample.blocks():
        least, greatest = np.fmin.reduce(block, axis=0), np.fmax.reduce(block, axis=0)
        low = least if low is None else np.fmin(least, low)
        high = greatest if high is None else np.fmax(greatest, high)
    return low, high


def _stored_values(sample):
    """Stored values of the rows of a sparse sample."""
    csr = sample.X.csr
    return csr.data if len(sample.rows) == len(sample.X) else csr[sample.rows].data


def value_range(sample):
    """Least and greatest value of a sample; NaN is passed over."""
    if isinstance(sample.X, SparseRows):
        values = _stored_values(sample)
        return float(values.min(initial=0)), float(values.max(initial=0))
    low, high = column_range(sample)
    return float(np.fmin.reduce(low)), float(np.fmax.reduce(high))


def is_binary(sample):
    """True where every value of a sample that is not NaN is 0 or 1."""
    blocks = [_stored_values(sample)] if isinstance(sample.X, SparseRows) else sample.blocks()
    return all(((block == 0) | (block == 1) | (block != block)).all() for block in blocks)


@np.errstate(over="ignore", invalid="ignore")
def column_sums(sample):
    """Weighted sum of each column of a sample without its NaN, and the weight that went into it.

    Returns
    -------
    sums, counts : ndarray of shape (n_features,), float64
    """
    sums, counts = np.zeros((2, sample.X.shape[1]))
    start = 0
    for block in sample.blocks():
        observed = ~np.isnan(block)
        rows = sample.rows[start : start + len(block)]
        weights = np.ones(len(block)) if sample.weights is None else sample.weights[rows]
        sums += weights @ np.where(observed, block, 0).astype(np.float64)
        counts += weights @ observed
        start += len(block)
    return sums, counts
