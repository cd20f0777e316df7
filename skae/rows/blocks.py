"""Rows of a data matrix, read in blocks into buffers of the model's precision, without a copy of the whole X."""

from __future__ import annotations

import mmap

import numpy as np

from ..runtime import buffers
from .matrices import CSRMatrix

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
    X : ndarray, CSRMatrix, FilledRows or InnerRows of shape (n_samples, n_features)
    indices : ndarray of shape (n_rows,)
        Within bounds.
    out : ndarray of shape (n_rows, n_features)
    """
    if hasattr(X, "gather"):
        X.gather(indices, out)
        return
    size = len(indices) if memory_map(X) is None else _MAPPED_ROWS
    for part in row_blocks(len(indices), size):
        if is_native(X, out.dtype):
            # With mode="raise" NumPy would go through a temporary buffer, to keep ``out`` unchanged after an error.
            np.take(X, indices[part], axis=0, out=out[part], mode="clip")
        else:
            out[part] = X[indices[part]]
        release_mapped_pages(X)


class Reader:
    """Reads rows of X in the precision of a model.

    Parameters
    ----------
    X : ndarray, CSRMatrix, FilledRows or InnerRows of shape (n_samples, n_features)
    dtype : dtype
    n_rows : int
        Maximum number of rows of one call.
    keep_sparse : bool, default=True
        Whether rows of a sparse X may be returned as ``CSRBatch`` if that is less work.
    """

    def __init__(self, X, dtype, n_rows, keep_sparse=True):
        self._X = X
        self._dtype = dtype
        self._sparse = keep_sparse and isinstance(X, CSRMatrix) and X.worth_keeping
        self._buffer = None if self._sparse else buffers.empty((n_rows, X.shape[1]), dtype)

    def __call__(self, indices):
        """The rows at indices: ``CSRBatch``, or an array that the next call overwrites."""
        if self._sparse:
            return self._X.stored(indices, self._dtype)
        out = self._buffer[: len(indices)]
        gather(self._X, indices, out)
        return out


def release_mapped_pages(X):
    """Release the pages of a memory map that were read; the values of X do not change.

    Without this the resident memory of a fit would grow to the size of the file. Copy-on-write maps are left alone,
    since their changed pages would be lost.
    """
    mapped = memory_map(X)
    if mapped is not None and mapped.mode in ("r", "r+", "w+") and hasattr(mapped._mmap, "madvise"):
        mapped._mmap.madvise(mmap.MADV_DONTNEED)


def memory_map(X):
    """The memory map that X is a view of, or None."""
    while hasattr(X, "X"):
        X = X.X
    while isinstance(X, np.ndarray):
        if isinstance(X, np.memmap):
            return X
        X = X.base
    return None


def read_blocks(X):
    """Yield (slice, X[slice]) for all rows of X in order, and release what was read."""
    for rows in row_blocks(len(X), block_rows(X.shape[1], X.dtype)):
        yield rows, X[rows]
        release_mapped_pages(X)


@np.errstate(over="ignore", invalid="ignore")
def sums_finite(block):
    """Whether the sum of a block is finite: then all values are. The reverse does not hold, as sums may overflow."""
    return block.dtype.kind != "f" or bool(np.isfinite(block.sum()))
