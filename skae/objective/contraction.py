"""Contraction: the squared Frobenius norm of the encoder's Jacobian."""

from __future__ import annotations

import numpy as np

from ..kernels import penalties
from .penalty import Penalty

# Numbers held at once for the Jacobians of a deep encoder.
_JACOBIAN_NUMBERS = 2**21


class Contraction(Penalty):
    """weight * mean over rows of ||dh/dx||_F^2 for an encoder of one layer (Rifai et al. 2011, equation 3).

    ||J||_F^2 = sum_l s_l^2 ||w_l||^2 with the slope s_l = g'(z_l).
    """

    def __init__(self, weight, network):
        self.weight = weight
        self.network = network

    def value(self, batch):
        code, (w, *_) = batch.code, self.network.weights
        activation = self.network.activations[0]
        self._row_scale = batch.row_scale * code.dtype.type(self.weight)
        self._slope, self._bend = batch.scratch("slope", code.shape), batch.scratch("bend", code.shape)
        self._norms = batch.scratch("norms", code.shape[1:])
        self._slope_sums = batch.scratch("slope_sums", code.shape[1:], np.float64)
        activation.fill_derivative(code, self._slope)
        activation.fill_second_derivative(code, self._bend)
        penalties.squared_column_norms(w, self._norms)
        penalties.squared_slope_sums(self._slope, self._row_scale, self._slope_sums)
        return float(np.dot(self._slope_sums, self._norms))

    def at_preactivation(self, layer, delta, bias_grad):
        penalties.add_contraction_delta(self._slope, self._bend, self._norms, self._row_scale, delta, bias_grad)

    def at_weights(self, grads):
        scale = (2 * self._slope_sums).astype(grads[0].dtype)
        penalties.add_scaled_columns(self.network.weights[0], scale, grads[0])


class DeepContraction(Penalty):
    """weight * mean over rows of ||dh/dx||_F^2 for an encoder of several layers, exact.

    With D_j = diag(g'(z_j)) and G = W_1^T W_1, the Jacobian J = D_L W_L^T ... D_1 W_1^T of a row has
    ||J||_F^2 = trace(B G B^T), where B = D_L W_L^T ... W_2^T D_1 has h_1 columns. J itself, n_features wide, is never
    formed. Rows are taken in parts that bound the memory for B.
    """

    def __init__(self, weight, network):
        self.weight = weight
        self.network = network

    def value(self, batch):
        network, depth = self.network, self.network.architecture.depth
        slopes, bends = [], []
        for layer in range(depth):
            a = batch.outputs[layer]
            slope, bend = np.empty_like(a), np.empty_like(a)
            network.activations[layer].fill_derivative(a, slope)
            network.activations[layer].fill_second_derivative(a, bend)
            slopes.append(slope)
            bends.append(bend)
        self._deltas = [np.empty_like(slope) for slope in slopes]
        self._weight_grads = [np.zeros_like(w) for w in network.weights[:depth]]
        gram = network.weights[0].T @ network.weights[0]
        gram_grad = np.zeros_like(gram)
        row_scale = batch.row_scale * gram.dtype.type(self.weight)
        widths = network.architecture.encoder_sizes
        rows = max(1, _JACOBIAN_NUMBERS // (widths[1] * max(widths[1:])))
        total = 0.0
        for start in range(0, len(row_scale), rows):
            part = slice(start, start + rows)
            total += self._part(part, slopes, gram, gram_grad, row_scale[part])
        for delta, bend in zip(self._deltas, bends):
            delta *= bend
        self._weight_grads[0] = 2 * (network.weights[0] @ gram_grad)
        return total

    def _part(self, part, slopes, gram, gram_grad, row_scale):
        """Value for some rows; adds to the gradients by the slopes, the weights and the Gram matrix."""
        weights = self.network.weights
        depth = len(slopes)
        before, chain = [], np.eye(len(gram), dtype=gram.dtype)[None] * slopes[0][part][:, :, None]
        for layer in range(1, depth):
            product = np.matmul(weights[layer].T, chain)
            before.append((chain, product))
            chain = product * slopes[layer][part][:, :, None]
        half = np.matmul(chain, gram)
        by_row = np.einsum("iab,iab->i", chain, half, dtype=np.float64)
        scaled = chain * row_scale[:, None, None]
        gram_grad += np.tensordot(scaled, chain, axes=([0, 1], [0, 1]))
        delta = half * (2 * row_scale)[:, None, None]
        for layer in range(depth - 1, 0, -1):
            chain, product = before.pop()
            self._deltas[layer][part] = np.einsum("iab,iab->ia", delta, product)
            delta = delta * slopes[layer][part][:, :, None]
            self._weight_grads[layer] += np.tensordot(chain, delta, axes=([0, 2], [0, 2]))
            delta = np.matmul(weights[layer], delta)
        self._deltas[0][part] = np.einsum("iaa->ia", delta)
        return float(by_row @ row_scale.astype(np.float64))

    def at_preactivation(self, layer, delta, bias_grad):
        penalties.add_delta(self._deltas[layer], delta, bias_grad)

    def at_weights(self, grads):
        for layer, grad in enumerate(self._weight_grads):
            grads[layer] += grad


def contraction(weight, network):
    """The contraction term that fits the depth of the network's encoder."""
    kind = Contraction if network.architecture.depth == 1 else DeepContraction
    return kind(weight, network)
