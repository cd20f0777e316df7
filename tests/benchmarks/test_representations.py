"""Representations: features beside the rows, folds by writer, codes of patches, tables of the page."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from benchmarks.harness import StoredResults
from benchmarks.representations import _measures, chance, levers, representations, top_k
from benchmarks.representations._contenders import BASELINES, FEATURES, contenders
from benchmarks.representations._features import RandomDirections, kmeans_features
from benchmarks.representations._measures import ByWriters, FineTunedFalling, FineTunedMean
from benchmarks.representations._mnist_levers import MNIST_LEVERS, DrawnTopK, InPhases, ScaledComponents
from benchmarks.representations._parts import AnnealedWinners, DroppingTopK, HigherOrderContraction
from benchmarks.representations._patches import MovedCopies, PatchCode
from benchmarks.representations._row import in_one_line
from benchmarks.representations._rows import ROWS
from benchmarks.representations._splits import Split, digits_by_writer
from skae import AutoencoderTransformer
from skae.kernels.losses import LOSSES
from skae.network.architecture import Architecture
from skae.network.initialization import initial_parameters
from skae.network.network import Network
from skae.objective.objective import Objective

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "lever", [*levers.LEVERS.values(), *MNIST_LEVERS.values()], ids=[*levers.LEVERS, *MNIST_LEVERS]
)
def test_stored_settings_are_those_of_any_process(lever, monkeypatch):
    # Parts that are registered would stay so for the tests after it.
    monkeypatch.setattr("benchmarks.representations._parts.register", lambda part: part)
    monkeypatch.setattr("benchmarks.representations._parts._registered", set())
    assert "0x" not in in_one_line(lever.make(0))


def test_kmeans_features_are_the_triangle_of_the_distances():
    X = RNG.standard_normal((50, 3))
    model = kmeans_features(6, None)(0)
    code = model.fit_transform(X)
    centres = model[-1].cluster_centers_
    for row, features in zip(X, code):
        distances = [np.sqrt(((row - centre) ** 2).sum()) for centre in centres]
        np.testing.assert_allclose(features, [max(0.0, np.mean(distances) - z) for z in distances], atol=1e-12)
    np.testing.assert_array_equal(model.transform(X), code)


def test_random_directions_have_norm_one_and_are_rectified_above_the_threshold():
    X = RNG.standard_normal((20, 5))
    model = RandomDirections(7, threshold=0.5, random_state=0).fit(X)
    np.testing.assert_allclose(np.linalg.norm(model.components_, axis=0), 1.0)
    code = model.transform(X)
    for row, features in zip(X, code):
        np.testing.assert_allclose(features, [max(0.0, row @ w - 0.5) for w in model.components_.T], atol=1e-12)


@pytest.mark.parametrize("name", ROWS)
def test_every_row_has_its_contenders(name):
    row = ROWS[name]
    titles = [one.title for one in contenders(row)]
    assert titles == (["PCA"] if row.figure == "squared error" else ["raw pixels", "PCA", "random", "k-means"])
    assert {row.split.__name__} <= set(BASELINES) & set(FEATURES)


class Remembering(FunctionTransformer):
    """Notes the rows of each fit."""

    seen = []

    def fit(self, X, y=None):
        self.seen.append({row.tobytes() for row in X})
        return super().fit(X, y)


def test_no_row_is_predicted_by_a_model_that_saw_its_writer():
    split = digits_by_writer(held_out=True)
    rows = np.concatenate([np.flatnonzero(split.writers == writer)[:40] for writer in np.unique(split.writers)])
    split = Split(split.X[rows], split.y[rows], writers=split.writers[rows])
    Remembering.seen.clear()
    accuracy = ByWriters((0.1,))(Remembering(), split, 0)
    assert 60.0 < accuracy < 100.0
    every = set(split.writers)
    writer_of = {row.tobytes(): writer for row, writer in zip(split.X, split.writers)}
    held_out = [every - {writer_of[row] for row in rows} for rows in Remembering.seen]
    assert sorted(writer for (writer,) in held_out) == sorted(every)


@pytest.mark.parametrize(
    "side, size, stride, parts, border, pool",
    [(8, 5, 1, 2, 1, "mean"), (12, 4, 2, 3, 0, "mean"), (9, 4, 1, 2, 0, "max"), (12, 5, 2, 2, 2, "max")],
)
def test_patch_code_is_pooled_over_the_patches_of_each_part(side, size, stride, parts, border, pool, monkeypatch):
    monkeypatch.setattr("benchmarks.representations._patches._IMAGES_AT_ONCE", 3)
    X = RNG.uniform(size=(7, side**2))
    model = PatchCode(FunctionTransformer(), size=size, stride=stride, parts=parts, border=border, pool=pool)
    code = model.fit(X).transform(X).reshape(7, parts, parts, size, size)
    corners = range(0, side + 2 * border - size + 1, stride)
    # The first parts are longer by one where they cannot be equal.
    parts_of = np.repeat(np.arange(parts), [len(corners[part::parts]) for part in range(parts)])
    for image, pooled in zip(np.pad(X.reshape(-1, side, side), ((0, 0), (border,) * 2, (border,) * 2)), code):
        for i, j in np.ndindex(parts, parts):
            patches = [
                image[a : a + size, b : b + size]
                for a, row in zip(corners, parts_of)
                for b, column in zip(corners, parts_of)
                if (row, column) == (i, j)
            ]
            expected = sum(patches) / len(patches) if pool == "mean" else np.maximum.reduce(patches)
            np.testing.assert_allclose(pooled[i, j], expected)


def test_an_encoder_of_patches_sees_the_patches_that_are_drawn_and_no_others():
    X = RNG.uniform(size=(5, 64))
    Remembering.seen.clear()
    PatchCode(Remembering(), size=3, border=0, n_patches=50).fit(X)
    every = {image[a : a + 3, b : b + 3].tobytes() for image in X.reshape(-1, 8, 8) for a in range(6) for b in range(6)}
    (seen,) = Remembering.seen
    assert len(seen) == 50
    assert seen < every


def test_moved_copies_are_pooled():
    image = np.zeros((8, 8))
    image[3, 4] = 5.0
    pooled = MovedCopies(FunctionTransformer(), pooled=True).fit(image.reshape(1, -1)).transform(image.reshape(1, -1))
    expected = np.zeros((8, 8))
    for a, b in ((3, 4), (2, 4), (4, 4), (3, 3), (3, 5)):
        expected[a, b] = 1.0
    np.testing.assert_allclose(pooled.reshape(8, 8), expected)


X = np.random.default_rng(1).uniform(size=(120, 6)).astype(np.float32)


@pytest.fixture
def tuned(monkeypatch):
    """Fine-tune a layer by some measure; gives the weights and biases of the perceptron that was measured."""
    made, make = [], _measures._perceptron

    def kept(*args, **parameters):
        made.append(make(*args, **parameters))
        return made[-1]

    monkeypatch.setattr(_measures, "_perceptron", kept)

    def tuned(measure):
        layer = AutoencoderTransformer(5, max_iter=2, random_state=0)
        y = (X[:, 0] > X[:, 1]).astype(int)
        accuracy = measure(make_pipeline(layer), Split(X[:80], y[:80], X[80:], y[80:]), 0)
        mlp = made[-1][1]
        assert accuracy == 100.0 * mlp.score(X[80:], y[80:])
        return [*mlp.coefs_, *mlp.intercepts_]

    return tuned


def test_a_fine_tuned_classifier_has_the_mean_of_its_last_weights(tuned):
    third, fourth, mean = (
        tuned(FineTunedMean({"max_iter": epochs, "batch_size": 40}, averaged))
        for epochs, averaged in ((3, 1), (4, 1), (4, 2))
    )
    for array, one, other in zip(mean, third, fourth):
        assert not np.array_equal(one, other)
        np.testing.assert_allclose(array, (one + other) / 2, rtol=1e-5, atol=1e-7)


def test_the_rate_of_a_fine_tuned_classifier_falls_along_a_cosine(tuned):
    # An epoch is one step of Adam, whose length is proportional to its rate.
    whole = {"batch_size": 80, "learning_rate_init": 1e-2}
    first, second = (tuned(FineTunedMean({"max_iter": epochs, **whole}, 1)) for epochs in (1, 2))
    for array, one, other in zip(tuned(FineTunedFalling({"max_iter": 2, **whole}, 0.0)), first, second):
        assert not np.array_equal(one, other)
        np.testing.assert_allclose(array, (one + other) / 2, rtol=1e-5, atol=1e-7)


def test_inputs_are_dropped_and_keep_their_means():
    rows = np.full((50, 60), 2.0, np.float32)
    seen = _measures._drop(0.2, np.random.default_rng(0), rows)
    assert seen.dtype == np.float32
    assert set(seen.ravel()) == {0.0, 2.5}
    assert abs((seen == 0.0).mean() - 0.2) < 0.03


def test_a_perceptron_without_a_rate_to_set_is_refused():
    with pytest.raises(RuntimeError, match="keeps the rate"):
        _measures._set_rate(MLPClassifier(), 1e-3)


def test_phases_are_one_training_and_their_weights_are_averaged():
    encoder = AutoencoderTransformer(4, activation="relu", solver="adam", learning_rate_init=1e-2, random_state=0)
    phases = [{"max_iter": 2}, {"max_iter": 1, "learning_rate_init": 5e-3}, {"max_iter": 1}]
    ends = [InPhases(encoder, phases[:n]).fit(X).weights_ for n in (2, 3)]
    averaged = InPhases(encoder, phases, averaged=2).fit(X)
    np.testing.assert_allclose(averaged.weights_, (ends[0] + ends[1]) / 2, rtol=1e-6)
    one = InPhases(encoder, phases[:1]).fit(X)
    np.testing.assert_allclose(one.transform(X), encoder.set_params(max_iter=2).fit_transform(X), rtol=1e-3, atol=1e-5)


def test_drawn_top_k_keeps_one_of_the_sizes_in_each_row():
    z, bias = RNG.standard_normal((200, 9)), RNG.standard_normal(9)
    kept = DrawnTopK((2, 5)).choose(z, bias)
    assert set(kept.sum(axis=1)) == {2, 5}
    for row, chosen in zip(z + bias, kept.astype(bool)):
        assert row[chosen].min() > row[~chosen].max()


@pytest.mark.parametrize("k", (4, 9))
def test_dropping_top_k_keeps_a_share_of_the_greatest_of_each_row(k):
    z, bias = RNG.standard_normal((200, 9)), RNG.standard_normal(9)
    kept = DroppingTopK(k, 0.3, seed=0).choose(z, bias).astype(bool)
    order = (z + bias).argsort(axis=1)
    assert not np.take_along_axis(kept, order[:, : 9 - k], axis=1).any()
    shares = np.take_along_axis(kept, order[:, 9 - k :], axis=1).mean(axis=0)
    np.testing.assert_allclose(shares, 0.7, atol=0.15)


def test_dropping_top_k_chooses_the_same_units_in_both_passes():
    z, bias = RNG.standard_normal((20, 9)), RNG.standard_normal(9)
    code, out = DroppingTopK(4, 0.3, seed=0).active(z, bias), np.zeros((20, 9))
    code.scatter(out)
    np.testing.assert_array_equal(out, np.where(DroppingTopK(4, 0.3, seed=0).choose(z, bias), z + bias, 0.0))


def test_scaled_components_lie_between_principal_and_whitened_ones():
    code = PCA(4, random_state=0).fit_transform(X)
    same, half, white = (ScaledComponents(4, power).fit_transform(X).std(axis=0) for power in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(same, code.std(axis=0), rtol=1e-5)
    np.testing.assert_allclose(white, white[0], rtol=1e-4)
    np.testing.assert_allclose(half**2 / half[0] ** 2, same / same[0], rtol=1e-4)
    np.testing.assert_allclose((half**2).sum(), (same**2).sum(), rtol=1e-4)


TABLES = (
    ("representations", partial(representations.lines, False)),
    ("levers", levers.lines),
    ("levers", levers.mnist_lines),
    ("chance", chance.lines),
    ("top_k", top_k.trainings),
)


@pytest.mark.parametrize("name, lines", TABLES)
def test_the_page_has_the_table_of_the_results(name, lines):
    results = StoredResults(ROOT / "benchmarks" / "results" / f"{name}.json")
    assert "\n".join(lines(results)) in (ROOT / "docs" / "representations.md").read_text(encoding="utf-8")


def test_rows_are_named_with_and_without_an_option(monkeypatch, tmp_path, capsys):
    ran = []
    monkeypatch.setattr(representations, "run", lambda name, *rest: ran.append(name))
    output = ["--output", str(tmp_path / "results.json")]
    for arguments, wanted in (
        (["--row", "topk", "--row", "plain"], ["topk", "plain"]),
        (["topk", "plain"], ["topk", "plain"]),
        (["--row", "topk", "--quick"], ["topk"]),
        ([], list(ROWS)),
    ):
        assert representations.main([*arguments, *output]) == 0
        assert ran == wanted
        ran.clear()
    with pytest.raises(SystemExit):
        representations.main(["--row", "none", *output])
    assert "topk" in capsys.readouterr().err


def test_the_share_of_winners_falls_to_its_final_value():
    gate, z = AnnealedWinners(0.25, 4), RNG.standard_normal((8, 3))
    shares = []
    for epoch in (0, 2, 4, 9):
        gate.begin_epoch(epoch)
        kept = gate.choose(z, np.zeros(3))
        shares.append(1.0 if kept is None else float(kept.mean()))
    assert shares == [1.0, 0.625, 0.25, 0.25]


@pytest.mark.parametrize("tied", [False, True])
def test_contraction_of_higher_order(tied):
    architecture = Architecture((5, 4), "logistic", "identity", tied)
    theta, x = initial_parameters(architecture, RNG, np.dtype(float)), RNG.standard_normal((7, 5))

    def objective(theta, weight=0.7, second=1.3, noise=0.2):
        penalty = HigherOrderContraction(weight, second, noise, seed=3)
        return Objective(Network(architecture, theta.copy()), LOSSES["squared_error"], [penalty])

    one, direction = objective(theta), RNG.standard_normal(theta.shape)
    one.value_and_gradient(x)
    numerical = [objective(theta + step * direction).value(x) for step in (1e-6, -1e-6)]
    assert (numerical[0] - numerical[1]) / 2e-6 == pytest.approx(one.grad @ direction, rel=1e-6)

    # By the Jacobian of each row, and the draws of its noise.
    def jacobians(x):
        h = 1.0 / (1.0 + np.exp(-(x @ one.network.weights[0] + one.network.biases[0])))
        return [np.diag(row * (1 - row)) @ one.network.weights[0].T for row in h]

    moved = x + 0.2 * np.random.default_rng(3).standard_normal(x.shape)
    first = [np.square(J).sum() for J in jacobians(x)]
    second = [np.square(K - J).sum() for J, K in zip(jacobians(x), jacobians(moved))]
    without = objective(theta, 0.0, 0.0).value(x)
    assert objective(theta).value(x) - without == pytest.approx(0.7 * np.mean(first) + 1.3 * np.mean(second))
