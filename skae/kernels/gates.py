"""Gates of the code: which units stay on, and zeros for the others, in the code and in the gradient that comes back."""

import numpy as np

from .compiler import kernel


@kernel
def greatest_of_rows(z, bias, thresholds, k, kept):
    """kept_il = 1 for the k greatest z_il + bias_l of each row, the lower l among equals; thresholds_i is the k-th.

    NaN counts as greater than all, so that it is seen.
    """
    for i in range(z.shape[0]):
        threshold = thresholds[i]
        room = k
        for j in range(z.shape[1]):
            above = not z[i, j] + bias[j] <= threshold
            kept[i, j] = above
            room -= above
        for j in range(z.shape[1]):
            if room > 0 and z[i, j] + bias[j] == threshold:
                kept[i, j] = 1
                room -= 1


@kernel
def greatest_of_columns(z, bias, thresholds, k, kept):
    """kept_il = 1 for the k greatest z_il + bias_l of each column, the lower i among equals; thresholds_l is the k-th.

    NaN counts as greater than all, so that it is seen.
    """
    for j in range(z.shape[1]):
        threshold = thresholds[j]
        room = k
        for i in range(z.shape[0]):
            above = not z[i, j] + bias[j] <= threshold
            kept[i, j] = above
            room -= above
        for i in range(z.shape[0]):
            if room > 0 and z[i, j] + bias[j] == threshold:
                kept[i, j] = 1
                room -= 1


@kernel
def keep(a, kept):
    """a_il = 0 where kept_il = 0."""
    zero = a.dtype.type(0)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            a[i, j] = a[i, j] if kept[i, j] else zero


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
