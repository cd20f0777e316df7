"""The objective: its gradient against finite differences, sums over parts and blocks, and the contraction terms."""

from functools import cache

import numpy as np
import pytest

from skae.kernels.activations import ACTIVATIONS
from skae.kernels.corruptions import CORRUPTIONS
from skae.kernels.losses import LOSSES
from skae.network import network
from skae.network.architecture import Architecture
from skae.network.network import Network
from skae.objective.contraction import Contraction, DeepContraction, contraction
from skae.objective.kl_sparsity import KLSparsity, kl_derivative, kl_divergence
from skae.objective.l2 import L2
from skae.objective.noise import Noise
from skae.objective.objective import Objective
from skae.objective.row_losses import row_losses
from skae.rows.sample import Sample

SIZES = [(4, 3), (4, 5, 3), (4, 3, 5, 2)]
N_ROWS = 6
TERMS = {
    "none": (0.0, ()),
    "L2": (0.05, ()),
    "KL": (0.0, ("KL",)),
    "contraction": (0.0, ("contraction",)),
    "all": (0.05, ("KL", "contraction")),
}
OUTPUTS = [
    (loss, output)
    for loss, record in sorted(LOSSES.items())
    for output in sorted(ACTIVATIONS)
    if output in record.fused or record.from_output is not None
]
# KL needs mean activations in (0, 1).
CASES = [
    (activation, *output, term)
    for activation, record in sorted(ACTIVATIONS.items())
    for output in OUTPUTS
    for term in sorted(TERMS)
    if "KL" not in TERMS[term][1] or record.range == (0.0, 1.0)
]


def rows(n_rows=N_ROWS, n_features=4, seed=31):
    """Rows in [0, 1], where every loss is defined."""
    return np.random.default_rng(seed).uniform(0, 1, (n_rows, n_features))


def made_penalties(names, architecture):
    """The penalties of these names for a network."""
    makers = {"KL": lambda: KLSparsity(0.4, 0.2), "contraction": lambda: contraction(0.3, architecture.depth)}
    return [makers[name]() for name in names]


@cache
def parameters(sizes, activation, output, tied):
    """Random parameters at which no pre-activation is near the kink of relu, and no layer of relu is dead."""
    architecture = Architecture(sizes, activation, output, tied)
    for seed in range(3000):
        theta = 0.8 * np.random.default_rng(seed).standard_normal(architecture.n_parameters)
        weights, biases = architecture.parameters(theta)
        a, nearest, alive = rows(), np.inf, 1.0
        for w, b, record in zip(weights, biases, architecture.activations):
            z = a @ w + b
            if record.name == "relu":
                nearest, alive = min(nearest, np.abs(z).min()), min(alive, (z > 0).mean())
            a = z.copy()
            record.forward(a, np.zeros_like(b))
        if nearest > 0.015 and alive > 0.2:
            return theta
    raise AssertionError("no point away from the kinks was found")


def objective(activation, loss, output, term="none", tied=False, sizes=SIZES[0], noise=None, theta=None):
    theta = parameters(sizes, activation, output, tied).copy() if theta is None else theta
    network = Network(Architecture(sizes, activation, output, tied), theta)
    alpha, names = TERMS[term]
    return Objective(network, LOSSES[loss], [L2(alpha), *made_penalties(names, network.architecture)], noise)


def fourth_order(value, theta, direction, step=1e-3):
    """Derivative of value() along a direction in theta, which is moved and put back."""
    start, values = theta.copy(), []
    for k in (1, -1, 2, -2):
        theta[...] = start + k * step * direction
        values.append(value())
    theta[...] = start
    return (8 * (values[0] - values[1]) - (values[2] - values[3])) / (12 * step)


def check_gradient(value_and_gradient, value, theta, grad, n_directions=3):
    """Compare grad with finite differences along random unit directions."""
    at_start = value_and_gradient()
    gradient = grad.copy()
    assert at_start == pytest.approx(value(), rel=1e-14)
    rng = np.random.default_rng(32)
    for _ in range(n_directions):
        direction = rng.standard_normal(theta.size)
        direction /= np.linalg.norm(direction)
        assert gradient @ direction == pytest.approx(fourth_order(value, theta, direction), rel=1e-6)


# Identity 10.


@pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: f"depth{len(sizes) - 1}")
@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
@pytest.mark.parametrize("activation, loss, output, term", CASES)
def test_gradient_against_finite_differences(activation, loss, output, term, tied, sizes):
    J, x = objective(activation, loss, output, term, tied, sizes), rows()
    scale = np.random.default_rng(33).uniform(0.5, 1.5, N_ROWS) / N_ROWS
    check_gradient(
        lambda: J.value_and_gradient(x, scale), lambda: J.value(x, scale), J.network.theta, J.grad, n_directions=2
    )


@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
@pytest.mark.parametrize("corruption", sorted(CORRUPTIONS))
def test_gradient_of_a_full_sample_with_noise_in_blocks(corruption, tied, monkeypatch):
    monkeypatch.setattr(Architecture, "block_size", lambda self, n_rows, dtype: min(n_rows, 4))
    X = rows(11)
    noise = Noise(CORRUPTIONS[corruption], 0.3, X.min(axis=0), X.max(axis=0))
    J = objective("logistic", "log_loss", "logistic", "all", tied, SIZES[1], noise)
    sample, seed = Sample.of(X, np.random.default_rng(34).uniform(0.2, 2, 11)), np.random.SeedSequence(35)
    check_gradient(lambda: J.full(sample, seed), lambda: J.full_value(sample, seed), J.network.theta, J.grad)
    other = J.full_value(sample, np.random.SeedSequence(36))
    assert abs(other - J.full_value(sample, seed)) > 1e-6


def test_finite_differences_notice_a_wrong_gradient():
    J, x = objective("tanh", "squared_error", "identity", "contraction"), rows()

    def wrong():
        value = J.value_and_gradient(x)
        J.grad[3] *= 1.001
        return value

    with pytest.raises(AssertionError):
        check_gradient(wrong, lambda: J.value(x), J.network.theta, J.grad)


# Identity 9.


@pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: f"depth{len(sizes) - 1}")
@pytest.mark.parametrize("term", ["none", "KL", "contraction"])
@pytest.mark.parametrize("loss, output", OUTPUTS)
def test_tied_gradient_is_the_sum_of_both_untied(loss, output, term, sizes):
    tied = objective("logistic", loss, output, term, True, sizes)
    depth, x = len(sizes) - 1, rows()
    flat = np.concatenate([a.ravel() for a in tied.network.weights + tied.network.biases])
    untied = objective("logistic", loss, output, term, False, sizes, theta=flat)
    assert tied.value_and_gradient(x) == pytest.approx(untied.value_and_gradient(x), rel=1e-13)
    weights, biases = untied.network.architecture.parameters(untied.grad)
    got_weights, got_biases = tied.network.architecture.parameters(tied.grad)
    for layer in range(depth):
        expected = weights[layer] + weights[2 * depth - 1 - layer].T
        np.testing.assert_allclose(got_weights[layer], expected, rtol=1e-12, atol=1e-15)
        assert np.abs(weights[2 * depth - 1 - layer]).max() > 1e-6
    for got, expected in zip(got_biases, biases):
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-15)


def test_tied_weights_are_penalised_once():
    plain, penalised = (objective("tanh", "squared_error", "identity", term, True) for term in ("none", "L2"))
    (w, _), alpha = plain.network.weights, TERMS["L2"][0]
    difference = penalised.value_and_gradient(rows()) - plain.value_and_gradient(rows())
    assert difference == pytest.approx(alpha * (w**2).sum(), rel=1e-12)
    gradient = (penalised.grad - plain.grad)[: w.size].reshape(w.shape)
    np.testing.assert_allclose(gradient, 2 * alpha * w, rtol=1e-10)


def test_biases_are_not_penalised():
    plain, penalised = (objective("tanh", "squared_error", "identity", term) for term in ("none", "L2"))
    alpha = TERMS["L2"][0]
    difference = penalised.value_and_gradient(rows()) - plain.value_and_gradient(rows())
    assert difference == pytest.approx(alpha * sum((w**2).sum() for w in plain.network.weights), rel=1e-12)
    n_weights = sum(w.size for w in plain.network.weights)
    np.testing.assert_array_equal(penalised.grad[n_weights:], plain.grad[n_weights:])


# Identity 11.


@pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: f"depth{len(sizes) - 1}")
@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
@pytest.mark.parametrize("term", ["none", "contraction"])
@pytest.mark.parametrize("loss, output", OUTPUTS)
def test_gradient_of_a_batch_is_the_sum_of_its_parts(loss, output, term, tied, sizes):
    J, x = objective("logistic", loss, output, term, tied, sizes), rows()
    scale = np.random.default_rng(37).uniform(0.5, 1.5, N_ROWS) / N_ROWS
    whole, gradient = J.value_and_gradient(x, scale), J.grad.copy()
    value, total = 0.0, np.zeros_like(gradient)
    for part in (slice(0, 1), slice(1, 4), slice(4, 6)):
        value += J.value_and_gradient(np.ascontiguousarray(x[part]), scale[part].copy())
        total += J.grad
    assert value == pytest.approx(whole, rel=1e-13)
    np.testing.assert_allclose(total, gradient, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True], ids=["even", "weighted"])
@pytest.mark.parametrize("term", sorted(TERMS))
@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
def test_many_blocks_equal_one_batch(tied, term, weighted, dtype, monkeypatch):
    n_rows = 11
    X = rows(n_rows).astype(dtype)
    theta = parameters(SIZES[1], "logistic", "identity", tied).astype(dtype)
    J = objective("logistic", "squared_error", "identity", term, tied, SIZES[1], theta=theta)
    weights = np.random.default_rng(38).uniform(0.2, 2.0, n_rows) if weighted else None
    if weighted:
        weights[[2, 7]] = 0.0
    sample = Sample.of(X, weights)
    scale = np.full(n_rows, 1 / n_rows) if weights is None else weights / weights.sum()
    expected, gradient = J.value_and_gradient(X, scale.astype(dtype)), J.grad.copy()
    monkeypatch.setattr(network, "block_rows", lambda *_: 2)
    tolerance = 2e-5 if dtype is np.float32 else 1e-12
    for size in (1, 4, n_rows, 100):
        monkeypatch.setattr(Architecture, "block_size", lambda self, n_rows, dtype, size=size: min(n_rows, size))
        assert J.full(sample) == pytest.approx(expected, rel=tolerance)
        np.testing.assert_allclose(J.grad, gradient, rtol=tolerance, atol=tolerance)
        assert J.full_value(sample) == pytest.approx(expected, rel=tolerance)
    # The mean activation of the sample is forgotten: a batch stands for itself again.
    assert J.value(X, scale.astype(dtype)) == pytest.approx(expected, rel=tolerance)


def test_sample_weights_count_by_their_ratios_only():
    X, weights = rows(), np.random.default_rng(39).uniform(0.2, 2.0, N_ROWS)
    J = objective("logistic", "squared_error", "identity", "all")
    assert J.full(Sample.of(X, weights)) == pytest.approx(J.full(Sample.of(X, 7 * weights)), rel=1e-13)
    assert J.full(Sample.of(X, np.full(N_ROWS, 3.0))) == pytest.approx(J.full(Sample.of(X)), rel=1e-13)
    repeated = Sample.of(np.concatenate([X, X[:2]]))
    assert J.full(Sample.of(X, np.array([2.0, 2, 1, 1, 1, 1]))) == pytest.approx(J.full(repeated), rel=1e-13)


def test_rows_of_a_sample_are_those_at_its_indices():
    X = rows(9)
    J = objective("logistic", "squared_error", "identity", "all")
    chosen = np.array([7, 0, 3])
    assert J.full(Sample.of(X, rows=chosen)) == pytest.approx(J.value_and_gradient(X[chosen]), rel=1e-13)


# The noise.


@pytest.mark.parametrize("corruption", sorted(CORRUPTIONS))
def test_the_loss_is_against_the_clean_rows(corruption):
    x = rows()
    noise = Noise(CORRUPTIONS[corruption], 0.5, np.zeros(4), np.ones(4))
    J = objective("tanh", "squared_error", "identity", noise=noise)
    draws = np.empty(x.shape, CORRUPTIONS[corruption].draw_dtype or float)
    corrupted = np.empty_like(x)
    CORRUPTIONS[corruption].draw(np.random.default_rng(40), draws)
    CORRUPTIONS[corruption].apply(x, draws, 0.5, np.zeros(4), np.ones(4), corrupted)
    expected = ((J.network.reconstruct(corrupted) - x) ** 2).sum(axis=1).mean()
    assert J.value(x, rng=np.random.default_rng(40)) == pytest.approx(expected, rel=1e-13)


# The KL term.


def test_kl_derivative_is_the_derivative_of_kl():
    mean, step = np.linspace(0.05, 0.95, 19), 1e-4
    for target in (0.05, 0.3, 0.9):
        up, down, up2, down2 = (kl_divergence(target, mean + k * step) for k in (1, -1, 2, -2))
        slope = (8 * (up - down) - (up2 - down2)) / (12 * step)
        np.testing.assert_allclose(kl_derivative(target, mean), slope, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("bias", [-1e4, 1e4])
def test_kl_of_dead_and_of_saturated_units_is_finite(bias):
    J = objective("logistic", "squared_error", "identity", "KL")
    J.network.biases[0][...] = bias
    assert np.isfinite(J.value_and_gradient(rows()))
    assert np.isfinite(J.grad).all()


# The contraction.


def jacobian_norms(network, X, step=1e-3):
    """||dh/dx||_F^2 of each row by fourth-order finite differences of the encoder."""
    out = []
    for x in X:
        total = 0.0
        for j in range(len(x)):
            moved = np.repeat(x[None], 4, axis=0)
            moved[:, j] += step * np.array([1, -1, 2, -2])
            up, down, up2, down2 = network.encode(moved)
            total += (((8 * (up - down) - (up2 - down2)) / (12 * step)) ** 2).sum()
        out.append(total)
    return np.array(out)


def term_value(term, network, x, scale):
    """Value of one term alone on a batch."""
    J = Objective(network, LOSSES["squared_error"])
    J.value(x, scale)
    return term.value(J.batch(len(x)))


@pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: f"depth{len(sizes) - 1}")
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_contraction_against_the_jacobian_of_each_row(activation, sizes):
    network, x = objective(activation, "squared_error", "identity", sizes=sizes).network, rows()
    norms = jacobian_norms(network, x)
    assert norms.max() > 1e-5
    for i in range(N_ROWS):
        scale = np.zeros(N_ROWS)
        scale[i] = 1.0
        penalty = contraction(0.7, network.architecture.depth)
        assert term_value(penalty, network, x, scale) == pytest.approx(0.7 * norms[i], rel=1e-8)
        assert term_value(DeepContraction(0.7), network, x, scale) == pytest.approx(0.7 * norms[i], rel=1e-8)


def test_contraction_picks_the_term_by_depth():
    assert type(contraction(1.0, 1)) is Contraction
    assert type(contraction(1.0, 2)) is DeepContraction


@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_both_contractions_agree_on_one_layer(activation, tied):
    x, scale = rows(), np.random.default_rng(41).uniform(0.5, 1.5, N_ROWS) / N_ROWS
    results = []
    for kind in (Contraction, DeepContraction):
        J = objective(activation, "squared_error", "identity", tied=tied)
        J.penalties = [kind(0.6)]
        results.append((J.value_and_gradient(x, scale), J.grad.copy()))
    (value, gradient), (deep_value, deep_gradient) = results
    assert deep_value == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(deep_gradient, gradient, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("sizes", SIZES[1:], ids=lambda sizes: f"depth{len(sizes) - 1}")
@pytest.mark.parametrize("numbers, n_parts", [(1, N_ROWS), (2, 3)])
def test_deep_contraction_takes_rows_in_parts(sizes, numbers, n_parts, monkeypatch):
    x = rows()
    J = objective("tanh", "squared_error", "identity", "contraction", sizes=sizes)
    whole, gradient = J.value_and_gradient(x), J.grad.copy()
    # Room for one row, or for two, of h_1 columns.
    monkeypatch.setattr("skae.objective.contraction._JACOBIAN_NUMBERS", numbers * sizes[1] * max(sizes[1:]))
    parts, original = [], DeepContraction._part

    def counted(self, part, *rest):
        parts.append(part)
        return original(self, part, *rest)

    monkeypatch.setattr(DeepContraction, "_part", counted)
    assert J.value_and_gradient(x) == pytest.approx(whole, rel=1e-13)
    np.testing.assert_allclose(J.grad, gradient, rtol=1e-11, atol=1e-15)
    assert len(parts) == n_parts


@pytest.mark.parametrize("sizes", SIZES[:2], ids=lambda sizes: f"depth{len(sizes) - 1}")
def test_gradient_in_float32_is_that_of_float64(sizes):
    wide = objective("logistic", "log_loss", "logistic", "all", sizes=sizes)
    narrow = objective(
        "logistic", "log_loss", "logistic", "all", sizes=sizes, theta=wide.network.theta.astype(np.float32)
    )
    x = rows()
    assert narrow.value_and_gradient(x.astype(np.float32)) == pytest.approx(wide.value_and_gradient(x), rel=1e-5)
    assert narrow.grad.dtype == np.float32
    np.testing.assert_allclose(narrow.grad, wide.grad, rtol=1e-4, atol=1e-5)


# The loss of each row.


@pytest.mark.parametrize("loss, output", OUTPUTS)
def test_row_losses_by_blocks(loss, output, monkeypatch):
    X = rows(7)
    network = objective("tanh", loss, output).network
    whole = row_losses(network, LOSSES[loss], X)
    x_hat = network.reconstruct(X)
    entries = (x_hat - X) ** 2 if loss == "squared_error" else -(X * np.log(x_hat) + (1 - X) * np.log(1 - x_hat))
    np.testing.assert_allclose(whole, entries.sum(axis=1), rtol=1e-11)
    monkeypatch.setattr(Architecture, "block_size", lambda self, n_rows, dtype: min(n_rows, 3))
    np.testing.assert_allclose(row_losses(network, LOSSES[loss], X), whole, rtol=1e-13)
