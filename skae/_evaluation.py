"""Errors of a reconstruction, over blocks of rows, accumulated in float64."""

from __future__ import annotations

import numpy as np
from sklearn.utils._set_output import _get_container_adapter

from ._rows import read_blocks


def _differences(reconstruct, X):
    """Yield (slice, X, X - reconstruction) in float64 for blocks of rows."""
    for block, rows in read_blocks(X):
        x = rows.astype(np.float64)
        yield block, x, x - np.asarray(reconstruct(rows), np.float64)


@np.errstate(over="ignore", invalid="ignore")
def squared_errors(reconstruct, X, per_feature=False):
    """Squared error of each row, or of each entry.

    Parameters
    ----------
    reconstruct : callable (ndarray of shape (n_rows, n_features)) -> array-like of that shape
    X : ndarray of shape (n_samples, n_features)
    per_feature : bool, default=False

    Returns
    -------
    ndarray of shape (n_samples,) or (n_samples, n_features), float64
        In squared units of X.
    """
    out = np.empty(X.shape if per_feature else len(X))
    for block, _, difference in _differences(reconstruct, X):
        np.square(difference, out=difference)
        out[block] = difference if per_feature else np.nansum(difference, axis=1)
    return out


@np.errstate(over="ignore", invalid="ignore")
def feature_errors(reconstruct, X):
    """Mean over the rows of the squared error of each feature.

    Parameters
    ----------
    reconstruct : callable (ndarray of shape (n_rows, n_features)) -> array-like of that shape
    X : ndarray of shape (n_samples, n_features)

    Returns
    -------
    ndarray of shape (n_features,), float64
        In squared units of X, over the entries that are not NaN; NaN for a feature that has no other.
    """
    total = counts = 0.0
    for _, x, difference in _differences(reconstruct, X):
        total += np.nansum(np.square(difference), axis=0)
        counts += (~np.isnan(x)).sum(axis=0)
    return np.divide(total, counts, out=np.full(X.shape[1], np.nan), where=counts > 0)


def in_container(X, rows):
    """An array of rows as a frame where X is one, so that an estimator finds the names that it was fitted with."""
    names = getattr(X, "columns", None)
    if names is None or len(set(names)) < len(names):
        return rows
    # pandas and polars both take a mapping of names to columns.
    return type(X)(dict(zip(names, rows.T)))


def labelled(estimator, errors, X, names):
    """Errors of every entry in the container that ``set_output`` asks for, with the index of X where it has one."""
    adapter = _get_container_adapter("transform", estimator)
    return errors if adapter is None else adapter.create_container(errors, X, columns=np.asarray(names, dtype=object))


def _rounding(dtype):
    """Squared relative difference that is put down to rounding."""
    return (10.0 * np.finfo(dtype).eps) ** 2


@np.errstate(over="ignore", invalid="ignore")
def explained_fraction(reconstruct, X, sample_weight=None):
    """1 - sum_i w_i ||x_i - x_hat_i||^2 / sum_i w_i ||x_i - mean||^2, with the weighted mean of X.

    Entries that are NaN in X are left out of all sums. Where X does not vary the fraction is 1 for an exact
    reconstruction and 0 otherwise.

    Returns
    -------
    float
    """
    weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, np.float64)
    total = counts = 0.0
    for block, rows in read_blocks(X):
        x = rows.astype(np.float64)
        total += weights[block] @ np.nan_to_num(x, posinf=np.inf, neginf=-np.inf)
        counts += weights[block] @ ~np.isnan(x)
    mean = np.divide(total, counts, out=np.zeros_like(total), where=counts > 0)
    error = spread = size = 0.0
    for block, x, difference in _differences(reconstruct, X):
        error += weights[block] @ np.nansum(np.square(difference), axis=1)
        spread += weights[block] @ np.nansum(np.square(x - mean), axis=1)
        size += weights[block] @ np.nansum(np.square(x), axis=1)
    if spread <= _rounding(np.float64) * size:
        precision = X.dtype if X.dtype.kind == "f" else np.float64
        return 1.0 if error <= _rounding(precision) * size else 0.0
    return float(1.0 - error / spread)
