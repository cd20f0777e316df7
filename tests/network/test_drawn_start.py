"""Drawn start values whose output has the means of the columns."""

import numpy as np
import pytest
from scipy.special import logit

from skae.kernels.activations import ACTIVATIONS
from skae.kernels.losses import LOSSES
from skae.network.architecture import Architecture
from skae.network.data_start import data_start
from skae.network.drawn_start import start_drawn
from skae.network.initialization import initial_parameters
from skae.network.start_activations import applied


def drawn(X, hidden, activation="logistic", weights=None, dtype=np.float64):
    """An architecture, and its start values from seed 0."""
    architecture = Architecture((X.shape[1], *hidden), activation, "logistic", False)
    weights = np.ones(len(X)) if weights is None else weights
    return architecture, start_drawn(architecture, X, weights, np.random.default_rng(0), dtype)


def binary(n_rows=200, n_columns=12):
    rng = np.random.default_rng(1)
    return (rng.random((n_rows, n_columns)) < rng.uniform(0.2, 0.8, n_columns)).astype(np.float64)


def logits(architecture, theta, X):
    parameters, h = architecture.parameters(theta), X
    for w, bias in zip(parameters.weights[:-1], parameters.biases[:-1]):
        h = applied(architecture.activation, h @ w + bias)
    return h @ parameters.weights[-1] + parameters.biases[-1]


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("hidden", [(8, 3), (9, 8, 3)])
def test_the_mean_logits_are_those_of_the_means_of_the_columns(hidden, activation):
    X = binary()
    architecture, theta = drawn(X, hidden, activation)
    np.testing.assert_allclose(
        logits(architecture, theta, X).mean(axis=0), logit(X.mean(axis=0)), rtol=1e-9, atol=1e-12
    )


def test_rows_count_by_their_weights():
    X = binary()
    weights = np.arange(len(X)) % 3.0
    architecture, theta = drawn(X, (8, 3), weights=weights)
    mean = np.average(logits(architecture, theta, X), axis=0, weights=weights)
    np.testing.assert_allclose(mean, logit(np.average(X, axis=0, weights=weights)), rtol=1e-9, atol=1e-12)


def test_all_but_the_bias_of_the_output_is_drawn():
    X = binary()
    architecture, theta = drawn(X, (8, 3))
    plain = initial_parameters(architecture, np.random.default_rng(0), np.float64)
    architecture.parameters(theta).biases[-1][...] = architecture.parameters(plain).biases[-1]
    np.testing.assert_array_equal(theta, plain)


def test_columns_that_do_not_vary_have_finite_biases():
    X = np.c_[binary(), np.zeros(200), np.ones(200)]
    architecture, theta = drawn(X, (8, 3), dtype=np.float32)
    assert theta.dtype == np.float32 and np.isfinite(theta).all()
    means = logits(architecture, theta, X).mean(axis=0)[-2:]
    assert means[0] < -3 and means[1] > 3


def test_the_start_from_data_takes_it_where_it_is_asked_for():
    X, rng = binary(), np.random.default_rng(0)
    architecture, theta = drawn(X, (8, 3))
    found = data_start(architecture, LOSSES["log_loss"], X, np.ones(len(X)), rng, np.float64, logits="drawn")
    np.testing.assert_array_equal(found, theta)
