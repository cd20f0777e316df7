"""Dask collections: which are accepted, and their blocks of rows."""

from __future__ import annotations

import numpy as np

from .packages import required


def is_frame(X):
    """Whether X is a Dask DataFrame."""
    # A Delayed has every attribute, all of them Delayed.
    return hasattr(X, "map_partitions") and hasattr(X, "columns") and isinstance(X.ndim, int) and X.ndim == 2


def is_array(X):
    """Whether X is a Dask array."""
    return hasattr(X, "map_blocks") and isinstance(X.chunks, tuple)


def by_rows(X):
    """A Dask array with all columns in one block, or a Dask DataFrame.

    Raises
    ------
    TypeError
        For anything else.
    ValueError
        For an array that does not have two dimensions, or whose number of columns is unknown.
    """
    if is_frame(X):
        return X
    if not is_array(X):
        raise TypeError(
            f"X must be a Dask array or a Dask DataFrame; got {type(X).__name__}. Use the methods of the estimator for "
            "data that fits into memory, or make a Dask array of it by dask.array.from_array."
        )
    if X.ndim != 2:
        raise ValueError(f"X must be a Dask array of two dimensions; got shape {X.shape}. Reshape it.")
    if np.isnan(X.shape[1]):
        raise ValueError("X must have a known number of columns; got NaN. Call X.compute_chunk_sizes() beforehand.")
    return X if X.numblocks[1] == 1 else X.rechunk({1: -1})


def example(X, numbers=True):
    """A row with the columns and dtypes of X and arbitrary values.

    Parameters
    ----------
    X : dask array or dataframe
    numbers : bool, default=True
        Whether to put numbers in columns whose dtype is object or not one of NumPy.
    """
    if not is_frame(X):
        return np.zeros((1, X.shape[1]), X.dtype)
    meta = X._meta_nonempty.iloc[:1]
    if not numbers:
        return meta
    plain = [isinstance(dtype, np.dtype) and not dtype.hasobject for dtype in meta.dtypes]
    columns = [meta.iloc[:, j].to_numpy() if plain[j] else np.zeros(1) for j in range(meta.shape[1])]
    frame = required("pandas").DataFrame(dict(enumerate(columns)), index=meta.index)
    frame.columns = meta.columns
    return frame


def n_rows(block):
    """Rows of a block, once it is computed.

    Raises
    ------
    TypeError
        For a block without a shape, such as a list.
    """
    if not hasattr(block, "shape"):
        raise TypeError(
            f"The blocks of X must be arrays, matrices or frames; got {type(block).__name__}. "
            "X.map_blocks(numpy.asarray) makes arrays of them."
        )
    return block.shape[0]


def row_blocks(X):
    """The blocks of rows as a list of Delayed."""
    return list(np.ravel(X.to_delayed()))
