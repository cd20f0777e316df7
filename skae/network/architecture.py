"""Architecture: what a network computes, without its parameters, and how they lie in one flat vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..kernels.activations import ACTIVATIONS
from ..rows.blocks import block_rows

# Numbers that are kept of a threshold: its value, and of how many batches it is the mean.
THRESHOLD_SIZE = 2


class Parameters(NamedTuple):
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
    thresholded : bool
        Whether ``n_active`` is a mean over rows: units stay on from a threshold on, which is kept with the parameters.
    """

    encoder_sizes: tuple
    activation: str
    output_activation: str
    tied: bool
    n_active: int | None = None
    thresholded: bool = False

    @property
    def gated(self):
        """Whether some units of a code are set to zero."""
        return self.thresholded or (self.n_active is not None and self.n_active < self.encoder_sizes[-1])

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
    def homogeneous(self):
        """Whether rows and biases times a positive number give outputs times it, whatever the weights."""
        return all(activation.name in ("identity", "relu") for activation in self.activations)

    @property
    def shapes(self):
        """Shapes of the weight matrices that are parameters: all, or the encoder's when tied."""
        pairs = list(zip(self.sizes[:-1], self.sizes[1:]))
        return pairs[: self.depth] if self.tied else pairs

    @property
    def n_parameters(self):
        """Length of the flat vector."""
        n_weights = sum(rows * columns for rows, columns in self.shapes)
        return n_weights + sum(self.sizes[1:]) + THRESHOLD_SIZE * self.thresholded

    def product_flops(self, n_rows):
        """Floating-point operations of the largest matrix product of a step on n_rows rows."""
        return 2 * n_rows * max(rows * columns for rows, columns in self.shapes)

    def block_size(self, n_rows, dtype):
        """Rows of the blocks in which all layers take n_rows rows."""
        return min(n_rows, block_rows(max(self.sizes), dtype))

    def parameters(self, flat):
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
        return Parameters(weights, biases)

    def threshold(self, flat):
        """The threshold of the code as a view of a flat vector, whose end it is; None where there is none.

        It is no parameter and has no gradient, but belongs to the parameters: with them it is copied, averaged, saved
        and given back.
        """
        return flat[-THRESHOLD_SIZE:] if self.thresholded else None
