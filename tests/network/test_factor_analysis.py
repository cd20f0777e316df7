"""Factor analysis with missing values, against dense normal distributions and scikit-learn's FactorAnalysis."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.decomposition import FactorAnalysis as OfScikitLearn

from skae.network.factor_analysis import (
    FactorAnalysis,
    expected_rows,
    fit_factor_analysis,
    with_more_factors,
    without_factors,
)


@pytest.fixture
def model(rng):
    return FactorAnalysis(rng.normal(size=7), rng.normal(size=(7, 3)), rng.uniform(0.1, 1.0, 7))


def drawn(model, n_rows, rng, share_missing=0.3):
    factors = rng.normal(size=(n_rows, model.n_factors))
    noise = rng.normal(size=(n_rows, len(model.means))) * np.sqrt(model.noise)
    X = model.means + factors @ model.loadings.T + noise
    return np.where(rng.random(X.shape) < share_missing, np.nan, X)


def covariance(model):
    return model.loadings @ model.loadings.T + np.diag(model.noise)


def fitted(X, n_factors, weights=None, max_iter=500, tol=1e-7):
    weights = np.ones(len(X)) if weights is None else weights
    start = with_more_factors(without_factors(X.shape[1]), X, weights, n_factors)
    return fit_factor_analysis(start, X, weights, max_iter, tol)


def test_missing_entries_are_the_conditional_means_of_the_normal_distribution(model, rng):
    X, whole = drawn(model, 50, rng), covariance(model)
    X[0], X[1, 1:], X[2] = np.nan, np.nan, np.arange(7.0)
    found = expected_rows(model, X)
    for row, filled in zip(X, found):
        gaps = np.isnan(row)
        seen = ~gaps
        wanted = whole[np.ix_(gaps, seen)] @ np.linalg.solve(whole[np.ix_(seen, seen)], (row - model.means)[seen])
        np.testing.assert_allclose(filled[gaps], model.means[gaps] + wanted, rtol=1e-9, atol=1e-11)
    np.testing.assert_array_equal(found[0], model.means)


def test_blocks_of_rows_do_not_count(model, rng, monkeypatch):
    X = drawn(model, 50, rng)
    whole, trained = expected_rows(model, X), fitted(X, 2, max_iter=5)
    monkeypatch.setattr("skae.network.factor_analysis._BLOCK_NUMBERS", 100)
    np.testing.assert_allclose(expected_rows(model, X), whole, rtol=1e-12)
    np.testing.assert_allclose(covariance(fitted(X, 2, max_iter=5)), covariance(trained), rtol=1e-9, atol=1e-12)


def log_posterior(model, X, weights):
    """Up to a constant: of the observed entries, and of the prior."""
    whole, total = covariance(model), 0.0
    for row, weight in zip(X, weights):
        seen = ~np.isnan(row)
        if seen.any():
            total += weight * multivariate_normal.logpdf(row[seen], model.means[seen], whole[np.ix_(seen, seen)])
    return total - np.sum((np.square(model.loadings).sum(axis=1) + 0.1) / (2 * model.noise))


def test_no_iteration_makes_the_data_less_probable(model, rng):
    X, weights = drawn(model, 60, rng), rng.uniform(0.1, 3.0, 60)
    now = with_more_factors(without_factors(7), X, weights, 2)
    values = [log_posterior(now, X, weights)]
    for _ in range(30):
        now = fit_factor_analysis(now, X, weights, 1, 0.0)
        values.append(log_posterior(now, X, weights))
    # The offset has a prior as well, of the weight of a millionth of a row.
    assert (np.diff(values) > -1e-4).all()
    assert values[-1] > values[0] + 1


def test_without_gaps_it_is_the_factor_analysis_of_scikit_learn(model, rng):
    X = drawn(model, 1000, rng, share_missing=0.0)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    theirs = OfScikitLearn(3, tol=1e-8, max_iter=5000, svd_method="lapack").fit(X).get_covariance()
    # Heavy rows make the prior, which scikit-learn has not, negligible.
    found = fitted(X, 3, weights=np.full(1000, 1e4), max_iter=1000, tol=1e-9)
    np.testing.assert_allclose(covariance(found), theirs, atol=1e-3)


def test_gaps_that_depend_on_other_columns_do_not_bias_the_means(rng):
    line = rng.normal(size=4000)
    X = line[:, None] + 0.1 * rng.normal(size=(4000, 4))
    X[line > 0, 3] = np.nan
    assert np.nanmean(X[:, 3]) < -0.7
    assert abs(fitted(X, 1).means[3]) < 0.05


def test_weights_are_repetitions(model, rng):
    X, counts = drawn(model, 40, rng), rng.integers(1, 4, 40)
    start = without_factors(7)._replace(loadings=rng.normal(size=(7, 2)))
    first = fit_factor_analysis(start, X, counts.astype(float), 10, 0.0)
    second = fit_factor_analysis(start, np.repeat(X, counts, axis=0), np.ones(counts.sum()), 10, 0.0)
    for name in FactorAnalysis._fields:
        np.testing.assert_allclose(getattr(first, name), getattr(second, name), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("shape", [(1, 3), (3, 50), (200, 2)])
def test_few_rows_wide_rows_and_columns_without_values(rng, shape):
    X = rng.normal(size=shape)
    X[:, -1] = np.nan
    model = fitted(X, 2)
    assert all(np.isfinite(part).all() for part in model) and (model.noise > 0).all()
    assert np.isfinite(expected_rows(model, X)).all()
    assert abs(expected_rows(model, X)[:, -1]).max() < 1e-3
