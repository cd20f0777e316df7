"""The nested loss against plain NumPy, the two passes against each other, and fits with it."""

import pickle

import numpy as np
import passes
import pytest
from passes import assert_same, both
from scipy import sparse

from skae.kernels.corruptions import CORRUPTIONS
from skae.network.architecture import Architecture
from skae.network.batch_gates import BatchTopK
from skae.network.gates import TopK, WinnerTakeAll
from skae.network.initialization import initial_parameters
from skae.network.network import Network
from skae.objective.dead_unit_loss import DeadUnitLoss
from skae.objective.gradient_check import gradient_error
from skae.objective.kl_sparsity import KLSparsity
from skae.objective.l1_sparsity import L1Sparsity
from skae.objective.l2 import L2
from skae.objective.nested_loss import by_group
from skae.objective.noise import Noise
from skae.objective.unit_norm import UnitNorm
from skae.rows.matrices import CSRMatrix

SHAPE = N_ROWS, N_FEATURES, WIDTH = 23, 57, 70
GATES = {"topk": TopK(3), "lifetime": WinnerTakeAll(0.04), "batchtopk": BatchTopK(3, WIDTH), "none": None}
SIZES = {"one": [9], "single units": (1, 2, 69), "three": np.array([5, 20, 41])}


def network_of(rng, activation="relu", output="identity", tied=False, dtype=np.float64):
    architecture = Architecture((N_FEATURES, WIDTH), activation, output, tied)
    network = Network(architecture, initial_parameters(architecture, rng, dtype))
    network.theta += (0.1 * rng.standard_normal(network.theta.shape)).astype(dtype)
    return network


def code_of(network, x, gate):
    """Activations after the gate, one by one."""
    z = x @ network.weights[0] + network.biases[0]
    axis, k = {TopK: (1, 3), WinnerTakeAll: (0, 1), BatchTopK: (None, 3 * len(x)), type(None): (1, WIDTH)}[type(gate)]
    ranks = np.argsort(np.argsort(-z, axis=axis), axis=axis).reshape(z.shape)
    g = {"relu": lambda t: np.maximum(t, 0), "logistic": lambda t: 1 / (1 + np.exp(-t))}
    return np.where(ranks < k, g[network.architecture.activation](z), 0.0)


def in_plain_numpy(network, x, target, gate, sizes, row_scale, counts, loss):
    """The nested loss, size by size and row by row."""
    v, c = network.weights[1], network.biases[1]
    h, value = code_of(network, x, gate), 0.0
    for m in [*sizes, WIDTH]:
        for i in range(len(x)):
            y = c + sum(h[i, unit] * v[unit] for unit in range(m))
            if loss == "squared_error":
                entries = (y - target[i]) ** 2
            else:
                p = 1 / (1 + np.exp(-y))
                entries = -target[i] * np.log(p) - (1 - target[i]) * np.log(1 - p)
            value += row_scale[i] * (counts[i] * entries).sum() / (len(sizes) + 1)
    return value


def objective_of(network, gate, sizes, loss="squared_error", dense=False, **settings):
    return passes.objective_of(network, gate, loss, dense, nested_sizes=sizes, **settings)


def assert_gradient(objective, x, row_scale, rng):
    """The gradient along some directions against central differences of the value."""
    theta, gradient = objective.network.theta, objective.grad.copy()
    start = theta.copy()
    for _ in range(4):
        direction = rng.standard_normal(theta.shape)
        values = []
        for step in (1e-6, -1e-6):
            theta[...] = start + step * direction
            values.append(objective.value(x, row_scale))
        theta[...] = start
        assert gradient @ direction == pytest.approx((values[0] - values[1]) / 2e-6, rel=2e-5, abs=1e-6)


@pytest.mark.parametrize("kind", ["plain", "weights", "missing", "sparse"])
@pytest.mark.parametrize("loss", ["squared_error", "log_loss"])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("gate", GATES)
def test_value_and_gradient_against_plain_numpy(gate, tied, loss, kind, rng):
    output = "identity" if loss == "squared_error" else "logistic"
    network = network_of(rng, "logistic" if gate == "none" else "relu", output, tied)
    x, row_scale = rng.random((N_ROWS, N_FEATURES)), np.full(N_ROWS, 1 / N_ROWS)
    counts, settings = np.ones(x.shape), {}
    if kind == "weights":
        row_scale = rng.random(N_ROWS) * (np.arange(N_ROWS) != 4)
    if kind == "missing":
        counts, settings = (rng.random(x.shape) > 0.2).astype(float), {"fill_values": np.zeros(N_FEATURES)}
        x = x * counts
    if kind == "sparse":
        x = x * (rng.random(x.shape) < 0.3)
    given = np.where(counts == 1, x, np.nan)
    if kind == "sparse":
        given = CSRMatrix(sparse.csr_array(x)).stored(np.arange(N_ROWS), np.float64)
    for sizes in SIZES.values():
        wanted = in_plain_numpy(network, x, x, GATES[gate], sizes, row_scale, counts, loss)
        for dense in (False, True):
            objective = objective_of(network, GATES[gate], sizes, loss, dense, **settings)
            assert objective.value_and_gradient(given, row_scale) == pytest.approx(wanted, rel=1e-12)
            assert (objective.last_batch.active is None) == (dense or gate == "none")
            assert_gradient(objective, given, row_scale, rng)


@pytest.mark.parametrize("penalty", [KLSparsity(0.1, 0.5), L1Sparsity(0.3)], ids=["kl", "l1"])
def test_penalties_on_the_code_and_on_weights_are_added_once(penalty, rng):
    network, x = network_of(rng, "logistic"), rng.random((N_ROWS, N_FEATURES))
    alone = objective_of(network, None, SIZES["three"])
    wanted = objective_of(network, None, None, penalties=[penalty, L2(0.1)])
    plain = objective_of(network, None, None)
    objective = objective_of(network, None, SIZES["three"], penalties=[penalty, L2(0.1)])
    values = [one.value_and_gradient(x) for one in (objective, alone, wanted, plain)]
    assert values[0] - values[1] == pytest.approx(values[2] - values[3], rel=1e-10)
    grads = [one.grad for one in (objective, alone, wanted, plain)]
    np.testing.assert_allclose(grads[0] - grads[1], grads[2] - grads[3], rtol=0, atol=1e-12)
    assert gradient_error(objective, x) < 1e-6


@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 1e-5), (np.float64, 1e-12)])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("activation, output", [("relu", "identity"), ("tanh", "relu"), ("logistic", "tanh")])
@pytest.mark.parametrize("gate", ["topk", "lifetime", "batchtopk"])
def test_the_pass_over_active_entries_is_as_the_dense_one(gate, activation, output, tied, dtype, tolerance, rng):
    network = network_of(rng, activation, output, tied, dtype)
    x = rng.standard_normal((N_ROWS, N_FEATURES)).astype(dtype)
    assert_same(both(network, x, GATES[gate], nested_sizes=SIZES["three"]), tolerance)


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("emphasis", [0.0, 0.75])
def test_what_is_reconstructed_has_no_noise(emphasis, dense, rng):
    network, x = network_of(rng), rng.uniform(0.1, 0.9, (N_ROWS, N_FEATURES))
    noise = Noise(CORRUPTIONS["masking"], 0.3, np.zeros(N_FEATURES), np.ones(N_FEATURES), emphasis)
    objective = objective_of(network, TopK(3), SIZES["three"], dense=dense, noise=noise)
    value = objective.value_and_gradient(x, rng=np.random.default_rng(3))
    corrupted = objective.last_batch.inputs
    counts, even = np.where(corrupted != x, 1.0, 1.0 - emphasis), np.full(N_ROWS, 1 / N_ROWS)
    wanted = in_plain_numpy(network, corrupted, x, TopK(3), SIZES["three"], even, counts, "squared_error")
    assert value == pytest.approx(wanted, rel=1e-12)


def test_the_whole_code_alone_is_the_loss_as_it_is(rng):
    """One size is no nesting: the output layer of the nested loss then gives what the other one gives."""
    network, x = network_of(rng), rng.random((N_ROWS, N_FEATURES))
    for dense in (False, True):
        plain, nested = (objective_of(network, TopK(3), sizes, dense=dense) for sizes in (None, ()))
        assert nested.value_and_gradient(x) == pytest.approx(plain.value_and_gradient(x), rel=1e-14)
        np.testing.assert_allclose(nested.grad, plain.grad, rtol=0, atol=1e-14)


@pytest.mark.parametrize("dense", [False, True])
def test_dead_units_meet_the_error_of_the_whole_code(dense, rng):
    network, x, added = network_of(rng), rng.standard_normal((N_ROWS, N_FEATURES)), []
    for sizes in (None, SIZES["three"]):
        found = []
        for auxiliary in (None, DeadUnitLoss(1 / 32, 5)):
            objective = objective_of(network, TopK(3), sizes, dense=dense, dead_unit_loss=auxiliary)
            if auxiliary is not None:
                auxiliary.begin_epoch(np.arange(WIDTH) % 3 > 0)
            found.append((objective.value_and_gradient(x), objective.grad.copy()))
        added.append((found[1][0] - found[0][0], found[1][1] - found[0][1]))
    assert added[0][0] == pytest.approx(added[1][0], rel=1e-10) and added[0][0] > 0
    np.testing.assert_allclose(added[0][1], added[1][1], rtol=0, atol=1e-12)


def test_the_gradient_has_no_part_along_atoms_of_unit_norm(rng):
    network, x = network_of(rng), rng.standard_normal((N_ROWS, N_FEATURES))
    UnitNorm().restore(network)
    found = both(network, x, TopK(3), nested_sizes=SIZES["three"], unit_norm=UnitNorm())
    assert_same(found)
    rows = network.architecture.parameters(found[0][1]).weights[1]
    np.testing.assert_allclose(np.einsum("ij,ij->i", rows, network.weights[1]), 0, atol=1e-12)


def test_groups_of_entries(rng):
    objective = objective_of(network_of(rng), BatchTopK(3, WIDTH), [5, 20])
    objective.value_and_gradient(rng.standard_normal((N_ROWS, N_FEATURES)))
    code = objective.last_batch.active
    grouped, places = by_group(code, np.array([5, 20, WIDTH]))
    dense, own = np.zeros((N_ROWS, WIDTH)), np.zeros((3 * N_ROWS, WIDTH))
    code.scatter(dense)
    grouped.scatter(own)
    first, second, third = own.reshape(3, N_ROWS, WIDTH)
    np.testing.assert_array_equal(first[:, :5], dense[:, :5])
    np.testing.assert_array_equal(second[:, 5:20], dense[:, 5:20])
    np.testing.assert_array_equal(third[:, 20:], dense[:, 20:])
    assert np.count_nonzero(own) == np.count_nonzero(dense)
    np.testing.assert_array_equal(grouped.values, code.values[places])


def test_an_objective_in_a_pickle_has_its_sizes(rng):
    network, x = network_of(rng), rng.random((N_ROWS, N_FEATURES))
    objective = objective_of(network, TopK(3), (5, 20))
    again = pickle.loads(pickle.dumps(objective))
    assert again.value_and_gradient(x) == objective.value_and_gradient(x)
    np.testing.assert_array_equal(again.grad, objective.grad)
