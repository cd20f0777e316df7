"""Steps part by part, of the weights of sparse codes, against those with the whole gradient."""

import numpy as np
import pytest
from scipy import sparse

from skae.kernels.losses import LOSSES
from skae.kernels.optimizers import OPTIMIZERS, Optimizer
from skae.network.architecture import Architecture
from skae.network.batch_gates import BatchTopK
from skae.network.gates import TopK, WinnerTakeAll
from skae.network.initialization import initial_parameters
from skae.network.network import Network
from skae.objective.dead_unit_loss import DeadUnitLoss
from skae.objective.l2 import L2
from skae.objective.objective import Objective
from skae.objective.unit_norm import UnitNorm
from skae.rows.coordinates import StepCoordinates
from skae.rows.matrices import CSRMatrix
from skae.rows.sample import Sample
from skae.training import batch_steps
from skae.training.config import TrainingConfig
from skae.training.dead_units import Activity
from skae.training.descent import run_epoch
from skae.training.state import TrainingState

# More columns than a part has, and of nothing a multiple of a vector.
N_ROWS, N_FEATURES, WIDTH = 61, 153, 211
GATES = {"topk": TopK(5), "lifetime": WinnerTakeAll(0.04), "batchtopk": BatchTopK(5, WIDTH)}

BY_COLUMNS = sorted(name for name, optimizer in OPTIMIZERS.items() if optimizer.step_columns is not None)


def trained(
    X, by_parts, monkeypatch, optimizer="adam", dtype=np.float64, tied=False, gate="topk", config=None, **parts
):
    """Objective, state and losses of three epochs, the last one at a lower rate."""
    rng = np.random.default_rng(5)
    architecture = Architecture((N_FEATURES, WIDTH), "relu", "identity", tied)
    network = Network(architecture, initial_parameters(architecture, rng, dtype))
    if parts.get("unit_norm"):
        parts["unit_norm"].start(network, rng)
    objective = Objective(network, LOSSES["squared_error"], gate=GATES[gate], **parts)
    state = TrainingState.seeded(1, 2)
    optimizer = OPTIMIZERS[optimizer] if isinstance(optimizer, str) else optimizer
    state.prepare_optimizer(optimizer, network.theta, architecture)
    config = TrainingConfig(1e-2, batch_size=23, **(config or {}))
    with monkeypatch.context() as patch:
        if not by_parts:
            patch.setattr(batch_steps, "takes_parts", lambda objective: False)
        losses = [run_epoch(objective, Sample.of(X), config, optimizer, state, rate) for rate in (1e-2, 1e-2, 1e-3)]
    assert objective.last_batch.active is not None
    return objective, state, losses


def assert_same(X, monkeypatch, **settings):
    """The gradient of the weights was never whole, and everything else is as if it had been."""
    (parts, state, losses), (whole, whole_state, whole_losses) = (
        trained(X, by_parts, monkeypatch, **settings) for by_parts in (True, False)
    )
    shapes = parts.network.architecture.shapes
    n_weights = sum(rows * columns for rows, columns in shapes)
    assert not parts.grad[:n_weights].any() and whole.grad[:n_weights].any()
    # On most processors to the last bit: the same operations in the same order, but compiled twice.
    found, wanted = [parts.network.theta, *state.optimizer_state], [whole.network.theta, *whole_state.optimizer_state]
    for vector, whole_vector in zip(found, wanted, strict=True):
        tolerance = (1e-4 if vector.dtype == np.float32 else 1e-11) * np.abs(whole_vector).max()
        np.testing.assert_allclose(vector, whole_vector, rtol=0, atol=tolerance)
    assert losses == pytest.approx(whole_losses, rel=1e-5 if parts.grad.dtype == np.float32 else 1e-11)
    assert losses[-1] < losses[0]


@pytest.fixture
def X(rng):
    return rng.standard_normal((N_ROWS, 12)) @ rng.standard_normal((12, N_FEATURES)) / 4


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("optimizer", BY_COLUMNS)
def test_as_with_the_whole_gradient(optimizer, gate, tied, dtype, X, monkeypatch):
    X = X.astype(dtype)
    assert_same(X, monkeypatch, optimizer=optimizer, gate=gate, tied=tied, dtype=dtype)


@pytest.mark.parametrize("tied", [False, True])
def test_sparse_rows(tied, rng, monkeypatch):
    X = sparse.random(N_ROWS, N_FEATURES, density=0.2, random_state=rng, format="csr")
    assert_same(CSRMatrix(X), monkeypatch, tied=tied)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [0.25, 1.0, 8.0])
@pytest.mark.parametrize("kind", ["free", "tied", "unit norm"])
@pytest.mark.parametrize("gate", GATES)
def test_sparse_rows_in_coordinates_of_the_steps(gate, kind, scale, dtype, rng, monkeypatch):
    X = sparse.random(N_ROWS, N_FEATURES, density=0.2, random_state=rng, format="csr")
    parts = {"step_coordinates": StepCoordinates(3 * X.toarray().mean(axis=0) - 0.1, scale, kind != "free")}
    if kind == "unit norm":
        parts["unit_norm"] = UnitNorm()
    assert_same(CSRMatrix(X), monkeypatch, gate=gate, tied=kind == "tied", dtype=dtype, **parts)


def test_rows_of_norm_one(X, monkeypatch):
    assert_same(X, monkeypatch, unit_norm=UnitNorm())
    objective, _, _ = trained(X, True, monkeypatch, unit_norm=UnitNorm())
    np.testing.assert_allclose(np.linalg.norm(objective.network.weights[1], axis=1), 1, rtol=1e-12)


def test_nested_sizes(X, monkeypatch):
    assert_same(X, monkeypatch, nested_sizes=(20, 90))


def test_the_loss_of_dead_units_where_there_are_none(X, monkeypatch):
    assert_same(X, monkeypatch, dead_unit_loss=DeadUnitLoss(0.1, None))


def dead_units():
    return {"dead_unit_loss": DeadUnitLoss(0.1, None), "activity": Activity(WIDTH, 0.0), "gate": "topk"}


@pytest.mark.parametrize(
    "settings",
    [
        {"penalties": [L2(0.1)]},
        {"config": {"max_grad_norm": 0.1}},
        {"tied": True, "nested_sizes": (20, 90)},
        {"optimizer": Optimizer("own", OPTIMIZERS["adam"].step, 2, True)},
        {"optimizer": Optimizer("whole", OPTIMIZERS["adam"].step, 2, False, OPTIMIZERS["adam"].step_columns)},
        {"optimizer": "sgd"},
        {
            "optimizer": Optimizer("decay", OPTIMIZERS["adam"].step, 2, True, OPTIMIZERS["adam"].step_columns),
            "step_coordinates": StepCoordinates(np.ones(N_FEATURES), 2.0, False),
        },
    ],
    ids=["weights", "clipped", "tied and nested", "own optimiser", "not elementwise", "sgd", "not proportional"],
)
def test_what_needs_the_whole_gradient_has_it(settings, X, monkeypatch):
    objective, _, _ = trained(X, True, monkeypatch, **settings)
    assert objective.grad[: N_FEATURES * WIDTH].any()


def test_dead_units_have_the_gradient_of_their_loss(X, monkeypatch):
    objective, state, _ = trained(X, True, monkeypatch, **dead_units())
    assert not state.active_units.all()
    assert objective.grad[: N_FEATURES * WIDTH].any()


def test_steps_of_columns_are_callable():
    with pytest.raises(TypeError, match="step_columns"):
        Optimizer("own", OPTIMIZERS["adam"].step, 2, True, "columns")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", BY_COLUMNS)
def test_columns_as_vectors(name, dtype, rng):
    """Columns that are not at the ends, and sums that are longer than they."""
    optimizer, n_rows, start = OPTIMIZERS[name], 7, 3
    theta = rng.standard_normal((n_rows, 30)).astype(dtype)
    memory = [rng.random(theta.shape).astype(dtype) for _ in range(optimizer.n_state_vectors)]
    sums = rng.standard_normal((21, n_rows + 4)).astype(dtype)
    columns = slice(start, start + len(sums))
    expected, expected_memory = theta.copy(), [vector.copy() for vector in memory]
    for j in range(n_rows):
        row, vectors = expected[j, columns].copy(), [vector[j, columns].copy() for vector in expected_memory]
        optimizer.step(row, np.ascontiguousarray(sums[:, j]), vectors, 0.1, 4)
        for matrix, vector in zip([expected, *expected_memory], [row, *vectors]):
            matrix[j, columns] = vector
    optimizer.step_columns(theta, sums, memory, start, 0.1, 4)
    for found, wanted in zip([theta, *memory], [expected, *expected_memory]):
        np.testing.assert_allclose(found, wanted, rtol=1e-6 if dtype == np.float32 else 1e-14)
