"""ReconstructionDisplay: what is drawn is what the estimators say, and the corruption is what was asked for."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from settings import FIXED
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skae import AutoencoderTransformer, DenoisingAE, SparseAE
from skae.kernels.corruptions import CORRUPTIONS
from skae.plotting import ReconstructionDisplay

SETTINGS = {"max_iter": 3, "tol": 0.0, "random_state": 0}


def labels(display):
    return [label.get_text() for label in display.ax_.get_yticklabels()]


@pytest.mark.parametrize("name", ["plain", "denoising", "sparse", "deep", "pca", "pipeline"])
def test_lines_are_the_input_and_its_reconstruction(name, fitted, X, tile):
    display = ReconstructionDisplay.from_estimator(fitted[name], X, n_images=4, corruption=None)
    expected = fitted[name].inverse_transform(fitted[name].transform(X[:4]))
    picture = display.im_.get_array().filled(np.nan)
    assert picture.shape == (2 * 9 - 1, 4 * 9 - 1) and display.corrupted is None
    for j in range(4):
        np.testing.assert_array_equal(tile(picture, 0, j), X[j])
        np.testing.assert_allclose(tile(picture, 1, j), expected[j], rtol=1e-12)


def test_lines_are_named_where_they_are(fitted, X):
    estimators = {"linear": fitted["pca"], "by noise": fitted["denoising"]}
    display = ReconstructionDisplay.from_estimator(estimators, X, random_state=0)
    assert labels(display) == ["input", "masking 0.25", "linear", "by noise"]
    np.testing.assert_array_equal(display.ax_.get_yticks(), [3.5, 12.5, 21.5, 30.5])
    assert list(display.reconstructions) == ["linear", "by noise"]
    assert labels(ReconstructionDisplay.from_estimator([fitted["pca"]], X)) == ["input", "PCA"]


def test_all_estimators_get_the_same_corrupted_images(fitted, X, tile):
    estimators = [fitted["pca"], fitted["denoising"], fitted["sparse"]]
    display = ReconstructionDisplay.from_estimator(estimators, X, n_images=3, random_state=0)
    assert ((display.corrupted == X[:3]) | (display.corrupted == 0)).all() and (display.corrupted != X[:3]).any()
    picture = display.im_.get_array().filled(np.nan)
    for j in range(3):
        np.testing.assert_array_equal(tile(picture, 1, j), display.corrupted[j])
    for line, estimator in enumerate(estimators, 2):
        expected = estimator.inverse_transform(estimator.transform(display.corrupted))
        for j in range(3):
            np.testing.assert_allclose(tile(picture, line, j), expected[j], rtol=1e-12)


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_corruptions_that_are_named(corruption, fitted, X):
    options = {"n_images": 150, "corruption": corruption, "noise_level": 0.3, "random_state": 3}
    display = ReconstructionDisplay.from_estimator(fitted["pca"], X, **options)
    clean, noisy = X[:150], display.corrupted
    assert labels(display)[1] == f"{corruption.replace('_', ' ')} 0.3"
    if corruption == "gaussian":
        difference = noisy - clean
        assert abs(difference.mean()) < 0.01 and abs(difference.std() - 0.3) < 0.01
    elif corruption == "masking":
        assert ((noisy == clean) | (noisy == 0)).all()
        assert abs((noisy[clean > 0] == 0).mean() - 0.3) < 0.02
    else:
        # Of all rows of X, and not of those alone that are shown.
        low, high = X.min(axis=0), X.max(axis=0)
        assert ((noisy == clean) | (noisy == low) | (noisy == high)).all()
        inside = (clean > low) & (clean < high)
        assert abs((noisy == high)[inside].mean() - 0.15) < 0.02 and abs((noisy == low)[inside].mean() - 0.15) < 0.02
    again = ReconstructionDisplay.from_estimator(fitted["pca"], X, **options)
    np.testing.assert_array_equal(again.corrupted, noisy)
    other = ReconstructionDisplay.from_estimator(fitted["pca"], X, **{**options, "random_state": 4})
    assert (other.corrupted != noisy).any()


def test_the_range_of_salt_and_pepper_is_that_of_all_rows(fitted, X):
    options = {"corruption": "salt_and_pepper", "noise_level": 1.0, "random_state": 0, "n_images": 2}
    noisy = ReconstructionDisplay.from_estimator(fitted["pca"], X, **options).corrupted
    assert ((noisy == X.min(axis=0)) | (noisy == X.max(axis=0))).all()
    assert (noisy == X.max(axis=0))[:, X[:2].max(axis=0) < X.max(axis=0)].any()
    stored = ReconstructionDisplay.from_estimator(fitted["pca"], sparse.csr_array(X), **options).corrupted
    np.testing.assert_array_equal(stored, noisy)


def test_randomness_is_the_callers(fitted, X):
    options = {"corruption": "masking", "noise_level": 0.5}
    generator = np.random.RandomState(0)
    first, second = (
        ReconstructionDisplay.from_estimator(fitted["pca"], X, random_state=generator, **options).corrupted
        for _ in range(2)
    )
    assert (first != second).any()


def test_a_pipelines_own_noise_is_in_the_features_of_its_last_step(X):
    pipeline = make_pipeline(StandardScaler(), DenoisingAE(8, noise_level=0.5, **SETTINGS)).fit(X)
    display = ReconstructionDisplay.from_estimator([pipeline, PCA(3).fit(X)], X, n_images=150, random_state=0)
    # An input at zero is one at the mean of its column.
    masked = np.isclose(display.corrupted, X.mean(axis=0)) & ~np.isclose(X[:150], X.mean(axis=0))
    np.testing.assert_allclose(display.corrupted[~masked], X[:150][~masked], atol=1e-12)
    assert abs(masked[:, X.std(axis=0) > 0].mean() - 0.5) < 0.02 and labels(display)[1] == "masking 0.5"
    named = ReconstructionDisplay.from_estimator(pipeline, X, corruption="masking", noise_level=1.0)
    assert (named.corrupted == 0).all()


def test_estimators_of_one_noise_agree_and_others_do_not(fitted, X):
    twin = SparseAE(4, noise_level=0.25, **SETTINGS).fit(X)
    assert labels(ReconstructionDisplay.from_estimator([fitted["denoising"], twin], X))[1] == "masking 0.25"
    in_one_scale = [
        make_pipeline(MinMaxScaler(), DenoisingAE(4, noise_level=0.25, **SETTINGS)).fit(X) for _ in range(2)
    ]
    assert labels(ReconstructionDisplay.from_estimator(in_one_scale, X))[1] == "masking 0.25"
    other = DenoisingAE(4, corruption="gaussian", noise_level=0.5, **SETTINGS).fit(X)
    for pair, found in (
        ([fitted["denoising"], other], "masking 0.25, DenoisingAE: gaussian 0.5"),
        ([fitted["denoising"], fitted["pipeline"]], "masking 0.25, DenoisingAE: masking 0.25"),
    ):
        with pytest.raises(ValueError, match=f"corruption='auto' needs .*{found}.*corruption=None"):
            ReconstructionDisplay.from_estimator(pair, X)
        assert len(labels(ReconstructionDisplay.from_estimator(pair, X, corruption=None))) == 3


def test_grey_goes_from_the_least_to_the_greatest_value_of_the_input(fitted, X):
    display = ReconstructionDisplay.from_estimator(fitted["pca"], 3 * X + 1, n_images=5)
    assert display.im_.get_clim() == (1.0, 3 * X[:5].max() + 1)
    given = display.plot(vmin=-2, vmax=7, cmap="gray_r")
    assert given.im_.get_clim() == (-2, 7) and given.im_.get_cmap().name == "gray_r"


def test_pixels_that_are_missing_are_white(X):
    holes = X.copy()
    holes[0, 27] = np.nan
    ae = AutoencoderTransformer(4, missing_values="mask", **SETTINGS).fit(holes)
    display = ReconstructionDisplay.from_estimator(ae, holes, n_images=2)
    shown = display.im_.to_rgba(display.im_.get_array())
    assert np.isnan(display.X[0, 27]) and (shown[3, 3, :3] == 1).all()
    assert np.isfinite(display.reconstructions["AutoencoderTransformer"]).all()


def test_images_without_any_pixel_are_white(X):
    holes = np.where(np.arange(len(X))[:, None] < 3, np.nan, X)
    ae = AutoencoderTransformer(4, missing_values="mask", **SETTINGS).fit(holes)
    display = ReconstructionDisplay.from_estimator(ae, holes, n_images=3)
    shown = display.im_.to_rgba(display.im_.get_array())
    assert (shown[:8, :, :3] == 1).all() and display.im_.get_clim() == (0, 1)
    assert ReconstructionDisplay.from_estimator(ae, holes, n_images=4).im_.get_clim() == (0, X[3].max())


def test_no_line_is_lost_by_its_name():
    X = np.arange(8.0).reshape(2, 4)
    display = ReconstructionDisplay(X, {"input": X, 3: X}, corrupted=X, corruption_name="input").plot()
    assert labels(display) == ["input", "input", "input", "3"]


@pytest.mark.parametrize("n_images", [1, 3, 10])
def test_long_names_have_room(n_images, X):
    name = "the name of an estimator that is longer than a figure is wide " * 2
    display = ReconstructionDisplay(X[:n_images], {name: X[:n_images]}).plot()
    display.figure_.canvas.draw()
    assert labels(display)[-1].startswith("the name of an") and len(labels(display)[-1]) == 40
    assert display.ax_.get_tightbbox().xmin >= 0


@pytest.mark.parametrize("kind", ["pandas", "polars", "sparse", "list", "integers"])
def test_rows_of_all_kinds(kind, X):
    rows = np.round(16 * X)
    frame = pd.DataFrame(rows).add_prefix("pixel ")
    given = {
        "pandas": lambda: frame,
        "polars": lambda: pl.DataFrame(frame.to_dict("list")),
        "sparse": lambda: sparse.csr_array(rows),
        "list": rows.tolist,
        "integers": lambda: rows.astype(int),
    }[kind]()
    # Sparse rows have no coordinates of their own.
    settings = {**SETTINGS, **(FIXED if kind == "sparse" else {})}
    ae = DenoisingAE(5, noise_level=0.25, **settings).fit(given)
    display = ReconstructionDisplay.from_estimator({"ae": ae}, given, n_images=3, random_state=0)
    np.testing.assert_array_equal(display.X, rows[:3])
    expected = DenoisingAE(5, noise_level=0.25, **settings).fit(rows).reconstruct(np.asarray(display.corrupted))
    np.testing.assert_allclose(display.reconstructions["ae"], expected, rtol=1e-6)


def test_single_precision_stays(X):
    ae = DenoisingAE(5, **SETTINGS).fit(X.astype(np.float32))
    display = ReconstructionDisplay.from_estimator(ae, X.astype(np.float32))
    assert display.corrupted.dtype == np.float32


def test_fewer_rows_than_images_and_images_of_other_shapes(rng):
    X = rng.random((4, 12))
    display = ReconstructionDisplay.from_estimator(PCA(2).fit(X), X, image_shape=(3, 4))
    assert display.im_.get_array().shape == (2 * 4 - 1, 4 * 5 - 1)
    display = ReconstructionDisplay.from_estimator(PCA(2).fit(X), X)
    assert display.im_.get_array().shape == (4 * 3 - 1, 12)


def test_the_input_is_not_changed(fitted, X):
    before = X.copy()
    for corruption in CORRUPTIONS:
        ReconstructionDisplay.from_estimator(fitted["plain"], X, corruption=corruption, noise_level=0.5)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"n_images": 0}, "n_images must be an integer of at least 1; got 0"),
        ({"n_images": 2.0}, "n_images must be an integer of at least 1; got 2.0"),
        ({"corruption": "blur"}, r"corruption must be one of \['gaussian', .*'auto' or None; got 'blur'"),
        ({"corruption": 3, "noise_level": 1}, "corruption must be one of"),
        ({"corruption": "masking"}, r"noise_level must be a number in \[0, 1\] with corruption='masking'; got None"),
        ({"corruption": "masking", "noise_level": 1.5}, r"noise_level must be a number in \[0, 1\].*got 1.5"),
        ({"corruption": "gaussian", "noise_level": -1}, r"noise_level must be a number in \[0, inf\).*got -1"),
        ({"corruption": "gaussian", "noise_level": np.inf}, r"noise_level must be a number in \[0, inf\).*got inf"),
        ({"corruption": "masking", "noise_level": True}, r"noise_level must be a number in \[0, 1\].*got True"),
        ({"corruption": np.array(["auto", "masking"])}, "corruption must be one of .*got array"),
        ({"n_images": True}, "n_images must be an integer of at least 1; got True"),
        ({"corruption": "gaussian", "noise_level": np.nan}, r"noise_level must be a number"),
        ({"noise_level": 0.5}, "noise_level goes with a corruption that is named"),
        ({"corruption": None, "noise_level": 0.5}, "noise_level goes with a corruption that is named"),
        ({"image_shape": (8, 9)}, "image_shape must be"),
    ],
)
def test_wrong_options(options, words, fitted, X):
    with pytest.raises(ValueError, match=words):
        ReconstructionDisplay.from_estimator(fitted["plain"], X, **options)


def test_estimators_that_do_not_reconstruct(X, y):
    with pytest.raises(TypeError, match=r"LogisticRegression.* has no transform and no inverse_transform"):
        ReconstructionDisplay.from_estimator(LogisticRegression(max_iter=1000).fit(X, y), X)


def test_kernels_are_not_compiled_anew_for_rows_that_are_read_only(fitted, X):
    rows = np.asfortranarray(X)
    for array in (X.copy(), rows, X[::2]):
        array.setflags(write=False)
        ReconstructionDisplay.from_estimator(fitted["pca"], array, corruption="masking", noise_level=0.2)
    # One for each precision.
    assert len(getattr(CORRUPTIONS["masking"].apply, "signatures", [])) <= 2


@pytest.mark.parametrize("kind", ["bsr_array", "dia_array", "coo_matrix", "lil_matrix"])
def test_sparse_rows_of_any_format(kind, fitted, X):
    display = ReconstructionDisplay.from_estimator(fitted["pca"], getattr(sparse, kind)(X[:20]), n_images=3)
    np.testing.assert_array_equal(display.X, X[:3])


def test_a_name_is_not_read_as_mathematics(fitted, X):
    display = ReconstructionDisplay.from_estimator({r"$\frac$": fitted["pca"]}, X, n_images=2)
    display.figure_.canvas.draw()
    assert labels(display)[-1] == r"$\frac$"


def test_what_is_no_table_is_refused(fitted):
    with pytest.raises(ValueError, match="Expected 2D array"):
        ReconstructionDisplay.from_estimator(fitted["pca"], None)
