"""Known entries of incomplete rows, hidden to see how well they are filled: by factors, and by an autoencoder."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from ..network.factor_analysis import expected_rows, fit_factor_analysis, with_more_factors, without_factors
from ..runtime.threads import one_thread_if_small

# Of the known entries, the share that one trial hides, and the greatest number.
_SHARE = 0.1
_MOST = 20_000

# Tables in which one trial hides fewer entries than this have further trials.
_ENOUGH, _MOST_TRIALS = 200, 5

# A table that had no more than this share hidden needs no second training.
NEGLIGIBLE = 0.02

# Rows from which the factors are found, and numbers in them: a linear model has few parameters.
_MOST_ROWS, _MOST_NUMBERS = 10_000, 10**6

# Numbers of factors in their order, and the greatest number of features times squared factors.
_FACTORS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
_MOST_PRODUCTS = 2**20

# A number of factors is better if it lowers the squared error to this share.
_BETTER = 0.99

# Errors count up to this one, in standard deviations: a few wild values are not to choose.
_GREATEST_ERROR = 3.0

# Entries that a column has beside its own, with the share and with the mean error of all columns.
_BORROWED, _BORROWED_ERRORS = 20, 3

# Iterations and tolerance of each fit of the factors, which starts from that of fewer factors.
_TRIAL_ITERATIONS, _ITERATIONS, _TOLERANCE = 20, 50, 1e-3


class HiddenEntries(NamedTuple):
    """Rows from which known entries are removed at random.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_features)
        NaN where a value is missing or hidden.
    places : tuple of two ndarrays of shape (n_hidden,)
        Rows and columns of the hidden entries.
    values : ndarray of shape (n_hidden,), float64
    weights : ndarray of shape (n_hidden,)
        Of their rows.
    share : float
        Of the known entries that can be filled.
    """

    X: np.ndarray
    places: tuple
    values: np.ndarray
    weights: np.ndarray
    share: float

    def filled_by(self, reconstruct):
        """What a function of incomplete rows puts in the hidden places."""
        rows, positions = np.unique(self.places[0], return_inverse=True)
        return np.asarray(reconstruct(self.X[rows])[positions, self.places[1]], np.float64)

    def squared_error(self, filled):
        """Weighted sum of the squared errors of what is in the hidden places, each of at most three deviations."""
        return float(self.weights @ np.square(np.minimum(np.abs(filled - self.values), _GREATEST_ERROR)))


def hide_entries(X, weights, varying, rng):
    """Trials that hide disjoint sets of known entries; there is one unless the table is small.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        NaN where a value is missing.
    weights : ndarray of shape (n_samples,)
    varying : ndarray of shape (n_features,), bool
        Columns whose entries are hidden.
    rng : RandomState

    Returns
    -------
    list of HiddenEntries
        Empty for a table with fewer than ten such entries.
    """
    known = np.flatnonzero(~np.isnan(X) & varying & (weights > 0)[:, None])
    size = min(int(_SHARE * len(known)), _MOST)
    if size == 0:
        return []
    count = min(_MOST_TRIALS, -(-_ENOUGH // size))
    chosen = known[rng.choice(len(known), count * size, replace=False)]
    trials = []
    for hidden in chosen.reshape(count, size):
        places = np.unravel_index(hidden, X.shape)
        rest = X.copy()
        rest[places] = np.nan
        trials.append(HiddenEntries(rest, places, X[places].astype(float), weights[places[0]], size / len(known)))
    return trials


def fit_factors(X, weights, trials, rng):
    """Factor analysis whose number of factors is that which fills hidden entries best.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Columns of mean zero and variance one; NaN where a value is missing.
    weights : ndarray of shape (n_samples,)
    trials : list of HiddenEntries
        Of X.
    rng : RandomState
        Chooses the rows that the factors are found from, if there are many.

    Returns
    -------
    model : FactorAnalysis
    filled : list of ndarray of shape (n_hidden,)
        What the model of each trial puts in its hidden places.
    """
    n_features = X.shape[1]
    rows = np.flatnonzero(weights > 0)
    most = max(1, min(_MOST_ROWS, _MOST_NUMBERS // n_features))
    if len(rows) > most:
        rows = np.sort(rng.choice(rows, most, replace=False))
    weights = weights[rows] / weights[rows].mean()
    models = [without_factors(n_features)] * len(trials)
    best, best_error, worse = models, np.inf, 0
    for n_factors in (0, *_FACTORS):
        if n_factors and (n_factors >= min(n_features, len(rows)) or n_features * n_factors**2 > _MOST_PRODUCTS):
            break
        models = [_with_factors(model, trial.X[rows], weights, n_factors) for model, trial in zip(models, trials)]
        found = [trial.filled_by(partial(expected_rows, model)) for model, trial in zip(models, trials)]
        error = sum(trial.squared_error(filled) for trial, filled in zip(trials, found))
        if error < _BETTER * best_error:
            best, best_error, best_filled, worse = models, error, found, 0
        else:
            worse += 1
        if worse == 2:
            break
    model = best[0] if trials else without_factors(n_features)
    with _threads(model.n_factors, len(rows), n_features):
        model = fit_factor_analysis(model, X[rows].astype(np.float64), weights, _ITERATIONS, _TOLERANCE)
    return model, best_filled if trials else []


def _with_factors(model, X, weights, n_factors):
    if n_factors == 0:
        return model
    X = X.astype(np.float64)
    with _threads(n_factors, *X.shape):
        start = with_more_factors(model, X, weights, n_factors)
        return fit_factor_analysis(start, X, weights, _TRIAL_ITERATIONS, _TOLERANCE)


def _threads(n_factors, n_rows, n_features):
    return one_thread_if_small(2 * n_rows * n_features * n_factors**2)


def shares_beside(trials, filled, others, least):
    """The share of a second filling in the mean of both that fills the hidden entries best, by column (Breiman 1996).

    By least squares. The share of a column is drawn towards that of all columns. In the latter, errors count relative
    to the root error of the filling that is better in their column: columns that nothing predicts do not decide.

    Parameters
    ----------
    trials : list of HiddenEntries
    filled, others : list of ndarray of shape (n_hidden,)
        What the first and the second put in the hidden places of each trial.
    least : float
        Share of all columns below which it needs more evidence.

    Returns
    -------
    ndarray of shape (n_features,)
        From zero to one. All are zero if the share of all columns is within one standard deviation of zero, or within
        three and less than the least.
    """
    n_features = trials[0].X.shape[1]
    values, weights = (np.concatenate([getattr(trial, name) for trial in trials]) for name in ("values", "weights"))
    first, second = np.concatenate(filled), np.concatenate(others)
    # Of the first error and the difference alone: these have any sign where the second filling adds nothing.
    largest = np.maximum(np.abs(values - first), np.abs(second - first))
    weights = weights * np.square(_GREATEST_ERROR / np.maximum(largest, _GREATEST_ERROR))
    weights = weights * _precisions(trials, weights, np.square(first - values), np.square(second - values))
    gains = weights * (second - first) * (values - first)
    sizes = weights * np.square(second - first)
    if not sizes.sum() > 0:
        return np.zeros(n_features)
    share, deviations = gains.sum() / sizes.sum(), gains.sum() / np.sqrt(np.square(gains).sum())
    if deviations < 1 or (deviations < 3 and share < least):
        return np.zeros(n_features)
    gains, sizes, counts = (np.bincount(_columns(trials), part, n_features) for part in (gains, sizes, None))
    borrowed = _BORROWED * sizes / np.maximum(counts, 1)
    shares = np.full(n_features, share)
    np.divide(gains + borrowed * share, sizes + borrowed, out=shares, where=sizes > 0)
    return np.clip(shares, 0.0, 1.0)


def _columns(trials):
    return np.concatenate([trial.places[1] for trial in trials])


def _precisions(trials, weights, *squares):
    """Weights of hidden entries, at most one, from the squared errors of two fillings in all of them."""
    columns, n_features = _columns(trials), trials[0].X.shape[1]
    counts = np.bincount(columns, weights, n_features)
    sums = np.minimum(*(np.bincount(columns, weights * square, n_features) for square in squares))
    # Columns with few hidden entries borrow from the others.
    rows = _BORROWED_ERRORS * weights.mean()
    variances = np.maximum((sums + rows * sums.sum() / counts.sum()) / (counts + rows), np.finfo(float).tiny)
    return np.sqrt(variances.min() / variances[columns])
