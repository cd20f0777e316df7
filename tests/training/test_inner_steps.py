"""Sparse rows, whose network has no coordinates, are trained as the same rows in coordinates are."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from settings import compiled
from sklearn.datasets import load_digits

from skae import SparseAE, load, save
from skae.datasets import make_dictionary
from skae.kernels.losses import LOSSES
from skae.network.architecture import Architecture
from skae.network.gates import TopK
from skae.network.network import Network, move_outward
from skae.objective.objective import Objective
from skae.objective.unit_norm import UnitNorm
from skae.rows.coordinates import Coordinates, StepCoordinates
from skae.rows.sample import Sample
from skae.training.callbacks import Callback, use_callback
from skae.training.config import TrainingConfig
from skae.training.descent import run_epoch
from skae.training.solvers import SOLVERS
from skae.training.state import TrainingState

N_ROWS, SIZES = 60, (9, 7)


def after_an_epoch(network, X, solver, rate, unit_norm=None, step_coordinates=None):
    """A network after an epoch of a solver, and its mean objective."""
    parts = {"gate": TopK(3), "unit_norm": unit_norm, "step_coordinates": step_coordinates}
    objective = Objective(network, LOSSES["squared_error"], **parts)
    settings = TrainingConfig(learning_rate_init=rate, batch_size=12, shuffle=False)
    state = TrainingState.seeded(0, 1)
    state.prepare_optimizer(SOLVERS[solver].optimizer, network.theta, network.architecture)
    loss = run_epoch(objective, Sample.of(X), settings, SOLVERS[solver].optimizer, state)
    return network, loss * network.loss_unit


@pytest.mark.parametrize("scale", [0.25, 1.0, 4.0])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("kind", ["free", "tied", "unit norm", "tied, unit norm"])
@pytest.mark.parametrize("activation, sizes", [("tanh", SIZES), ("relu", SIZES), ("relu", (SIZES[0], 8, 7))])
def test_steps_are_those_in_the_coordinates(activation, sizes, kind, solver, scale, rng):
    tied, in_one_unit, unit_norm = "tied" in kind, kind != "free", UnitNorm() if "unit norm" in kind else None
    if in_one_unit and scale != 1.0 and activation == "tanh":
        pytest.skip("weights in one unit have one scale")
    X = scale * rng.standard_normal((N_ROWS, SIZES[0])) + rng.uniform(-20, 20, SIZES[0])
    architecture, coordinates = Architecture(sizes, activation, "identity", tied), Coordinates(X.mean(axis=0), scale)
    inner = Network(architecture, 0.3 * rng.standard_normal(architecture.n_parameters), coordinates)
    if unit_norm is not None:
        unit_norm.restore(inner)
    outer, steps = Network(architecture, inner.theta.copy()), StepCoordinates(*coordinates, in_one_unit)
    move_outward((outer.weights, outer.biases), steps, in_one_unit)
    inner, loss = after_an_epoch(inner, X, solver, 1e-2, unit_norm)
    outer, same = after_an_epoch(outer, X, solver, 1e-2, unit_norm, steps)
    assert same == pytest.approx(loss, rel=1e-6)
    # Codes of weights in one unit have the unit of the rows.
    codes = inner.encode(X) * (scale if in_one_unit else 1.0)
    for found, expected in zip((outer.encode(X), outer.reconstruct(X)), (codes, inner.reconstruct(X))):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


@compiled
@pytest.mark.parametrize("activation", ["logistic", "relu", "tanh"])
@pytest.mark.parametrize("init", ["auto", "glorot"])
@pytest.mark.parametrize("shift", [0.0, 30.0])
def test_offsets_of_sparse_columns_silence_no_units(shift, init, activation):
    X = load_digits().data / 16.0
    X[:, :2] += shift
    dead, scores = [], []
    for rows in (X, sparse.csr_array(X)):
        settings = {"activation": activation, "init": init, "max_iter": 60, "random_state": 0}
        ae = SparseAE(64, sparsity="topk", n_active=8, **settings).fit(rows)
        dead.append(float(np.mean(~np.any(ae.transform(X) != 0, axis=0))))
        scores.append(ae.score(X))
    assert dead[1] <= dead[0] + 0.08
    assert scores[1] >= scores[0] - 0.05


@pytest.mark.parametrize("unit", [1.0, 2.0**-42, 2.0**40])
def test_units_of_any_size_are_learnt_in_parts(unit):
    X = unit * sparse.random(200, 600, density=0.02, random_state=0, format="csr", dtype=np.float32)
    settings = {"init": "glorot", "solver": "adam", "learning_rate_init": 1e-3, "max_iter": 3, "random_state": 0}
    ae = SparseAE(200, sparsity="topk", n_active=6, activation="relu", **settings).fit(X)
    assert ae._fitted.training.step_coordinates is not None
    loss = [value / unit**2 for value in ae.loss_curve_]
    assert np.isfinite(loss).all() and loss[-1] < loss[0]


GATED = {"activation": "relu", "n_active": 4, "max_iter": 20, "random_state": 0}


@compiled
@pytest.mark.parametrize(
    "settings",
    [
        {"sparsity": "topk"},
        {"sparsity": "batchtopk"},
        {"sparsity": "lifetime"},
        {"sparsity": "topk", "tied_weights": True},
        {"sparsity": "topk", "hidden_layer_sizes": (24,)},
        {"sparsity": "topk", "aux_weight": 0.1},
    ],
    ids=repr,
)
@pytest.mark.parametrize("shift", [0.0, 5.0])
def test_atoms_of_one_norm_are_learnt_in_any_unit(shift, settings):
    X = np.abs(make_dictionary(600, 24, 40, n_active=4, random_state=0))
    X[X < 0.5] = 0.0
    X[:, :2] += shift
    ae, scores = SparseAE(64, unit_norm=True, **{**GATED, **settings}), []
    for unit in (1.0, 4.0**-5, 4.0**5):
        ae.fit(sparse.csr_array(unit * X))
        np.testing.assert_allclose(np.linalg.norm(ae.coefs_[len(ae.coefs_) // 2], axis=1), 1.0, rtol=1e-5)
        scores.append(ae.score(unit * X))
    np.testing.assert_allclose(scores, scores[0], atol=1e-3)
    assert scores[0] == pytest.approx(ae.fit(X).score(X), abs=0.1)


@compiled
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("sparsity, hidden", [("topk", ()), ("batchtopk", ()), ("topk", (24,))])
@pytest.mark.parametrize("unit", [1.0, 4.0**-5, 4.0**5])
def test_a_training_goes_on_with_atoms_of_one_norm(unit, sparsity, hidden, kind):
    X = unit * np.abs(make_dictionary(600, 24, 40, n_active=4, random_state=0))
    ae = SparseAE(40, sparsity=sparsity, hidden_layer_sizes=hidden, **GATED).fit(kind(X))
    before = ae.score(X)
    # Where X has few columns, units that compete by their share of the reconstruction are on for other rows.
    for _ in range(5):
        ae.set_params(unit_norm=True).partial_fit(kind(X))
    assert ae.score(X) > before - 0.1
    network = ae._fitted.network
    atoms = network.weights[network.architecture.depth]
    np.testing.assert_allclose(np.linalg.norm(atoms, axis=1), 1.0, rtol=1e-5)
    after = ae.score(X)
    assert ae.set_params(unit_norm=False).partial_fit(kind(X)).score(X) > after - 0.05


def with_offset(offset):
    """Rows that are mostly zero, but for two columns that vary about an offset."""
    X = np.abs(make_dictionary(600, 24, 40, n_active=4, random_state=0)).astype(float)
    X[X < 0.5] = 0.0
    X[:, :2] += offset
    return X


@compiled
@pytest.mark.parametrize("sparsity", ["topk", "batchtopk", "lifetime"])
def test_tied_weights_take_atoms_of_one_norm_whatever_the_offset(sparsity):
    scores = []
    for offset, kind in ((0.0, np.asarray), (30.0, sparse.csr_array), (300.0, sparse.csr_array)):
        X = with_offset(offset)
        ae = SparseAE(30, **{**GATED, "sparsity": sparsity, "tied_weights": True, "learning_rate_init": 1e-2})
        before = ae.fit(kind(X)).score(X)
        ae.set_params(unit_norm=True, learning_rate_init=1e-12).partial_fit(kind(X))
        scores.append(ae.score(X))
        assert scores[-1] > before - 0.1
    np.testing.assert_allclose(scores[1:], scores[0], atol=0.05)
    assert scores[1] == pytest.approx(scores[2], abs=1e-6)


@compiled
def test_tied_atoms_of_one_norm_are_learnt_alike_about_any_offset():
    settings = {**GATED, "sparsity": "topk", "tied_weights": True, "unit_norm": True, "learning_rate_init": 1e-2}
    scores = [
        SparseAE(30, **settings).fit(sparse.csr_array(with_offset(s))).score(with_offset(s)) for s in (0, 30, 300)
    ]
    np.testing.assert_allclose(scores, scores[0], rtol=1e-6)
    assert scores[0] == pytest.approx(SparseAE(30, **settings).fit(with_offset(0)).score(with_offset(0)), abs=0.02)


class Stopped(Callback):
    """Ends a fit after some epochs."""

    def __init__(self, *about):
        """As what it takes the place of."""

    def end(self, epoch, loss, validation_loss):
        return epoch >= 5


@compiled
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("sparsity", ["topk", "batchtopk"])
def test_an_ended_fit_goes_on_with_atoms_of_one_norm(sparsity, kind):
    X = with_offset(0.0)
    ae = SparseAE(30, **{**GATED, "sparsity": sparsity, "max_iter": 15}, warm_start=True, early_stopping=True)
    with use_callback(Stopped):
        before = ae.fit(kind(X)).score(X)
    ae.set_params(unit_norm=True).fit(kind(X))
    network = ae._fitted.network
    np.testing.assert_allclose(np.linalg.norm(network.weights[network.architecture.depth], axis=1), 1.0, rtol=1e-6)
    assert ae.score(X) > before


@compiled
@pytest.mark.parametrize("sparsity", ["topk", "batchtopk", "lifetime"])
def test_tied_weights_are_learnt_in_any_unit(sparsity):
    X = np.abs(make_dictionary(600, 24, 40, n_active=4, random_state=0))
    X[X < 0.5] = 0.0
    settings = {**GATED, "sparsity": sparsity, "tied_weights": True}
    scores = [
        SparseAE(64, **settings).fit(sparse.csr_array(X * 4.0**power)).score(X * 4.0**power) for power in (0, -5, 5)
    ]
    np.testing.assert_allclose(scores, scores[0], atol=1e-3)
    assert scores[0] == pytest.approx(SparseAE(64, **settings).fit(X).score(X), abs=0.1)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("sparsity", ["topk", "batchtopk"])
def test_the_rate_of_sgd_is_one_for_these_coordinates(sparsity, tied):
    X = np.abs(make_dictionary(300, 12, 20, n_active=3, random_state=0))
    settings = {**GATED, "sparsity": sparsity, "tied_weights": tied, "solver": "sgd", "max_iter": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits = [SparseAE(20, **settings).fit(sparse.csr_array(X * 4.0**power)) for power in (0, -5, 5)]
    np.testing.assert_allclose([ae.learning_rate_ for ae in fits], fits[0].learning_rate_, rtol=1e-6)


@compiled
@pytest.mark.parametrize("kinds", [(np.asarray, sparse.csr_array), (sparse.csr_array, np.asarray)])
def test_a_training_goes_on_with_the_other_kind_of_rows(kinds):
    X = (np.abs(make_dictionary(1500, 32, 64, n_active=4, random_state=0)) + 1.0) * 0.05
    settings = {**GATED, "sparsity": "topk", "learning_rate_init": 3e-3}
    scores = [SparseAE(64, **settings).fit(kinds[0](X)).partial_fit(kind(X)).score(X) for kind in kinds]
    assert scores[1] == pytest.approx(scores[0], abs=0.02)


@pytest.mark.parametrize("unit_norm", [False, True])
def test_chunks_keep_the_coordinates_of_the_first_one(unit_norm, tmp_path):
    settings = {"sparsity": "topk", "n_active": 3, "activation": "relu", "unit_norm": unit_norm}
    settings.update(learning_rate_init=1e-2, random_state=0)
    X = np.abs(make_dictionary(300, 12, 20, n_active=3, random_state=0))
    chunks = [sparse.csr_array(X[:100]), sparse.csr_array(8.0 * X[100:200]), sparse.csr_array(X[200:])]
    ae = SparseAE(20, **settings).partial_fit(chunks[0]).partial_fit(chunks[1])
    save(ae, tmp_path / "ae.skae", include_optimizer=True)
    again = load(tmp_path / "ae.skae").partial_fit(chunks[2])
    np.testing.assert_array_equal(again.transform(X), ae.partial_fit(chunks[2]).transform(X))
    plain = SparseAE(20, **settings)
    for chunk in chunks:
        plain.partial_fit(chunk.toarray())
    assert ae.score(X) == pytest.approx(plain.score(X), abs=0.1)
