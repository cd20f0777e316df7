"""The pass over active entries against NumPy in plain loops, and against the dense pass."""

import numpy as np
import pytest
from passes import assert_same, both
from scipy import sparse

from skae.kernels.activations import ACTIVATIONS
from skae.kernels.losses import LOSSES
from skae.network.architecture import Architecture
from skae.network.batch_gates import BatchTopK
from skae.network.gates import TopK, WinnerTakeAll, active_share
from skae.network.initialization import initial_parameters
from skae.network.network import Network
from skae.objective.l2 import L2
from skae.objective.objective import Objective
from skae.rows.matrices import CSRMatrix
from skae.training.dead_units import Activity

# Rows, features and units: more units than a tile has, and none of the three a multiple of a vector.
SHAPE = N_ROWS, N_FEATURES, WIDTH = 41, 79, 101
GATES = {"topk": TopK(7), "lifetime": WinnerTakeAll(0.07), "batchtopk": BatchTopK(7, WIDTH)}


def network_of(rng, activation="relu", tied=False, dtype=np.float64):
    architecture = Architecture((N_FEATURES, WIDTH), activation, "identity", tied)
    network = Network(architecture, initial_parameters(architecture, rng, dtype))
    network.theta += (0.1 * rng.standard_normal(network.theta.shape)).astype(dtype)
    return network


def in_plain_numpy(network, x, kept_of):
    """Loss and gradients of squared error with relu, entry by entry."""
    (w, v), (b, c) = network.weights, network.biases
    z = x @ w + b
    kept = kept_of(z)
    value, grads = 0.0, [np.zeros_like(p) for p in (w, v, b, c)]
    for i in range(len(x)):
        units = np.flatnonzero(kept[i] & (z[i] > 0))
        x_hat = c + sum(z[i, unit] * v[unit] for unit in units)
        value += np.sum((x_hat - x[i]) ** 2) / len(x)
        d = 2 * (x_hat - x[i]) / len(x)
        grads[3] += d
        for unit in units:
            delta = d @ v[unit]
            grads[0][:, unit] += delta * x[i]
            grads[1][unit] += z[i, unit] * d
            grads[2][unit] += delta
    return value, grads


@pytest.mark.parametrize("kind", GATES)
def test_value_and_gradient_against_plain_numpy(kind, rng):
    network, x = network_of(rng), rng.standard_normal((N_ROWS, N_FEATURES))
    axis, k = {"topk": (1, 7), "lifetime": (0, int(np.ceil(0.07 * N_ROWS))), "batchtopk": (None, 7 * N_ROWS)}[kind]

    def kept_of(z):
        ranks = np.argsort(np.argsort(-z, axis=axis), axis=axis)
        return ranks.reshape(z.shape) < k

    value, grads = in_plain_numpy(network, x, kept_of)
    objective = Objective(network, LOSSES["squared_error"], gate=GATES[kind])
    assert objective.value_and_gradient(x) == pytest.approx(value, rel=1e-12)
    assert objective.last_batch.active is not None
    weights, biases = network.architecture.parameters(objective.grad)
    for found, wanted in zip([*weights, *biases], grads):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12 * np.abs(wanted).max())


@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 1e-5), (np.float64, 1e-12)])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize("gate", GATES.values(), ids=GATES)
def test_as_the_dense_pass(gate, activation, tied, dtype, tolerance, rng):
    network = network_of(rng, activation, tied, dtype)
    x = rng.standard_normal((N_ROWS, N_FEATURES)).astype(dtype)
    assert_same(both(network, x, gate), tolerance)


@pytest.mark.parametrize("tied", [False, True])
def test_sparse_rows_weights_and_penalties_on_weights(tied, rng):
    network = network_of(rng, tied=tied)
    X = sparse.random(N_ROWS, N_FEATURES, density=0.3, random_state=rng, format="csr")
    row_scale = rng.random(N_ROWS)
    batch = CSRMatrix(X).stored(np.arange(N_ROWS), np.float64)
    found = both(network, batch, TopK(7), row_scale=row_scale, penalties=[L2(0.1)])
    assert_same(found)
    assert_same([found[0], both(network, X.toarray(), TopK(7), row_scale=row_scale, penalties=[L2(0.1)])[1]])


def test_missing_values(rng):
    network, x = network_of(rng, "logistic"), rng.standard_normal((N_ROWS, N_FEATURES))
    x[rng.random(x.shape) < 0.2] = np.nan
    assert_same(both(network, x, TopK(7), fill_values=np.linspace(-1, 1, N_FEATURES)))


def test_log_loss(rng):
    architecture = Architecture((N_FEATURES, WIDTH), "tanh", "logistic", False)
    network = Network(architecture, initial_parameters(architecture, rng, np.float64))
    assert_same(both(network, rng.random((N_ROWS, N_FEATURES)), TopK(7), loss="log_loss"))


def test_activity_is_that_of_the_dense_pass(rng):
    network, x = network_of(rng), rng.standard_normal((N_ROWS, N_FEATURES))
    seen = []
    for dense in (False, True):
        objective = Objective(network, LOSSES["squared_error"], gate=TopK(2), activity=Activity(WIDTH, 0.5))
        objective.needs_code = dense
        objective.value_and_gradient(x)
        seen.append(objective.activity.take())
    assert 0 < seen[0].sum() < WIDTH
    np.testing.assert_array_equal(*seen)


def test_units_that_are_zero_have_no_gradient():
    architecture = Architecture((N_FEATURES, WIDTH), "identity", "identity", False)
    network = Network(architecture, np.zeros(architecture.n_parameters))
    network.weights[1][:] = 1.0
    objective = Objective(network, LOSSES["squared_error"], gate=TopK(7))
    objective.value_and_gradient(np.ones((N_ROWS, N_FEATURES)))
    assert objective.last_batch.active is not None
    weights, biases = architecture.parameters(objective.grad)
    assert not weights[0].any() and not biases[0].any() and biases[1].all()


@pytest.mark.parametrize("gate", GATES.values(), ids=GATES)
def test_rows_that_are_not_finite_take_the_dense_pass(gate, rng):
    network, x = network_of(rng), rng.standard_normal((N_ROWS, N_FEATURES))
    x[3, 2] = np.nan
    objective = Objective(network, LOSSES["squared_error"], gate=gate)
    assert np.isnan(objective.value_and_gradient(x))
    assert objective.last_batch.active is None


@pytest.mark.parametrize("gate", [TopK(8), WinnerTakeAll(0.08), BatchTopK(8, WIDTH)], ids=GATES)
def test_dense_where_many_stay_on(gate, rng):
    assert active_share(N_FEATURES) < active_share(2 * N_FEATURES) <= active_share(10**6) < 1
    network, x = network_of(rng), rng.standard_normal((N_ROWS, N_FEATURES))
    objective = Objective(network, LOSSES["squared_error"], gate=gate)
    objective.value_and_gradient(x)
    assert objective.last_batch.active is None
