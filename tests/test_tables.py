"""The encoding of tables against plain formulas, scikit-learn's conventions on tables, and model files of them."""

import datetime
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from skae import AutoencoderTransformer, DenoisingAE, load, save
from skae.tables import TableAutoencoder, TableEncoder


@pytest.fixture
def frame():
    return pd.DataFrame(
        {"a": [1.0, 2.0, np.nan, 6.0, 3.0], "c": ["x", "y", "y", None, "z"], "b": pd.array([1, None, 3, 4, 5], "Int64")}
    )


def test_encoded_rows_are_those_of_the_formulas(frame):
    Z = TableEncoder().fit_transform(frame)
    a = frame["a"].to_numpy()
    np.testing.assert_allclose(Z[:, 0], (a - np.nanmean(a)) / np.nanstd(a))
    shares = np.array([0.25, 0.5, 0.25])
    scale = np.sqrt(1 - (shares**2).sum())
    indicators = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [np.nan] * 3, [0, 0, 1]])
    np.testing.assert_allclose(Z[:, 1:4], (indicators - shares) / scale)
    assert np.nanvar(Z[:, 1:4], axis=0).sum() == pytest.approx(1)
    assert np.nanvar(Z[:, 4]) == pytest.approx(1) and np.isnan(Z[1, 4])


def test_the_inverse_gives_what_was_there(frame):
    encoder = TableEncoder().fit(frame)
    again = encoder.inverse_transform(encoder.transform(frame))
    np.testing.assert_allclose(again[:, 0].astype(float), frame["a"])
    assert list(again[[0, 1, 2, 4], 1]) == ["x", "y", "y", "z"]
    assert list(encoder.get_feature_names_out()) == ["a", "c_x", "c_y", "c_z", "b"]


def test_categories_that_training_did_not_have_are_gaps(frame):
    encoder = TableEncoder().fit(frame)
    new = frame.assign(c=["new", "x", None, "y", "z"])
    assert np.isnan(encoder.transform(new)[:, 1:4]).all(axis=1).tolist() == [True, False, True, False, False]


def test_what_cannot_be_encoded_is_told(frame):
    with pytest.raises(ValueError, match="Column 'c' of X holds 3 categories; at most max_categories=2"):
        TableEncoder(2).fit(frame)
    with pytest.raises(ValueError, match="Column 'a' of X holds words; it held numbers"):
        TableEncoder().fit(frame).transform(frame.assign(a=list("abcde")))
    with pytest.raises(ValueError, match="infinite"):
        TableEncoder().fit(frame.assign(a=np.inf))


def test_errors_of_columns_sum_to_those_of_rows(frame):
    ae = TableAutoencoder(DenoisingAE(2, max_iter=3, random_state=0)).fit(frame)
    errors = ae.reconstruction_error(frame, per_feature=True)
    assert errors.shape == (5, 3) and np.isnan(errors[2, 0])
    np.testing.assert_allclose(np.nansum(errors, axis=1), ae.reconstruction_error(frame))


@pytest.mark.parametrize("columns", [["a", "c", "b"], ["a", "b"]])
def test_a_model_file_holds_the_encoding(frame, columns, tmp_path):
    ae = TableAutoencoder(DenoisingAE(2, max_iter=3, random_state=0)).fit(frame[columns])
    save(ae, tmp_path / "m.skae")
    again = load(tmp_path / "m.skae")
    assert list(again.feature_names_in_) == columns
    np.testing.assert_array_equal(again.transform(frame[columns]), ae.transform(frame[columns]))
    assert (again.reconstruct(frame[columns]) == ae.reconstruct(frame[columns])).all()


@parametrize_with_checks([TableEncoder(), TableAutoencoder(AutoencoderTransformer(2, max_iter=20, random_state=0))])
def test_common_checks(estimator, check):
    check(estimator)


@pytest.fixture
def fitted(frame):
    return TableAutoencoder(DenoisingAE(2, max_iter=3, random_state=0)).fit(frame)


@pytest.mark.parametrize("copied", [lambda ae: pickle.loads(pickle.dumps(ae)), clone], ids=["pickle", "clone"])
def test_copies_give_the_same(copied, fitted, frame):
    again = copied(fitted)
    if not hasattr(again, "estimator_"):
        again.fit(frame)
    np.testing.assert_array_equal(again.transform(frame), fitted.transform(frame))
    np.testing.assert_array_equal(again.reconstruct(frame), fitted.reconstruct(frame))


def test_parameters_reach_the_autoencoder_within(fitted):
    unfitted = clone(fitted).set_params(estimator__n_components=3, random_state=1)
    assert unfitted.get_params()["estimator__n_components"] == 3 and unfitted.random_state == 1
    assert unfitted.estimator.n_components == 3 and fitted.estimator.n_components == 2
    assert not hasattr(unfitted, "estimator_")


@pytest.mark.parametrize(
    "method", ["transform", "inverse_transform", "reconstruct", "reconstruction_error", "score", "score_samples"]
)
def test_what_needs_a_fit_says_so(method, frame):
    with pytest.raises(NotFittedError):
        getattr(TableAutoencoder(), method)(frame)


def test_columns_are_counted_and_named(fitted, frame):
    assert fitted.n_features_in_ == 3 and list(fitted.feature_names_in_) == ["a", "c", "b"]
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.transform(frame[["c", "a", "b"]])
    fitted.fit(frame.to_numpy(dtype=object, na_value=None))
    assert fitted.n_features_in_ == 3 and not hasattr(fitted, "feature_names_in_")


def test_codes_are_frames_where_these_are_asked_for(fitted, frame):
    code = fitted.set_output(transform="pandas").transform(frame.set_index(pd.Index(list("pqrst"))))
    assert list(code.index) == list("pqrst") and list(code.columns) == list(fitted.get_feature_names_out())
    assert code.shape == (5, 2)


@pytest.mark.parametrize("estimator", [TableEncoder(), TableAutoencoder()])
def test_what_is_no_table_is_refused(estimator, frame):
    with pytest.raises(TypeError, match="Sparse X is no table"):
        estimator.fit(sparse.csr_array(np.eye(4)))
    with pytest.raises(ValueError, match="real and imaginary"):
        estimator.fit(frame.assign(b=1j))
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        estimator.fit(frame[:0])
    with pytest.raises(ValueError, match=r"0 feature\(s\)"):
        estimator.fit(frame[[]])


def test_a_fit_that_fails_changes_nothing(fitted, frame):
    before = fitted.transform(frame)
    with pytest.raises(ValueError, match="infinite"):
        fitted.fit(frame.assign(a=np.inf))
    np.testing.assert_array_equal(fitted.transform(frame), before)


@pytest.mark.parametrize("kind", ["datetime64[ns]", "timedelta64[ns]", "object"])
def test_dates_are_refused_by_the_name_of_their_column(kind):
    when = pd.Series([datetime.date(2024, 1, 1 + day) for day in range(20)])
    if kind != "object":
        when = pd.to_datetime(when) if "date" in kind else pd.to_timedelta(range(20), unit="D")
    frame = pd.DataFrame({"x": range(20), "when": when})
    with pytest.raises(TypeError, match="'when' holds dates or durations"):
        TableAutoencoder().fit(frame)
