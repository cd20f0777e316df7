"""The report on networks with known answers."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from skae import AutoencoderTransformer
from skae.inspection import report
from skae.tables import TableAutoencoder


@pytest.fixture
def X():
    rng = np.random.default_rng(0)
    return rng.normal(size=(200, 3)) @ rng.normal(size=(3, 6)) + 0.1 * rng.normal(size=(200, 6))


def _fitted(X, **given):
    return AutoencoderTransformer(4, solver="lbfgs", random_state=0, **given).fit(X)


def test_a_linear_autoencoder_is_pca(X):
    ae = _fitted(X, activation="identity", tol=1e-9)
    found = report(ae, X)
    pca = PCA(4).fit(X)
    assert found.pca_explained_variance == pytest.approx(pca.explained_variance_ratio_.sum())
    assert found.explained_variance == pytest.approx(found.pca_explained_variance, abs=1e-4)
    assert found.explained_variance == pytest.approx(ae.score(X), abs=1e-6)
    errors = ((X - ae.reconstruct(X)) ** 2).sum(axis=0) / ((X - X.mean(axis=0)) ** 2).sum(axis=0)
    np.testing.assert_allclose(found.column_explained, 1 - errors, rtol=1e-4)
    assert len(found.dead) == len(found.saturated) == 0 and found.suggestions == []


def test_dead_saturated_and_duplicate_units_are_found(X):
    ae = _fitted(X, init="glorot", max_iter=5)
    weights, biases = ae.coefs_[0], ae.intercepts_[0]
    weights[:, 1], biases[1] = weights[:, 0], biases[0]
    weights[:, 2:], biases[2:] = 0.0, [-50.0, 50.0]
    found = report(ae, X)
    assert list(found.dead) == [2] and list(found.saturated) == [3] and found.duplicates == [(0, 1)]
    texts = found.suggestions
    order = [next(i for i, text in enumerate(texts) if word in text) for word in ("PCA", "dead", "saturated", "same")]
    assert order == sorted(order)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_the_output_cannot_give_is_measured(X):
    found = report(_fitted(X, output_activation="relu", max_iter=5), X)
    assert found.out_of_reach == pytest.approx((X < 0).mean()) and found.output_range[0] >= 0
    assert any("cannot give" in text for text in found.suggestions)


def test_one_column_that_outweighs_is_told(X):
    found = report(_fitted(X * [1, 1, 1, 1, 1, 1e3]), X * [1, 1, 1, 1, 1, 1e3])
    assert "scale the columns" in found.suggestions[0]


def test_both_views_show_the_figures(X):
    found = report(_fitted(X, max_iter=20), X)
    for text in (repr(found), found._repr_html_()):
        assert f"{found.explained_variance:.4f}" in text and f"{found.pca_explained_variance:.4f}" in text
    assert found._repr_html_().count("<svg") == 1


def test_a_table_is_reported_by_its_encoded_columns(X):
    table = np.column_stack([X.astype(object), np.where(X[:, 0] > 0, "<yes>", "no").astype(object)])
    table[3, 2] = None
    found = report(TableAutoencoder(random_state=0).fit(table), table)
    assert found.column_names[-2:] == ["x6_<yes>", "x6_no"] and "<yes>" not in found._repr_html_()
    assert np.isfinite(found.explained_variance)


def test_a_column_without_values_is_reported_in_silence(recwarn):
    X = np.random.default_rng(0).standard_normal((60, 4))
    X[:, 2] = np.nan
    ae = AutoencoderTransformer(missing_values="mask", random_state=0).fit(X)
    found = report(ae, X)
    assert np.isnan(found.column_explained[2]) and np.isfinite(found.pca_explained_variance)
    assert not [warning for warning in recwarn if issubclass(warning.category, RuntimeWarning)]


def test_dead_units_of_a_plain_autoencoder_have_a_remedy_that_it_has():
    X = load_digits().data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        settings = {"activation": "relu", "init": "glorot", "solver": "adam", "learning_rate_init": 0.5}
        ae = AutoencoderTransformer(20, max_iter=10, random_state=0, **settings).fit(X)
    texts = [text for text in report(ae, X).suggestions if "dead" in text]
    assert len(texts) == 1 and "sparsity" not in texts[0] and "init='auto'" in texts[0]
