"""Rows of a data matrix, read in blocks into buffers of the model's precision; X as a whole is never copied."""

from __future__ import annotations

import mmap
from typing import NamedTuple

import numpy as np

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
    return X.dtype == dtype and X.dtype.isnative and X.flags.c_contiguous and X.flags.aligned


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
    X : ndarray of shape (n_samples, n_features)
    indices : ndarray of shape (n_rows,)
        Within bounds.
    out : ndarray of shape (n_rows, n_features)
    """
    size = len(indices) if memory_map(X) is None else _MAPPED_ROWS
    for part in row_blocks(len(indices), size):
        if is_native(X, out.dtype):
            # mode="clip" spares NumPy the buffer that it needs to leave ``out`` whole after an error.
            np.take(X, indices[part], axis=0, out=out[part], mode="clip")
        else:
            out[part] = X[indices[part]]
        release(X)


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
    X : ndarray of shape (n_samples, n_features)
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
    """Least and greatest value of each column of a sample, joined with an earlier range where one is given."""
    for block in sample.blocks():
        least, greatest = block.min(axis=0), block.max(axis=0)
        low = least if low is None else np.minimum(least, low)
        high = greatest if high is None else np.maximum(greatest, high)
    return low, high


def is_binary(sample):
    """True where every value of a sample is 0 or 1."""
    return all(((block == 0) | (block == 1)).all() for block in sample.blocks())
