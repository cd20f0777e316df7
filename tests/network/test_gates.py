"""Gates of the code: what stays on, what the gradient is, and SparseAE with each of its kinds of sparsity."""

import pickle
import warnings

import numpy as np
import pytest
from numba import config
from settings import FIXED, compiled
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from skae import SparseAE
from skae.kernels.activations import ACTIVATIONS
from skae.kernels.losses import LOSSES
from skae.network.architecture import Architecture
from skae.network.batch_gates import BatchTopK
from skae.network.gates import AnnealedTopK, TopK, WinnerTakeAll
from skae.network.initialization import initial_parameters
from skae.network.layer import Layer
from skae.network.network import Network
from skae.objective.l1_sparsity import L1Sparsity
from skae.objective.l2 import L2
from skae.objective.objective import Objective

DTYPES = [np.float32, np.float64]


@pytest.fixture
def code(rng):
    return rng.standard_normal((7, 9))


def gated(gate, z, bias, activation="identity"):
    """The code that a layer makes of pre-activations."""
    layer = Layer(np.eye(len(bias), dtype=z.dtype), bias, ACTIVATIONS[activation], gate)
    return layer.forward(z, np.empty_like(z))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [1, 4, 9, 20])
def test_topk_keeps_the_greatest_of_each_row(k, dtype, code, rng):
    z, bias = code.astype(dtype), rng.standard_normal(9).astype(dtype)
    for row, before in zip(gated(TopK(k), z, bias), z + bias):
        kept = np.argsort(-before, kind="stable")[:k]
        expected = np.zeros_like(before)
        expected[kept] = before[kept]
        np.testing.assert_array_equal(row, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("share, kept", [(0.01, 1), (0.3, 3), (3 / 7, 3), (0.99, 7), (1.0, 7)])
def test_lifetime_keeps_the_greatest_of_each_column(share, kept, dtype, code, rng):
    z, bias = code.astype(dtype), rng.standard_normal(9).astype(dtype)
    for column, before in zip(gated(WinnerTakeAll(share), z, bias).T, (z + bias).T):
        chosen = np.argsort(-before, kind="stable")[:kept]
        expected = np.zeros_like(before)
        expected[chosen] = before[chosen]
        np.testing.assert_array_equal(column, expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_of_equals_the_first_stay_and_nan_is_seen(dtype, rng):
    z, bias = rng.integers(0, 3, (40, 9)).astype(dtype), np.zeros(9, dtype)
    for k in (1, 3, 7):
        wanted = np.zeros(z.shape, bool)
        np.put_along_axis(wanted, np.argsort(-z, axis=1, kind="stable")[:, :k], True, axis=1)
        np.testing.assert_array_equal(TopK(k).choose(z, bias), wanted)
        wanted = np.zeros(z.shape, bool)
        np.put_along_axis(wanted, np.argsort(-z, axis=0, kind="stable")[: 5 * k], True, axis=0)
        np.testing.assert_array_equal(WinnerTakeAll(5 * k / 40).choose(z, bias), wanted)
    z[3, 4] = np.nan
    assert np.isnan(gated(TopK(1), z, bias)[3]).any()
    assert np.isnan(gated(WinnerTakeAll(0.01), z, bias)[:, 4]).any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ["logistic", "tanh"])
@pytest.mark.parametrize("rate", [1e-3, 1e-2])
def test_saturated_units_are_told_apart(rate, activation, dtype):
    X = load_digits().data[:: 9 if config.DISABLE_JIT else 1].astype(dtype)
    settings = {**FIXED, "learning_rate_init": rate, "max_iter": 20, "tol": 0.0, "random_state": 0}
    ae = SparseAE(64, sparsity="topk", n_active=8, activation=activation, **settings)
    with pytest.warns(ConvergenceWarning):
        ae.fit(X)
    code = ae.transform(X)
    # Units at -1 and at 0 may be among the greatest, but none is more than n_active.
    assert ((code != 0).sum(axis=1) <= 8).all()
    np.testing.assert_allclose(ae.inverse_transform(code), ae.reconstruct(X), rtol=1e-4, atol=1e-4)


@compiled
@pytest.mark.parametrize("start", [FIXED, {}], ids=["fixed", "defaults"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rate", [None, 1e-2])
def test_exactly_so_many_units_are_on(rate, dtype, start):
    X = load_digits().data.astype(dtype)
    settings = start if rate is None else {**start, "learning_rate_init": rate}
    ae = SparseAE(64, sparsity="topk", n_active=8, random_state=0, **settings).fit(X)
    # No logistic activation is zero.
    np.testing.assert_array_equal((ae.transform(X) != 0).sum(axis=1), 8)


def test_annealing_is_linear():
    gate = AnnealedTopK(10, 100, 9)
    found = []
    for epoch in (0, 1, 3, 9, 50):
        gate.begin_epoch(epoch)
        found.append(gate.k)
    assert found == [100, 90, 70, 10, 10]
    gate = AnnealedTopK(10, 100, 0)
    gate.begin_epoch(0)
    assert gate.k == 10


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("gate", [TopK(2), WinnerTakeAll(0.4), BatchTopK(2, 6)], ids=["topk", "lifetime", "batchtopk"])
@pytest.mark.parametrize("hidden", [(), (5,)], ids=["shallow", "deep"])
def test_gradient_against_finite_differences(gate, activation, hidden, rng):
    architecture = Architecture((4, *hidden, 6), activation, "identity", False)
    network = Network(architecture, initial_parameters(architecture, rng, np.float64))
    network.theta += 0.1 * rng.standard_normal(network.theta.shape)
    objective = Objective(network, LOSSES["squared_error"], [L2(0.01), L1Sparsity(0.05)], gate=gate)
    x = rng.standard_normal((5, 4))
    objective.value_and_gradient(x)
    gradient = objective.grad.copy()
    step = 1e-6
    for i in range(len(network.theta)):
        values = []
        for sign in (1, -1):
            network.theta[i] += sign * step
            values.append(objective.value(x))
            network.theta[i] -= sign * step
        assert gradient[i] == pytest.approx((values[0] - values[1]) / (2 * step), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("start", [FIXED, {}], ids=["fixed", "defaults"])
def test_topk_counts_in_training_and_at_transform(start, rng):
    X = rng.standard_normal((60, 8))
    ae = SparseAE(12, sparsity="topk", n_active=3, activation="identity", max_iter=3, random_state=0, **start).fit(X)
    assert ((ae.transform(X) != 0).sum(axis=1) == 3).all()
    np.testing.assert_allclose(ae.inverse_transform(ae.transform(X)), ae.reconstruct(X), rtol=1e-10)
    errors = np.square(X - ae.reconstruct(X)).sum(axis=1)
    np.testing.assert_allclose(-ae.score_samples(X), errors, rtol=1e-10)
    more = SparseAE(**{**ae.get_params(), "n_active_transform": 5}).fit(X)
    assert ((more.transform(X) != 0).sum(axis=1) == 5).all()
    np.testing.assert_array_equal(more.coefs_[0], ae.coefs_[0])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(more)).transform(X), more.transform(X))


@pytest.mark.parametrize("start", [FIXED, {}], ids=["fixed", "defaults"])
def test_lifetime_acts_in_training_alone(start, rng):
    X = rng.standard_normal((64, 8))
    settings = dict(activation="logistic", max_iter=3, batch_size=16, random_state=0, **start)
    ae = SparseAE(12, sparsity="lifetime", sparsity_target=0.1, **settings).fit(X)
    assert (ae.transform(X) != 0).all()
    plain = SparseAE(12, sparsity="l1", sparsity_weight=0.0, **settings).fit(X)
    assert np.abs(ae.coefs_[0] - plain.coefs_[0]).max() > 1e-3


def test_l1_shrinks_the_code(rng):
    X = rng.standard_normal((80, 8))
    settings = dict(activation="relu", max_iter=200, learning_rate_init=1e-2, random_state=0)
    sizes = [
        np.abs(SparseAE(12, sparsity="l1", sparsity_weight=weight, **settings).fit_transform(X)).mean()
        for weight in (0.0, 0.1, 1.0)
    ]
    assert sizes[0] > 1.2 * sizes[1] and sizes[1] > 1.2 * sizes[2]


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"sparsity": "topk", "n_active": 13}, "n_active must be at most n_components=12.*got n_active=13"),
        (
            {"sparsity": "topk", "n_active": 5, "n_active_transform": 4},
            "n_active_transform must lie between n_active=5",
        ),
        ({"sparsity": "topk", "n_active": 5, "n_active_transform": 13}, "got n_active_transform=13"),
        ({"sparsity": "topk", "n_active": 5, "solver": "lbfgs"}, "'adam' or 'kfac' or 'sgd'; got solver='lbfgs'"),
        ({"sparsity": "lifetime", "solver": "lbfgs"}, "needs solver='adam' or 'kfac' or 'sgd'; got solver='lbfgs'"),
        ({"sparsity": "l2"}, "sparsity"),
        ({"sparsity": "lifetime", "activation": "tanh"}, "activation='logistic' or 'relu'; got activation='tanh'"),
        ({"sparsity": "lifetime", "activation": "identity"}, "without negative values.*another sparsity"),
        ({"sparsity": "kl", "activation": "relu"}, "another sparsity"),
    ],
)
def test_illegal_combinations(parameters, message, rng):
    with pytest.raises(ValueError, match=message):
        SparseAE(12, **parameters).fit(rng.random((20, 6)))


def test_sparsity_report(rng):
    X = rng.random((40, 6))
    ae = SparseAE(
        5,
        sparsity="topk",
        n_active=2,
        activation="relu",
        max_iter=3,
        random_state=0,
        output_activation="logistic",
        **FIXED,
    ).fit(X)
    # One unit that is never on, one that always is.
    ae.coefs_[0][:, 0], ae.intercepts_[0][0] = 0.0, -1.0
    ae.coefs_[0][:, 1], ae.intercepts_[0][1] = 0.0, 100.0
    code, report = ae.transform(X), ae.sparsity_report(X)
    assert report["active_units_per_row"] == pytest.approx((code > 0).sum(axis=1).mean())
    assert report["dead_fraction"] == np.mean([(column == 0).all() for column in code.T]) >= 0.2
    np.testing.assert_allclose(report["mean_activation"], code.mean(axis=0))
    assert report["active_fraction"][:2].tolist() == [0.0, 1.0]
    assert report["saturated_fraction"] == 0.0
    assert report["explained_variance"] == ae.score(X)
    assert ae.sparsity_report(X, threshold=0.5)["active_units_per_row"] == pytest.approx(
        (code > 0.5).sum(axis=1).mean()
    )
    for threshold in (-1, "a", np.nan, 10**400):
        with pytest.raises(ValueError, match="threshold must be a number, 0 or more; got"):
            ae.sparsity_report(X, threshold=threshold)


@pytest.mark.parametrize("start", [FIXED, {}], ids=["fixed", "defaults"])
def test_the_report_is_of_what_was_trained(start, rng):
    X = rng.random((40, 6))
    ae = SparseAE(5, activation="relu", sparsity="l1", max_iter=3, random_state=0, **start).fit(X)
    before = ae.sparsity_report(X)
    after = ae.set_params(activation="tanh").sparsity_report(X)
    for name, value in before.items():
        np.testing.assert_array_equal(after[name], value)
    with pytest.raises(NotFittedError):
        SparseAE(5).sparsity_report(X)


def test_saturated_units_are_reported(rng):
    X = rng.random((40, 6))
    ae = SparseAE(4, max_iter=3, random_state=0, **FIXED).fit(X)
    ae.coefs_[0][:, 0], ae.intercepts_[0][0] = 0.0, 50.0
    assert ae.set_output(transform="pandas").sparsity_report(X)["saturated_fraction"] == 0.25


@pytest.mark.parametrize("sparsity", ["kl", "l1", "topk", "lifetime"])
def test_only_penalties_have_a_strength_that_is_looked_for(sparsity, rng):
    ae = SparseAE(12, sparsity=sparsity, max_iter=2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        ae.fit(rng.random((60, 8)))
    strength = ae._fitted.training.strength
    assert strength is None if sparsity in ("topk", "lifetime") else strength > 0
