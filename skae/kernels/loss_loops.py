"""The loops of a loss, generated around its function of one entry, (value, derivative) = entry(output, x).

Loops ``from_output`` take the output of the network and fill the gradient by it. Loops ``fused`` with the output
activation add the bias to the pre-activation, and overwrite it with its gradient. All of them return
sum_i row_scale_i l_i, accumulated in float64.
"""

import numpy as np

from .compiler import kernel


def from_output(name, entry):
    """(x_hat, x, row_scale, row_loss, delta) -> float."""

    @kernel(name=name)
    def loop(x_hat, x, row_scale, row_loss, delta):
        value = 0.0
        for i in range(x.shape[0]):
            total = x.dtype.type(0)
            scale = row_scale[i]
            for j in range(x.shape[1]):
                loss, derivative = entry(x_hat[i, j], x[i, j])
                total += loss
                delta[i, j] = scale * derivative
            row_loss[i] = total
            value += row_scale[i] * np.float64(total)
        return value

    return loop


def fused(name, entry):
    """(z, bias, x, row_scale, row_loss, bias_grad) -> float."""

    @kernel(name=name)
    def loop(z, bias, x, row_scale, row_loss, bias_grad):
        value = 0.0
        bias_grad[:] = 0
        for i in range(x.shape[0]):
            total = x.dtype.type(0)
            scale = row_scale[i]
            for j in range(x.shape[1]):
                loss, derivative = entry(z[i, j] + bias[j], x[i, j])
                total += loss
                d = scale * derivative
                z[i, j] = d
                bias_grad[j] += d
            row_loss[i] = total
            value += row_scale[i] * np.float64(total)
        return value

    return loop


def weighted_from_output(name, entry):
    """(x_hat, x, entry_weights, row_scale, row_loss, delta) -> float: each entry counts ``entry_weights`` times."""

    @kernel(name=f"weighted_{name}")
    def loop(x_hat, x, entry_weights, row_scale, row_loss, delta):
        value = 0.0
        for i in range(x.shape[0]):
            total = x.dtype.type(0)
            scale = row_scale[i]
            for j in range(x.shape[1]):
                loss, derivative = entry(x_hat[i, j], x[i, j])
                weight = entry_weights[i, j]
                total += weight * loss
                delta[i, j] = scale * weight * derivative
            row_loss[i] = total
            value += row_scale[i] * np.float64(total)
        return value

    return loop


def weighted_fused(name, entry):
    """(z, bias, x, entry_weights, row_scale, row_loss, bias_grad) -> float."""

    @kernel(name=f"weighted_{name}")
    def loop(z, bias, x, entry_weights, row_scale, row_loss, bias_grad):
        value = 0.0
        bias_grad[:] = 0
        for i in range(x.shape[0]):
            total = x.dtype.type(0)
            scale = row_scale[i]
            for j in range(x.shape[1]):
                loss, derivative = entry(z[i, j] + bias[j], x[i, j])
                weight = entry_weights[i, j]
                total += weight * loss
                d = scale * weight * derivative
                z[i, j] = d
                bias_grad[j] += d
            row_loss[i] = total
            value += row_scale[i] * np.float64(total)
        return value

    return loop


def stored_from_output(name, entry):
    """(x_hat, stored, columns, row_starts, zero_weights, weights, kept, row_scale, row_loss, delta) -> float.

    The rows are sparse: their stored values, the columns of these and the start of each row. A zero in column j counts
    zero_weights_j times. ``weights`` is a buffer as long as a row, ``kept`` one as long as the stored values. x_hat is
    unchanged at the end.
    """

    @kernel(name=f"stored_{name}")
    def loop(x_hat, stored, columns, row_starts, zero_weights, weights, kept, row_scale, row_loss, delta):
        zero = x_hat.dtype.type(0)
        value = 0.0
        for j in range(x_hat.shape[1]):
            weights[j] = zero_weights[j]
        for i in range(x_hat.shape[0]):
            total = zero
            scale = row_scale[i]
            # What is stored is put aside, with a value of finite loss and no weight in its place.
            for p in range(row_starts[i], row_starts[i + 1]):
                j = columns[p]
                kept[p] = x_hat[i, j]
                x_hat[i, j] = zero
                weights[j] = zero
            for j in range(x_hat.shape[1]):
                loss, derivative = entry(x_hat[i, j], zero)
                total += weights[j] * loss
                delta[i, j] = scale * weights[j] * derivative
            for p in range(row_starts[i], row_starts[i + 1]):
                j = columns[p]
                loss, derivative = entry(kept[p], stored[p])
                total += loss
                delta[i, j] = scale * derivative
                x_hat[i, j] = kept[p]
                weights[j] = zero_weights[j]
            row_loss[i] = total
            value += row_scale[i] * np.float64(total)
        return value

    return loop


def stored_fused(name, entry):
    """(z, bias, stored, columns, row_starts, zero_weights, weights, kept, row_scale, row_loss, bias_grad) -> float."""

    @kernel(name=f"stored_{name}")
    def loop(z, bias, stored, columns, row_starts, zero_weights, weights, kept, row_scale, row_loss, bias_grad):
        zero = z.dtype.type(0)
        value = 0.0
        bias_grad[:] = 0
        for j in range(z.shape[1]):
            weights[j] = zero_weights[j]
        for i in range(z.shape[0]):
            total = zero
            scale = row_scale[i]
            # What is stored is put aside, with a value of finite loss and no weight in its place.
            for p in range(row_starts[i], row_starts[i + 1]):
                j = columns[p]
                kept[p] = z[i, j] + bias[j]
                z[i, j] = -bias[j]
                weights[j] = zero
            for j in range(z.shape[1]):
                loss, derivative = entry(z[i, j] + bias[j], zero)
                total += weights[j] * loss
                d = scale * weights[j] * derivative
                z[i, j] = d
                bias_grad[j] += d
            for p in range(row_starts[i], row_starts[i + 1]):
                j = columns[p]
                loss, derivative = entry(kept[p], stored[p])
                total += loss
                d = scale * derivative
                z[i, j] = d
                bias_grad[j] += d
                weights[j] = zero_weights[j]
            row_loss[i] = total
            value += row_scale[i] * np.float64(total)
        return value

    return loop
