"""Centring and scaling of rows, and back: sums in float64, so that a large offset costs no digits."""

import numpy as np

from .compiler import kernel


@kernel
def inward(x, offset, scale):
    """x_ij = (x_ij - offset_j) / scale, in place: with one array, the loop is vectorised."""
    for i in range(x.shape[0]):
        row = x[i]
        for j in range(row.shape[0]):
            row[j] = (np.float64(row[j]) - offset[j]) / scale


@kernel
def outward(x, offset, scale, out):
    """out_ij = scale x_ij + offset_j."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = scale * np.float64(x[i, j]) + offset[j]
