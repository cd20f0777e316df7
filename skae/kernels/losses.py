"""Reconstruction losses by row, each with its gradient at the decoder's pre-activation.

Both are sums over the features of a row:

=============  =====================================================  =====================
name           l(x, x_hat)                                            fits
=============  =====================================================  =====================
squared_error  sum_j (x_hat_j - x_j)^2                                every output
log_loss       -sum_j [x_j log x_hat_j + (1 - x_j) log(1 - x_hat_j)]  logistic output,
               = sum_j [softplus(z_j) - x_j z_j]                      from its logits z
=============  =====================================================  =====================
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from ..runtime.compiler import kernel
from .elementary import exp, log1p_unit


@kernel
def squared_error(x_hat, x, row_scale, row_loss, delta):
    two = x.dtype.type(2)
    value = 0.0
    for i in range(x.shape[0]):
        total = x.dtype.type(0)
        scale = two * row_scale[i]
        for j in range(x.shape[1]):
            difference = x_hat[i, j] - x[i, j]
            total += difference * difference
            delta[i, j] = scale * difference
        row_loss[i] = total
        value += row_scale[i] * np.float64(total)
    return value


@kernel
def squared_error_identity(z, bias, x, row_scale, row_loss, bias_grad):
    two = x.dtype.type(2)
    value = 0.0
    bias_grad[:] = 0
    for i in range(x.shape[0]):
        total = x.dtype.type(0)
        scale = two * row_scale[i]
        for j in range(x.shape[1]):
            difference = z[i, j] + bias[j] - x[i, j]
            total += difference * difference
            d = scale * difference
            z[i, j] = d
            bias_grad[j] += d
        row_loss[i] = total
        value += row_scale[i] * np.float64(total)
    return value


@kernel
def log_loss_logistic(z, bias, x, row_scale, row_loss, bias_grad):
    zero = x.dtype.type(0)
    value = 0.0
    one = x.dtype.type(1)
    bias_grad[:] = 0
    for i in range(x.shape[0]):
        total = x.dtype.type(0)
        scale = row_scale[i]
        for j in range(x.shape[1]):
            logit = z[i, j] + bias[j]
            e = exp(-abs(logit))
            total += max(logit, zero) + log1p_unit(e) - x[i, j] * logit
            near = one / (one + e)
            x_hat = near if logit >= zero else one - near
            d = scale * (x_hat - x[i, j])
            z[i, j] = d
            bias_grad[j] += d
        row_loss[i] = total
        value += row_scale[i] * np.float64(total)
    return value


@kernel
def weighted_squared_error(x_hat, x, entry_weights, row_scale, row_loss, delta):
    two = x.dtype.type(2)
    value = 0.0
    for i in range(x.shape[0]):
        total = x.dtype.type(0)
        scale = two * row_scale[i]
        for j in range(x.shape[1]):
            difference = x_hat[i, j] - x[i, j]
            weighted = entry_weights[i, j] * difference
            total += weighted * difference
            delta[i, j] = scale * weighted
        row_loss[i] = total
        value += row_scale[i] * np.float64(total)
    return value


@kernel
def weighted_squared_error_identity(z, bias, x, entry_weights, row_scale, row_loss, bias_grad):
    two = x.dtype.type(2)
    value = 0.0
    bias_grad[:] = 0
    for i in range(x.shape[0]):
        total = x.dtype.type(0)
        scale = two * row_scale[i]
        for j in range(x.shape[1]):
            difference = z[i, j] + bias[j] - x[i, j]
            weighted = entry_weights[i, j] * difference
            total += weighted * difference
            d = scale * weighted
            z[i, j] = d
            bias_grad[j] += d
        row_loss[i] = total
        value += row_scale[i] * np.float64(total)
    return value


@kernel
def weighted_log_loss_logistic(z, bias, x, entry_weights, row_scale, row_loss, bias_grad):
    zero = x.dtype.type(0)
    value = 0.0
    one = x.dtype.type(1)
    bias_grad[:] = 0
    for i in range(x.shape[0]):
        total = x.dtype.type(0)
        scale = row_scale[i]
        for j in range(x.shape[1]):
            logit = z[i, j] + bias[j]
            e = exp(-abs(logit))
            weight = entry_weights[i, j]
            total += weight * (max(logit, zero) + log1p_unit(e) - x[i, j] * logit)
            near = one / (one + e)
            x_hat = near if logit >= zero else one - near
            d = scale * weight * (x_hat - x[i, j])
            z[i, j] = d
            bias_grad[j] += d
        row_loss[i] = total
        value += row_scale[i] * np.float64(total)
    return value


@kernel
def stored_squared_error(x_hat, stored, columns, row_starts, zero_weights, row_scale, row_loss, delta):
    zero = x_hat.dtype.type(0)
    two = x_hat.dtype.type(2)
    value = 0.0
    for i in range(x_hat.shape[0]):
        total = zero
        scale = two * row_scale[i]
        # How many times each entry counts as a zero; what is stored does not.
        for j in range(x_hat.shape[1]):
            delta[i, j] = zero_weights[j]
        for p in range(row_starts[i], row_starts[i + 1]):
            delta[i, columns[p]] = zero
        for j in range(x_hat.shape[1]):
            weighted = delta[i, j] * x_hat[i, j]
            total += weighted * x_hat[i, j]
            delta[i, j] = scale * weighted
        for p in range(row_starts[i], row_starts[i + 1]):
            difference = x_hat[i, columns[p]] - stored[p]
            total += difference * difference
            delta[i, columns[p]] = scale * difference
        row_loss[i] = total
        value += row_scale[i] * np.float64(total)
    return value


@kernel
def stored_squared_error_identity(
    z, bias, stored, columns, row_starts, zero_weights, kept, row_scale, row_loss, bias_grad
):
    zero = z.dtype.type(0)
    two = z.dtype.type(2)
    value = 0.0
    bias_grad[:] = 0
    for i in range(z.shape[0]):
        total = zero
        scale = two * row_scale[i]
        # What is stored is put aside, and a value without loss in its place.
        for p in range(row_starts[i], row_starts[i + 1]):
            j = columns[p]
            kept[p] = z[i, j] + bias[j]
            z[i, j] = -bias[j]
        for j in range(z.shape[1]):
            x_hat = z[i, j] + bias[j]
            weighted = zero_weights[j] * x_hat
            total += weighted * x_hat
            d = scale * weighted
            z[i, j] = d
            bias_grad[j] += d
        for p in range(row_starts[i], row_starts[i + 1]):
            difference = kept[p] - stored[p]
            total += difference * difference
            d = scale * difference
            z[i, columns[p]] = d
            bias_grad[columns[p]] += d
        row_loss[i] = total
        value += row_scale[i] * np.float64(total)
    return value


@kernel
def stored_log_loss_logistic(z, bias, stored, columns, row_starts, zero_weights, kept, row_scale, row_loss, bias_grad):
    zero = z.dtype.type(0)
    # A logit whose zero has no loss.
    sure = z.dtype.type(-1e4)
    value = 0.0
    one = z.dtype.type(1)
    bias_grad[:] = 0
    for i in range(z.shape[0]):
        total = zero
        scale = row_scale[i]
        for p in range(row_starts[i], row_starts[i + 1]):
            j = columns[p]
            kept[p] = z[i, j] + bias[j]
            z[i, j] = sure - bias[j]
        for j in range(z.shape[1]):
            logit = z[i, j] + bias[j]
            e = exp(-abs(logit))
            weight = zero_weights[j]
            total += weight * (max(logit, zero) + log1p_unit(e))
            near = one / (one + e)
            d = scale * weight * (near if logit >= zero else one - near)
            z[i, j] = d
            bias_grad[j] += d
        for p in range(row_starts[i], row_starts[i + 1]):
            logit = kept[p]
            e = exp(-abs(logit))
            total += max(logit, zero) + log1p_unit(e) - stored[p] * logit
            near = one / (one + e)
            d = scale * ((near if logit >= zero else one - near) - stored[p])
            z[i, columns[p]] = d
            bias_grad[columns[p]] += d
        row_loss[i] = total
        value += row_scale[i] * np.float64(total)
    return value


class Loss(NamedTuple):
    """One reconstruction loss.

    Attributes
    ----------
    name : str
    units : str
        Of the loss of a row.
    fused : mapping from the name of an output activation to a kernel
        (z, bias, x, row_scale, row_loss, bias_grad) -> float in one pass: z, the pre-activation without its bias,
        becomes the gradient there of sum_i row_scale_i l_i, which is returned.
    from_output : callable or None
        (x_hat, x, row_scale, row_loss, delta) -> float: delta becomes the gradient at the output, for the activations
        without a fused kernel. None where no other output fits.
    data_range : tuple of float or None
        Values of X for which the loss is defined; None for all.
    weighted_fused, weighted_from_output
        The same with ``entry_weights`` after x: each entry counts that many times.
    stored_fused, stored_from_output
        The same for a sparse x, given in its place by its stored values, their columns, the start of each row, and how
        many times a zero of each column counts; the fused ones take a buffer as long as the stored values after that.
    """

    name: str
    units: str
    fused: Mapping[str, Callable]
    from_output: Callable | None
    data_range: tuple | None
    weighted_fused: Mapping[str, Callable]
    weighted_from_output: Callable | None
    stored_fused: Mapping[str, Callable]
    stored_from_output: Callable | None

    def __reduce__(self):
        # By name: compiled functions do not travel.
        return _loss_named, (self.name,)


LOSSES = {
    record.name: record
    for record in (
        Loss(
            "squared_error",
            "squared units of X",
            {"identity": squared_error_identity},
            squared_error,
            None,
            {"identity": weighted_squared_error_identity},
            weighted_squared_error,
            {"identity": stored_squared_error_identity},
            stored_squared_error,
        ),
        Loss(
            "log_loss",
            "nats",
            {"logistic": log_loss_logistic},
            None,
            (0.0, 1.0),
            {"logistic": weighted_log_loss_logistic},
            None,
            {"logistic": stored_log_loss_logistic},
            None,
        ),
    )
}


def _loss_named(name):
    return LOSSES[name]
