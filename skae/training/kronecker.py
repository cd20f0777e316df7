"""Kronecker factors of the curvature of a layer: damped inverses, and gradients preconditioned by them."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

# Growth of the damping of a factor that is not positive definite, and how many times it may grow.
_GROWTH, _MOST_TRIES = 10.0, 60

# Added to the correlations of directions, and the greatest of their lengths.
_RIDGE, _LONGEST = 0.1, 1.5


def damped_inverse(factor, damping):
    """The inverse of a factor with a damping on its diagonal; one that is not positive definite is damped further.

    Parameters
    ----------
    factor : ndarray of shape (n, n) or (n,)
        Symmetric, or the diagonal of a diagonal one.
    damping : float
        Above 0 where the factor may be singular.

    Returns
    -------
    inverse : ndarray
        Of the shape of the factor. NaN throughout for a factor that is not finite.
    n_damped : int
        How many times the damping was multiplied by ten until there was an inverse.
    """
    if not np.isfinite(factor).all():
        return np.full_like(factor, np.nan), 0
    limits = np.finfo(factor.dtype)
    least = max(limits.eps * abs(float(mean_diagonal(factor))), float(np.sqrt(limits.tiny)))
    for n_damped in range(_MOST_TRIES):
        inverse = _inverse(factor, factor.dtype.type(damping))
        if inverse is not None:
            return inverse, n_damped
        damping = max(_GROWTH * damping, least)
    return np.full_like(factor, np.nan), n_damped


def _inverse(factor, damping):
    """The inverse; None where the damped factor is not positive definite in its precision."""
    if factor.ndim == 1:
        damped = factor + damping
        return 1.0 / damped if damped.min(initial=1.0) > 0 else None
    damped = factor.copy()
    damped.ravel()[:: len(damped) + 1] += damping
    try:
        np.linalg.cholesky(damped)
        inverse = np.linalg.inv(damped)
    except np.linalg.LinAlgError:
        return None
    return inverse if np.isfinite(inverse).all() else None


def mean_diagonal(factor):
    """Mean of the diagonal of a factor, given as a matrix or as its diagonal."""
    return (factor if factor.ndim == 1 else np.diagonal(factor)).mean(dtype=np.float64)


def damped_inverses(input_factor, output_factor, width, penalty=0.0, least=0.0):
    """Inverses of both factors of the curvature A x G of a layer, each with a damping on its diagonal.

    (A + (r(n) a + pi s) I)^-1 and (G + (r(k) g + s / pi) I)^-1, with r(n) = max((n / width)^2, least), a = tr(A)/n,
    g = tr(G)/k, s^2 the penalty and pi^2 = a / g. The first part is in units of the factor, so that it does not depend
    on those of X and of the loss; it grows with the width, as the error of a mean over rows does (Ledoit and Wolf
    2004). The second is the factored Tikhonov damping of Martens and Grosse (2015), section 6.3.

    Parameters
    ----------
    input_factor, output_factor : ndarray of shape (n, n) or (n,), and (k, k) or (k,)
        A and G.
    width : float
        Of a factor that is damped by its own mean diagonal.
    least : float, default=0.0
        Share of its mean diagonal that is added to that of every factor.
    penalty : float, default=0.0
        Curvature of a penalty, the same for all weights: 2 alpha for alpha ||W||^2.

    Returns
    -------
    input_inverse, output_inverse : ndarray
    n_damped : int
        As of ``damped_inverse``, for both.
    """
    # Of a factor of zeros the mean diagonal is no measure.
    sizes = [float(mean_diagonal(factor)) for factor in (input_factor, output_factor)]
    inputs, outputs = (size if size > 0 else 1.0 for size in sizes)
    strength, ratio = np.sqrt(penalty), np.sqrt(inputs / outputs)
    shares = [max((len(factor) / width) ** 2, least) for factor in (input_factor, output_factor)]
    dampings = [shares[0] * inputs, shares[1] * outputs]
    input_inverse, n_inputs = damped_inverse(input_factor, dampings[0] + ratio * strength)
    output_inverse, n_outputs = damped_inverse(output_factor, dampings[1] + strength / ratio)
    return input_inverse, output_inverse, n_inputs + n_outputs


def precondition(weight_grad, bias_grad, input_inverse, output_inverse, weights, bias):
    """(A x G)^-1 times the gradient of a layer: V = A^-1 D G^-1 for the gradient D with that of the bias as last row.

    Parameters
    ----------
    weight_grad : ndarray of shape (n, k)
    bias_grad : ndarray of shape (k,)
    input_inverse : ndarray of shape (n + 1, n + 1) or (n + 1,)
        The last row is that of the bias, as of an input that is always one.
    output_inverse : ndarray of shape (k, k) or (k,)
    weights, bias : ndarray
        Shaped as the gradients; overwritten.
    """
    if input_inverse.ndim == 1:
        product, row = input_inverse[:-1, None] * weight_grad, input_inverse[-1] * bias_grad
    else:
        coupling = input_inverse[:-1, -1]
        product = input_inverse[:-1, :-1] @ weight_grad
        product += coupling[:, None] * bias_grad
        row = coupling @ weight_grad + input_inverse[-1, -1] * bias_grad
    if output_inverse.ndim == 1:
        np.multiply(product, output_inverse, out=weights)
        np.multiply(row, output_inverse, out=bias)
    else:
        np.matmul(product, output_inverse, out=weights)
        np.matmul(row, output_inverse, out=bias)


def sum_of_products(first, second):
    """One pair of factors for the sum of two: A1 x G1 + A2 x G2, about.

    (A1 + c A2) x (G1 + G2 / c), scaled to the trace of the sum; c^2 = tr(A1) tr(G2) / (tr(A2) tr(G1)) makes the traces
    of both terms that do not belong there equal, and their sum the least.

    Parameters
    ----------
    first, second : tuple of two ndarrays
        A and G of either: a matrix, or the diagonal of one.

    Returns
    -------
    A, G : ndarray
    """
    (a1, g1), (a2, g2) = first, second
    traces = [float(mean_diagonal(factor)) for factor in (a1, g1, a2, g2)]
    if not all(0.0 < trace < np.inf for trace in traces):
        return first if traces[0] * traces[1] > 0 or not traces[2] * traces[3] > 0 else second
    t_a1, t_g1, t_a2, t_g2 = traces
    c = np.sqrt(t_a1 * t_g2 / (t_a2 * t_g1))
    wanted, got = t_a1 * t_g1 + t_a2 * t_g2, (t_a1 + c * t_a2) * (t_g1 + t_g2 / c)
    dtype = a1.dtype.type
    outputs = _plus(g1, g2, dtype(1 / c))
    outputs *= dtype(wanted / got)
    return _plus(a1, a2, dtype(c)), outputs


def _plus(first, second, factor):
    """first + factor second, each a matrix or the diagonal of one."""
    if first.ndim == second.ndim:
        return first + factor * second
    matrix, diagonal = (first, factor * second) if first.ndim == 2 else (factor * second, first)
    total = matrix.copy()
    total.ravel()[:: len(total) + 1] += diagonal
    return total


def step_sizes(quadratic, slopes):
    """Lengths of several directions that lower a quadratic model together most, none of them negative.

    The least of 1/2 c^T Q c - b^T c over 0 <= c_i <= 1.5, where Q is the quadratic along the directions and b the
    descent, d_i^T g: the exact rescaling of Martens and Grosse (2015), section 6.4, with one length for each layer in
    place of one for all. To Q is added a tenth of its diagonal; the upper bound is met afterwards.

    Parameters
    ----------
    quadratic : ndarray of shape (n, n)
        Symmetric, positive semidefinite.
    slopes : ndarray of shape (n,)
        Zero or more.

    Returns
    -------
    ndarray of shape (n,)
        Ones where there is nothing to see: where anything is not finite. Of directions without curvature it is one.
    """
    lengths = np.ones(len(slopes))
    seen = np.diagonal(quadratic) > 0
    if not (np.isfinite(quadratic).all() and np.isfinite(slopes).all() and seen.any()):
        return lengths
    scale = np.sqrt(np.diagonal(quadratic)[seen])
    correlations = quadratic[np.ix_(seen, seen)] / np.outer(scale, scale)
    root = np.linalg.cholesky(correlations + _RIDGE * np.eye(len(scale))).T
    found, _ = nnls(root, np.linalg.solve(root.T, slopes[seen] / scale))
    lengths[seen] = np.minimum(found / scale, _LONGEST)
    return lengths
