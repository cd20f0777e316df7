"""reconstruction_score: against a loop, PCA's own figures, and inside scikit-learn's tools."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_array
from sklearn.decomposition import NMF, PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, StandardScaler

from skae import AutoencoderTransformer
from skae.metrics import mean_max_cosine, reconstruction_score


@pytest.fixture
def X(rng):
    return rng.normal(size=(40, 5)) @ rng.normal(size=(5, 5)) + rng.normal(size=5)


def score_by_hand(estimator, X, weights=None):
    """The definition, row by row."""
    weights = np.ones(len(X)) if weights is None else weights
    X_hat = np.asarray(estimator.inverse_transform(estimator.transform(X)))
    mean = np.average(X, axis=0, weights=weights)
    error = spread = 0.0
    for w, x, x_hat in zip(weights, X, X_hat):
        error += w * np.sum((x - x_hat) ** 2)
        spread += w * np.sum((x - mean) ** 2)
    return 1 - error / spread


@pytest.mark.parametrize("k", [1, 3, 5])
def test_pca_explained_variance(X, k):
    pca = PCA(k).fit(X)
    assert reconstruction_score(pca, X) == pytest.approx(pca.explained_variance_ratio_.sum(), abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_definition_on_other_rows(X, rng, weighted):
    weights = rng.uniform(0, 3, 10) if weighted else None
    for estimator in (PCA(2), make_pipeline(StandardScaler(), PCA(3)), NMF(2, max_iter=1000)):
        rows = np.abs(X) if isinstance(estimator, NMF) else X
        estimator.fit(rows[:30])
        expected = score_by_hand(estimator, rows[30:], weights)
        assert reconstruction_score(estimator, rows[30:], sample_weight=weights) == pytest.approx(expected, abs=1e-9)


def test_more_rows_than_a_block(rng):
    X = rng.normal(size=(3000, 400)) + 5
    pca = PCA(3, random_state=0).fit(X[:200])
    assert reconstruction_score(pca, X) == pytest.approx(score_by_hand(pca, X), abs=1e-12)


def test_is_the_score_of_an_autoencoder(X):
    ae = AutoencoderTransformer(3, max_iter=3, random_state=0).fit(X)
    assert reconstruction_score(ae, X) == pytest.approx(ae.score(X), abs=1e-12)


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_frame(X, output):
    frame = pd.DataFrame(X, columns=list("abcde"), index=np.arange(len(X)) * 2)
    for estimator in (PCA(2), make_pipeline(StandardScaler(), PCA(2))):
        estimator.set_output(transform=output).fit(frame)
        expected = reconstruction_score(type(estimator).fit(estimator.set_output(transform="default"), X), X)
        estimator.set_output(transform=output).fit(frame)
        assert reconstruction_score(estimator, frame) == pytest.approx(expected, abs=1e-12)


def test_in_a_search(X):
    search = GridSearchCV(PCA(), {"n_components": [1, 2, 4]}, scoring=reconstruction_score, cv=2).fit(X)
    assert search.best_params_ == {"n_components": 4}
    half = PCA(1).fit(X[20:])
    assert search.cv_results_["split0_test_score"][0] == pytest.approx(score_by_hand(half, X[:20]), abs=1e-9)


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "bsr", "dok", "lil", "dia"])
@pytest.mark.parametrize("weighted", [False, True])
def test_sparse_rows(rng, kind, weighted):
    X = np.abs(rng.normal(size=(40, 6))) * (rng.random((40, 6)) < 0.4)
    weights = rng.uniform(0, 3, 40) if weighted else None
    rows = csr_array(X).asformat(kind)
    for estimator in (NMF(2, max_iter=2000, tol=1e-3), TruncatedSVD(2), make_pipeline(MaxAbsScaler(), TruncatedSVD(2))):
        estimator.fit(rows)
        expected = score_by_hand(estimator, X, weights)
        assert reconstruction_score(estimator, rows, sample_weight=weights) == pytest.approx(expected, abs=1e-9)
    ae = AutoencoderTransformer(3, max_iter=3, random_state=0).fit(rows)
    assert reconstruction_score(ae, rows, sample_weight=weights) == pytest.approx(
        ae.score(rows, sample_weight=weights), abs=1e-12
    )


def test_an_estimator_gets_sparse_rows_where_it_is_given_them(X):
    seen = []

    def note(rows):
        seen.append(type(rows))
        return rows

    identity = FunctionTransformer(note, inverse_func=lambda rows: rows, accept_sparse=True, check_inverse=False)
    assert reconstruction_score(identity, csr_array(X)) == 1.0
    assert set(seen) == {csr_array}


def test_in_a_search_on_tf_idf():
    texts = ["red blue", "red green", "blue green green", "red red blue", "green", "blue blue red"] * 3
    ae = AutoencoderTransformer(max_iter=2, random_state=0)
    search = GridSearchCV(ae, {"n_components": [1, 2]}, scoring=reconstruction_score, cv=2, error_score="raise")
    search.fit(TfidfVectorizer().fit_transform(texts))
    own = GridSearchCV(ae, {"n_components": [1, 2]}, cv=2).fit(TfidfVectorizer().fit_transform(texts))
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], own.cv_results_["mean_test_score"])


def test_columns_that_do_not_vary():
    X = np.full((6, 3), 2.0)
    assert reconstruction_score(FunctionTransformer(check_inverse=False).fit(X), X) == 1.0
    wrong = FunctionTransformer(inverse_func=lambda H: H + 1, check_inverse=False).fit(X)
    assert reconstruction_score(wrong, X) == 0.0


def test_worse_than_the_mean_is_negative(X):
    wrong = FunctionTransformer(inverse_func=lambda H: H + 100, check_inverse=False).fit(X)
    assert reconstruction_score(wrong, X) < -1


def test_estimators_that_cannot_reconstruct(X):
    with pytest.raises(TypeError, match=r"LogisticRegression.* has no transform and no inverse_transform"):
        reconstruction_score(LogisticRegression(), X)
    with pytest.raises(ValueError, match="NaN"):
        reconstruction_score(PCA(1).fit(X), np.where(X == X[0, 0], np.nan, X))


RECONSTRUCTIONS = {
    "all NaN": (lambda X: X * np.nan, "got NaN in 40 of 40 rows"),
    "some NaN": (lambda X: np.where(np.arange(40)[:, np.newaxis] % 2, X, np.nan), "got NaN in 20 of 40 rows"),
    "nothing": (lambda X: None, "got NoneType of shape"),
    "one column": (lambda X: X[:, :1], r"got ndarray of shape \(40, 1\)"),
    "one row": (lambda X: X[0], r"got ndarray of shape \(5,\)"),
    "complex": (lambda X: X * 1j, "dtype complex128"),
    "words": (lambda X: X.astype(str), "dtype <U"),
}


@pytest.mark.parametrize("change, words", RECONSTRUCTIONS.values(), ids=RECONSTRUCTIONS)
def test_what_is_no_reconstruction_has_no_score(change, words, X):
    broken = FunctionTransformer(inverse_func=change, check_inverse=False).fit(X)
    with pytest.raises(ValueError, match=rf"^FunctionTransformer must reconstruct rows of shape \(40, 5\).*{words}"):
        reconstruction_score(broken, X)


def test_a_sparse_reconstruction(X):
    sparse_one = FunctionTransformer(inverse_func=lambda X: csr_array(X * 0.5), check_inverse=False).fit(X)
    dense_one = FunctionTransformer(inverse_func=lambda X: X * 0.5, check_inverse=False).fit(X)
    assert reconstruction_score(sparse_one, X) == reconstruction_score(dense_one, X)


def test_polars_frames_go_in_as_frames(digits):
    X, _ = digits
    frame = pl.DataFrame({f"p{j}": column for j, column in enumerate(X.T)})
    pca = PCA(10, random_state=0).fit(frame)
    assert reconstruction_score(pca, frame) == pytest.approx(reconstruction_score(PCA(10, random_state=0).fit(X), X))


def test_mean_max_cosine_in_loops(rng):
    dictionary, atoms = rng.standard_normal((7, 5)), rng.standard_normal((4, 5))
    dictionary[2] = 0
    wanted = np.mean(
        [max(d @ a / np.linalg.norm(d) / np.linalg.norm(a) if d.any() else 0.0 for d in dictionary) for a in atoms]
    )
    assert mean_max_cosine(dictionary, atoms) == pytest.approx(wanted)
    assert mean_max_cosine(3.0 * atoms[::-1], atoms) == pytest.approx(1.0)
    for unit in (1e-200, 1e200, 5e-324 / np.abs(dictionary).max() * 2**40):
        assert mean_max_cosine(unit * dictionary, atoms) == pytest.approx(wanted, abs=1e-9)
    with pytest.raises(ValueError, match="dictionary has 4 features, and atoms has 5"):
        mean_max_cosine(dictionary[:, :4], atoms)
