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

from .._jit import kernel
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


class Loss(NamedTuple):
    """One reconstruction loss.

    Attributes
    ----------
    name : str
    fused : mapping from the name of an output activation to a kernel
        (z, bias, x, row_scale, row_loss, bias_grad) -> float in one pass: z, the pre-activation without its bias,
        becomes the gradient there of sum_i row_scale_i l_i, which is returned.
    from_output : callable or None
        (x_hat, x, row_scale, row_loss, delta) -> float: delta becomes the gradient at the output, for the activations
        without a fused kernel. None where no other output fits.
    data_range : tuple of float or None
        Values of X for which the loss is defined; None for all.
    """

    name: str
    fused: Mapping[str, Callable]
    from_output: Callable | None
    data_range: tuple | None


LOSSES = {
    record.name: record
    for record in (
        Loss("squared_error", {"identity": squared_error_identity}, squared_error, None),
        Loss("log_loss", {"logistic": log_loss_logistic}, None, (0.0, 1.0)),
    )
}
