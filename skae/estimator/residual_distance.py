"""Distances of residuals x - x_hat in units of their covariance."""

from __future__ import annotations

import numpy as np

from ..rows.reconstruction_errors import within_range
from .prediction import filled

# Least share of the mean variance in the covariance, to which the number of columns for each row is added. Residuals of
# the rows of a training are too small in directions that the code follows by chance: with less, errors that are even
# over the columns are found less often, with more, those that break a dependency.
_SHRINKAGE = 0.5


def _residuals(fitted, X):
    """Yield (slice, rows of X, residuals) by blocks, in float64 and in units of X; 0 for entries that are NaN."""
    for block, residuals in fitted.network.residuals(filled(fitted, X)):
        rows = X[block]
        if fitted.statistics.means is not None:
            residuals[np.isnan(rows)] = 0
        yield block, rows, residuals


def precision_of(fitted, X, weights):
    """The inverse of the covariance of residuals about zero, times their mean variance.

    With C = sum_i w_i r_i r_i^T / sum_i w_i, v = tr(C) / n_features and s = min(1, 0.5 + n_features / n), for n
    distinct rows of positive weight, it is v ((1 - s) C + s v I)^-1: the distance of a residual with even, uncorrelated
    errors is its squared norm, in squared units of X.

    Parameters
    ----------
    fitted : Fitted
    X : ndarray or CSRMatrix of shape (n_rows, n_features)
        Checked rows.
    weights : ndarray of shape (n_rows,)

    Returns
    -------
    ndarray of shape (n_features, n_features), float64, or None
        None where the residuals are zero, or their squares beyond the range of float64.
    """
    n_features = X.shape[1]
    # Rows that are equal have equal sums of entries with drawn factors, and others have not.
    factors, keys = np.random.default_rng(0).standard_normal(n_features), []
    covariance, scale = np.zeros((n_features, n_features)), 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for block, rows, residuals in _residuals(fitted, X):
            counted = weights[block] > 0
            residuals, own = residuals[counted], weights[block][counted, None]
            keys.append((np.nan_to_num(rows[counted].astype(np.float64)) * factors).sum(axis=1))
            # That of the first residuals, whose squares may be beyond the range of float64.
            scale = scale or np.abs(residuals).max(initial=0.0)
            if scale > 0:
                residuals /= scale
                covariance += residuals.T @ (own * residuals)
        variance = np.trace(covariance) / n_features
        if not 0.0 < variance < np.inf:
            return None
        share = min(1.0, _SHRINKAGE + n_features / len(np.unique(np.concatenate(keys))))
        shrunk = (1.0 - share) / variance * covariance
    shrunk.flat[:: n_features + 1] += share
    precision = np.linalg.inv(shrunk)
    return (precision + precision.T) / 2.0


@np.errstate(over="ignore", invalid="ignore")
def squared_distances(fitted, X, precision):
    """r^T P r of the residual r of each row, in the precision of the model; its largest number for what is beyond it.

    Parameters
    ----------
    fitted : Fitted
    X : ndarray or CSRMatrix of shape (n_rows, n_features)
        Checked rows.
    precision : ndarray of shape (n_features, n_features)

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    out = np.empty(len(X), fitted.network.dtype)
    for block, _, residuals in _residuals(fitted, X):
        # Not below zero by rounding.
        out[block] = np.maximum(np.einsum("ij,ij->i", residuals @ precision, residuals), 0.0)
    return within_range(out)
