"""Contraction: the squared Frobenius norm of the encoder's Jacobian."""

from __future__ import annotations

import numpy as np

from ..kernels import penalties
from .penalty import Penalty

# Numbers held at once for the Jacobians of a deep encoder.
_JACOBIAN_NUMBERS = 2**21


class Contraction(Penalty):
    """weight * mean over rows of ||dh/dx||_F^2 for an encoder of one layer (Rifai et al. 2011, equation 3).

    ||J||_F^2 = sum_l s_l^2 ||w_l||^2 with the derivative s_l = g'(z_l).
    """

    def __init__(self, weight):
        self.weight = weight

    def in_coordinates(self, scale, architecture):
        # The Jacobian by the rows is divided as well.
        return type(self)(self.weight / scale**2 / scale**2)

    def workspace_per_row(self, architecture):
        # Derivatives of first and second order.
        return 2 * sum(architecture.encoder_sizes[1:])

    def value(self, batch):
        code, layer = batch.code, batch.network.layers[0]
        activation = layer.activation
        self._row_scale = batch.row_scale * code.dtype.type(self.weight)
        self._derivative, self._second_derivative = (
            batch.scratch("derivative", code.shape),
            batch.scratch("second_derivative", code.shape),
        )
        self._norms = batch.scratch("norms", code.shape[1:])
        self._derivative_sums = batch.scratch("derivative_sums", code.shape[1:], np.float64)
        activation.fill_derivative(code, self._derivative)
        activation.fill_second_derivative(code, self._second_derivative)
        penalties.squared_column_norms(layer.weights, self._norms)
        penalties.squared_derivative_sums(self._derivative, self._row_scale, self._derivative_sums)
        self._weights = layer.weights
        return float(np.dot(self._derivative_sums, self._norms))

    def at_preactivation(self, layer, delta, bias_grad):
        penalties.add_contraction_delta(
            self._derivative, self._second_derivative, self._norms, self._row_scale, delta, bias_grad
        )

    def at_weights(self, grads):
        scale = (2 * self._derivative_sums).astype(grads[0].dtype)
        penalties.add_scaled_columns(self._weights, scale, grads[0])


class DeepContraction(Penalty):
    """weight * mean over rows of ||dh/dx||_F^2 for an encoder of several layers, exact.

    With D_j = diag(g'(z_j)) and G = W_1^T W_1, the Jacobian J = D_L W_L^T ... D_1 W_1^T of a row has
    ||J||_F^2 = trace(B G B^T), where B = D_L W_L^T ... W_2^T D_1 has h_1 columns. J itself, n_features wide, is never
    formed. Rows are taken in parts that bound the memory for B.
    """

    def __init__(self, weight):
        self.weight = weight

    def in_coordinates(self, scale, architecture):
        # The Jacobian by the rows is divided as well.
        return type(self)(self.weight / scale**2 / scale**2)

    def workspace_per_row(self, architecture):
        # Derivatives of first and second order, and the gradient at the pre-activations.
        return 3 * sum(architecture.encoder_sizes[1:])

    def value(self, batch):
        network, depth = batch.network, batch.network.architecture.depth
        derivatives, second_derivatives = [], []
        for layer, a in zip(network.layers[:depth], batch.outputs):
            derivative, second_derivative = np.empty_like(a), np.empty_like(a)
            layer.activation.fill_derivative(a, derivative)
            layer.activation.fill_second_derivative(a, second_derivative)
            derivatives.append(derivative)
            second_derivatives.append(second_derivative)
        self._deltas = [np.empty_like(derivative) for derivative in derivatives]
        self._weight_grads = [np.zeros_like(w) for w in network.weights[:depth]]
        gram = network.weights[0].T @ network.weights[0]
        gram_grad = np.zeros_like(gram)
        row_scale = batch.row_scale * gram.dtype.type(self.weight)
        widths = network.architecture.encoder_sizes
        rows = max(1, _JACOBIAN_NUMBERS // (widths[1] * max(widths[1:])))
        total = 0.0
        for start in range(0, len(row_scale), rows):
            part = slice(start, start + rows)
            total += self._part(part, network.weights, derivatives, gram, gram_grad, row_scale[part])
        for delta, second_derivative in zip(self._deltas, second_derivatives):
            delta *= second_derivative
        self._weight_grads[0] = 2 * (network.weights[0] @ gram_grad)
        return total

    def _part(self, part, weights, derivatives, gram, gram_grad, row_scale):
        """Value for some rows; adds to the gradients by the derivatives, the weights and the Gram matrix."""
        depth = len(derivatives)
        before, chain = [], np.eye(len(gram), dtype=gram.dtype)[None] * derivatives[0][part][:, :, None]
        for layer in range(1, depth):
            product = np.matmul(weights[layer].T, chain)
            before.append((chain, product))
            chain = product * derivatives[layer][part][:, :, None]
        half = np.matmul(chain, gram)
        by_row = np.einsum("iab,iab->i", chain, half, dtype=np.float64)
        scaled = chain * row_scale[:, None, None]
        gram_grad += np.tensordot(scaled, chain, axes=([0, 1], [0, 1]))
        delta = half * (2 * row_scale)[:, None, None]
        for layer in range(depth - 1, 0, -1):
            chain, product = before.pop()
            self._deltas[layer][part] = np.einsum("iab,iab->ia", delta, product)
            delta = delta * derivatives[layer][part][:, :, None]
            self._weight_grads[layer] += np.tensordot(chain, delta, axes=([0, 2], [0, 2]))
            delta = np.matmul(weights[layer], delta)
        self._deltas[0][part] = np.einsum("iaa->ia", delta)
        return float(by_row @ row_scale.astype(np.float64))

    def at_preactivation(self, layer, delta, bias_grad):
        penalties.add_delta(self._deltas[layer], delta, bias_grad)

    def at_weights(self, grads):
        for layer, grad in enumerate(self._weight_grads):
            grads[layer] += grad


def contraction(weight, depth):
    """The contraction penalty that fits an encoder of a number of layers."""
    return Contraction(weight) if depth == 1 else DeepContraction(weight)
