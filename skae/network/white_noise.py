"""white_noise: the noise that rows show, in the flat end of the spectrum of their covariance, and what stands out."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigvalsh

from .principal import principal_directions

# Rows or columns, the fewer of them, of which a spectrum is taken at most.
_MOST = 256

# Eigenvalues of noise alone, at least, and how many for each other one. With 20, and as many as others, 60 rows of
# digits or of counts passed for noisy in a third of the cases or more; so in none of 100, nor more rows of them.
_FEWEST, _FOR_EACH = 50, 3

# Of the edge of noise alone, by which its greatest eigenvalue may pass it, and the greatest distance of the shares of
# these below a value from those of Marchenko and Pastur, times their number. In 100 tables each of 60 x 60 to
# 256 x 2,000 with uniform, normal or Student's noise, of 5 degrees of freedom, it was above in at most one.
_MARGIN, _DISTANCE = 1.05, 3.5

# Of the spread, the most that noise may be: columns that are hardly related, as in questionnaires, are not noise to
# their users.
MOST_OF_SPREAD = 0.8

# Different values of a column at most, in the median, that are answers, grades or small counts: what items of a
# questionnaire do not share, alike in all of them, is no noise either. Columns that are looked at, at most.
_FEW_VALUES, _SOME_COLUMNS = 20, 256

# Points of that distribution function.
_POINTS = 1001


@np.errstate(over="ignore", invalid="ignore")
def white_noise(rows, most_of_spread=MOST_OF_SPREAD):
    """Standard deviation of white noise that is added to rows of fewer directions; 0.0 where their spectrum shows none.

    Let n rows, centred, vary along k directions and by independent noise of variance s^2 in each of d columns. The
    smaller eigenvalues of their scatter are then near those of a noise matrix of n - 1 - k by d - k (Kritchman and
    Nadler 2009): their mean gives s^2, their greatest is near s^2 (sqrt(n - 1 - k) + sqrt(d - k))^2, and they are
    distributed as Marchenko and Pastur (1967) found. k is the least number with the second property. None is seen where
    the third fails, as for columns whose noise differs or goes together, where the rows are noise alone or little else,
    where such eigenvalues are few, and where columns have few values.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
        Those with NaN are left out.
    most_of_spread : float
        Of the root of the mean variance, what is taken for noise at most.

    Returns
    -------
    float
    """
    rows = rows[~np.isnan(rows).any(axis=1)]
    if min(rows.shape) > _MOST:
        rows = rows[np.linspace(0, len(rows) - 1, _MOST).astype(int)]
    if min(rows.shape) <= _FEWEST:
        return 0.0
    rows = rows[:, np.ptp(rows, axis=0) > 0]
    centred = rows - rows.mean(axis=0)
    unit = np.abs(centred).max(initial=0.0)
    if not (0.0 < unit < np.inf and rows.shape[1] > _FEWEST) or _of_few_values(rows):
        return 0.0
    level = _level(centred / unit)
    return float(unit * level) if level <= most_of_spread * np.std(centred / unit) else 0.0


def _of_few_values(rows):
    """Whether columns have few different values."""
    some = np.linspace(0, rows.shape[1] - 1, min(rows.shape[1], _SOME_COLUMNS)).astype(int)
    return np.median([len(np.unique(rows[:, column])) for column in some]) <= _FEW_VALUES


def noise_edge(rows, weights, noise):
    """The greatest standard deviation that white noise alone would have along a direction of so many rows.

    Over n rows and d columns that vary it is near noise (1 + sqrt(d / n)) (Marchenko and Pastur 1967).
    """
    n_varying, n_rows = (np.ptp(rows, axis=0) > 0).sum(), weights.sum() ** 2 / np.square(weights).sum()
    return noise * (1.0 + np.sqrt(n_varying / n_rows))


def directions_above_noise(rows, weights, noise, most):
    """Directions along which rows vary by more than white noise alone would make them.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
    weights : ndarray of shape (n_rows,)
        How many times each row counts.
    noise : float
        Standard deviation of the noise.
    most : int

    Returns
    -------
    ndarray of shape (n_features, n_directions), or None
        None where there are none, where all that were found are, or where the variance is no number.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if not np.isfinite(np.square(rows - np.average(rows, axis=0, weights=weights)).sum()):
            return None
    directions, deviations = principal_directions(rows, most, weights)
    count = int((deviations > noise_edge(rows, weights, noise)).sum())
    return directions[:, :count] if 0 < count < len(deviations) else None


def _level(centred):
    """The same of centred rows near one."""
    n_free, n_features = len(centred) - 1, centred.shape[1]
    scatter = centred.T @ centred if n_features <= n_free else centred @ centred.T
    values = eigvalsh(scatter)[::-1][: min(n_free, n_features)]
    # With the k first directions left out, of both sides of the matrix and of the sum, for every k.
    narrow = len(values) - np.arange(len(values))
    long = narrow + abs(n_free - n_features)
    variances = np.cumsum(values[::-1])[::-1] / (narrow * long)
    within = values <= _MARGIN * variances * np.square(np.sqrt(narrow) + np.sqrt(long))
    k = int(np.argmax(within))
    count = len(values) - k
    if not within.any() or k == 0 or count < max(_FEWEST, _FOR_EACH * k) or not variances[k] > 0.0:
        return 0.0
    found = _distribution(values[: k - 1 : -1] / (variances[k] * long[k]), narrow[k] / long[k])
    distance = np.abs(found - (np.arange(count) + 0.5) / count).max()
    return np.sqrt(variances[k]) if distance * count <= _DISTANCE else 0.0


def _distribution(values, ratio):
    """Share of eigenvalues of unit noise below some values; the ratio of the sides of the matrix is at most one.

    At 1 + ratio + 2 sqrt(ratio) cos(angle) the density is 2 sin(angle)^2 / (pi value) by the angle.
    """
    angles = np.linspace(np.pi, 0.0, _POINTS)
    at = 1.0 + ratio + 2.0 * np.sqrt(ratio) * np.cos(angles)
    # At the lower end of a square matrix it is 1 + cos(angle), whose limit is 0 / 0 in that form.
    density = np.divide(np.square(np.sin(angles)), at, out=np.full(_POINTS, 1.0), where=at > 1e-12)
    below = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    return np.interp(values, at, below / below[-1])
