"""Rows of a data matrix, read in blocks into buffers of the model's precision; X as a whole is never copied."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Bytes of one block of rows: large enough for the products to run at full speed, small beside any X.
BLOCK_BYTES = 4 * 2**20


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
    if is_native(X, out.dtype):
        # mode="clip" spares NumPy the buffer that it needs to leave ``out`` whole after an error.
        np.take(X, indices, axis=0, out=out, mode="clip")
    else:
        out[...] = X[indices]


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
        return cls(X, rows, sample_weight / sample_weight[rows].mean())

    def scales(self, part, dtype):
        """1 / n_rows times the weight of some of the rows: their share of the mean."""
        if self.weights is None:
            return np.full(len(self.rows[part]), 1.0 / len(self.rows), dtype)
        return (self.weights[self.rows[part]] / len(self.rows)).astype(dtype)


def column_range(X, low=None, high=None):
    """Least and greatest value of each column, joined with an earlier range where one is given."""
    least, greatest = X.min(axis=0), X.max(axis=0)
    if low is not None:
        least, greatest = np.minimum(least, low), np.maximum(greatest, high)
    return least, greatest


def is_binary(X):
    """True where every value of X is 0 or 1."""
    if X.dtype == bool:
        return True
    for rows in row_blocks(X.shape[0], block_rows(X.shape[1], X.dtype)):
        block = X[rows]
        if not ((block == 0) | (block == 1)).all():
            return False
    return True
