"""gradient_error: the gradient of an objective against differences of its value."""

from __future__ import annotations

import numpy as np

# Step and weights of the central difference of fourth order.
_STEP, _WEIGHTS = 1e-4, {1: 8 / 12, 2: -1 / 12}


def gradient_error(objective, x, seed=0):
    """Relative difference between the derivative along a random direction and that by differences of fourth order.

    Parameters
    ----------
    objective : Objective
        In float64, without noise and sampling. Its network's parameters are left as they were.
    x : ndarray of shape (n_rows, n_features)
    seed : int

    Returns
    -------
    float
        1e-6 or less for a gradient that is right, away from kinks.
    """
    theta = objective.network.theta
    start, direction = theta.copy(), np.random.default_rng(seed).standard_normal(theta.shape)
    objective.value_and_gradient(x)
    derivative, difference = float(objective.grad @ direction), 0.0
    try:
        for steps, weight in _WEIGHTS.items():
            for sign in (1, -1):
                theta[...] = start + sign * steps * _STEP * direction
                difference += sign * weight / _STEP * objective.value(x)
    finally:
        theta[...] = start
    return abs(derivative - difference) / max(abs(derivative), abs(difference), 1e-12)
