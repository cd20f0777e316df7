"""Emphasised reconstruction of the corrupted entries."""

import numpy as np
import pytest
from scipy import sparse
from settings import FIXED, fixed_strength
from sklearn.exceptions import NotFittedError

from skae import ContractiveAE, DenoisingAE, SparseAE
from skae.kernels.corruptions import CORRUPTIONS
from skae.kernels.losses import LOSSES
from skae.network.architecture import Architecture
from skae.network.initialization import initial_parameters
from skae.network.network import Network
from skae.objective.noise import Noise
from skae.objective.objective import Objective

SETTINGS = dict(max_iter=4, tol=0.0, random_state=0, **FIXED)


def made(corruption, emphasis, rng, loss="squared_error", output="identity", fill_values=None, tied=False):
    network = Network(
        architecture := Architecture((5, 4), "tanh", output, tied), initial_parameters(architecture, rng, np.float64)
    )
    noise = Noise(CORRUPTIONS[corruption], 0.4, np.full(5, -1.0), np.full(5, 2.0), emphasis)
    return Objective(network, LOSSES[loss], noise=noise, fill_values=fill_values)


@pytest.mark.parametrize("corruption", ["masking", "salt_and_pepper"])
@pytest.mark.parametrize("emphasis", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("loss, output", [("squared_error", "identity"), ("squared_error", "tanh")])
def test_loss_counts_what_was_not_corrupted_less(loss, output, emphasis, corruption, rng):
    J = made(corruption, emphasis, rng, loss, output)
    # No value that a corruption could put in the place of another.
    x = rng.uniform(0.1, 0.9, (30, 5))
    value = J.value(x, rng=np.random.default_rng(3))
    corrupted = J.batch(30).scratch("corrupted", x.shape)
    weights = np.where(corrupted != x, 1.0, 1.0 - emphasis)
    assert 0.2 < (corrupted != x).mean() < 0.6
    expected = (weights * np.square(J.network.reconstruct(corrupted.copy()) - x)).sum() / 30
    assert value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("emphasis", [0.5, 1.0])
def test_missing_entries_stay_out_of_it(emphasis, rng):
    J = made("masking", emphasis, rng, fill_values=np.full(5, 0.5))
    x = rng.uniform(0.1, 0.9, (30, 5))
    x[::3, 1] = np.nan
    value = J.value(x, rng=np.random.default_rng(3))
    corrupted = J.batch(30).scratch("corrupted", x.shape)
    weights = np.where(corrupted == 0, 1.0, 1.0 - emphasis) * ~np.isnan(x)
    error = np.square(J.network.reconstruct(corrupted.copy()) - np.nan_to_num(x))
    assert value == pytest.approx((weights * error).sum() / 30, rel=1e-12)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("loss, output", [("squared_error", "identity"), ("log_loss", "logistic")])
def test_gradient_against_finite_differences(loss, output, tied, rng):
    J = made("masking", 0.7, rng, loss, output, tied=tied)
    x = rng.random((6, 5))
    J.value_and_gradient(x, rng=np.random.default_rng(5))
    gradient, theta, step = J.grad.copy(), J.network.theta, 1e-6
    for i in range(len(theta)):
        values = []
        for sign in (1, -1):
            theta[i] += sign * step
            values.append(J.value(x, rng=np.random.default_rng(5)))
            theta[i] -= sign * step
        assert gradient[i] == pytest.approx((values[0] - values[1]) / (2 * step), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("solver", ["adam", "sgd", "kfac", "lbfgs"])
@pytest.mark.parametrize("cls", [DenoisingAE, SparseAE, ContractiveAE])
def test_every_estimator_and_solver_takes_it(cls, solver, rng):
    X = rng.random((60, 6))
    settings = {**SETTINGS, **fixed_strength(cls), "corruption": "masking", "noise_level": 0.4, "solver": solver}
    plain = cls(4, **settings).fit(X)
    found = cls(4, emphasis=1.0, **settings).fit(X)
    assert (plain.coefs_[0] != found.coefs_[0]).any()
    np.testing.assert_array_equal(cls(4, emphasis=0.0, **settings).fit(X).coefs_[0], plain.coefs_[0])
    # About two fifths of the entries are in its loss.
    assert found.loss_curve_[0] < 0.7 * plain.loss_curve_[0]


def test_sparse_rows_give_the_dense_model(rng):
    X = sparse.random(80, 700, 0.01, format="csr", random_state=0)
    settings = dict(corruption="masking", noise_level=0.4, emphasis=0.5, **SETTINGS)
    one, other = (DenoisingAE(4, **settings).fit(data) for data in (X, X.toarray()))
    np.testing.assert_allclose(one.coefs_[0], other.coefs_[0], rtol=1e-12, atol=1e-14)


def test_full_emphasis_fills_in_what_is_hidden(rng):
    code = rng.standard_normal((400, 2))
    X = code @ rng.standard_normal((2, 10))
    settings = dict(activation="identity", corruption="masking", noise_level=0.3, max_iter=300, learning_rate_init=1e-2)
    settings["init"] = "glorot"
    hidden = rng.random(X.shape) < 0.3
    errors = []
    for emphasis in (0.0, 1.0):
        ae = DenoisingAE(10, emphasis=emphasis, random_state=0, **settings).fit(X)
        errors.append(np.square(ae.reconstruct(np.where(hidden, 0.0, X)) - X)[hidden].mean())
    assert errors[1] < 0.95 * errors[0]


@pytest.mark.parametrize(
    "parameters, message",
    [
        (
            {"corruption": "gaussian", "emphasis": 0.5},
            r"emphasis must be 0 with corruption='gaussian'.*got emphasis=0\.5",
        ),
        ({"emphasis": 1.5}, "emphasis.*range"),
        ({"emphasis": -0.1}, "emphasis.*range"),
        ({"emphasis": "full"}, "emphasis"),
    ],
)
def test_illegal_values_are_named(parameters, message, rng):
    ae = DenoisingAE(4, **parameters)
    with pytest.raises(ValueError, match=message):
        ae.fit(rng.random((20, 5)))
    with pytest.raises(NotFittedError):
        ae.transform(rng.random((20, 5)))
