"""K-FAC: its factors and quadratic against explicit Jacobians, its steps against closed forms, and its safeguards."""

import copy
import itertools

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.kernels.losses import LOSSES, Loss
from skae.network.architecture import Architecture
from skae.network.initialization import initial_parameters
from skae.network.network import Network
from skae.objective.l2 import L2
from skae.objective.objective import Objective
from skae.rows.matrices import CSRMatrix
from skae.rows.sample import Sample
from skae.training import curvature, curvature_blocks
from skae.training.config import TrainingConfig
from skae.training.curvature import BatchCurvature, factor_shapes
from skae.training.curvature_blocks import Blocks
from skae.training.kfac import kfac_step, update_averages
from skae.training.kronecker import damped_inverse, damped_inverses, precondition, step_sizes, sum_of_products
from skae.training.solvers import SOLVERS
from skae.training.state import TrainingState

KFAC = SOLVERS["kfac"].optimizer


def objective(sizes=(5, 4, 3), activation="tanh", output="identity", loss="squared_error", tied=False, seed=1, **given):
    architecture = Architecture(sizes, activation, output, tied, given.pop("n_active", None))
    rng = np.random.default_rng(seed)
    network = Network(architecture, initial_parameters(architecture, rng, np.float64))
    network.theta += 0.1 * rng.standard_normal(network.theta.shape)
    return Objective(network, LOSSES[loss], **given)


def rows(n_rows=7, n_features=5, seed=2):
    return np.random.default_rng(seed).uniform(0, 1, (n_rows, n_features))


def state(seed=3):
    return TrainingState.seeded(*np.random.SeedSequence(seed).spawn(2))


def preactivations(network, x, theta):
    """Last pre-activations of one row, in plain NumPy."""
    weights, biases = network.architecture.parameters(theta)
    a = x
    for w, b in zip(weights, biases):
        z = a @ w + b
        a = {"tanh": np.tanh, "identity": lambda z: z, "relu": lambda z: np.maximum(z, 0)}.get(
            network.architecture.activation, lambda z: 1 / (1 + np.exp(-z))
        )(z)
    return z


def jacobian(network, x, theta, step=1e-5):
    """Of the last pre-activations of a row by all parameters, by central differences."""
    columns = []
    for i in range(len(theta)):
        change = np.zeros_like(theta)
        change[i] = step
        columns.append(
            (preactivations(network, x, theta + change) - preactivations(network, x, theta - change)) / (2 * step)
        )
    return np.array(columns).T


def gauss_newton(J, X, row_scale):
    """The whole matrix, from explicit Jacobians and the second derivatives of the losses."""
    network = J.network
    theta, total = network.theta.copy(), 0.0
    for x, scale in zip(X, row_scale):
        z = preactivations(network, x, theta)
        p = 1 / (1 + np.exp(-z))
        output = network.architecture.output_activation
        if J.loss.name == "log_loss":
            h = p * (1 - p)
        else:
            h = 2 * np.square(
                {"identity": np.ones_like(z), "tanh": 1 - np.tanh(z) ** 2, "logistic": p * (1 - p)}[output]
            )
        G = jacobian(network, x, theta)
        total = total + scale * G.T @ (h[:, None] * G)
    return total


SETTINGS = {
    "deep": {},
    "shallow logistic": {"sizes": (5, 3), "activation": "logistic", "output": "logistic", "loss": "log_loss"},
    "nonlinear output": {"output": "tanh"},
    "tied": {"tied": True},
    "tied shallow": {"tied": True, "sizes": (5, 3)},
}


@pytest.mark.parametrize("weighted", [False, True], ids=["even", "weighted"])
@pytest.mark.parametrize("name", SETTINGS)
def test_quadratic_along_the_blocks_is_that_of_explicit_jacobians(name, weighted):
    J, X = objective(**SETTINGS[name]), rows()
    scale = np.random.default_rng(4).uniform(0.1, 1, len(X)) / len(X) if weighted else None
    J.value_and_gradient(X, scale)
    blocks = Blocks(J)
    blocks.direction[...] = np.random.default_rng(5).standard_normal(len(blocks.direction))
    got = blocks.quadratic(BatchCurvature(J))
    F = gauss_newton(J, X, np.full(len(X), 1 / len(X)) if scale is None else scale)
    parts = []
    for block in range(blocks.n_blocks):
        part = np.zeros_like(blocks.direction)
        weights, biases = J.network.architecture.parameters(part)
        weights[block][...] = blocks.to_direction.weights[block]
        for layer in (block, 2 * J.network.architecture.depth - 1 - block) if J.network.architecture.tied else (block,):
            biases[layer][...] = blocks.to_direction.biases[layer]
        parts.append(part)
    parts = np.array(parts)
    np.testing.assert_allclose(got[:, :-1], parts @ F @ parts.T, rtol=2e-6, atol=1e-8)
    np.testing.assert_allclose(got[:, -1], parts @ J.grad, rtol=1e-10, atol=1e-12)


def test_quadratic_has_the_curvature_of_l2():
    J, plain = objective(penalties=[L2(0.3)]), objective()
    X, found = rows(), []
    for one in (J, plain):
        one.value_and_gradient(X)
        blocks = Blocks(one)
        blocks.direction[...] = np.arange(len(blocks.direction)) / 10
        found.append(blocks.quadratic(BatchCurvature(one)))
    own = [0.6 * np.square(w).sum() for w in blocks.to_direction.weights]
    np.testing.assert_allclose(np.diagonal(found[0] - found[1]), own, rtol=1e-9)


# Where the factors are exact.


def test_factors_of_the_last_layer_are_exact_where_its_curvature_is_constant():
    # For squared errors and a linear output the block is E[a a^T] x 2 I.
    J, X = objective(), rows()
    J.value_and_gradient(X)
    factors = BatchCurvature(J).factors()
    n_layers = len(factors) // 2
    F = gauss_newton(J, X, np.full(len(X), 1 / len(X)))
    A, G = factors[n_layers - 1], factors[-1]
    start = sum(r * c for r, c in J.network.architecture.shapes[:-1])
    n, k = J.network.architecture.shapes[-1]
    order = np.concatenate([start + np.arange(n * k), np.arange(len(J.grad) - k, len(J.grad))])
    np.testing.assert_allclose(F[np.ix_(order, order)], np.kron(A, np.diag(G)), rtol=1e-5, atol=1e-7)


def test_factors_of_linear_layers_are_exact_in_all_layers():
    # Nothing depends on the row but the inputs.
    J, X = objective((4, 3, 2), "identity"), rows(n_features=4)
    J.value_and_gradient(X)
    factors = BatchCurvature(J).factors()
    F = gauss_newton(J, X, np.full(len(X), 1 / len(X)))
    shapes = J.network.architecture.shapes
    starts = np.cumsum([0] + [r * c for r, c in shapes])
    biases = starts[-1] + np.cumsum([0] + [c for _, c in shapes])
    for layer, (n, k) in enumerate(shapes):
        order = np.concatenate([starts[layer] + np.arange(n * k), biases[layer] + np.arange(k)])
        G = factors[len(shapes) + layer]
        block = np.kron(factors[layer], np.diag(G) if G.ndim == 1 else G)
        np.testing.assert_allclose(F[np.ix_(order, order)], block, rtol=1e-5, atol=1e-7)


def test_one_step_of_rate_one_reaches_least_squares():
    # The last layer alone is moved: its curvature is exact, and the objective quadratic in it.
    J, X = objective((5, 3)), rows(40)
    network, grad = J.network, J.grad
    J.value_and_gradient(X)
    factors = BatchCurvature(J).factors()
    A, G = factors[1], factors[3]
    inverses = damped_inverse(A, 0.0)[0], damped_inverse(G, 0.0)[0]
    weights, biases = network.architecture.parameters(grad)
    step_w, step_b = np.empty_like(weights[1]), np.empty_like(biases[1])
    precondition(weights[1], biases[1], *inverses, step_w, step_b)
    code = network.encode(X)
    inputs = np.column_stack([code, np.ones(len(X))])
    expected = np.linalg.lstsq(inputs, X, rcond=None)[0]
    np.testing.assert_allclose(network.weights[1] - step_w, expected[:-1], rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(network.biases[1] - step_b, expected[-1], rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("weighted", [False, True], ids=["even", "weighted"])
def test_hidden_factor_by_plain_loops(weighted):
    J, X = objective((4, 3), "tanh"), rows(6, 4)
    scale = np.random.default_rng(6).uniform(0.1, 1, 6) if weighted else None
    J.value_and_gradient(X, scale)
    shares = np.full(6, 1 / 6) if scale is None else scale
    W, b = J.network.weights[0], J.network.biases[0]
    moment, inputs = np.zeros((3, 3)), np.zeros((5, 5))
    for x, share in zip(X, shares / shares.sum()):
        s = 1 - np.tanh(x @ W + b) ** 2
        moment += share * np.outer(s, s)
        inputs += share * np.outer(np.append(x, 1), np.append(x, 1))
    V = J.network.weights[1]
    expected = moment * (V @ (2 * shares.sum() * np.eye(4)) @ V.T)
    factors = BatchCurvature(J).factors()
    np.testing.assert_allclose(factors[2], expected, rtol=1e-10)
    np.testing.assert_allclose(factors[0], inputs, rtol=1e-10)


def test_wide_factors_are_the_diagonals(monkeypatch):
    J, X = objective((6, 5, 2)), rows(9, 6)
    J.value_and_gradient(X)
    whole = BatchCurvature(J).factors()
    monkeypatch.setattr(curvature, "WIDEST", 4)
    wide = BatchCurvature(J).factors()
    assert [f.shape for f in wide] == factor_shapes(J.network.architecture)
    for place in (0, 1, 3):
        np.testing.assert_allclose(wide[place], np.diagonal(whole[place]), rtol=1e-12)
    # The factor above is whole: that below is its diagonal.
    np.testing.assert_allclose(wide[6], np.diagonal(whole[6]), rtol=1e-12)


@pytest.mark.parametrize("widest", [4, 2048])
def test_factors_of_stored_rows_are_those_of_dense_ones(widest, monkeypatch):
    monkeypatch.setattr(curvature, "WIDEST", widest)
    X = rows(8, 600) * (np.random.default_rng(7).uniform(size=(8, 600)) < 0.02)
    dense, stored = objective((600, 3)), objective((600, 3))
    batch = CSRMatrix(sparse.csr_array(X)).stored(np.arange(8), np.float64)
    # The second part of what was read, whose rows do not begin at the first stored entry.
    dense.value_and_gradient(np.ascontiguousarray(X[3:]))
    stored.value_and_gradient(batch[3:8])
    for one, other in zip(BatchCurvature(dense).factors(), BatchCurvature(stored).factors(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
    found = []
    for J in (dense, stored):
        blocks = Blocks(J)
        blocks.direction[...] = np.random.default_rng(8).standard_normal(len(blocks.direction))
        found.append(blocks.quadratic(BatchCurvature(J)))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-8)


def test_units_that_a_gate_sets_to_zero_have_no_curvature():
    J, X = objective((5, 4), activation="logistic", n_active=1), rows(1)
    J.value_and_gradient(X)
    factor = BatchCurvature(J).factors()[2]
    off = J.last_batch.outputs[0][0] == 0
    assert off.sum() == 3 and (factor[off] == 0).all() and factor[~off][:, ~off] > 0


def test_entries_that_do_not_count_have_no_curvature():
    X = rows()
    X[:, 2] = np.nan
    J = objective(fill_values=np.full(5, 0.5))
    J.value_and_gradient(X)
    np.testing.assert_allclose(BatchCurvature(J).factors()[-1], [2, 2, 0, 2, 2], rtol=1e-12)


def test_a_loss_that_knows_no_curvature_has_its_squared_derivatives():
    J = objective()
    known = LOSSES["squared_error"]
    J = Objective(J.network, Loss("unknown", "", known.entry))
    X = rows()
    J.value_and_gradient(X)
    residuals = 2 * (J.network.reconstruct(X) - X)
    np.testing.assert_allclose(BatchCurvature(J).factors()[-1], np.square(residuals).mean(axis=0), rtol=1e-10)


# Kronecker products.


def factor(n, seed):
    root = np.random.default_rng(seed).standard_normal((n, 2 * n))
    return root @ root.T / n


@pytest.mark.parametrize("penalty", [0.0, 0.7])
@pytest.mark.parametrize("diagonal", list(itertools.product([False, True], repeat=2)))
def test_preconditioned_gradient_solves_the_damped_system(diagonal, penalty):
    A, G = factor(4, 1), factor(3, 2)
    A, G = (np.diagonal(f).copy() if flag else f for f, flag in zip((A, G), diagonal))
    left, right, n_damped = damped_inverses(A, G, 20, penalty)
    gradient = np.random.default_rng(3).standard_normal((4, 3))
    weights, bias = np.empty((3, 3)), np.empty(3)
    precondition(gradient[:-1], gradient[-1], left, right, weights, bias)
    A, G = (np.diag(f) if f.ndim == 1 else f for f in (A, G))
    a, g = np.trace(A) / 4, np.trace(G) / 3
    s, pi = np.sqrt(penalty), np.sqrt(a / g)
    system = np.kron(A + ((4 / 20) ** 2 * a + pi * s) * np.eye(4), G + ((3 / 20) ** 2 * g + s / pi) * np.eye(3))
    expected = np.linalg.solve(system, gradient.ravel()).reshape(4, 3)
    np.testing.assert_allclose(np.vstack([weights, bias]), expected, rtol=1e-9)
    assert n_damped == 0


def test_every_factor_is_damped_by_the_least_share():
    A, G = factor(4, 1), factor(3, 2)
    for inverse, plain in zip(damped_inverses(A, G, 20, least=0.1), (A, G)):
        n = len(plain)
        damped = plain + 0.1 * np.trace(plain) / n * np.eye(n)
        np.testing.assert_allclose(inverse, np.linalg.inv(damped), rtol=1e-9)


def test_damping_does_not_depend_on_units():
    A, G = factor(4, 1), factor(3, 2)
    one, two = damped_inverses(A, G, 20), damped_inverses(1e6 * A, 1e-4 * G, 20)
    np.testing.assert_allclose(one[0], 1e6 * two[0], rtol=1e-9)
    np.testing.assert_allclose(one[1], 1e-4 * two[1], rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_factor_that_is_not_positive_definite_is_damped_further_and_counted(dtype):
    indefinite = np.diag([1.0, -0.5, 2.0]).astype(dtype)
    inverse, n_damped = damped_inverse(indefinite, 1e-3)
    assert n_damped == 3 and np.linalg.eigvalsh(inverse).min() > 0
    np.testing.assert_allclose(inverse, np.diag(1 / (np.diagonal(indefinite) + 1.0)), rtol=1e-5)
    assert damped_inverse(np.diagonal(indefinite).copy(), 1e-3)[1] == 3
    zeros, n_damped = damped_inverse(np.zeros((2, 2), dtype), 0.0)
    assert n_damped >= 1 and np.isfinite(zeros).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_factor_that_is_not_finite_has_an_inverse_of_nan(value):
    broken = np.eye(3)
    broken[0, 1] = broken[1, 0] = value
    inverse, n_damped = damped_inverse(broken, 0.1)
    assert np.isnan(inverse).all() and n_damped == 0


def test_steps_count_the_factors_that_were_damped(monkeypatch):
    monkeypatch.setattr(curvature_blocks, "_WIDTH", np.inf)
    monkeypatch.setattr(curvature_blocks, "_LEAST", 0.0)
    # More features than rows: the factor of the inputs has no inverse.
    X, training = rows(4, 5), state()
    J = objective((5, 2))
    training.prepare_optimizer(KFAC, J.network.theta, J.network.architecture)
    J.value_and_gradient(X)
    KFAC.step_for(J)(J.network.theta, J.grad, training.optimizer_state, 0.1, 1)
    assert training.optimizer_state[1].tolist()[0] == 1 and training.optimizer_state[1][1] >= 1
    assert np.isfinite(J.network.theta).all()


def test_sum_of_products_has_the_trace_of_the_sum_and_is_exact_for_equal_parts():
    first, second = (factor(4, 1), factor(3, 2)), (factor(4, 3), factor(3, 4))
    A, G = sum_of_products(first, second)
    wanted = np.kron(*first) + np.kron(*second)
    assert np.trace(np.kron(A, G)) == pytest.approx(np.trace(wanted), rel=1e-12)
    np.testing.assert_allclose(np.kron(*sum_of_products(first, first)), 2 * np.kron(*first), rtol=1e-12)
    diagonal = np.diagonal(second[0]).copy()
    expected = np.kron(*sum_of_products(first, (np.diag(diagonal), second[1])))
    np.testing.assert_allclose(np.kron(*sum_of_products(first, (diagonal, second[1]))), expected, rtol=1e-12)
    assert sum_of_products(first, (np.zeros((4, 4)), second[1])) is first


def test_step_sizes_are_the_least_of_the_quadratic():
    root = np.random.default_rng(9).standard_normal((4, 6))
    Q, b = root @ root.T, np.array([1.0, 0.2, 2.0, 0.5])
    damped = Q + 0.1 * np.diag(np.diagonal(Q))
    bounds = [(0.0, None)] * 4
    expected = minimize(lambda c: 0.5 * c @ damped @ c - b @ c, np.ones(4), bounds=bounds, tol=1e-14).x
    np.testing.assert_allclose(step_sizes(Q, b), np.minimum(expected, 1.5), rtol=1e-4, atol=1e-6)


def test_step_sizes_where_there_is_nothing_to_see():
    assert step_sizes(np.zeros((2, 2)), np.ones(2)).tolist() == [1, 1]
    assert step_sizes(np.full((2, 2), np.nan), np.ones(2)).tolist() == [1, 1]
    np.testing.assert_allclose(step_sizes(np.diag([0.0, 2.0]), np.ones(2)), [1, 0.5 / 1.1], rtol=1e-12)


# The step.


@pytest.mark.parametrize("loss, factor", [(1e9, 1.0), (1.0, None)])
def test_step_against_loops_by_hand(loss, factor):
    rng = np.random.default_rng(10)
    theta, direction, velocity = rng.standard_normal((3, 6))
    grad = direction * rng.uniform(1, 2, 6)
    nu = factor or np.sqrt(0.02 * loss / (0.5**2 * direction @ grad))
    assert factor or nu < 1
    v = 0.9 * velocity - nu * 0.5 * direction
    expected = theta + 0.9 * v - nu * 0.5 * direction
    kfac_step(theta, direction, grad, velocity, 0.5, loss, 0.9, 0.02)
    np.testing.assert_allclose(theta, expected, rtol=1e-12)
    np.testing.assert_allclose(velocity, v, rtol=1e-12)


def test_averages_count_alike_at_first():
    average = np.zeros(2)
    for n_before, value in enumerate([1.0, 2.0, 6.0]):
        update_averages([average], [np.full(2, value)], n_before, 0.95)
    np.testing.assert_allclose(average, 3.0)
    update_averages([average], [np.full(2, 13.0)], 1000, 0.95)
    np.testing.assert_allclose(average, 0.95 * 3 + 0.05 * 13)


def test_no_rate_lets_it_diverge():
    # The length of a step is limited by the loss.
    J, X = objective(), rows(23)
    at_start = J.full_value(Sample.of(X))
    config = TrainingConfig(1e10, batch_size=5, max_iter=20, tol=0.0)
    result = SOLVERS["kfac"].train(J, Sample.of(X), config, state())
    assert max(result.loss_curve) < 10 * at_start


def test_it_needs_an_objective():
    with pytest.raises(TypeError, match="step_for"):
        KFAC.step(np.zeros(2), np.zeros(2), (), 0.1, 1)


# Trainings.


def train(J, X, n_epochs, training=None, **settings):
    config = TrainingConfig(0.1, batch_size=5, max_iter=n_epochs, tol=0.0, shuffle=False, **settings)
    return SOLVERS["kfac"].train(J, Sample.of(X), config, training or state())


@pytest.mark.parametrize("name", SETTINGS)
def test_a_training_in_two_parts_is_that_in_one(name):
    X = rows(23)
    whole, parted = objective(**SETTINGS[name]), objective(**SETTINGS[name])
    at_once = train(whole, X, 6)
    one = train(parted, X, 3)
    two = train(parted, X, 3, copy.deepcopy(one.state))
    np.testing.assert_array_equal(at_once.theta, two.theta)
    assert one.loss_curve + two.loss_curve == at_once.loss_curve
    assert all(np.array_equal(*pair) for pair in zip(at_once.state.optimizer_state, two.state.optimizer_state))
    assert [a.shape for a in two.state.optimizer_state] == KFAC.state_shapes(
        whole.network.theta.shape, whole.network.architecture
    )
    assert at_once.loss_curve[-1] < 0.9 * at_once.loss_curve[0]


def test_it_keeps_at_most_three_times_what_adam_does():
    architecture = Architecture((784, 1000), "logistic", "logistic", False)
    kept = sum(map(np.prod, KFAC.state_shapes((architecture.n_parameters,), architecture)))
    assert kept <= 3 * SOLVERS["adam"].n_vectors * architecture.n_parameters


ESTIMATORS = {
    "deep": lambda **s: AutoencoderTransformer(3, hidden_layer_sizes=(8,), **s),
    "relu": lambda **s: AutoencoderTransformer(3, hidden_layer_sizes=(8,), activation="relu", **s),
    "tied": lambda **s: AutoencoderTransformer(3, hidden_layer_sizes=(8,), tied_weights=True, alpha=1e-3, **s),
    "denoising": lambda **s: DenoisingAE(5, noise_level=0.3, emphasis=0.5, **s),
    "kl": lambda **s: SparseAE(5, **s),
    "topk": lambda **s: SparseAE(9, sparsity="topk", n_active=3, revive_dead=True, activation="relu", **s),
    "contractive": lambda **s: ContractiveAE(4, contraction_weight=0.001, **s),
    "log_loss": lambda **s: AutoencoderTransformer(3, loss="log_loss", output_activation="logistic", **s),
    "holes": lambda **s: AutoencoderTransformer(3, missing_values="mask", **s),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_estimator_trains_and_is_determined_by_its_seed(name, dtype):
    rng = np.random.default_rng(11)
    X = 1 / (1 + np.exp(-np.tanh(rng.standard_normal((200, 3))) @ rng.standard_normal((3, 12)))).astype(dtype)
    if name == "holes":
        X[rng.uniform(size=X.shape) < 0.1] = np.nan
    weights = rng.uniform(0.1, 2, len(X))
    one, two = (
        ESTIMATORS[name](solver="kfac", init="glorot", max_iter=12, batch_size=64, random_state=0).fit(
            X, sample_weight=weights
        )
        for _ in range(2)
    )
    assert one.solver_ == "kfac" and one.learning_rate_ == KFAC.rate
    assert one.loss_curve_ == two.loss_curve_
    # The entropy of the rows is no part of what can be lowered.
    assert one.loss_curve_[-1] < (0.95 if name == "log_loss" else 0.9) * one.loss_curve_[0]
    np.testing.assert_array_equal(one._fitted.network.theta, two._fitted.network.theta)
