"""FeatureErrorDisplay: errors summed by hand, as bars and as images."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderOutlierDetector, AutoencoderTransformer
from skae.plotting import FeatureErrorDisplay

SETTINGS = {"max_iter": 3, "tol": 0.0, "random_state": 0}


def errors_by_hand(estimator, X):
    X_hat = estimator.inverse_transform(estimator.transform(X))
    errors = []
    for column, column_hat in zip(np.asarray(X).T, np.asarray(X_hat).T):
        present = ~np.isnan(column)
        errors.append(np.mean((column - column_hat)[present] ** 2) if present.any() else np.nan)
    return np.array(errors)


def bars(display):
    """Names and lengths of the bars from top to bottom."""
    order = np.argsort([bar.get_y() for bar in display.bars_])
    assert display.ax_.yaxis_inverted()
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    return [labels[i] for i in order], np.array([display.bars_[i].get_width() for i in order])


@pytest.mark.parametrize("name", ["plain", "deep", "pca"])
def test_bars_are_sorted_and_named(name, fitted, X):
    display = FeatureErrorDisplay.from_estimator(fitted[name], X, max_features=10)
    errors = errors_by_hand(fitted[name], X)
    np.testing.assert_allclose(display.errors, errors, rtol=1e-9)
    order = sorted(range(64), key=lambda j: -errors[j])[:10]
    names, widths = bars(display)
    assert names == [f"x{j}" for j in order]
    np.testing.assert_allclose(widths, errors[order], rtol=1e-9)
    assert display.ax_.get_title() == "the 10 greatest errors of 64 features" and display.im_ is None
    assert len(FeatureErrorDisplay.from_estimator(fitted[name], X, max_features=None).bars_) == 64


@pytest.mark.parametrize("name", ["plain", "pca"])
def test_errors_as_an_image(name, fitted, X):
    display = FeatureErrorDisplay.from_estimator(fitted[name], X, image_shape=(4, 16))
    np.testing.assert_allclose(display.im_.get_array(), errors_by_hand(fitted[name], X).reshape(4, 16), rtol=1e-9)
    assert display.im_.get_clim() == (0, display.errors.max()) and display.colorbar_.mappable is display.im_
    assert display.bars_ is None and display.colorbar_.ax.get_ylabel() == "mean squared error (squared units of X)"


def test_more_rows_than_a_block(rng):
    X = rng.normal(size=(2500, 400)) + 5
    pca = PCA(3, random_state=0).fit(X[:200])
    display = FeatureErrorDisplay.from_estimator(pca, X)
    np.testing.assert_allclose(display.errors, errors_by_hand(pca, X), rtol=1e-9)


def test_sparse_rows_and_missing_values(X):
    ae = AutoencoderTransformer(5, **SETTINGS).fit(sparse.csr_array(X))
    display = FeatureErrorDisplay.from_estimator(ae, sparse.csr_array(X))
    np.testing.assert_allclose(display.errors, errors_by_hand(ae, X), rtol=1e-9)
    holes = np.where(X > 0.8, np.nan, X)
    holes[:, 20] = np.nan
    ae = AutoencoderTransformer(5, missing_values="mask", **SETTINGS).fit(holes)
    display = FeatureErrorDisplay.from_estimator(ae, holes, max_features=None)
    np.testing.assert_allclose(display.errors, errors_by_hand(ae, holes), rtol=1e-9)
    assert np.isnan(display.errors[20]) and bars(display)[0][-1] == "x20"
    picture = FeatureErrorDisplay.from_estimator(ae, holes, image_shape=(8, 8)).im_
    assert picture.get_clim() == (0, np.nanmax(display.errors))


def test_names_of_the_features(X):
    frame = pd.DataFrame(X[:, 20:24], columns=["north", "east", "south", "west"])
    alone = FeatureErrorDisplay.from_estimator(AutoencoderTransformer(2, **SETTINGS).fit(frame), frame)
    assert sorted(bars(alone)[0]) == sorted(frame.columns) and alone.ax_.get_title() == ""
    pca = FeatureErrorDisplay.from_estimator(PCA(2).fit(frame), frame)
    np.testing.assert_allclose(pca.errors, errors_by_hand(PCA(2).fit(frame.to_numpy()), frame.to_numpy()))
    given = FeatureErrorDisplay.from_estimator(PCA(2).fit(frame), frame, feature_names=list("abcd"))
    assert sorted(bars(given)[0]) == list("abcd")


def test_a_pipeline_is_shown_in_the_features_of_its_last_step(X):
    frame = pd.DataFrame(X[:, 20:24] * [1, 10, 100, 1000], columns=["north", "east", "south", "west"])
    pipeline = make_pipeline(StandardScaler(), AutoencoderTransformer(2, **SETTINGS)).fit(frame)
    display = FeatureErrorDisplay.from_estimator(pipeline, frame)
    np.testing.assert_allclose(display.errors, errors_by_hand(pipeline[-1], pipeline[0].transform(frame)), rtol=1e-9)
    assert list(display.feature_names) == list(frame.columns)
    columns = make_column_transformer((StandardScaler(), ["south", "north"]))
    chosen = make_pipeline(columns, AutoencoderTransformer(1, **SETTINGS)).fit(frame)
    names = FeatureErrorDisplay.from_estimator(chosen, frame).feature_names
    assert list(names) == ["standardscaler__south", "standardscaler__north"]


def test_a_detector_shows_its_autoencoder(X, fitted):
    detector = AutoencoderOutlierDetector(fitted["plain"]).fit(X)
    display = FeatureErrorDisplay.from_estimator(detector, X)
    np.testing.assert_allclose(display.errors, detector.reconstruction_error(X, per_feature=True).mean(axis=0))


def test_no_error_at_all():
    display = FeatureErrorDisplay(np.zeros(4), image_shape=(2, 2)).plot()
    assert display.im_.get_clim() == (0, 1)
    assert FeatureErrorDisplay(np.full(4, np.nan), image_shape=(2, 2)).plot().im_.get_clim() == (0, 1)


def test_names_are_no_formulas():
    display = FeatureErrorDisplay(np.arange(2.0), feature_names=["$_$", "2$ to 3$"]).plot()
    display.figure_.canvas.draw()
    assert bars(display)[0] == ["2$ to 3$", "$_$"]


def test_long_names_leave_room_for_the_bars():
    names = ["the name of a feature that is longer than a figure is wide " * 2 + str(j) for j in range(3)]
    display = FeatureErrorDisplay(np.arange(1.0, 4.0), feature_names=names).plot()
    display.figure_.canvas.draw()
    assert display.feature_names is names and [name[-6:] for name in bars(display)[0]] == ["wide 2", "wide 1", "wide 0"]
    assert display.ax_.get_position().width > 0.4 and display.ax_.get_tightbbox().xmin >= 0


def test_wrong_input(fitted, X):
    with pytest.raises(ValueError, match=r"image_shape must be \(height, width\).* = 64.*got \(8, 9\)"):
        FeatureErrorDisplay.from_estimator(fitted["plain"], X, image_shape=(8, 9))
    with pytest.raises(ValueError, match="feature_names must hold a name for each of 64 features; got 2"):
        FeatureErrorDisplay.from_estimator(fitted["plain"], X, feature_names=["a", "b"])
    for most in (0, 1.5, True):
        with pytest.raises(ValueError, match="max_features must be an integer of at least 1, or None for all; got"):
            FeatureErrorDisplay.from_estimator(fitted["plain"], X, max_features=most)
    with pytest.raises(TypeError, match=r"A reconstruction needs .*KMeans.* has no inverse_transform"):
        FeatureErrorDisplay.from_estimator(KMeans(2, n_init=1, random_state=0).fit(X), X)
