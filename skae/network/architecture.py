"""Architecture: what a network computes, without its parameters, and how they lie in one flat vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..kernels.activations import ACTIVATIONS
from ..rows.blocks import block_rows
from ..runtime import buffers


class Layers(NamedTuple):
    """Views of one flat vector: the weights and the biases of every layer, encoder first."""

    weights: list
    biases: list


@dataclass(frozen=True)
class Architecture:
    """What a network computes, without its parameters.

    Attributes
    ----------
    encoder_sizes : tuple of int
        n_features, hidden widths, n_components.
    activation, output_activation : str
        Names in ``ACTIVATIONS``: of all hidden layers, and of the last.
    tied : bool
        Whether the decoder's weights are the encoder's transposed.
    n_active : int or None
        Units of a code that stay on, the most active ones; None for all.
    """

    encoder_sizes: tuple
    activation: str
    output_activation: str
    tied: bool
    n_active: int | None = None

    @property
    def gated(self):
        """Whether some units of a code are set to zero."""
        return self.n_active is not None and self.n_active < self.encoder_sizes[-1]

    @property
    def sizes(self):
        """Widths from the input to its reconstruction."""
        return self.encoder_sizes + self.encoder_sizes[-2::-1]

    @property
    def depth(self):
        """Number of layers of the encoder, which is that of the decoder."""
        return len(self.encoder_sizes) - 1

    @property
    def activations(self):
        """The record of each layer's activation."""
        hidden = [ACTIVATIONS[self.activation]] * (2 * self.depth - 1)
        return hidden + [ACTIVATIONS[self.output_activation]]

    @property
    def shapes(self):
        """Shapes of the weight matrices that are parameters: all, or the encoder's when tied."""
        pairs = list(zip(self.sizes[:-1], self.sizes[1:]))
        return pairs[: self.depth] if self.tied else pairs

    @property
    def n_parameters(self):
        """Length of the flat vector."""
        return sum(rows * columns for rows, columns in self.shapes) + sum(self.sizes[1:])

    def product_flops(self, n_rows):
        """Floating-point operations of the largest matrix product of a step on n_rows rows."""
        return 2 * n_rows * max(rows * columns for rows, columns in self.shapes)

    def block_size(self, n_rows, dtype):
        """Rows of the blocks in which all layers take n_rows rows."""
        return min(n_rows, block_rows(max(self.sizes), dtype))

    def layers(self, flat):
        """Weights and biases as views of a flat vector: first all weights, then all biases."""
        weights, biases, start = [], [], 0
        for rows, columns in self.shapes:
            weights.append(flat[start : start + rows * columns].reshape(rows, columns))
            start += rows * columns
        for width in self.sizes[1:]:
            biases.append(flat[start : start + width])
            start += width
        if self.tied:
            weights += [w.T for w in weights[::-1]]
        return Layers(weights, biases)

    def initial(self, rng, dtype):
        """Weights uniform within plus and minus the ``initial_bound`` of their activation, biases zero.

        Several logistic layers start as the tanh network of these weights, see ``_as_tanh``. The draws are made in
        float64, so that both precisions start from the same point.
        """
        theta = buffers.zeros(self.n_parameters, dtype)
        layers = self.layers(theta)
        for w, activation in zip(layers.weights[: len(self.shapes)], self.activations):
            bound = activation.initial_bound(*w.shape)
            w[...] = rng.uniform(-bound, bound, w.shape)
        if self.activation == "logistic" and self.depth > 1:
            self._as_tanh(layers)
        return theta

    def _as_tanh(self, layers):
        """Turn the initial parameters of a tanh network into those of a logistic one that computes the same.

        With logistic(z) = (1 + tanh(z / 2)) / 2, weights into a logistic layer are doubled, and weights out of one
        doubled as well, with half of their sum taken off the bias. Without this a slope of 1/4 and a mean of 1/2 in
        each layer leave the deeper ones without a signal: they learn nothing but the mean of X. Tied weights are those
        of the encoder, so that the decoder is the same but for its last layer.
        """
        n_hidden = len(layers.weights) - 1
        for i, w in enumerate(layers.weights[: len(self.shapes)]):
            into = i < n_hidden or self.output_activation == "logistic"
            w *= (2.0 if into else 1.0) * (2.0 if i > 0 else 1.0)
        for w, bias in zip(layers.weights[1:], layers.biases[1:]):
            bias[...] = -0.5 * w.sum(axis=0)
