"""Start values from the data, before any training: their error beside that of principal components."""

import numpy as np
import oracle
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.preprocessing import StandardScaler

from skae.kernels.activations import ACTIVATIONS
from skae.kernels.losses import LOSSES
from skae.network.architecture import Architecture
from skae.network.data_start import data_start, rows_are_few
from skae.network.initialization import initial_parameters
from skae.network.tied_start import tied_bend, tied_scale

ROWS = {
    "digits": StandardScaler().fit_transform(load_digits().data)[:600],
    "breast_cancer": StandardScaler().fit_transform(load_breast_cancer().data),
}
# Most of the variance is left by 12 components of digits, next to none by 48, and by 20 of breast_cancer.
SOME, LITTLE = [("digits", 12)], [("digits", 48), ("breast_cancer", 20)]


def started(X, hidden, activation="logistic", output="identity", loss="squared_error", weights=None, seed=0, **options):
    """An architecture, and its start values in double precision."""
    architecture = Architecture((X.shape[1], *hidden), activation, output, options.pop("tied", False))
    weights = np.ones(len(X)) if weights is None else weights
    rng = np.random.default_rng(seed)
    return architecture, data_start(architecture, LOSSES[loss], X, weights, rng, np.float64, **options)


def reconstructed(architecture, theta, X):
    """By an independent forward pass."""
    parameters = architecture.parameters(theta)
    settings = oracle.Settings(
        sizes=architecture.encoder_sizes,
        activation=architecture.activation,
        output_activation=architecture.output_activation,
    )
    return oracle.run(settings, parameters.weights, parameters.biases, X, 0, 2 * architecture.depth)


def error(X, reconstruction):
    return np.square(X - reconstruction).sum()


def left_by_pca(X, k):
    return np.square(np.linalg.svd(X - X.mean(axis=0), compute_uv=False)[k:]).sum()


def spread(X):
    return np.square(X - X.mean(axis=0)).sum()


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("name, k", [*SOME, *LITTLE])
def test_one_layer_begins_at_pca(name, k, activation):
    X = ROWS[name]
    off = error(X, reconstructed(*started(X, (k,), activation), X)) - left_by_pca(X, k)
    assert -1e-9 * spread(X) < off < 2e-3 * spread(X)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("hidden", [(64,), (50, 50)], ids=str)
def test_layers_for_codes_that_lose_much_bend(hidden, activation):
    X = ROWS["digits"]
    architecture, theta = started(X, (*hidden, 12), activation)
    assert error(X, reconstructed(architecture, theta, X)) < 2.0 * left_by_pca(X, 12)
    first = architecture.parameters(theta)
    z = X @ first.weights[0] + first.biases[0]
    stretch = 2.0 if activation == "logistic" else 1.0
    assert np.sqrt(np.square(z - z.mean(axis=0)).mean()) == pytest.approx(stretch, rel=0.2)


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"identity"}))
def test_layers_for_few_rows_are_straight(activation):
    X = ROWS["digits"][:300]
    assert error(X, reconstructed(*started(X, (64, 12), activation, few=True), X)) < 1.05 * left_by_pca(X, 12)


@pytest.mark.parametrize("width, n_rows, few", [(10, 279, True), (10, 280, False), (1, 27, True), (64, 10**6, False)])
def test_rows_are_few_by_the_width_of_the_code(width, n_rows, few):
    assert rows_are_few(Architecture((20, 30, width), "tanh", "identity", False), n_rows) is few


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"identity"}))
@pytest.mark.parametrize("name, k", LITTLE)
def test_layers_for_codes_that_lose_little_are_straight(name, k, activation):
    X = ROWS[name]
    assert error(X, reconstructed(*started(X, (64, k), activation), X)) < 2.0 * left_by_pca(X, k)


@pytest.mark.parametrize("activation", ["logistic", "tanh"])
@pytest.mark.parametrize("hidden", [(64,), (50, 40), (6,), (12,)], ids=str)
def test_solvers_that_know_the_curvature_begin_in_two_parts(hidden, activation):
    """Straight units carry principal components to the code, the others bend."""
    X = ROWS["digits"]
    architecture, theta = started(X, (*hidden, 12), activation, curvature=True)
    n_straight, parameters = min(12, *hidden), architecture.parameters(theta)
    assert error(X, reconstructed(architecture, theta, X)) < 1.2 * left_by_pca(X, n_straight)
    centred, stretch = X - X.mean(axis=0), 2.0 if activation == "logistic" else 1.0
    components = np.linalg.svd(centred, full_matrices=False)[2][:n_straight]
    first, code = parameters.weights[0], parameters.weights[architecture.depth - 1]
    straight = first[:, :n_straight]
    assert components.T @ (components @ straight) == pytest.approx(straight, abs=1e-9)
    assert np.sqrt(np.square(centred @ straight).mean()) == pytest.approx(0.3 * stretch, rel=0.2)
    assert not code[n_straight:].any() and code[:n_straight].all()
    bent = X @ first[:, n_straight:] + parameters.biases[0][n_straight:]
    if bent.size:
        assert np.sqrt(np.square(bent - bent.mean(axis=0)).mean()) == pytest.approx(1.5 * stretch, rel=0.2)
        assert np.std(bent.mean(axis=0)) > 0.1 * stretch


def test_a_mean_activation_is_met_by_all_units_alike():
    X = ROWS["digits"]
    architecture, theta = started(X, (64, 12), curvature=True, target=0.2)
    parameters = architecture.parameters(theta)
    z = X @ parameters.weights[0] + parameters.biases[0]
    assert np.std(z, axis=0).min() > 1.0
    h = 1 / (1 + np.exp(-(1 / (1 + np.exp(-z)) @ parameters.weights[1] + parameters.biases[1])))
    assert h.mean() == pytest.approx(0.2, abs=0.05)


def test_rectified_units_bend_further_where_the_curvature_is_known():
    X = ROWS["digits"]
    found = [
        error(X, reconstructed(*started(X, (64, 28), "relu", curvature=curvature), X)) / left_by_pca(X, 28)
        for curvature in (False, True)
    ]
    assert found[0] < 1.1 < found[1] < 4.0


@pytest.mark.parametrize("activation", ["logistic", "tanh"])
@pytest.mark.parametrize("hidden", [(64,), (64, 32)], ids=str)
def test_they_begin_straight_on_rows_that_are_linear(hidden, activation, rng):
    X = rng.normal(size=(600, 40)) * 0.8 ** np.arange(40)
    architecture, theta = started(X, (*hidden, 10), activation, curvature=True)
    assert error(X, reconstructed(architecture, theta, X)) < 1.05 * left_by_pca(X, 10)


def test_two_parts_know_of_weights(rng):
    """Rows of no weight have no influence; straight units see whole weights as so many rows, bent ones draw others."""
    X = ROWS["digits"][:300]
    weights = rng.integers(0, 3, size=300)
    options = {"curvature": True, "seed": 4}
    architecture, theta = started(X, (20, 4), weights=weights.astype(float), **options)
    changed = np.where(weights[:, None] == 0, X + 100.0, X)
    assert started(changed, (20, 4), weights=weights.astype(float), **options)[1] == pytest.approx(theta, abs=1e-8)
    _, repeated = started(np.repeat(X, weights, axis=0), (20, 4), **options)
    first, again = (architecture.parameters(each) for each in (theta, repeated))
    assert first.weights[0] == pytest.approx(again.weights[0], abs=1e-8)
    assert first.biases[0][:4] == pytest.approx(again.biases[0][:4], abs=1e-8)


@pytest.mark.parametrize("name, k", LITTLE)
def test_a_large_code_bends_whatever_it_loses(name, k):
    X = ROWS[name]
    assert error(X, reconstructed(*started(X, (64, k), large=True), X)) > 3.0 * left_by_pca(X, k)


@pytest.mark.parametrize("activation", ["identity", "logistic", "relu", "tanh"])
def test_logits_begin_below_the_entropy_of_pixels(activation):
    X = (load_digits().data[:600] / 16.0).clip(0.0, 1.0)
    given = reconstructed(*started(X, (16,), activation, "logistic", "log_loss"), X).clip(1e-12, 1 - 1e-12)
    mean = X.mean(axis=0).clip(1e-12, 1 - 1e-12)
    losses = [-(X * np.log(p) + (1 - X) * np.log(1 - p)).sum() for p in (given, np.broadcast_to(mean, X.shape))]
    assert losses[0] < 0.8 * losses[1]


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("hidden", [(64,), (100, 30), (30, 64)], ids=str)
@pytest.mark.parametrize("straight", [False, True])
def test_several_tied_layers_begin_at_pca_where_it_leaves_little_or_rows_are_few(straight, hidden, activation):
    name, k = ("digits", 12) if straight else ("breast_cancer", 20)
    X, ones = ROWS[name], np.ones(len(ROWS[name]))
    architecture = Architecture((X.shape[1], *hidden, k), activation, "identity", True)
    X = (X - X.mean(axis=0)) / (tied_scale(architecture, X, ones, straight) or 1.0)
    off = error(X, reconstructed(*started(X, (*hidden, k), activation, tied=True, few=straight), X))
    assert abs(off - left_by_pca(X, k)) < 0.02 * spread(X)


@pytest.mark.parametrize("activation, bend", [("identity", 0.1), ("tanh", 1.0), ("logistic", None), ("relu", None)])
def test_several_tied_layers_bend_or_are_drawn_where_much_is_left(activation, bend):
    X, ones = ROWS["digits"], np.ones(600)
    architecture = Architecture((64, 40, 12), activation, "identity", True)
    assert tied_bend(architecture, X, ones, False) == bend
    drawn = initial_parameters(architecture, np.random.default_rng(0), np.float64)
    _, theta = started(X, (40, 12), activation, tied=True)
    assert np.array_equal(theta, drawn) == (bend is None)
    for wish in ({"noise": "replacing"}, {"noise": "additive"}, {"target": 0.05}):
        np.testing.assert_array_equal(started(X, (40, 12), activation, tied=True, **wish)[1], drawn)


def test_tied_weights_are_the_directions_over_the_root_of_the_slope():
    X = ROWS["breast_cancer"]
    directions = np.linalg.svd(X - X.mean(axis=0))[2][:5].T
    for activation, slope in (("tanh", 1.0), ("logistic", 0.25), ("identity", 1.0)):
        architecture, theta = started(X, (5,), activation, tied=True)
        encoder = architecture.parameters(theta).weights[0]
        np.testing.assert_allclose(np.abs(encoder), np.abs(directions) / np.sqrt(slope), atol=1e-8)


@pytest.mark.parametrize("hidden", [(5,), (40, 5), (40, 20)], ids=str)
def test_weights_are_repetitions(hidden, rng):
    X, times = ROWS["breast_cancer"][:200], rng.integers(1, 4, 200)
    weighted = started(X, hidden, weights=times.astype(float))[1]
    np.testing.assert_allclose(weighted, started(np.repeat(X, times, axis=0), hidden)[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("hidden", [(5,), (64, 48)], ids=str)
def test_the_seed_decides(hidden):
    X = ROWS["digits"]
    same = [started(X, hidden, seed=7)[1] for _ in range(2)]
    np.testing.assert_array_equal(*same)


@pytest.mark.parametrize("hidden", [(3,), (6, 3)], ids=str)
def test_rows_that_do_not_vary_have_no_directions(hidden):
    architecture, theta = started(np.full((20, 8), 3.0), hidden)
    np.testing.assert_array_equal(theta, initial_parameters(architecture, np.random.default_rng(0), np.float64))


def size_of_code(X, hidden, **options):
    """Root mean square of the pre-activations of the code about their means."""
    architecture, theta = started(X, hidden, **options)
    first = architecture.parameters(theta)
    z = X @ first.weights[0] + first.biases[0]
    return np.sqrt(np.square(z - z.mean(axis=0)).mean())


def test_noise_and_cross_entropy_bend_codes_wider_than_the_rows():
    X = (load_digits().data[:600] / 16.0).clip(0.0, 1.0)
    plain = size_of_code(X, (100,))
    assert size_of_code(X, (100,), noise="additive") == pytest.approx(5 * plain)
    assert size_of_code(X, (100,), noise="replacing") == pytest.approx(5 * plain)
    assert size_of_code(X, (100,), output="logistic", loss="log_loss") == pytest.approx(5 * plain)


def test_noise_that_replaces_entries_bends_narrow_codes():
    X = ROWS["breast_cancer"]
    assert size_of_code(X, (5,), noise="replacing") == pytest.approx(5 * size_of_code(X, (5,), noise="additive"))


@pytest.mark.parametrize("width", [10, 100])
@pytest.mark.parametrize("activation", ["logistic", "tanh"])
def test_units_see_columns_that_go_together_where_noise_replaces_entries(activation, width, rng):
    # Five groups of eight columns, which are independent of each other.
    X = (np.repeat(rng.random((400, 5)), 8, axis=1) > 0.5).astype(float)
    architecture, theta = started(X, (width,), activation, "logistic", "log_loss", noise="replacing")
    first = architecture.parameters(theta)
    sizes = np.square(first.weights[0]).reshape(5, 8, width).sum(axis=1)
    assert (sizes.max(axis=0) > 0.95 * sizes.sum(axis=0)).all() and set(sizes.argmax(axis=0)) == set(range(5))
    z = X @ first.weights[0] + first.biases[0]
    np.testing.assert_allclose(z.std(axis=0), 2.0 if activation == "logistic" else 1.0)
    np.testing.assert_allclose(z.mean(axis=0), 0.0, atol=1e-9)


def test_few_masked_rows_and_chunks_start_as_nearly_linear_networks_do(rng):
    X = (rng.random((199, 12)) > 0.5).astype(float)
    bits = {"output": "logistic", "loss": "log_loss"}
    few, plain = started(X, (4,), **bits, noise="replacing")[1], started(X, (4,), **bits)[1]
    np.testing.assert_array_equal(few, plain)
    X = ROWS["breast_cancer"]
    sizes = [size_of_code(X, (64, 20), **options) for options in ({}, {"few": True}, {"chunk": True})]
    assert sizes[0] / sizes[1] == pytest.approx(5 / 3, rel=0.01) and sizes[2] / sizes[0] == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize("activation", ["logistic", "tanh"])
def test_one_layer_bends_as_far_as_next_to_nothing_is_lost(activation, rng):
    normal = rng.standard_normal((500, 10)) * np.geomspace(3, 1, 10)
    tailed = normal * rng.gamma(0.3, 2.0, (500, 1))
    sizes = []
    for X in (normal, tailed):
        X = X / np.sqrt(np.square(X - X.mean(axis=0)).mean())
        off = error(X, reconstructed(*started(X, (4,), activation), X)) - left_by_pca(X, 4)
        sizes.append(
            size_of_code(X, (4,), activation=activation)
            / size_of_code(X, (4,), activation=activation, noise="additive")
        )
        assert off < (5e-4 if sizes[-1] > 1.0 else 1e-2) * spread(X)
    assert sizes == pytest.approx([3.0, 1.0]) or sizes == pytest.approx([2.0, 1.0])
