"""Arrays aligned to cache lines, so that no vector load crosses two of them."""

from __future__ import annotations

import math

import numpy as np

# Bytes of a cache line, and of the widest vector register.
_LINE = 64


def empty(shape, dtype):
    """Uninitialised C-ordered array whose first byte begins a cache line.

    Parameters
    ----------
    shape : int or tuple of int
    dtype : dtype

    Returns
    -------
    ndarray
    """
    return _made(np.empty, shape, dtype)


def zeros(shape, dtype):
    """The same, filled with zeros: pages of the system's, which take no memory before something is written."""
    return _made(np.zeros, shape, dtype)


def _made(make, shape, dtype):
    """An array, from a longer one of bytes by ``make(length, dtype)``."""
    dtype = np.dtype(dtype)
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    n_bytes = dtype.itemsize * math.prod(shape)
    raw = make(n_bytes + _LINE, np.uint8)
    start = -raw.ctypes.data % _LINE
    return raw[start : start + n_bytes].view(dtype).reshape(shape)


def aligned(array):
    """The array itself if it is contiguous, writeable and begins a cache line, else a copy that is."""
    if array.flags.writeable and array.ctypes.data % _LINE == 0:
        return array
    out = empty(array.shape, array.dtype)
    out[...] = array
    return out
