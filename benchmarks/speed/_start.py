"""Where a fit of skae begins, for other implementations that are to begin there too."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.base import clone

from skae.rows.coordinates import inner_rows


class Start(NamedTuple):
    """Where skae begins: weights, biases, the seeds of its row orders and of its other draws, its network, and the rows
    as that sees them.

    A loss of these rows times ``network.loss_unit`` is that of the rows of X.
    """

    weights: list
    biases: list
    seed: np.random.SeedSequence
    draws: np.random.SeedSequence
    network: object
    rows: np.ndarray


def start_of(estimator, X):
    """The start of a fit on X, read after steps that are too small to matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = clone(estimator).set_params(max_iter=1, learning_rate_init=1e-30).fit(X)._fitted
    network, training = fitted.network, fitted.training
    weights, biases = ([np.array(a, order="C") for a in part] for part in (network.weights, network.biases))
    seeds = (rng.bit_generator.seed_seq for rng in (training.shuffle_rng, training.noise_rng))
    return Start(weights, biases, *seeds, network, seen(X, network))


def seen(X, network):
    """The rows of X as a network sees them."""
    return np.ascontiguousarray(inner_rows(X, network.coordinates)[:], dtype=X.dtype)
