"""Dead units: seen in training, and revived on request."""

import warnings

import numpy as np
import pytest
from settings import FIXED
from sklearn.base import clone

from skae import SparseAE
from skae.datasets import load_digits_unit
from skae.kernels.activations import ACTIVATIONS
from skae.kernels.losses import LOSSES
from skae.network.architecture import Architecture
from skae.network.gates import TopK
from skae.network.initialization import initial_parameters
from skae.network.network import Network
from skae.objective.objective import Objective
from skae.rows.sample import Sample
from skae.runtime.exceptions import DeadUnitsWarning
from skae.training.dead_units import Activity, on_threshold, revive

DTYPES = [np.float32, np.float64]
every_start = pytest.mark.parametrize("init", ["auto", "glorot"])


def killing(n_rows=400, seed=5):
    """Rows with a large common offset, through which the first steps push ReLU units far below zero."""
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n_rows, 4)) @ rng.standard_normal((4, 12)) + 4.0).astype(np.float32)


def fitted(**parameters):
    settings = dict(sparsity="l1", sparsity_weight=0.1, activation="relu", max_iter=60, tol=0.0, random_state=0)
    return SparseAE(24, **{**FIXED, **settings, "learning_rate_init": 0.1, "learning_rate": "cosine", **parameters})


@pytest.mark.parametrize("dtype", DTYPES)
def test_activity_is_over_all_batches_since_it_was_taken(dtype):
    activity = Activity(4, 0.01)
    activity.see(np.array([[0.0, 0.5, 0.01, -0.2], [0.0, 0.0, 0.0, 0.0]], dtype))
    activity.see(np.array([[0.0, 0.0, 0.009, 0.0]], dtype))
    assert activity.take().tolist() == [False, True, False, True]
    assert activity.take().tolist() == [False] * 4


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("hidden", [(), (7,)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_rule(tied, hidden, dtype, rng):
    architecture = Architecture((5, *hidden, 6), "relu", "identity", tied)
    network = Network(architecture, initial_parameters(architecture, rng, dtype))
    depth = architecture.depth
    network.biases[depth - 1][2] = -100.0
    objective = Objective(network, LOSSES["squared_error"])
    X = rng.random((40, 5)).astype(dtype)
    before = network.theta.copy()
    memory = (np.ones_like(network.theta), np.ones_like(network.theta))
    active = np.array([True, True, False, True, True, True])
    reconstruction, code = network.reconstruct(X), network.encode(X)
    assert not code[:, 2].any()

    assert revive(objective, Sample.of(X), active, memory, np.random.default_rng(0)) == 1

    w, bias = network.weights[depth - 1][:, 2], network.biases[depth - 1][2]
    inputs = network.code_inputs(X)
    spread = (inputs @ network.weights[depth - 1]).std(axis=0)
    assert spread[2] == pytest.approx(spread[active].mean(), rel=1e-4)
    assert bias == pytest.approx(-inputs.mean(axis=0) @ w, rel=1e-4, abs=1e-5)
    # It stands for one of the rows, for which it is on.
    directions = inputs - inputs.mean(axis=0)
    cosines = directions @ w / np.linalg.norm(directions, axis=1) / np.linalg.norm(w)
    assert cosines.max() == pytest.approx(1.0, abs=1e-5)
    assert network.encode(X)[cosines.argmax(), 2] > 0.01
    np.testing.assert_array_equal(network.encode(X)[:, active], code[:, active])
    if tied:
        np.testing.assert_array_equal(network.weights[depth][2], w)
    else:
        assert not network.weights[depth][2].any()
        np.testing.assert_allclose(network.reconstruct(X), reconstruction, rtol=1e-5, atol=1e-6)
    for flat in memory:
        weights, biases = architecture.parameters(flat)
        assert not weights[depth - 1][:, 2].any() and not weights[depth][2].any() and biases[depth - 1][2] == 0
        # Of all else nothing is forgotten.
        assert (flat == 0).sum() == len(w) + 1 + (0 if tied else len(w))
    assert (network.theta != before).sum() <= 2 * len(w) + 1


def test_rows_are_drawn_by_their_loss(rng):
    architecture = Architecture((3, 4), "relu", "identity", False)
    network = Network(architecture, np.zeros(architecture.n_parameters))
    # The reconstruction is zero: all of the loss is in the last row.
    X = np.zeros((50, 3))
    X[-1] = [3.0, 0.0, 4.0]
    memory = (np.zeros_like(network.theta),)
    assert revive(Objective(network, LOSSES["squared_error"]), Sample.of(X), np.zeros(4, bool), memory, rng) == 4
    w = network.weights[0]
    np.testing.assert_allclose(w / np.linalg.norm(w, axis=0), np.tile([[0.6], [0.0], [0.8]], 4), atol=1e-12)
    # None lives whose spread it could have.
    np.testing.assert_allclose((X @ w).std(axis=0), 1.0)


def test_losses_of_rows_are_those_of_the_units_that_stay_on_in_training(rng):
    architecture = Architecture((2, 3), "relu", "identity", True)
    network = Network(architecture, np.zeros(architecture.n_parameters))
    network.weights[0][:, :2] = np.eye(2)
    # Two units give back every row, one of them only those on an axis.
    X = np.zeros((50, 2))
    X[:, 0] = 2.0
    X[-1] = [2.0, 1.0]
    active = np.array([True, True, False])
    assert revive(Objective(network, LOSSES["squared_error"], gate=TopK(1)), Sample.of(X), active, (), rng) == 1
    w = network.weights[0][:, 2]
    np.testing.assert_allclose(w / np.linalg.norm(w), [0.0, 1.0], atol=1e-12)


def test_no_two_units_stand_for_one_row_while_there_are_others(rng):
    architecture = Architecture((3, 30), "relu", "identity", True)
    network = Network(architecture, np.zeros(architecture.n_parameters))
    X = rng.standard_normal((40, 3))
    # Nearly all of the loss is that of one row.
    X[7] *= 100.0
    revive(Objective(network, LOSSES["squared_error"]), Sample.of(X), np.zeros(30, bool), (), rng)
    w = network.weights[0]
    cosines = (w.T @ w) / np.outer(*[np.linalg.norm(w, axis=0)] * 2)
    assert cosines[~np.eye(30, dtype=bool)].max() < 1.0 - 1e-9


@pytest.mark.slow
def test_revived_units_spread_through_a_topk_code():
    X, _ = load_digits_unit(return_X_y=True)
    settings = dict(sparsity="topk", n_active=8, activation="relu", tied_weights=True, max_iter=60, random_state=0)
    settings |= {**FIXED, "loss": "log_loss"}
    used, error = {}, {}
    for flag in (False, True):
        ae = SparseAE(256, revive_dead=flag, **settings).fit(X)
        used[flag] = (ae.transform(X) > 0).any(axis=0).mean()
        error[flag] = ae.reconstruction_error(X).mean()
    assert used[False] < 0.7 < used[True]
    assert error[True] < error[False]


def test_nothing_to_draw_from_is_no_failure(rng):
    architecture = Architecture((3, 4), "relu", "identity", False)
    network = Network(architecture, np.zeros(architecture.n_parameters))
    revive(Objective(network, LOSSES["squared_error"]), Sample.of(np.zeros((5, 3))), np.zeros(4, bool), (), rng)
    assert np.isfinite(network.theta).all()


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("start", [{}, FIXED], ids=["auto", "fixed"])
def test_rounding_gives_no_direction(start, dtype, tied):
    X = np.full((61, 12), 0.1, dtype)
    settings = dict(
        sparsity="topk", n_active=1, activation="relu", tied_weights=tied, max_iter=10, tol=0.0, random_state=0, **start
    )
    ae = SparseAE(20, revive_dead=True, **settings).fit(X)
    assert max(np.abs(w).max() for w in ae.coefs_) < 2.0
    # One column so great that the hidden layer saturates, the same for all rows.
    U = np.c_[np.full(64, 1e4 / 3), np.random.default_rng(0).random((64, 12))].astype(dtype)
    settings.update(activation="logistic", hidden_layer_sizes=(16,))
    ae = SparseAE(20, revive_dead=True, **settings).fit(U)
    assert max(np.abs(w).max() for w in ae.coefs_) < 10.0


def test_rows_that_no_float32_weight_makes_count(rng):
    sample = Sample.of((1e-40 * rng.standard_normal((40, 7))).astype(np.float32))
    architecture = Architecture((7, 3), "relu", "identity", False)
    network = Network(architecture, initial_parameters(architecture, rng, np.float32))
    memory = tuple(np.zeros_like(network.theta) for _ in range(2))
    with np.errstate(all="raise", under="ignore"):
        revive(Objective(network, LOSSES["squared_error"]), sample, np.array([True, False, True]), memory, rng)
    assert not network.weights[0][:, 1].any()


@pytest.mark.parametrize("sparsity", ["topk", "lifetime"])
@pytest.mark.parametrize("dtype", DTYPES)
@every_start
def test_rows_of_all_magnitudes(init, dtype, sparsity):
    rng, outcomes = np.random.default_rng(0), []
    least, greatest = (-45, 38) if dtype == np.float32 else (-320, 308)
    for number in range(80):
        shape = [(), (3,), (10, 1)][number % 3]
        X = rng.standard_normal((10, 3)) * 10.0 ** rng.integers(least, greatest, size=shape)
        X = np.clip(X, -(10.0**greatest), 10.0**greatest).astype(dtype)
        weights = rng.random(10) * 10.0 ** rng.integers(-300, 300)
        activation, solver = [("relu", "adam"), ("identity", "sgd"), ("logistic", "sgd"), ("tanh", "adam")][number % 4]
        if sparsity == "lifetime":
            activation = {"identity": "relu", "tanh": "logistic"}.get(activation, activation)
        ae = SparseAE(5, sparsity=sparsity, n_active=1, activation=activation, init=init, solver=solver)
        ae.set_params(max_iter=4, random_state=0, revive_dead=True)
        ae.set_params(learning_rate_init=10.0 ** rng.integers(-8, 1), tied_weights=bool(number % 2))
        with np.errstate(all="raise", under="ignore"):
            try:
                outcomes.append(ae.fit(X, sample_weight=weights).n_revived_)
            except ValueError as error:
                assert "diverged" in str(error)
                continue
        assert all(np.isfinite(w).all() for w in (*ae.coefs_, *ae.intercepts_))
    # With "lifetime" every unit has its share of the rows, so that few die.
    assert len(outcomes) > 20 and sum(outcomes) > (20 if sparsity == "topk" else 5)


def test_units_that_the_data_kill_are_revived():
    X = killing()
    without, revived = fitted().fit(X), fitted(revive_dead=True).fit(X)
    dead, left = (ae.sparsity_report(X)["dead_fraction"] for ae in (without, revived))
    assert dead > 0.5 and left < 0.1
    assert revived.n_revived_ > 0 and without.n_revived_ == 0
    assert revived.score(X) > without.score(X) + 0.05


@every_start
def test_a_warning_tells_of_dead_units_that_remain(init):
    # Rows that are all the same leave nothing to be on for.
    X = np.ones((50, 6))
    settings = dict(sparsity="topk", n_active=1, activation="relu", max_iter=3, random_state=0, init=init)
    with pytest.warns(DeadUnitsWarning, match=r"^95% of the 20 units of SparseAE were on for no row .* Lower n_comp"):
        ae = SparseAE(20, revive_dead=True, **settings).fit(X)
    assert ae.sparsity_report(X)["dead_fraction"] == 0.95
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeadUnitsWarning)
        SparseAE(20, **settings).fit(X)
        SparseAE(20, revive_dead=True, **{**settings, "n_active": 10}).fit(np.random.default_rng(0).random((50, 6)))


def test_where_none_dies_nothing_changes(rng):
    X = rng.random((100, 6))
    settings = dict(sparsity="l1", sparsity_weight=0.0, max_iter=5, tol=0.0, random_state=0, **FIXED)
    one, other = (SparseAE(4, revive_dead=flag, **settings).fit(X) for flag in (False, True))
    np.testing.assert_array_equal(one.coefs_[0], other.coefs_[0])
    assert other.n_revived_ == 0


@pytest.mark.parametrize("sparsity", ["kl", "l1", "topk", "batchtopk", "lifetime"])
@pytest.mark.parametrize("missing", ["error", "mask"])
@every_start
def test_goes_with_every_sparsity(init, sparsity, missing):
    X = killing()
    if missing == "mask":
        X[::5, 3] = np.nan
    activation = "logistic" if sparsity == "kl" else "relu"
    ae = fitted(sparsity=sparsity, activation=activation, revive_dead=True, missing_values=missing, n_active=2)
    ae.set_params(init=init).fit(X)
    assert np.isfinite(ae.transform(X)).all()
    np.testing.assert_array_equal(clone(ae).fit(X).transform(X), ae.transform(X))


def test_a_fit_in_two_parts_is_one_fit():
    X = killing()
    settings = dict(revive_dead=True, learning_rate="constant", shuffle=False)
    whole = fitted(max_iter=12, **settings).fit(X)
    parts = fitted(max_iter=6, warm_start=True, **settings).fit(X)
    parts.fit(X)
    assert whole.n_revived_ > 0
    assert parts.n_revived_ == whole.n_revived_
    np.testing.assert_array_equal(parts.coefs_[0], whole.coefs_[0])


def test_the_counter_begins_anew_with_a_new_fit():
    X = killing()
    ae = fitted(revive_dead=True, max_iter=12).fit(X)
    first = ae.n_revived_
    assert ae.fit(X).n_revived_ == first


def test_sample_weights_and_sparse_rows(rng):
    from scipy import sparse

    X = sparse.random(80, 700, 0.02, format="csr", random_state=0)
    weights = rng.random(80)
    settings = dict(revive_dead=True, sparsity_weight=5.0, max_iter=10)
    one, other = (fitted(**settings).fit(data, sample_weight=weights) for data in (X, X.toarray()))
    assert one.n_revived_ == other.n_revived_ > 0
    np.testing.assert_allclose(one.coefs_[0], other.coefs_[0], rtol=1e-5, atol=1e-8)


def test_other_training_in_between_leaves_nothing_stale():
    X = killing()
    settings = dict(sparsity="topk", n_active=4, revive_dead=True, warm_start=True, learning_rate="constant")
    ae = fitted(learning_rate_init=3e-3, **settings).fit(X)
    before = ae.score(X)
    # Most units are off for any one row.
    ae.partial_fit(X[:1])
    assert ae._fitted.training.active_units is None
    n_revived = ae.n_revived_
    ae.set_params(max_iter=1).fit(X)
    assert ae.n_revived_ == n_revived
    assert ae.score(X) > before - 0.05
    ae.set_params(revive_dead=False).fit(X)
    assert ae._fitted.training.active_units is None
    held = fitted(revive_dead=True, early_stopping=True, warm_start=True).fit(X)
    assert held._fitted.training.active_units is None


@pytest.mark.parametrize(
    "activation, threshold", [("logistic", 0.01), ("tanh", 0.01), ("relu", 0.0), ("identity", 0.0)]
)
def test_small_units_of_x_are_no_reason_to_revive(activation, threshold, rng):
    assert on_threshold(ACTIVATIONS[activation]) == threshold
    X = 1e-3 * rng.random((200, 6))
    settings = dict(sparsity="l1", sparsity_weight=0.0, activation="relu", max_iter=20, random_state=0)
    ae = SparseAE(8, revive_dead=True, **settings).fit(X)
    dead = (ae.transform(X) == 0).all(axis=0).sum()
    assert dead < 8 and ae.n_revived_ < 3 * 8
    assert ae.sparsity_report(X)["dead_fraction"] == dead / 8


def test_lbfgs_is_refused(rng):
    with pytest.raises(ValueError, match=r"revive_dead=True.*'adam' or 'kfac' or 'sgd'; got solver='lbfgs'"):
        SparseAE(4, revive_dead=True, solver="lbfgs").fit(rng.random((20, 5)))
