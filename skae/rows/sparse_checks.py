"""Checks of sparse matrices: with indices outside of the shape, SciPy and the kernels would access foreign memory."""

from __future__ import annotations

import numpy as np


def with_equal_indices(X):
    """A sparse matrix whose index arrays have the same dtype, as SciPy before 1.13 requires; X itself if they do.

    Parameters
    ----------
    X : sparse matrix or array
        Not changed.
    """
    if X.format not in ("csr", "csc", "bsr") or X.indices.dtype == X.indptr.dtype:
        return X
    # The constructor converts both to the smallest dtype that fits.
    return type(X)((X.data, X.indices, X.indptr), shape=X.shape)


def check_sparse(X, name):
    """Raise ValueError for a sparse array that does not have two dimensions, or whose indices are invalid.

    Parameters
    ----------
    X : sparse matrix or array
    name : str
        Name of the argument in the method that the user called.
    """
    if X.ndim != 2:
        raise ValueError(f"{name} must have two dimensions; got a sparse array of shape {X.shape}.")
    try:
        sound = _SOUND[X.format](X)
    except (AttributeError, TypeError, ValueError, IndexError):
        # An index array that is not an array, or has another number of dimensions.
        sound = False
    if not sound:
        raise ValueError(
            f"{name} is no valid sparse matrix in {X.format} format: its indices reach beyond its shape, {X.shape}, or "
            "beyond its stored values. Build it anew."
        )


def _sound_coordinates(X):
    within = all(_below(index, size) for index, size in zip((X.row, X.col), X.shape))
    return within and X.row.shape == X.col.shape == X.data.shape


def _sound_compressed(X):
    height, width = X.blocksize if X.format == "bsr" else (1, 1)
    blocks = X.data.ndim == (3 if X.format == "bsr" else 1)
    major, minor = X.shape[0] // height, X.shape[1] // width
    if X.format == "csc":
        major, minor = minor, major
    starts = X.indptr
    sound = blocks and starts.shape == (major + 1,) and starts[0] == 0 and (starts[1:] >= starts[:-1]).all()
    return sound and starts[-1] <= min(len(X.indices), len(X.data)) and _below(X.indices[: starts[-1]], minor)


def _sound_diagonals(X):
    return X.data.ndim == 2 and X.offsets.shape == (len(X.data),)


def _sound_dictionary(X):
    return len(X) == 0 or all(map(_below, np.array(list(X.keys()), np.int64).T, X.shape))


def _sound_lists(X):
    rows = X.rows.shape == X.data.shape == X.shape[:1]
    return rows and all(
        len(columns) == len(values) and _below(np.array(columns, np.int64), X.shape[1])
        for columns, values in zip(X.rows, X.data)
    )


_SOUND = {
    "coo": _sound_coordinates,
    "csr": _sound_compressed,
    "csc": _sound_compressed,
    "bsr": _sound_compressed,
    "dia": _sound_diagonals,
    "dok": _sound_dictionary,
    "lil": _sound_lists,
}


def _below(indices, size):
    """Whether all of some indices are in range(size)."""
    return indices.size == 0 or (indices.min() >= 0 and indices.max() < size)
