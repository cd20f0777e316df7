"""FilterDisplay against the weights, and an order computed by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF, PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderTransformer, SparseAE
from skae.kernels.activations import ACTIVATIONS
from skae.plotting import FilterDisplay

SETTINGS = {"max_iter": 3, "tol": 0.0, "random_state": 0}


def unit_rows(weights):
    return np.array([row / np.sqrt((row**2).sum()) for row in weights])


@pytest.mark.parametrize("name", ["plain", "denoising", "sparse", "deep", "pca", "pipeline"])
def test_filters_are_the_weights_at_norm_one(name, fitted, tile):
    display = FilterDisplay.from_estimator(fitted[name])
    model = fitted[name][-1] if name == "pipeline" else fitted[name]
    np.testing.assert_allclose(display.filters, unit_rows(model.components_), rtol=1e-6)
    np.testing.assert_array_equal(display.units, np.arange(len(model.components_)))
    picture = display.im_.get_array().filled(np.nan)
    columns = int(np.ceil(np.sqrt(len(display.filters))))
    for number, row in enumerate(display.filters):
        shown = tile(picture, number // columns, number % columns)
        np.testing.assert_allclose(shown, row / np.abs(row).max())


def test_zero_is_mid_grey_white_positive_black_negative():
    display = FilterDisplay(np.array([[0.0, 2.0, -2.0, 0.0], [0.0, 0.0, 0.0, 0.5]])).plot()
    assert display.im_.get_clim() == (-1, 1)
    rgb = display.im_.to_rgba(display.im_.get_array())[:, :, :3]
    grey, white, black = rgb[0, 0], rgb[0, 1], rgb[1, 0]
    np.testing.assert_allclose(grey, 0.5, atol=0.01)
    assert (white == 1).all() and (black == 0).all() and (rgb[1, 4] == 1).all()
    assert rgb[0, 2, 0] != rgb[0, 2, 2], "the gap is grey"


def test_a_shared_scale_is_that_of_the_greatest_weight(fitted, tile):
    display = FilterDisplay.from_estimator(fitted["plain"], color_scale="shared", n_columns=5)
    greatest = np.abs(display.filters).max()
    assert display.im_.get_clim() == (-greatest, greatest)
    picture = display.im_.get_array().filled(np.nan)
    assert picture.shape == (3 * 9 - 1, 5 * 9 - 1)
    np.testing.assert_array_equal(tile(picture, 1, 2), display.filters[7])


@pytest.mark.parametrize("color_scale", ["each", "shared"])
def test_a_unit_without_weights_is_grey(color_scale):
    display = FilterDisplay(np.zeros((2, 4))).plot(color_scale=color_scale)
    assert display.im_.get_clim() == (-1, 1) and np.nansum(np.abs(display.im_.get_array())) == 0


def test_components_of_other_norms(X):
    nmf = NMF(5, max_iter=50, random_state=0, tol=0.1).fit(X)
    np.testing.assert_allclose(FilterDisplay.from_estimator(nmf).filters, unit_rows(nmf.components_))
    by_norm = FilterDisplay.from_estimator(nmf, sort_by="norm")
    norms = [np.sqrt((row**2).sum()) for row in nmf.components_]
    assert list(by_norm.units) == sorted(range(5), key=lambda unit: -norms[unit])


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (7,)])
def test_order_by_the_variance_of_the_activation(activation, hidden, X):
    # As many units in both layers of the deep one, whose variances must not be confused.
    ae = AutoencoderTransformer(7, hidden_layer_sizes=hidden, activation=activation, **SETTINGS).fit(X)
    g = {
        "identity": lambda z: z,
        "logistic": lambda z: 1 / (1 + np.exp(-z)),
        "tanh": np.tanh,
        "relu": lambda z: np.maximum(z, 0),
    }[activation]
    variances = [np.var(g(X @ w + b)) for w, b in zip(ae.coefs_[0].T, ae.intercepts_[0])]
    display = FilterDisplay.from_estimator(ae, X, max_units=4)
    assert list(display.units) == sorted(range(7), key=lambda unit: -variances[unit])[:4]
    np.testing.assert_array_equal(display.filters, ae.filters_[display.units])


def test_order_of_a_pipeline_is_over_what_its_last_step_takes(X):
    scaled = StandardScaler().fit(X)
    pipeline = make_pipeline(StandardScaler(), AutoencoderTransformer(7, **SETTINGS)).fit(X)
    found = FilterDisplay.from_estimator(pipeline, X).units
    np.testing.assert_array_equal(found, FilterDisplay.from_estimator(pipeline[-1], scaled.transform(X)).units)


def test_order_over_other_kinds_of_rows(X, fitted):
    expected = FilterDisplay.from_estimator(fitted["plain"], X).units
    np.testing.assert_array_equal(FilterDisplay.from_estimator(fitted["plain"], sparse.csr_array(X)).units, expected)
    ae = SparseAE(9, missing_values="mask", **SETTINGS).set_output(transform="pandas")
    frame = pd.DataFrame(np.where(X > 0.9, np.nan, X)).add_prefix("pixel ")
    display = FilterDisplay.from_estimator(ae.fit(frame), frame)
    variances = ae.transform(frame).var(axis=0).to_numpy()
    np.testing.assert_array_equal(display.units, np.argsort(-variances))


def test_pca_is_in_order_already(X, fitted):
    np.testing.assert_array_equal(FilterDisplay.from_estimator(fitted["pca"], X).units, np.arange(8))


def test_units_that_are_chosen(X, fitted):
    chosen = FilterDisplay.from_estimator(fitted["plain"], X, units=[5, 0, 11], max_units=1)
    assert list(chosen.units) == [5, 0, 11]
    everything = list(FilterDisplay.from_estimator(fitted["plain"], X).units)
    in_order = FilterDisplay.from_estimator(fitted["plain"], X, units=(5, 0, 11), sort_by="activation")
    assert list(in_order.units) == [unit for unit in everything if unit in (5, 0, 11)]
    assert list(FilterDisplay.from_estimator(fitted["plain"], units=3).units) == [3]


def test_the_title_tells_how_many(fitted):
    assert FilterDisplay.from_estimator(fitted["plain"]).ax_.get_title() == "AutoencoderTransformer: 12 filters"
    some = FilterDisplay.from_estimator(fitted["pipeline"], max_units=4)
    assert some.ax_.get_title() == "DenoisingAE: 4 of 10 filters"
    assert FilterDisplay(np.eye(4)).plot().ax_.get_title() == "4 filters"
    assert len(FilterDisplay.from_estimator(fitted["plain"], max_units=None).filters) == 12


def test_a_shape_makes_an_image_of_any_features(rng):
    pca = PCA(3).fit(rng.random((20, 12)))
    assert FilterDisplay.from_estimator(pca).im_.get_array().shape == (3, 12)
    display = FilterDisplay.from_estimator(pca, image_shape=(2, 6))
    assert display.im_.get_array().shape == (2 * 3 - 1, 2 * 7 - 1)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"sort_by": "size"}, r"sort_by must be 'auto', 'activation', 'norm' or None; got 'size'"),
        ({"sort_by": "activation"}, r"sort_by='activation' needs X"),
        ({"units": [12]}, r"units must be integers in \[0, 11\], one or more; got \[12\]"),
        ({"units": [-1]}, r"units must be integers in \[0, 11\]"),
        ({"units": []}, r"units must be integers"),
        ({"units": [0.5]}, r"units must be integers"),
        ({"units": [True] * 12}, r"units must be integers"),
        ({"units": [[1]]}, r"units must be integers"),
        ({"units": [[0], [1, 2]]}, r"units must be integers"),
        ({"max_units": 0}, r"max_units must be an integer of at least 1, or None for all; got 0"),
        ({"max_units": 2.5}, r"max_units must be"),
        ({"color_scale": "all"}, r"color_scale must be 'each' or 'shared'; got 'all'"),
        ({"n_columns": 0}, r"n_columns must be .* at least 1, or None for as many as there are lines; got 0"),
        ({"n_columns": True}, r"n_columns must be .* got True"),
        ({"max_units": True}, r"max_units must be .* got True"),
        ({"image_shape": (64, True)}, r"image_shape must be .* got \(64, True\)"),
        ({"sort_by": np.array(["norm", "auto"])}, r"sort_by must be .* got array"),
        ({"color_scale": np.array(["each"])}, r"color_scale must be 'each' or 'shared'; got array"),
        ({"image_shape": (8, 9)}, r"image_shape must be .* got \(8, 9\)"),
    ],
)
def test_wrong_options(options, words, fitted):
    with pytest.raises(ValueError, match=words):
        FilterDisplay.from_estimator(fitted["plain"], **options)


def test_estimators_without_filters(X):
    with pytest.raises(TypeError, match=r"FilterDisplay needs .*filters_ or components_.*got KMeans"):
        FilterDisplay.from_estimator(KMeans(3, n_init=1, random_state=0).fit(X))
    with pytest.raises(ValueError, match="filters must be of shape"):
        FilterDisplay(np.empty((0, 4))).plot()
