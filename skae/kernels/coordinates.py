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


@kernel(reassociate=False)
def inner_gradients(sums, means, bias_grad, factor, second_factor):
    """sums_uj = second_factor factor (sums_uj - bias_grad_u means_j), in place: gradients at a bias that follows the
    weights, see ``training.inner_steps``; rows of sums may be longer than means."""
    for u in range(sums.shape[0]):
        row, moved = sums[u, : means.shape[0]], -bias_grad[u]
        for j in range(row.shape[0]):
            row[j] = (row[j] + means[j] * moved) * factor * second_factor
