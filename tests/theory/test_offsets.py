"""Offsets of columns have no influence on codes that are sparse by a gate or by L1: neither on units nor on scores."""

import numpy as np
import pytest
from settings import FIXED
from sklearn.datasets import load_digits, load_iris

from skae import SparseAE

KINDS = {
    "topk": {"sparsity": "topk", "n_active": 8},
    "topk-relu": {"sparsity": "topk", "n_active": 8, "activation": "relu"},
    "lifetime": {"sparsity": "lifetime"},
    "lifetime-relu": {"sparsity": "lifetime", "activation": "relu"},
    "l1-relu": {"sparsity": "l1", "activation": "relu"},
}
OFFSETS = {"two": np.r_[30.0, 30.0, np.zeros(62)], "3": 3.0, "10": 10.0, "30": 30.0}
GATED = [pytest.param(KINDS[name], id=name) for name in KINDS if "l1" not in name]
with_offset = pytest.mark.parametrize("offset", [pytest.param(value, id=name) for name, value in OFFSETS.items()])


def low_rank():
    """Rows about zero, of 64 columns and of rank 8 but for some noise."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((600, 8)) @ rng.standard_normal((8, 64)) / np.sqrt(8)
    return X + 0.3 * rng.standard_normal(X.shape)


def assert_same(settings, offset, start):
    """The same code, and the same reconstruction but for the offset."""
    X = low_rank()
    settings = dict(max_iter=12, tol=0.0, random_state=0, revive_dead=True) | start | settings
    alone, ae = (SparseAE(64, **settings).fit(data) for data in (X, X + offset))
    assert ae.n_revived_ == alone.n_revived_
    np.testing.assert_allclose(ae.transform(X + offset), alone.transform(X), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(ae.reconstruct(X + offset) - offset, alone.reconstruct(X), atol=1e-5)


@with_offset
@pytest.mark.parametrize("settings", [pytest.param(settings, id=name) for name, settings in KINDS.items()])
def test_with_the_defaults(settings, offset):
    assert_same(settings, offset, {})


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("hidden", [(), (20,)], ids=["shallow", "deep"])
@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
@pytest.mark.parametrize("settings", GATED)
def test_gated_codes_from_drawn_weights(settings, tied, hidden, solver):
    start = FIXED | {"solver": solver, "tied_weights": tied, "hidden_layer_sizes": hidden}
    for offset in (OFFSETS["two"], OFFSETS["30"]):
        assert_same(settings, offset, start)


@pytest.mark.slow
@with_offset
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", KINDS)
def test_no_unit_dies_of_an_offset(name, dtype, offset):
    reports = []
    for X in (low_rank(), low_rank() + offset):
        ae = SparseAE(64, revive_dead=True, random_state=0, **KINDS[name]).fit(X.astype(dtype))
        reports.append(ae.sparsity_report(X.astype(dtype)))
    alone, report = reports
    assert report["dead_fraction"] < 0.05
    assert alone["explained_variance"] > 0.6
    assert report["explained_variance"] == pytest.approx(alone["explained_variance"], abs=0.05)


@pytest.mark.parametrize("start", [{}, FIXED], ids=["defaults", "drawn"])
@pytest.mark.parametrize("activation", ["logistic", "relu"])
def test_lifetime_codes_of_small_tables(activation, start):
    X = load_iris().data
    X = X - X.mean(axis=0)
    offset = np.array([300.0, -100.0, 0.0, 30.0])
    settings = dict(sparsity="lifetime", activation=activation, max_iter=20, tol=0.0, random_state=0) | start
    alone, ae = (SparseAE(32, **settings).fit(data) for data in (X, X + offset))
    np.testing.assert_allclose(ae.transform(X + offset), alone.transform(X), rtol=1e-4, atol=1e-6)
    assert ae.score(X + offset) == pytest.approx(alone.score(X), rel=1e-4)


@pytest.mark.parametrize("start", [{}, FIXED], ids=["defaults", "drawn"])
@pytest.mark.parametrize("activation", ["logistic", "relu"])
def test_lifetime_scores_are_of_the_order_of_the_training_loss(activation, start):
    X = load_digits().data
    ae = SparseAE(64, sparsity="lifetime", activation=activation, random_state=0, **start).fit(X)
    # Every unit counts in a score, and a share of them in training.
    assert -ae.score_samples(X).mean() < 1.5 * ae.loss_curve_[-1]
    assert ae.score(X) > 0.5


@pytest.mark.parametrize("sparsity", ["topk", "lifetime"])
@pytest.mark.parametrize("start", [{}, FIXED], ids=["defaults", "drawn"])
def test_partial_fit_begins_where_the_columns_lie(start, sparsity):
    X = low_rank() + 10.0
    ae = SparseAE(64, sparsity=sparsity, n_active=6, activation="relu", random_state=0, **start)
    for _ in range(30):
        ae.partial_fit(X)
    # Better than the means of the columns alone.
    assert ae.score(X) > 0
