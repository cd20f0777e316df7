"""Distances of residuals x - x_hat in units of their covariance."""

from __future__ import annotations

import numpy as np

from ..rows.blocks import block_rows, row_blocks
from ..rows.reconstruction_errors import within_range
from .prediction import filled

# Least share of the mean variance in the covariance, to which the number of columns for each row is added: few rows say
# little of how columns go together, and residuals of the rows of a training less still.
_SHRINKAGE = 0.1


def residuals(fitted, X, rows=None):
    """What the reconstruction of some rows lacks, 0 for entries that are NaN.

    Parameters
    ----------
    fitted : Fitted
    X : ndarray or CSRMatrix of shape (n_samples, n_features)
        Checked rows.
    rows : ndarray of int of shape (n_rows,), default=None
        Their places; None for all.

    Returns
    -------
    ndarray of shape (n_rows, n_features)
        In units of X, in the precision of the model.
    """
    rows = np.arange(len(X)) if rows is None else rows
    out = fitted.network.residuals(filled(fitted, X), rows)
    if fitted.statistics.means is not None:
        for block in row_blocks(len(rows), block_rows(X.shape[1], out.dtype)):
            out[block][np.isnan(X[rows[block]])] = 0
    return out


def precision_of(residuals, weights, n_distinct):
    """The inverse of the covariance of residuals about zero, times their mean variance.

    With C = sum_i w_i r_i r_i^T / sum_i w_i, v = tr(C) / n_features and
    s = min(1, 0.1 + n_features / n_distinct) it is v ((1 - s) C + s v I)^-1: the distance of a
    residual with even, uncorrelated errors is its squared norm, in squared units of X.

    Parameters
    ----------
    residuals : ndarray of shape (n_rows, n_features)
    weights : ndarray of shape (n_rows,)
    n_distinct : int
        How many of the rows of positive weight are distinct.

    Returns
    -------
    ndarray of shape (n_features, n_features), float64, or None
        None where the residuals are zero, or beyond the range of their precision.
    """
    n_features = residuals.shape[1]
    share = min(1.0, _SHRINKAGE + n_features / n_distinct)
    greatest = np.float64(np.abs(residuals).max())
    if not 0.0 < greatest < np.inf:
        return None
    covariance = np.zeros((n_features, n_features))
    for block in row_blocks(len(residuals), block_rows(n_features, np.float64)):
        scaled = residuals[block] / greatest
        covariance += scaled.T @ (weights[block, None] * scaled)
    variance = np.trace(covariance) / n_features
    if not variance > 0.0:
        return None
    shrunk = (1.0 - share) / variance * covariance
    shrunk.flat[:: n_features + 1] += share
    precision = np.linalg.inv(shrunk)
    return (precision + precision.T) / 2.0


@np.errstate(over="ignore", invalid="ignore")
def squared_distances(residuals, precision):
    """r^T P r of each row r, in its precision; its largest number for what is beyond it.

    Parameters
    ----------
    residuals : ndarray of shape (n_rows, n_features)
    precision : ndarray of shape (n_features, n_features)

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    out = np.empty(len(residuals), residuals.dtype)
    for block in row_blocks(len(residuals), block_rows(residuals.shape[1], np.float64)):
        r = residuals[block].astype(np.float64)
        # Not below zero by rounding.
        out[block] = np.maximum(np.einsum("ij,ij->i", r @ precision, r), 0.0)
    return within_range(out)
