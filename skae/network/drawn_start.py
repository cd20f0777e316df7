"""Start values that are drawn, but for what the output gives: the means of the columns."""

from __future__ import annotations

import numpy as np

from .decoders import preactivations
from .initialization import initial_parameters
from .start_activations import applied


def start_drawn(architecture, rows, weights, rng, dtype):
    """Weights of ``initial_parameters``, and a bias of the output with which it has the means of the columns.

    Several layers that begin so learn what most rows share first. From directions of the rows that reach into the bend
    of the activation they tell single rows apart from the first step on.

    Parameters
    ----------
    architecture : Architecture
        Not tied.
    rows : ndarray of shape (n_rows, n_features)
    weights : ndarray of shape (n_rows,)
    rng : numpy Generator
    dtype : dtype

    Returns
    -------
    ndarray of shape (n_parameters,)
    """
    theta = initial_parameters(architecture, rng, dtype)
    parameters, h = architecture.parameters(theta), rows
    for w, bias in zip(parameters.weights[:-1], parameters.biases[:-1]):
        h = applied(architecture.activation, h @ w + bias)
    before = np.average(h, axis=0, weights=weights) @ parameters.weights[-1]
    means = np.average(rows, axis=0, weights=weights)
    parameters.biases[-1][...] = preactivations(means, architecture.output_activation) - before
    return theta
