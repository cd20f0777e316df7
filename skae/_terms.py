"""Terms that an estimator adds to the reconstruction loss, each with its value and its gradient.

A term meets one batch in this order:

1. ``value(batch)``: after the forward pass; keeps what its gradient needs.
2. ``at_code(batch, delta)``: adds dT/dh, the gradient at the code.
3. ``at_preactivation(layer, delta, bias_grad)``: adds dT/dz of an encoder layer, counted from the input.
4. ``at_weights(grads)``: adds dT/dW where it does not pass through z.

All means over rows are sums weighted by ``batch.row_scale``, which sums to one over the rows of the objective.
"""

from __future__ import annotations

import numpy as np

from .kernels import penalties

# Numbers held at once for the Jacobians of a deep encoder.
_JACOBIAN_NUMBERS = 2**21


class Term:
    """A term that adds nothing; the base of all others."""

    uses_mean_activation = False

    def value(self, batch):
        return 0.0

    def at_code(self, batch, delta):
        pass

    def at_preactivation(self, layer, delta, bias_grad):
        pass

    def at_weights(self, grads):
        pass


class KLSparsity(Term):
    """weight * sum_l KL(rho || rho_hat_l), with KL(rho || r) = rho log(rho / r) + (1 - rho) log((1 - rho) / (1 - r)).

    rho_hat_l is the mean activation of unit l over the rows at hand, unless ``mean_activation`` holds it.

    Parameters
    ----------
    weight : float
    target : float in (0, 1)
        rho.
    """

    uses_mean_activation = True

    def __init__(self, weight, target):
        self.weight = weight
        self.target = target
        self.mean_activation = None

    def value(self, batch):
        share = float(batch.row_scale.sum(dtype=np.float64))
        mean, self._per_row, counted = self.mean_activation, 1.0, share
        if mean is None:
            if share == 0.0:
                self._slope = np.zeros(batch.code.shape[1])
                return 0.0
            sums = np.empty(batch.code.shape[1])
            penalties.weighted_column_sums(batch.code, batch.row_scale, sums)
            mean, self._per_row, counted = sums / share, 1.0 / share, 1.0
        tiny = np.finfo(batch.code.dtype).eps
        mean = np.clip(mean, tiny, 1.0 - tiny)
        self._slope = self.weight * kl_slope(self.target, mean)
        return counted * self.weight * float(kl_divergence(self.target, mean).sum())

    def at_code(self, batch, delta):
        penalties.add_outer(delta, batch.row_scale, (self._per_row * self._slope).astype(delta.dtype))


class L1Sparsity(Term):
    """weight * mean over rows of sum_l |h_l|."""

    def __init__(self, weight):
        self.weight = weight

    def value(self, batch):
        sums = np.abs(batch.code).sum(axis=1, dtype=np.float64)
        return self.weight * float(sums @ batch.row_scale)

    def at_code(self, batch, delta):
        delta += np.sign(batch.code) * (batch.row_scale * delta.dtype.type(self.weight))[:, None]


def kl_divergence(target, mean):
    """KL(target || mean) of two Bernoulli distributions, elementwise, in nats."""
    return target * np.log(target / mean) + (1.0 - target) * np.log((1.0 - target) / (1.0 - mean))


def kl_slope(target, mean):
    """Derivative of ``kl_divergence`` by the mean."""
    return (1.0 - target) / (1.0 - mean) - target / mean


class Contraction(Term):
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
        activation.slope(code, self._slope)
        activation.bend(code, self._bend)
        penalties.squared_column_norms(w, self._norms)
        penalties.squared_slope_sums(self._slope, self._row_scale, self._slope_sums)
        return float(np.dot(self._slope_sums, self._norms))

    def at_preactivation(self, layer, delta, bias_grad):
        penalties.add_contraction_delta(self._slope, self._bend, self._norms, self._row_scale, delta, bias_grad)

    def at_weights(self, grads):
        scale = (2 * self._slope_sums).astype(grads[0].dtype)
        penalties.add_scaled_columns(self.network.weights[0], scale, grads[0])


class DeepContraction(Term):
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
            network.activations[layer].slope(a, slope)
            network.activations[layer].bend(a, bend)
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
