"""Factor analysis of rows with missing values: the linear autoencoder with noise, fitted by EM."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..rows.blocks import row_blocks
from .principal import principal_directions

# Least variance of the noise, in a column of variance one.
_LEAST_NOISE = 1e-4

# What the prior adds to the squared noise of a column of variance one: a tenth of a row.
_PRIOR_NOISE = 0.1

# Numbers in the posterior covariances of one block of rows.
_BLOCK_NUMBERS = 1 << 20


class FactorAnalysis(NamedTuple):
    """A linear model x = means + loadings z + noise, with z standard normal and independent normal noise.

    Attributes
    ----------
    means : ndarray of shape (n_features,)
    loadings : ndarray of shape (n_features, n_factors)
    noise : ndarray of shape (n_features,)
        Variances, greater than zero.
    """

    means: np.ndarray
    loadings: np.ndarray
    noise: np.ndarray

    @property
    def n_factors(self):
        return self.loadings.shape[1]


def expected_rows(model, X):
    """Expectation of whole rows given their observed entries.

    The factors of a row have the posterior mean ``(I + L' D L)^-1 L' D (x - means)``, where L are the loadings and D is
    diagonal: one over the noise variance where the entry is observed, and zero where it is missing.

    Parameters
    ----------
    model : FactorAnalysis
    X : ndarray of shape (n_samples, n_features)
        NaN where a value is missing.

    Returns
    -------
    ndarray of shape (n_samples, n_features), float64
        The noise is left out, in observed entries as well.
    """
    expected = np.empty(X.shape)
    for rows in _blocks(X, model):
        factors, _ = _posterior(model, *_centred(model, X[rows]))
        expected[rows] = model.means + factors @ model.loadings.T
    return expected


def without_factors(n_features):
    """The model of independent columns of mean zero and variance one."""
    return FactorAnalysis(np.zeros(n_features), np.zeros((n_features, 0)), np.ones(n_features))


def with_more_factors(model, X, weights, n_factors):
    """A start of more factors: the further loadings are principal directions of what the model does not explain."""
    residuals = np.where(np.isnan(X), 0.0, X - expected_rows(model, X))
    directions, deviations = principal_directions(residuals, n_factors - model.n_factors, weights)
    noise = model.noise if model.n_factors else np.full(len(model.noise), 0.5)
    return FactorAnalysis(model.means, np.hstack([model.loadings, directions * deviations]), noise)


def fit_factor_analysis(start, X, weights, max_iter, tol):
    """Most probable model by expectation and maximisation (Rubin and Thayer 1982), from a start.

    The loadings of a column have a normal prior whose variance is that of its noise, as if one further row were known.

    Parameters
    ----------
    start : FactorAnalysis
    X : ndarray of shape (n_samples, n_features)
        Columns of about variance one; NaN where a value is missing.
    weights : ndarray of shape (n_samples,)
        How many times each row counts.
    max_iter : int
    tol : float
        The fit ends when the root mean noise variance changes by less than this share.

    Returns
    -------
    FactorAnalysis
    """
    model, before = start, np.inf
    for _ in range(max_iter):
        model = _maximised(model, X, weights)
        now = np.sqrt(model.noise.mean())
        if abs(before - now) < tol * now:
            break
        before = now
    return model


def _maximised(model, X, weights):
    """The model after one step of expectation and maximisation; offset and loadings are estimated together."""
    n_features, size = model.loadings.shape[0], model.n_factors + 1
    moments, products = np.zeros((n_features, size * size)), np.zeros((n_features, size))
    squares, counts = np.zeros(n_features), np.zeros(n_features)
    for rows in _blocks(X, model):
        observed, centred = _centred(model, X[rows])
        factors, covariances = _posterior(model, observed, centred)
        factors = np.hstack([factors, np.ones((len(factors), 1))])
        second = factors[:, :, None] * factors[:, None, :]
        second[:, :-1, :-1] += covariances
        squares += weights[rows] @ np.square(centred)
        observed *= weights[rows, None]
        moments += observed.T @ second.reshape(len(factors), -1)
        centred *= weights[rows, None]
        products += centred.T @ factors
        counts += observed.sum(axis=0)
    # The prior of the loadings; that of the offset only keeps columns without a value regular.
    prior = np.diag([1.0] * model.n_factors + [1e-6])
    found = np.linalg.solve(moments.reshape(n_features, size, size) + prior, products[:, :, None])[:, :, 0]
    explained = np.einsum("jk,jk->j", found, products)
    noise = np.maximum((squares - explained + _PRIOR_NOISE) / np.maximum(counts, 1.0), _LEAST_NOISE)
    return FactorAnalysis(model.means + found[:, -1], found[:, :-1], noise)


def _posterior(model, observed, centred):
    """Means (n_rows, n_factors) and covariances (n_rows, n_factors, n_factors) of the factors of rows."""
    loadings, k = model.loadings, model.n_factors
    scaled = loadings / model.noise[:, None]
    pairs = (scaled[:, :, None] * loadings[:, None, :]).reshape(len(loadings), -1)
    covariances = np.linalg.inv((observed @ pairs).reshape(len(observed), k, k) + np.eye(k))
    return np.matmul(covariances, (centred @ scaled)[:, :, None])[:, :, 0], covariances


def _centred(model, X):
    """One where an entry is observed and zero elsewhere, and X less the means, zero where it is missing."""
    missing = np.isnan(X)
    return 1.0 - missing, np.where(missing, 0.0, X - model.means)


def _blocks(X, model):
    return row_blocks(len(X), max(1, _BLOCK_NUMBERS // ((model.n_factors + 1) ** 2 + X.shape[1])))
