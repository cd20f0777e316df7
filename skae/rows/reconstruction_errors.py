"""Errors of a reconstruction, over blocks of rows, accumulated in float64."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.utils._set_output import _get_container_adapter

from .blocks import read_blocks


def _differences(reconstruct, X):
    """Yield (slice, X, X - reconstruction) in float64 for blocks of rows."""
    for block, rows in read_blocks(X):
        x = rows.astype(np.float64)
        yield block, x, x - np.asarray(reconstruct(rows), np.float64)


def within_range(values):
    """Non-negative values, with infinities replaced by the largest number of their precision."""
    greatest = np.finfo(values.dtype).max
    return np.nan_to_num(values, nan=greatest, posinf=greatest)


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
        In squared units of X. Errors beyond float64 are its largest number; entries that are NaN in X have error NaN.
    """
    out = np.empty(X.shape if per_feature else len(X))
    for block, x, difference in _differences(reconstruct, X):
        missing = np.isnan(x)
        squares = np.where(missing, np.nan, within_range(np.square(difference)))
        out[block] = squares if per_feature else within_range(np.nansum(squares, axis=1))
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
        In squared units of X, over the entries that are not NaN; NaN for a feature whose entries are all NaN.
    """
    total = counts = 0.0
    for _, x, difference in _differences(reconstruct, X):
        total += np.nansum(np.square(difference), axis=0)
        counts += (~np.isnan(x)).sum(axis=0)
    return np.divide(total, counts, out=np.full(X.shape[1], np.nan), where=counts > 0)


def in_container(X, rows):
    """An array of rows in the container of X, a frame or a sparse matrix, which an estimator may expect."""
    if issparse(X):
        return type(X)(rows)
    names = getattr(X, "columns", None)
    if names is None or len(set(names)) < len(names):
        return rows
    # pandas and polars both take a mapping of names to columns.
    return type(X)(dict(zip(names, rows.T)))


def labelled(estimator, values, X, names):
    """Values of the shape of X in the container that ``set_output`` asks for, with the index of X if it has one."""
    adapter = _get_container_adapter("transform", estimator)
    return values if adapter is None else adapter.create_container(values, X, columns=np.asarray(names, dtype=object))


class FractionSums(NamedTuple):
    """Sums over rows, from which the fraction of variance explained is calculated.

    Attributes
    ----------
    counts, mean : ndarray of shape (n_features,)
        For each column, total weight and mean of the entries that are not NaN.
    error, spread, size : float
        Squared reconstruction error, squared deviation from ``mean``, and sum of squares of X.
    precision : dtype
        Of X.
    """

    counts: np.ndarray
    mean: np.ndarray
    error: float
    spread: float
    size: float
    precision: np.dtype

    @np.errstate(over="ignore", invalid="ignore")
    def merged(self, other):
        """The sums over the rows of both (Chan, Golub and LeVeque 1983, equation 1.4)."""
        counts = self.counts + other.counts
        share = np.divide(other.counts, counts, out=np.zeros_like(counts), where=counts > 0)
        apart = other.mean - self.mean
        spread = self.spread + other.spread + float((self.counts * share * np.square(apart)).sum())
        sums = (self.error + other.error, spread, self.size + other.size)
        return FractionSums(counts, self.mean + share * apart, *sums, np.promote_types(self.precision, other.precision))

    @property
    def varies(self):
        """Whether the rows differ by more than their rounding."""
        return self.spread > _rounding(np.float64) * self.size

    @np.errstate(over="ignore")
    def fraction(self):
        """1 - error / spread; for a constant X, 1 if the reconstruction is exact and 0 otherwise.

        Raises
        ------
        ValueError
            Where a sum, or the fraction, is beyond the range of float64.
        """
        if np.isfinite([self.error, self.spread, self.size]).all():
            if not self.varies:
                return 1.0 if self.error <= _rounding(self.precision) * self.size else 0.0
            fraction = float(1.0 - np.float64(self.error) / self.spread)
            if np.isfinite(fraction):
                return fraction
        raise ValueError(
            "The score cannot be calculated: squares of X, or of the differences from its reconstruction, are beyond "
            "the range of float64. Leave rows with such values out, or scale the columns of X."
        )


def _rounding(dtype):
    """Squared relative difference that counts as rounding error."""
    return (10.0 * np.finfo(dtype).eps) ** 2


def explained_fraction(reconstruct, X, sample_weight=None):
    """1 - sum_i w_i ||x_i - x_hat_i||^2 / sum_i w_i ||x_i - mean||^2, with the weighted mean of X.

    Entries that are NaN in X are left out of all sums. For a constant X the fraction is 1 if the reconstruction is
    exact, and 0 otherwise.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Where a sum is beyond the range of float64.
    """
    # Scaled, so that sums of very large weights do not overflow.
    weights = None if sample_weight is None else sample_weight / sample_weight.max()
    return fraction_sums(reconstruct, X, weights).fraction()


@np.errstate(over="ignore", invalid="ignore")
def fraction_sums(reconstruct, X, sample_weight=None):
    """The sums for ``explained_fraction``.

    Returns
    -------
    FractionSums
    """
    weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, np.float64)
    precision = X.dtype if X.dtype.kind == "f" else np.dtype(np.float64)
    sums = FractionSums(np.zeros(X.shape[1]), np.zeros(X.shape[1]), 0.0, 0.0, 0.0, precision)
    # Every block is read once: a store may take longer to read than to reconstruct.
    for block, x, difference in _differences(reconstruct, X):
        sums = sums.merged(block_sums(x, difference, weights[block], precision))
    return sums


def block_sums(x, difference, weights, precision):
    """The sums over a block of rows, about its own mean.

    Parameters
    ----------
    x, difference : ndarray of shape (n_rows, n_features), float64
        Rows, and what their reconstruction lacks.
    weights : ndarray of shape (n_rows,)
    precision : dtype
        Of X.

    Returns
    -------
    FractionSums
    """
    total = weights @ np.nan_to_num(x, posinf=np.inf, neginf=-np.inf)
    counts = weights @ ~np.isnan(x)
    mean = np.divide(total, counts, out=np.zeros_like(total), where=counts > 0)
    error, spread, size = (weights @ np.nansum(np.square(part), axis=1) for part in (difference, x - mean, x))
    return FractionSums(counts, mean, error, spread, size, precision)
