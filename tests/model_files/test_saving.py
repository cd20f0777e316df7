"""save and load: every class comes back the same, in another process too; what cannot be saved says why."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from model_cases import CASES, SETTINGS, fitted, outputs, rows, same, with_holes
from settings import FIXED
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

import skae
from skae import AutoencoderOutlierDetector, AutoencoderTransformer, DenoisingAE, SparseAE, load, save
from skae.impute import AutoencoderImputer
from skae.preprocessing import PCANormalizer
from skae.tables import TableEncoder

# Loads all files in a folder, and keeps what each estimator makes of X.
LOADED_ELSEWHERE = """
import sys
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[1])
import skae
assert "skae.impute" not in sys.modules
from model_cases import outputs, rows
for path in Path(sys.argv[2]).glob("*.skae"):
    X = rows(np.float32 if "float32" in path.name else np.float64)
    np.savez(path.with_suffix(".npz"), **outputs(skae.load(path), X))
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.skae"


def through_a_file(estimator, path, **options):
    save(estimator, path, **options)
    return load(path)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_all_that_was_fitted_comes_back(name, dtype, path):
    estimator = fitted(name, dtype)
    loaded = through_a_file(estimator, path, include_optimizer=True)
    check_is_fitted(loaded)
    assert type(loaded) is type(estimator)
    assert repr(loaded) == repr(estimator) and repr(loaded.get_params()) == repr(estimator.get_params())
    ours, theirs = vars(estimator), vars(loaded)
    assert ours.keys() == theirs.keys()
    assert [key for key in ours if not same(ours[key], theirs[key])] == []
    assert repr(clone(loaded)) == repr(clone(estimator))
    assert same(outputs(pickle.loads(pickle.dumps(loaded)), rows(dtype)), outputs(estimator, rows(dtype)))


def test_another_process_computes_the_same_bits(tmp_path):
    expected = {}
    for dtype in ("float32", "float64"):
        for number, name in enumerate(CASES):
            save(fitted(name, dtype), tmp_path / f"{dtype} {number}.skae")
            expected[f"{dtype} {number}"] = outputs(fitted(name, dtype), rows(dtype))
    subprocess.run([sys.executable, "-c", LOADED_ELSEWHERE, Path(__file__).parent, tmp_path], check=True)
    for name, arrays in expected.items():
        with np.load(tmp_path / f"{name}.npz") as found:
            assert same(dict(found), arrays), name


@pytest.mark.parametrize("kind", [str, Path, os.fsencode])
def test_the_path_is_taken_as_it_is(kind, tmp_path):
    path = tmp_path / "a model without an ending"
    assert save(PCANormalizer().fit(rows()), kind(path)) is None
    assert os.listdir(tmp_path) == [path.name]
    assert load(kind(path)).n_samples_seen_ == 40


def test_a_model_of_missing_values_fills_them(path):
    X = with_holes(rows())
    estimator = AutoencoderTransformer(**SETTINGS, missing_values="mask").fit(X)
    assert same(outputs(through_a_file(estimator, path), X), outputs(estimator, X))


def test_names_of_features_of_any_characters(path):
    names = ["a", "two\nlines", 'with "quotes"', "\0nul\0", "\u00e9\U0001f600", "[0, 1)"]
    for make in (PCANormalizer, AutoencoderOutlierDetector, lambda: AutoencoderTransformer(**SETTINGS)):
        frame = pd.DataFrame(rows(), columns=names)
        estimator = make().fit(frame)
        loaded = through_a_file(estimator, path)
        assert same(loaded.feature_names_in_, estimator.feature_names_in_)
        assert same(outputs(loaded, frame), outputs(estimator, frame))


def test_names_that_no_encoding_has(path):
    estimator = PCANormalizer().fit(rows())
    estimator.feature_names_in_ = np.array(["\ud800", "", "c", "d", "e", "f"], object)
    assert same(through_a_file(estimator, path).feature_names_in_, estimator.feature_names_in_)


def test_set_output_comes_back(path):
    estimator = AutoencoderTransformer(**SETTINGS).fit(rows()).set_output(transform="pandas")
    loaded = through_a_file(AutoencoderOutlierDetector(estimator).fit(rows()), path)
    assert isinstance(loaded.reconstruction_error(rows(), per_feature=True), pd.DataFrame)
    assert isinstance(loaded.estimator.fit(rows()).transform(rows()), pd.DataFrame)
    pd.testing.assert_frame_equal(through_a_file(estimator, path).transform(rows()), estimator.transform(rows()))


def test_callbacks_are_left_out(path):
    callbacks = pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")
    monitor = callbacks.ScoringMonitor(scoring={"explained": lambda estimator, X, y: estimator.score(X)})
    estimator = AutoencoderTransformer(**SETTINGS).set_callbacks(monitor)
    loaded = through_a_file(estimator.fit(rows()), path)
    assert vars(estimator).keys() - vars(loaded).keys() == {"_skl_callbacks"}
    assert same(outputs(loaded, rows()), outputs(estimator, rows()))


def test_an_estimator_that_is_a_parameter_is_kept_unfitted(path):
    inner = SparseAE(**SETTINGS).fit(rows())
    loaded = through_a_file(AutoencoderOutlierDetector(inner).fit(rows()), path)
    with pytest.raises(NotFittedError):
        check_is_fitted(loaded.estimator)


def test_parameters_changed_after_fit_do_not_change_the_network(path):
    estimator = AutoencoderTransformer(**SETTINGS).fit(rows()).set_params(n_components=5, loss="log_loss")
    loaded = through_a_file(estimator, path)
    assert loaded.n_components == 5 and loaded.loss == "log_loss"
    assert same(outputs(loaded, rows()), outputs(estimator, rows()))


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, ">f8", bool, np.longdouble])
def test_the_range_of_any_input(dtype, path):
    X = (4 * rows()).astype(dtype)
    estimator = DenoisingAE(**SETTINGS, corruption="salt_and_pepper", loss="squared_error").fit(X)
    loaded = through_a_file(estimator, path, include_optimizer=True)
    assert same(outputs(estimator.partial_fit(X), X), outputs(loaded.partial_fit(X), X))


class Subclass(SparseAE):
    """Of a user."""


def subclass(X):
    return Subclass(**SETTINGS).fit(X)


@pytest.mark.parametrize(
    "estimator",
    [
        PCA(2).fit(rows()),
        make_pipeline(StandardScaler(), PCA(2)).fit(rows()),
        SparseAE,
        None,
        subclass(rows()),
        AutoencoderOutlierDetector(subclass(rows())).fit(rows()),
    ],
    ids=["foreign", "pipeline", "class", "none", "subclass", "of a subclass"],
)
def test_what_cannot_be_saved(estimator, path):
    with pytest.raises(TypeError, match=r"(?s)holds one of AutoencoderTransformer, .*skops"):
        save(estimator, path)
    assert not path.exists()


@pytest.mark.parametrize("make", [SparseAE, AutoencoderOutlierDetector, PCANormalizer])
def test_unfitted(make, path):
    with pytest.raises(NotFittedError):
        save(make(), path)
    assert not path.exists()


def test_what_could_not_be_loaded_is_not_saved(path):
    estimator = AutoencoderTransformer(**FIXED, **SETTINGS).fit(rows())
    save(estimator, path)
    before = path.read_bytes()
    estimator.set_params(alpha=-1.0)
    with pytest.raises(ValueError, match=r"AutoencoderTransformer cannot be saved: .*'alpha'"):
        save(estimator, path)
    estimator.set_params(alpha=0.0).coefs_[0][0, 0] = np.nan
    with pytest.raises(ValueError, match=r"cannot be saved: .*not finite"):
        save(estimator, path)
    assert path.read_bytes() == before


def test_a_path_that_cannot_be_written(tmp_path):
    estimator = PCANormalizer().fit(rows())
    with pytest.raises(FileNotFoundError, match="absent"):
        save(estimator, tmp_path / "absent" / "model.skae")
    with pytest.raises(IsADirectoryError):
        save(estimator, tmp_path)
    with pytest.raises(TypeError):
        save(estimator, 3)
    assert os.listdir(tmp_path) == []


def test_a_path_that_cannot_be_read(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        load(tmp_path / "absent")
    with pytest.raises(IsADirectoryError):
        load(tmp_path)
    with pytest.raises(TypeError):
        load(3)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_not_waited_for(path):
    os.mkfifo(path)
    with pytest.raises(ValueError, match="not a file"):
        load(path)
    with pytest.raises(OSError):
        save(PCANormalizer().fit(rows()), path)
    assert path.is_fifo()


@pytest.mark.parametrize("value", ["no", 1, None, [True]])
def test_whether_to_keep_the_optimiser_is_true_or_false(value, path):
    with pytest.raises(TypeError, match=r"include_optimizer must be True or False; got "):
        save(PCANormalizer().fit(rows()), path, include_optimizer=value)
    assert not path.exists()


def test_all_public_estimators_can_be_saved():
    from skae.model_files.estimators import _kinds

    public = {
        cls
        for module in (skae, skae.impute, skae.outlier, skae.preprocessing, skae.tables)
        for name, cls in vars(module).items()
        if isinstance(cls, type) and issubclass(cls, BaseEstimator)
        if cls.__module__.startswith("skae.") and not name.startswith(("_", "Base"))
    }
    assert {AutoencoderImputer, AutoencoderOutlierDetector, AutoencoderTransformer, PCANormalizer} < public
    # Encoded rows go with their autoencoder.
    assert public - {TableEncoder} == {kind.cls for kind in _kinds().values()}


def test_dir_holds_the_public_names():
    assert dir(skae.model_files) == ["SKOPS_TRUSTED_TYPES", "load", "save"]
    assert dir(skae.impute) == ["AutoencoderImputer"]
