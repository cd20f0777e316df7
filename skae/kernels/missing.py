"""Entries that are missing: NaN."""

import numpy as np

from .compiler import kernel


@kernel
def fill(x, fill_values, out, observed):
    """out = x with each NaN replaced by the fill value of its column; observed is 0 there and 1 elsewhere."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            missing = np.isnan(x[i, j])
            out[i, j] = fill_values[j] if missing else x[i, j]
            observed[i, j] = 0 if missing else 1
