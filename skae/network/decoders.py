"""Layers by least squares: the weights and biases with which given activations reconstruct rows best."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve

# Probabilities whose logits a linear map is fitted to.
_LEAST, _MOST = 0.01, 0.99

_LOGISTIC_STEPS = 4


def ridge(activations, targets, strength, weights):
    """Coefficients and bias of ridge regression; the penalty is strength times the mean variance of the activations.

    Parameters
    ----------
    activations : ndarray of shape (n_rows, width)
    targets : ndarray of shape (n_rows, n_outputs)
    strength : float
    weights : ndarray of shape (n_rows,)
        How many times each row counts.

    Returns
    -------
    coefficients : ndarray of shape (width, n_outputs)
    bias : ndarray of shape (n_outputs,)
    """
    root = np.sqrt(weights)[:, None]
    mean, target_mean = (np.average(values, axis=0, weights=weights) for values in (activations, targets))
    centred, wanted = (activations - mean) * root, (targets - target_mean) * root
    n_rows, width = centred.shape
    penalty = strength * np.square(centred).sum() / width
    if not penalty > 0:
        return np.zeros((width, targets.shape[1])), target_mean
    if width <= n_rows:
        coefficients = cho_solve(_factor(_shifted(centred.T @ centred, penalty)), centred.T @ wanted)
    else:
        coefficients = centred.T @ cho_solve(_factor(_shifted(centred @ centred.T, penalty)), wanted)
    return coefficients, target_mean - mean @ coefficients


def logistic_regression(activations, rows, weights):
    """Coefficients and bias for cross-entropy from the logits, near their best.

    From ridge regression on clipped logits, steps by the bound A^T A / 4 of every column's Hessian (Boehning and
    Lindsay 1988), extrapolated after Nesterov.
    """
    coefficients, bias = ridge(activations, preactivations(rows, "logistic"), 1e-3, weights)
    if activations.shape[1] >= len(rows):
        return coefficients, bias
    extended = np.concatenate([activations, np.ones((len(rows), 1))], axis=1)
    point = before = np.concatenate([coefficients, bias[None]])
    weighted = extended * weights[:, None]
    bound = weighted.T @ extended / 4.0
    factor, t = _factor(_shifted(bound, 1e-6 * np.trace(bound) / len(bound))), 1.0
    for _ in range(_LOGISTIC_STEPS):
        t_next = (1.0 + np.sqrt(1.0 + 4.0 * t * t)) / 2.0
        ahead = point + (t - 1.0) / t_next * (point - before)
        with np.errstate(over="ignore"):
            residual = 1.0 / (1.0 + np.exp(-(extended @ ahead))) - rows
        before, point, t = point, ahead - cho_solve(factor, weighted.T @ residual), t_next
    return point[:-1], point[-1]


def preactivations(rows, activation):
    """What an output with an activation has to have before it to give rows, as far as that is possible.

    Parameters
    ----------
    rows : ndarray
    activation : str
        "identity", "logistic", "tanh" or "relu".
    """
    if activation == "logistic":
        inside = _clipped(rows)
        return np.log(inside / (1.0 - inside))
    if activation == "tanh":
        return np.arctanh(np.clip(rows, -_MOST, _MOST))
    return rows


def _clipped(rows):
    return np.clip(rows, _LEAST, _MOST)


def _shifted(gram, penalty):
    """A matrix with more on its diagonal, in its place."""
    gram[np.diag_indices_from(gram)] += penalty
    return gram


def _factor(gram):
    """Cholesky factor of a positive semi-definite matrix, with more on its diagonal where rounding asks for it."""
    damping = 0.0
    while True:
        try:
            return cho_factor(gram + damping * np.eye(len(gram)), check_finite=False)
        except np.linalg.LinAlgError:
            damping = max(10.0 * damping, 1e-12 * np.trace(gram))
