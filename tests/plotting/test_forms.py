"""What rows are drawn as: images, columns by their names, or curves; that nothing in a picture is cut or overlaps."""

from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib.figure import Figure
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderTransformer, DenoisingAE
from skae.plotting import FeatureErrorDisplay, FilterDisplay, ReconstructionDisplay
from skae.plotting._forms import Form, form_of

SETTINGS = {"max_iter": 3, "tol": 0.0, "random_state": 0, "loss": "squared_error"}
WINE = [f"a property of wine {j}" for j in range(13)]


@pytest.fixture
def table(rng):
    """13 columns in units of their own, the last of them the same for all rows."""
    return pd.DataFrame(
        np.column_stack([rng.random((30, 12)) * 10.0 ** np.arange(-6, 6), np.full(30, 3.0)]), columns=WINE
    )


@pytest.fixture
def signals(rng):
    """Signals of 200 points."""
    return np.sin(np.linspace(0, 9, 200) * rng.uniform(0.5, 2, (30, 1))) + 0.1 * rng.standard_normal((30, 200))


def assert_nothing_is_cut_or_overlaps(display):
    """Names of ticks and the legend are on the figure, and no two names of an axis on one another."""
    figure = display.figure_
    figure.canvas.draw()
    for axis in (display.ax_.xaxis, display.ax_.yaxis):
        low, high = sorted(axis.get_view_interval())
        seen = [label for place, label in zip(axis.get_ticklocs(), axis.get_ticklabels()) if low <= place <= high]
        boxes = [label.get_window_extent() for label in seen]
        assert all(box.xmin >= -1 and box.ymin >= -1 for box in boxes)
        assert all(box.xmax <= figure.bbox.xmax + 1 and box.ymax <= figure.bbox.ymax + 1 for box in boxes)
        place = (lambda box: (box.ymin, box.ymax)) if axis is display.ax_.yaxis else (lambda box: (box.xmin, box.xmax))
        if axis is display.ax_.yaxis or all(label.get_rotation() in (0, 90) for label in axis.get_ticklabels()):
            ends = sorted(map(place, boxes))
            assert all(high <= low + 1 for (_, high), (low, _) in pairwise(ends))


def ticks(display, axis):
    return [label.get_text() for label in getattr(display.ax_, f"get_{axis}ticklabels")()]


@pytest.mark.parametrize(
    "n_features, names, form, shape",
    [
        (1, None, Form.IMAGE, (1, 1)),
        (4, None, Form.IMAGE, (2, 2)),
        (4, ["a", "b", "c", "d"], Form.COLUMNS, None),
        (13, None, Form.COLUMNS, None),
        (16, [f"x{j}" for j in range(16)], Form.COLUMNS, None),
        (25, [f"x{j}" for j in range(25)], Form.IMAGE, (5, 5)),
        (40, None, Form.COLUMNS, None),
        (41, None, Form.CURVE, None),
        (64, [f"x{j}" for j in range(64)], Form.IMAGE, (8, 8)),
        (200, None, Form.CURVE, None),
        (784, None, Form.IMAGE, (28, 28)),
        (10**12, None, Form.IMAGE, (10**6, 10**6)),
    ],
)
def test_what_is_guessed(n_features, names, form, shape):
    assert form_of(None, n_features, names) == (form, shape)


@pytest.mark.parametrize(
    "image_shape, form, shape",
    [
        ((1, 36), Form.COLUMNS, None),
        ((36, 1), Form.COLUMNS, None),
        ((6, 6), Form.IMAGE, (6, 6)),
        ((2, 18), Form.IMAGE, (2, 18)),
    ],
)
def test_a_line_of_pixels_is_no_image(image_shape, form, shape):
    assert form_of(image_shape, 36) == (form, shape)
    assert form_of((1, 100), 100) == (Form.CURVE, None)


# 13 columns.


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.from_pandas, lambda frame: frame.to_numpy()])
def test_filters_of_columns_are_a_heat_map_by_name(kind, table):
    X = kind(table)
    ae = AutoencoderTransformer(5, **SETTINGS).fit(X)
    display = FilterDisplay.from_estimator(ae, units=[4, 0, 2])
    filters = ae.filters_[[4, 0, 2]]
    np.testing.assert_allclose(display.im_.get_array(), filters / np.abs(filters).max(axis=1, keepdims=True))
    assert ticks(display, "x") == (WINE if not isinstance(X, np.ndarray) else [f"x{j}" for j in range(13)])
    assert ticks(display, "y") == ["4", "0", "2"] and display.curves_ is None and display.im_.get_clim() == (-1, 1)
    assert_nothing_is_cut_or_overlaps(display)
    given = FilterDisplay.from_estimator(ae, feature_names=list("abcdefghijklm"))
    assert ticks(given, "x") == list("abcdefghijklm")
    with pytest.raises(ValueError, match="feature_names must hold a name for each of 13 features; got 2"):
        FilterDisplay.from_estimator(ae, feature_names=["a", "b"])


@pytest.mark.parametrize("n_images", [2, 10])
@pytest.mark.parametrize("kind", [pd.DataFrame, pl.from_pandas, lambda frame: frame.to_numpy()])
def test_reconstructions_of_columns_are_a_heat_map_by_name(kind, n_images, table):
    X = kind(table)
    estimators = {"linear": PCA(3).fit(X), "ae": DenoisingAE(3, noise_level=0.25, **SETTINGS).fit(X)}
    display = ReconstructionDisplay.from_estimator(estimators, X, n_images=n_images, random_state=0)
    low, high = (np.asarray(table[:n_images]).min(axis=0), np.asarray(table[:n_images]).max(axis=0))
    cells = display.im_.get_array().filled(np.nan)
    assert cells.shape == (5 * n_images - 1, 13) and np.isnan(cells[4::5]).all()
    lines = [display.X, display.corrupted, *display.reconstructions.values()]
    for i in range(n_images):
        for place, line in enumerate(lines):
            for j in range(12):
                assert cells[5 * i + place, j] == pytest.approx((line[i, j] - low[j]) / (high[j] - low[j]), abs=1e-9)
    # A column that does not vary is in the middle where it is met.
    np.testing.assert_array_equal(cells[0::5, 12], 0.5)
    assert display.im_.get_clim() == (0, 1) and display.curves_ is None
    assert ticks(display, "y") == ["input", "masking 0.25", "linear", "ae"] * n_images
    assert ticks(display, "x") == (WINE if not isinstance(X, np.ndarray) else [f"x{j}" for j in range(13)])
    assert_nothing_is_cut_or_overlaps(display)


def test_one_row_of_columns_has_the_scale_of_its_values(table):
    scaled = StandardScaler().set_output(transform="pandas").fit_transform(table)
    display = ReconstructionDisplay.from_estimator(PCA(3).fit(scaled), scaled, n_images=1)
    np.testing.assert_array_equal(display.im_.get_array()[0], scaled.iloc[0])
    assert display.im_.get_clim() == (scaled.iloc[0].min(), scaled.iloc[0].max())
    assert_nothing_is_cut_or_overlaps(display)
    given = ReconstructionDisplay.from_estimator(PCA(3).fit(scaled), scaled, n_images=5, vmin=-3, vmax=2)
    assert given.im_.get_clim() == (-3, 2)
    np.testing.assert_array_equal(given.im_.get_array()[0], scaled.iloc[0])


def test_missing_values_of_columns_have_a_colour_of_their_own(table):
    holed = table.mask(np.arange(30)[:, None] * np.ones(13) == 1)
    ae = AutoencoderTransformer(3, missing_values="mask", **SETTINGS).fit(holed)
    display = ReconstructionDisplay.from_estimator(ae, holed, n_images=3)
    colours = display.im_.to_rgba(display.im_.get_array())[:, :, :3]
    assert (colours[3, :, 0] < colours[3, :, 2]).all() and (colours[0, :, 0] == colours[0, :, 2]).all()


@pytest.mark.parametrize("n_images", [60, 200])
def test_many_rows_of_columns_stay_legible(n_images, rng):
    X = rng.random((200, 13))
    display = ReconstructionDisplay(X[:n_images], {"a": X[:n_images], "b": X[:n_images]}).plot()
    assert_nothing_is_cut_or_overlaps(display)
    assert display.figure_.get_figheight() < 45
    if n_images == 200:
        assert ticks(display, "y")[0] == "row 0" and display.ax_.get_ylabel() == "in each: input, a, b"


def test_columns_on_small_axes_are_not_crowded(table):
    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.subplots(2, 2)
    display = ReconstructionDisplay.from_estimator(PCA(2).fit(table), table, ax=axes[0, 0])
    assert_nothing_is_cut_or_overlaps(display)
    many = FilterDisplay(rng_filters(100), image_shape=(1, 13)).plot(axes[1, 0])
    assert len(ticks(many, "y")) > 4
    assert_nothing_is_cut_or_overlaps(many)


def rng_filters(n_filters):
    return np.random.default_rng(0).standard_normal((n_filters, 13))


def test_a_hundred_filters_of_columns_are_named():
    display = FilterDisplay(rng_filters(100), image_shape=(1, 13)).plot()
    assert ticks(display, "y") == [str(i) for i in range(100)]
    assert_nothing_is_cut_or_overlaps(display)


def test_a_pipeline_that_changes_the_features_is_no_image(digits):
    X = digits[0][:200]
    pipeline = make_pipeline(PCA(16), AutoencoderTransformer(5, **SETTINGS)).fit(X)
    display = FilterDisplay.from_estimator(pipeline)
    np.testing.assert_array_equal(display.filters, pipeline[-1].filters_)
    assert ticks(display, "x") == [f"pca{j}" for j in range(16)] and display.im_.get_array().shape == (5, 16)
    assert FilterDisplay.from_estimator(pipeline, image_shape=(4, 4)).im_.get_array().shape == (2 * 5 - 1, 3 * 5 - 1)


def test_errors_of_a_line_of_columns_are_bars(table):
    pca = PCA(2).fit(table)
    display = FeatureErrorDisplay.from_estimator(pca, table, image_shape=(1, 13))
    assert len(display.bars_) == 13 and display.im_ is None and display.line_ is None


# Signals.


def heights(collection):
    return [path.vertices for path in collection.get_paths()]


@pytest.mark.parametrize("image_shape", [None, (1, 200), (200, 1)])
@pytest.mark.parametrize("n_columns", [None, 2])
def test_filters_of_signals_are_curves(n_columns, image_shape, signals):
    ae = AutoencoderTransformer(5, **SETTINGS).fit(signals)
    display = FilterDisplay.from_estimator(ae, image_shape=image_shape, n_columns=n_columns)
    assert display.im_ is None and len(heights(display.curves_)) == 5
    side = n_columns or 3
    for i, curve in enumerate(heights(display.curves_)):
        assert curve.shape == (200, 2) and i % side < curve[:, 0].min() < curve[:, 0].max() < i % side + 1
        shown = (curve[:, 1] + i // side + 0.5) / 0.45
        np.testing.assert_allclose(shown, ae.filters_[i] / np.abs(ae.filters_[i]).max(), atol=1e-12)
    assert_nothing_is_cut_or_overlaps(display)


@pytest.mark.parametrize("n_images", [1, 10, 30])
@pytest.mark.parametrize("image_shape", [None, (1, 200)])
def test_reconstructions_of_signals_are_curves(image_shape, n_images, signals):
    estimators = [PCA(3).fit(signals), DenoisingAE(3, noise_level=0.25, **SETTINGS).fit(signals)]
    options = {"n_images": n_images, "image_shape": image_shape, "random_state": 0}
    display = ReconstructionDisplay.from_estimator(estimators, signals, **options)
    lines = [display.X, display.corrupted, *display.reconstructions.values()]
    low, high = display.X.min(), display.X.max()
    assert display.im_ is None and len(display.curves_) == len(lines)
    for curves, line in zip(display.curves_, lines):
        assert len(heights(curves)) == n_images
        for i, curve in enumerate(heights(curves)):
            np.testing.assert_array_equal(curve[:, 0], np.arange(200))
            np.testing.assert_allclose(curve[:, 1], (line[i] - (low + high) / 2) / (high - low) * 0.9 - i, atol=1e-12)
    texts = [text.get_text() for text in display.legend_.get_texts()]
    assert texts == ["input", "masking 0.25", "PCA", "DenoisingAE"]
    assert ticks(display, "y") == [f"row {i}" for i in range(n_images)]
    assert display.figure_.get_figheight() > 0.5 * n_images
    assert_nothing_is_cut_or_overlaps(display)


def test_signals_with_gaps_and_without_any_value(signals):
    signals[1, 50:80] = np.nan
    signals[2] = np.nan
    display = ReconstructionDisplay(signals[:3], {"itself": signals[:3]}, image_shape=(1, 200)).plot()
    assert np.isnan(heights(display.curves_[0])[1][50:80, 1]).all()
    display.figure_.canvas.draw()
    ReconstructionDisplay(signals[2:3], {"itself": signals[2:3]}, image_shape=(1, 200)).plot().figure_.canvas.draw()
    constant = ReconstructionDisplay(np.ones((2, 200)), {"itself": np.ones((2, 200))}).plot()
    np.testing.assert_array_equal(heights(constant.curves_[0])[1][:, 1], -1)


@pytest.mark.parametrize("names", [None, [f"channel {j}" for j in range(200)]])
def test_errors_of_signals_are_a_curve(names, signals):
    pca = PCA(3).fit(signals)
    display = FeatureErrorDisplay.from_estimator(pca, signals, image_shape=(1, 200), feature_names=names)
    errors = ((signals - pca.inverse_transform(pca.transform(signals))) ** 2).mean(axis=0)
    np.testing.assert_allclose(display.line_.get_ydata(), errors, rtol=1e-9)
    assert display.bars_ is None and display.im_ is None and display.ax_.get_ylim()[0] == 0
    if names is None:
        assert display.ax_.get_xlabel() == "number of the feature"
    else:
        assert ticks(display, "x") == [f"channel {j}" for j in display.ax_.get_xticks()]
        assert ticks(display, "x")[0] == "channel 0" and ticks(display, "x")[-1] == "channel 199"
    assert_nothing_is_cut_or_overlaps(display)
    FeatureErrorDisplay(np.full(200, np.nan), image_shape=(1, 200)).plot().figure_.canvas.draw()


# Many images.


def test_many_images_are_wrapped(digits, tile):
    X = digits[0][:200]
    display = ReconstructionDisplay(X, {"half": X / 2}).plot()
    picture = display.im_.get_array().filled(np.nan)
    # Ten blocks of twenty images, of two lines each; the wider gap is of four pixels more.
    assert picture.shape == (20 * 9 - 1 + 9 * 4, 20 * 9 - 1)
    for i in (0, 19, 20, 87, 199):
        top, left = (i // 20) * (2 * 9 + 4), i % 20 * 9
        np.testing.assert_array_equal(picture[top : top + 8, left : left + 8].ravel(), X[i])
        np.testing.assert_array_equal(picture[top + 9 : top + 17, left : left + 8].ravel(), X[i] / 2)
    assert ticks(display, "y") == ["input", "half"] * 10
    assert display.figure_.get_figheight() > 5, "a strip"
    assert_nothing_is_cut_or_overlaps(display)
    pixel = display.ax_.get_window_extent().width / picture.shape[1]
    assert 8 * pixel / display.figure_.dpi > 0.2, "inches of an image"


@pytest.mark.parametrize(
    "n_images, n_columns, widths", [(20, None, [20]), (21, None, [11, 10]), (7, 3, [3, 3, 1]), (3, 9, [3])]
)
def test_blocks_are_of_equal_size_or_of_the_size_that_is_given(n_images, n_columns, widths, digits):
    X = digits[0][:n_images]
    picture = ReconstructionDisplay(X + 1, {"a": X + 1}).plot(n_columns=n_columns).im_.get_array().filled(np.nan)
    found = [np.isfinite(picture[block * 22]).sum() // 8 for block in range(len(widths))]
    assert found == widths


def test_images_of_ten_estimators_in_blocks_stay_legible(digits):
    X = digits[0][:100]
    display = ReconstructionDisplay(X, {f"estimator {i}": X for i in range(10)}).plot()
    assert_nothing_is_cut_or_overlaps(display)


def test_another_number_of_images_in_a_line(digits):
    for wrong in (0, 2.5, True):
        with pytest.raises(
            ValueError, match="n_columns must be an integer of at least 1, or None for all, in blocks of"
        ):
            ReconstructionDisplay(digits[0][:3], {"a": digits[0][:3]}).plot(n_columns=wrong)
