"""The nested loss: the mean, over some sizes m, of the loss of what the first m units of the code decode to.

J = 1/|M| sum_(m in M) sum_i r_i l(x_i, g(sum_(l <= m) h_il w_l + b)), of Matryoshka sparse autoencoders (Bussmann et
al. 2025), which take the sum over the sizes. The mean is on the scale of one loss, whatever their number.

A group of units, from one size to the next, is part of the reconstructions of this next size and of all greater ones:
its gradient follows from the sum of their gradients at the output.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..network.active import ActiveCode, rows_of, unit_gradients
from ..network.output_layer import OutputLayer
from .active_pass import ActivePass


class NestedOutputLayer(OutputLayer):
    """The last layer of a network of one hidden layer, with the nested loss.

    Parameters
    ----------
    layer, loss
        Those of ``OutputLayer``.
    sizes : sequence of int
        Ascending, each below the width of the code, which is added to them.

    Attributes
    ----------
    ends : ndarray of int
        The sizes and the width of the code.
    share : float
        Of each size in the mean.
    delta : ndarray of shape (n_rows, n_features)
        Gradient of the loss of the whole code at the last pre-activation, without its share.
    deltas : ndarray of shape (n_sizes, n_rows, n_features)
        For each group of units the sum of the gradients of all reconstructions that it is part of, without their share.
    """

    def __init__(self, layer, loss, sizes):
        super().__init__(layer, loss)
        self.ends = np.array([*sizes, len(layer.weights)])
        self.share = 1.0 / len(self.ends)
        self._groups = [slice(first, last) for first, last in pairwise([0, *self.ends])]
        self.deltas = None

    def parts(self, batch, shape):
        """The buffer for what each group of units adds to the output; ``shape`` is that of the rows."""
        return batch.scratch("nested", (len(self.ends), *shape))

    def value(self, batch, below, x, entry_weights, rng, bias_grad):
        parts = self.parts(batch, x.shape)
        for units, part in zip(self._groups, parts):
            np.matmul(below[:, units], self.layer.weights[units], out=part)
        return self.value_of(batch, parts, x, entry_weights, bias_grad)

    def value_of(self, batch, parts, x, entry_weights, bias_grad):
        """``value`` from the product of each group of units with its weights, which are overwritten."""
        for part, longer in pairwise(parts):
            longer += part
        value, bias_sums = 0.0, np.zeros_like(bias_grad)
        # The loss of each row that stays is that of the whole code.
        for part in parts:
            value += self._loss(batch, part, self.layer.bias, x, entry_weights, bias_grad)
            bias_sums += bias_grad
            if self.delta is not part:
                part[...] = self.delta
        np.multiply(bias_sums, self.share, out=bias_grad)
        for longer, part in pairwise(parts[::-1]):
            part += longer
        self.deltas, self.delta = parts, parts[-1]
        return self.share * value

    def backward(self, below, weight_grad, bias_grad, delta_below):
        for units, delta in zip(self._groups, self.deltas):
            if weight_grad.flags.c_contiguous:
                np.matmul(below[:, units].T, delta, out=weight_grad[units])
            else:
                np.matmul(delta.T, below[:, units], out=weight_grad[units].T)
            np.matmul(delta, self.layer.weights[units].T, out=delta_below[:, units])
        weight_grad *= self.share
        delta_below *= self.share


class NestedActivePass(ActivePass):
    """``ActivePass`` with a ``NestedOutputLayer``: the entries of each group of units are rows of their own.

    Parameters
    ----------
    network : Network
    output : NestedOutputLayer
    """

    def __init__(self, network, output):
        super().__init__(network, output)
        self._mirrored = np.empty_like(network.weights[0]).T if self._tied else None
        self._by_group = self._places = None

    def value(self, batch, x, entry_weights, bias_grad):
        self._decoder = rows_of(self._output.layer.weights, self._decoder)
        self._by_group, self._places = by_group(batch.active, self._output.ends)
        parts = self._output.parts(batch, x.shape)
        self._by_group.product(self._decoder, parts.reshape(-1, x.shape[1]))
        return self._output.value_of(batch, parts, x, entry_weights, bias_grad)

    def backward(self, batch, weight_grads, bias_grad):
        code, grouped, share = batch.active, self._by_group, self._output.share
        output_delta = self._output.deltas.reshape(-1, self._output.deltas.shape[2])
        delta = np.empty_like(code.values)
        delta[self._places] = share * grouped.gradient(output_delta, self._decoder)
        self._at_preactivation(code, delta, bias_grad)
        decoder_grad = self._mirrored if self._tied else weight_grads[1]
        unit_gradients(code, (weight_grads[0], [(delta, batch.inputs)]))
        unit_gradients(grouped, (decoder_grad, [(share * grouped.values, output_delta)]))
        if self._tied:
            weight_grads[0] += self._mirrored


def by_group(code, ends):
    """The entries of a code with a row for each group of units and row: those of the first group, then of the next.

    Parameters
    ----------
    code : ActiveCode of shape (n_rows, n_units)
    ends : ndarray of int of shape (n_groups,)
        Where each group ends; the last one with the code.

    Returns
    -------
    ActiveCode of shape (n_groups * n_rows, n_units)
    places : ndarray of int
        Of its entries among those of the code.
    """
    n_rows, width = code.shape
    rows = np.repeat(np.arange(n_rows), np.diff(code.row_starts))
    own_rows = (np.searchsorted(ends, code.units, "right") * n_rows + rows).astype(np.int32)
    n_own_rows = len(ends) * n_rows
    row_starts, _, places = ActiveCode(code.row_starts, own_rows, code.values, n_own_rows).transposed()
    return ActiveCode(row_starts, code.units[places], code.values[places], width), places
