"""Hidden entries: which ones, the number of factors that they choose, and the share of a second filling."""

import numpy as np
import pytest

from skae.estimator import hidden_entries
from skae.estimator.hidden_entries import HiddenEntries, fit_factors, hide_entries
from skae.network.factor_analysis import expected_rows


def low_rank(rng, rank, n_rows=400, n_features=20, noise=0.2):
    X = rng.normal(size=(n_rows, rank)) @ rng.normal(size=(rank, n_features))
    X = X / X.std(axis=0) + noise * rng.normal(size=X.shape)
    return np.where(rng.random(X.shape) < 0.2, np.nan, X)


def hide(X, seed=0, weights=None, varying=None):
    weights = np.ones(len(X)) if weights is None else weights
    varying = np.ones(X.shape[1], bool) if varying is None else varying
    return hide_entries(X, weights, varying, np.random.RandomState(seed))


@pytest.mark.parametrize(("n_rows", "n_trials"), [(12, 5), (60, 3), (400, 1)])
def test_what_is_hidden_is_known_and_counts(rng, n_rows, n_trials):
    X, weights, varying = low_rank(rng, 2, n_rows), np.ones(n_rows), np.arange(20) != 3
    weights[::6], weights[1] = 0.0, 2.0
    trials = hide(X, weights=weights, varying=varying)
    assert len(trials) == n_trials
    n_known = np.sum(~np.isnan(X) & varying & (weights > 0)[:, None])
    places = [place for trial in trials for place in zip(*trial.places)]
    assert len(set(places)) == len(places) == n_trials * int(0.1 * n_known)
    for trial in trials:
        np.testing.assert_array_equal(trial.values, X[trial.places])
        np.testing.assert_array_equal(trial.weights, weights[trial.places[0]])
        changed = np.zeros(X.shape, bool)
        changed[trial.places] = True
        np.testing.assert_array_equal(np.where(changed, np.nan, X), trial.X)
        assert varying[trial.places[1]].all() and np.isclose(trial.share, len(trial.values) / n_known)


def test_large_tables_have_a_smaller_share_hidden(rng, monkeypatch):
    monkeypatch.setattr(hidden_entries, "_MOST", 300)
    (trial,) = hide(low_rank(rng, 2))
    assert len(trial.values) == 300 and trial.share < 0.06


def test_nothing_is_hidden_where_little_is_known():
    assert hide(np.full((50, 4), np.nan)) == []
    assert hide(np.arange(9.0).reshape(3, 3)) == []


def test_what_a_function_fills_is_read_at_the_hidden_places(rng):
    X = rng.normal(size=(100, 8))
    trial, *_ = hide(X)
    codes = np.arange(X.size, dtype=float).reshape(X.shape)
    by_first = {row.tobytes(): code for row, code in zip(trial.X, codes)}
    found = trial.filled_by(lambda rows: np.array([by_first[row.tobytes()] for row in rows]))
    np.testing.assert_array_equal(found, codes[trial.places])
    near = trial.values + rng.uniform(-2.9, 2.9, len(found))
    weighted = sum(w * (f - v) ** 2 for w, f, v in zip(trial.weights, near, trial.values))
    assert np.isclose(trial.squared_error(near), weighted)


@pytest.mark.parametrize("rank", [0, 1, 3, 6])
def test_the_number_of_factors_is_that_of_the_table(rng, rank):
    X = low_rank(rng, rank, 800) if rank else rng.normal(size=(800, 20))
    trials = hide(X)
    model, filled = fit_factors(X, np.ones(len(X)), trials, np.random.RandomState(0))
    assert model.n_factors == rank
    assert [len(values) for values in filled] == [len(trial.values) for trial in trials]


def test_the_factors_of_a_large_table_come_from_some_of_its_rows(rng, monkeypatch):
    X = low_rank(rng, 2, 3000)
    rng_of = np.random.RandomState
    whole, _ = fit_factors(X, np.ones(len(X)), hide(X), rng_of(0))
    monkeypatch.setattr(hidden_entries, "_MOST_ROWS", 500)
    part, _ = fit_factors(X, np.ones(len(X)), hide(X), rng_of(0))
    assert not np.array_equal(part.means, whole.means)
    np.testing.assert_allclose(expected_rows(part, X), expected_rows(whole, X), atol=0.35)


def shares_beside(trials, filled, others):
    return hidden_entries.shares_beside(trials, filled, others, 0.05)


def one_trial(values, weights=None, columns=None):
    weights = np.ones(len(values)) if weights is None else weights
    columns = np.zeros(len(values), int) if columns is None else columns
    X = np.empty((len(values), columns.max() + 1))
    return [HiddenEntries(X, (np.arange(len(values)), columns), values, weights, 0.1)]


def test_the_share_is_that_of_the_least_error(rng):
    values, weights = rng.uniform(-1, 1, 300), rng.uniform(0.1, 3.0, 300)
    first, second = (values + rng.uniform(-1, 1, 300) for _ in range(2))
    (share,) = shares_beside(one_trial(values, weights), [first], [second])
    grid = np.linspace(0, 1, 1001)
    errors = [weights @ np.square(first + s * (second - first) - values) for s in grid]
    assert abs(share - grid[np.argmin(errors)]) < 1e-3 and 0.3 < share < 0.7


def test_a_filling_that_adds_nothing_has_no_share(rng):
    values = rng.normal(size=300)
    first = values + 0.1 * rng.normal(size=300)
    for other in (first, 2 * first - values, values.mean() + 3 * rng.normal(size=300)):
        assert not shares_beside(one_trial(values), [first], [other]).any()
    np.testing.assert_allclose(shares_beside(one_trial(values), [first], [values]), 1.0)


def test_each_column_has_a_share(rng):
    columns = np.arange(900) % 3
    values = rng.normal(size=900)
    first = values + np.array([1.0, 0.1, 0.5])[columns] * rng.normal(size=900)
    second = values + np.array([0.1, 1.0, 0.5])[columns] * rng.normal(size=900)
    shares = shares_beside(one_trial(values, columns=columns), [first], [second])
    assert shares[0] > 0.9 and shares[1] < 0.1 and 0.4 < shares[2] < 0.6


def test_columns_that_nothing_predicts_do_not_decide(rng):
    columns = np.arange(600) % 20 == 0
    values = rng.normal(size=600)
    first = values + np.where(columns, 1.0, 0.05) * rng.normal(size=600)
    # Better in the column of noise, worse in the other.
    second = values + np.where(columns, 0.8, 0.5) * rng.normal(size=600)
    assert shares_beside(one_trial(values, columns=columns.astype(int)), [first], [second])[0] < 0.05


def test_a_wild_value_does_not_decide(rng):
    values = rng.normal(size=300)
    first, second = (values + rng.normal(size=300) for _ in range(2))
    calm = shares_beside(one_trial(values), [first], [second])
    values[7] = 1e6
    np.testing.assert_allclose(shares_beside(one_trial(values), [first], [second]), calm, atol=0.05)
    assert one_trial(values)[0].squared_error(first) < 1000


@pytest.mark.parametrize(("n_hidden", "least", "share"), [(400, 0.0, 1 / 30), (400, 0.05, 0.0), (4000, 0.05, 1 / 30)])
def test_a_small_share_needs_evidence(n_hidden, least, share):
    values = np.where(np.arange(n_hidden) % 2, 1.0, -1.0)
    # Of twenty steps of size three, eleven have the sign of the error.
    second = np.where(np.arange(n_hidden) % 20 < 11, 3.0, -3.0) * values
    trials, first = one_trial(values), np.zeros(n_hidden)
    np.testing.assert_allclose(hidden_entries.shares_beside(trials, [first], [second], least), share)
