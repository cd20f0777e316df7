"""Gates of the code: values below a threshold are set to zero, and so is their gradient in backpropagation."""

import numpy as np

from .compiler import kernel


@kernel
def below_row_threshold(a, thresholds):
    """a_il = 0 where a_il < thresholds_i."""
    zero = a.dtype.type(0)
    for i in range(a.shape[0]):
        threshold = thresholds[i]
        for j in range(a.shape[1]):
            a[i, j] = zero if a[i, j] < threshold else a[i, j]


@kernel
def below_column_threshold(a, thresholds):
    """a_il = 0 where a_il < thresholds_l."""
    zero = a.dtype.type(0)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            a[i, j] = zero if a[i, j] < thresholds[j] else a[i, j]


@kernel
def stop_where_zero(a, delta):
    """delta_il = 0 where a_il = 0."""
    zero = a.dtype.type(0)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            delta[i, j] = zero if a[i, j] == zero else delta[i, j]


@kernel
def mark_active(a, threshold, active):
    """active_l = 1 where |a_il| > threshold for some row i."""
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            active[j] |= np.uint8(abs(a[i, j]) > threshold)
