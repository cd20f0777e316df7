"""Atoms of unit norm and the loss of dead units, against plain NumPy."""

import numpy as np
import pytest
from scipy import sparse
from settings import FIXED, compiled
from sklearn.exceptions import ConvergenceWarning

from skae import SparseAE
from skae.kernels.losses import LOSSES
from skae.kernels.optimizers import OPTIMIZERS
from skae.network.architecture import Architecture
from skae.network.gates import TopK
from skae.network.initialization import initial_parameters
from skae.network.network import Network
from skae.objective.dead_unit_loss import DeadUnitLoss
from skae.objective.objective import Objective
from skae.objective.unit_norm import UnitNorm
from skae.rows.matrices import CSRMatrix
from skae.training.shared_steps import step_of

N_ROWS, N_FEATURES, WIDTH = 13, 40, 61


def network_of(rng, activation="relu", tied=False, hidden=(), dtype=np.float64):
    architecture = Architecture((N_FEATURES, *hidden, WIDTH), activation, "identity", tied)
    network = Network(architecture, initial_parameters(architecture, rng, dtype))
    network.theta += (0.1 * rng.standard_normal(network.theta.shape)).astype(dtype)
    return network


def norms(network):
    return np.linalg.norm(network.weights[network.architecture.depth], axis=1)


@pytest.mark.parametrize("hidden", [(), (9,)], ids=["shallow", "deep"])
@pytest.mark.parametrize("tied", [False, True])
def test_the_gradient_is_that_of_normalised_rows(tied, hidden, rng):
    """Finite differences of the objective as a function of rows that are divided by their norms."""
    network, x = network_of(rng, tied=tied, hidden=hidden), rng.standard_normal((N_ROWS, N_FEATURES))
    unit_norm = UnitNorm()
    unit_norm.restore(network)
    np.testing.assert_allclose(norms(network), 1, rtol=1e-14)
    objective = Objective(network, LOSSES["squared_error"], gate=TopK(3), unit_norm=unit_norm)
    objective.value_and_gradient(x)
    gradient, theta = objective.grad.copy(), network.theta.copy()
    depth, direction = network.architecture.depth, np.zeros_like(theta)
    for _ in range(5):
        # Of an untied network in the decoder alone; the encoder is not normalised.
        rows = network.architecture.parameters(direction).weights[depth]
        rows[...] = rng.standard_normal(rows.shape)
        values = []
        for step in (1e-6, -1e-6):
            network.theta[...] = theta + step * direction
            unit_norm.restore(network)
            values.append(objective.value(x))
        network.theta[...] = theta
        assert gradient @ direction == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-5, abs=1e-7)
    along = np.einsum("ij,ij->i", network.architecture.parameters(gradient).weights[depth], network.weights[depth])
    np.testing.assert_allclose(along, 0, atol=1e-12)


@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 1e-6), (np.float64, 1e-14)])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_step_keeps_the_norm_and_zeros(name, dtype, tolerance, rng):
    network = network_of(rng, dtype=dtype)
    network.weights[1][5] = 0
    objective = Objective(network, LOSSES["squared_error"], gate=TopK(3), unit_norm=UnitNorm())
    objective.unit_norm.restore(network)
    assert not network.weights[1][5].any()
    x = rng.standard_normal((N_ROWS, N_FEATURES)).astype(dtype)
    optimizer = OPTIMIZERS[name]
    state = tuple(np.zeros_like(network.theta) for _ in optimizer.state_shapes(network.theta.shape))
    before = network.weights[1].copy()
    for t in range(1, 4):
        objective.value_and_gradient(x)
        step_of(optimizer, objective)(network.theta, objective.grad, state, 0.01, t)
    assert np.abs(network.weights[1] - before).max() > 1e-4
    moving = norms(network) > 0
    np.testing.assert_allclose(norms(network)[moving], 1, rtol=tolerance * 10)


def auxiliary_in_plain_numpy(network, x, dead, k, weight, row_scale, seen, activation):
    """The loss and its gradients entry by entry, from the formula."""
    (w, v), (b, c) = network.weights, network.biases
    g = {"relu": lambda z: max(z, 0.0), "tanh": np.tanh}[activation]
    slope = {"relu": lambda z: float(z > 0), "tanh": lambda z: 1 / np.cosh(z) ** 2}[activation]
    z = x @ w + b
    value, grads = 0.0, [np.zeros_like(p) for p in (w, v, b, c)]
    for i in range(len(x)):
        on = np.argsort(-z[i], kind="stable")[:3]
        error = seen[i] * (x[i] - c - sum(g(z[i, unit]) * v[unit] for unit in on))
        used = dead[np.argsort(-z[i, dead], kind="stable")[:k]]
        rest = seen[i] * sum(g(z[i, unit]) * v[unit] for unit in used) - error
        value += weight * row_scale[i] * rest @ rest
        d = 2 * weight * row_scale[i] * rest * seen[i]
        for unit in used:
            grads[1][unit] += g(z[i, unit]) * d
            delta = d @ v[unit] * slope(z[i, unit])
            grads[0][:, unit] += delta * x[i]
            grads[2][unit] += delta
    return value, grads


@pytest.mark.parametrize("k", [1, 4, 30])
@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("kind", ["plain", "weights", "missing", "sparse"])
def test_loss_of_dead_units_against_plain_numpy(kind, activation, dense, k, rng):
    network, x = network_of(rng, activation), rng.standard_normal((N_ROWS, N_FEATURES))
    row_scale, seen, settings = np.full(N_ROWS, 1 / N_ROWS), np.ones(x.shape), {}
    if kind == "weights":
        row_scale = rng.random(N_ROWS) * (np.arange(N_ROWS) != 4)
    if kind == "missing":
        seen = (rng.random(x.shape) > 0.2).astype(float)
        x, settings = x * seen, {"fill_values": np.zeros(N_FEATURES)}
    if kind == "sparse":
        x = x * (rng.random(x.shape) < 0.3)
    given = np.where(seen == 1, x, np.nan)
    if kind == "sparse":
        given = CSRMatrix(sparse.csr_array(x)).stored(np.arange(N_ROWS), np.float64)
    found = []
    active = rng.random(WIDTH) < 0.7
    for auxiliary in (None, DeadUnitLoss(1 / 32, k)):
        objective = Objective(network, LOSSES["squared_error"], gate=TopK(3), dead_unit_loss=auxiliary, **settings)
        if auxiliary is not None:
            auxiliary.begin_epoch(active)
        objective.needs_code = dense
        found.append((objective.value_and_gradient(given, row_scale), objective.grad.copy()))
    value, grads = auxiliary_in_plain_numpy(network, x, np.flatnonzero(~active), k, 1 / 32, row_scale, seen, activation)
    assert found[1][0] - found[0][0] == pytest.approx(value, rel=1e-9)
    weights, biases = network.architecture.parameters(found[1][1] - found[0][1])
    for one, wanted in zip([*weights, *biases], grads):
        np.testing.assert_allclose(one, wanted, rtol=0, atol=1e-12 * max(1, np.abs(wanted).max()))


def test_no_loss_while_nothing_is_known_of_dead_units(rng):
    network, x = network_of(rng), rng.standard_normal((N_ROWS, N_FEATURES))
    auxiliary = DeadUnitLoss(1.0, None)
    objective = Objective(network, LOSSES["squared_error"], gate=TopK(3), dead_unit_loss=auxiliary)
    value = objective.value_and_gradient(x)
    for active in (None, np.ones(WIDTH, bool)):
        auxiliary.begin_epoch(active)
        assert objective.value_and_gradient(x) == value
    auxiliary.begin_epoch(np.zeros(WIDTH, bool))
    assert objective.value_and_gradient(x) > value


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("settings", [{}, {"tied_weights": True}, {"revive_dead": True}, {"sparsity": "batchtopk"}])
def test_fitted_atoms_have_one_norm(settings, rng):
    X = 100 + 7 * rng.standard_normal((200, 30))
    settings = {"sparsity": "topk", "n_active": 2, "activation": "relu", "max_iter": 5, "random_state": 0, **settings}
    ae = SparseAE(50, unit_norm=True, **settings).fit(X)
    atoms = np.linalg.norm(ae.coefs_[1], axis=1)
    np.testing.assert_allclose(atoms, ae._fitted.network.coordinates.scale, rtol=1e-12)
    assert ae.score(X) > 0
    assert ae.solver_ == "adam"


def test_the_encoder_starts_as_the_transposed_decoder(rng):
    X = rng.standard_normal((40, 12))
    ae = SparseAE(30, unit_norm=True, sparsity="topk", n_active=2, **{**FIXED, "learning_rate_init": 1e-300})
    ae.partial_fit(X)
    encoder, decoder = ae._fitted.network.weights
    np.testing.assert_allclose(encoder, decoder.T, rtol=1e-12)
    np.testing.assert_allclose(norms(ae._fitted.network), 1, rtol=1e-12)
    # Uniform over all directions.
    assert np.abs(decoder.mean(axis=0)).max() < 0.2


@compiled
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_dead_units_learn_by_the_loss(rng):
    """Units whose pre-activations are small are among the greatest of no row, and get no other gradient."""
    X = (rng.random((1500, 80)) * (rng.random((1500, 80)) < 0.08)) @ rng.standard_normal((80, 40))
    settings = {"sparsity": "topk", "n_active": 8, "activation": "relu", "learning_rate_init": 3e-3, "tol": 0.0}
    dead, explained = [], []
    for weight in (0, 1):
        ae = SparseAE(100, aux_weight=weight, max_iter=3, warm_start=True, batch_size=50, random_state=0, **settings)
        network = ae.fit(X)._fitted.network
        network.weights[0][:, :60] *= 0.01
        network.weights[1][:60] *= 0.01
        network.biases[0][:60] = 0
        report = ae.set_params(max_iter=30).fit(X).sparsity_report(X)
        dead.append(report["dead_fraction"])
        explained.append(report["explained_variance"])
    assert dead[0] >= 0.5 and dead[1] <= 0.1
    assert explained[1] > explained[0] + 0.05


@pytest.mark.parametrize(
    "settings, message",
    [
        (
            {"unit_norm": True, "solver": "lbfgs"},
            "unit_norm=True and aux_weight=0.0 change .* need solver='adam' or 'sgd'; got solver='lbfgs'",
        ),
        ({"aux_weight": 0.1, "solver": "kfac"}, "aux_weight=0.1 change .* need solver='adam' or 'sgd'"),
        ({"aux_weight": 0.1, "hidden_layer_sizes": (3,)}, r"aux_weight=0.1 needs hidden_layer_sizes=\(\); got"),
        ({"aux_weight": 0.1, "loss": "log_loss"}, "aux_weight=0.1 needs loss='squared_error'; got loss='log_loss'"),
        ({"aux_weight": 0.1, "output_activation": "tanh"}, "needs output_activation='identity'; got"),
        ({"aux_weight": 0.1, "zero_sampling": 0.5}, "needs zero_sampling=None; got"),
    ],
)
def test_what_does_not_go_together(settings, message, rng):
    with pytest.raises(ValueError, match=message):
        SparseAE(5, **settings).fit(rng.random((20, 6)))


def test_going_on_with_a_fit_that_had_other_norms(rng):
    X = rng.standard_normal((60, 12))
    ae = SparseAE(20, sparsity="topk", n_active=2, max_iter=2, warm_start=True, **FIXED)
    with pytest.warns(ConvergenceWarning):
        ae.fit(X)
    assert np.ptp(norms(ae._fitted.network)) > 0.1
    with pytest.warns(ConvergenceWarning):
        ae.set_params(unit_norm=True, aux_weight=0.1).fit(X)
    np.testing.assert_allclose(norms(ae._fitted.network), 1, rtol=1e-12)


@pytest.mark.parametrize("hidden", [(), (9,)], ids=["shallow", "deep"])
@pytest.mark.parametrize("activation, tied", [("relu", False), ("relu", True), ("tanh", False)])
def test_units_take_over_the_norms_of_their_atoms(activation, tied, hidden, rng):
    network, X = network_of(rng, activation, tied, hidden), rng.standard_normal((N_ROWS, N_FEATURES))
    before = network.reconstruct(X)
    assert UnitNorm().adopt(network)
    np.testing.assert_allclose(norms(network), 1, rtol=1e-14)
    same = activation == "relu" and not tied
    assert np.allclose(network.reconstruct(X), before, rtol=1e-10) == same
    theta = network.theta.copy()
    assert not UnitNorm().adopt(network)
    np.testing.assert_allclose(network.theta, theta, rtol=1e-14)
