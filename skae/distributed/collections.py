"""Dask's collections: what counts as one, its blocks of rows, and the cluster that it lies on."""

from __future__ import annotations

import numpy as np

from .packages import required


def is_frame(X):
    """Whether X is a Dask DataFrame."""
    return hasattr(X, "map_partitions") and hasattr(X, "columns")


def is_array(X):
    """Whether X is a Dask array."""
    return hasattr(X, "map_blocks") and hasattr(X, "chunks")


def by_rows(X):
    """A Dask array with all columns in one block, or a Dask DataFrame.

    Raises
    ------
    TypeError
        For anything else.
    ValueError
        For an array that has not two dimensions, or an unknown number of columns.
    """
    if is_frame(X):
        return X
    if not is_array(X):
        raise TypeError(
            f"X must be a Dask array or a Dask DataFrame; got {type(X).__name__}. What fits into memory goes to the "
            "estimator's own methods; dask.array.from_array makes a Dask array of it."
        )
    if X.ndim != 2:
        raise ValueError(f"X must be a Dask array of two dimensions; got shape {X.shape}. Reshape it.")
    if np.isnan(X.shape[1]):
        raise ValueError("X must have a known number of columns; got NaN. Call X.compute_chunk_sizes() beforehand.")
    return X if X.numblocks[1] == 1 else X.rechunk({1: -1})


def example(X):
    """A few rows that look like those of X: its dtype and columns, and values of no meaning."""
    return X._meta_nonempty if is_frame(X) else np.zeros((1, X.shape[1]), X.dtype)


def row_blocks(X):
    """The blocks of rows as a list of Delayed."""
    return list(np.ravel(X.to_delayed()))


def current_client(client):
    """The client given, or that of the surroundings.

    Raises
    ------
    ValueError
        Where there is none.
    """
    if client is not None:
        return client
    try:
        return required("distributed").get_client()
    except ValueError:
        raise ValueError(
            "client is None, and there is no cluster to work on. Start one with distributed.Client(), or pass one."
        ) from None
