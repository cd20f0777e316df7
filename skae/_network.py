"""The mirrored network: one flat parameter vector, layers as views of it, and their initialisation.

An encoder of widths n, h_1, ..., k and the decoder k, ..., h_1, n. Layer i computes a_{i+1} = g_i(a_i W_i + b_i) with
W_i of shape (fan_in, fan_out). With tied weights the decoder's W are the encoder's transposed, in mirrored order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from . import _buffers
from ._gates import TopK
from ._matrices import StoredRows
from ._memory import check_room
from ._rows import Reader, block_rows, is_native, release, row_blocks
from .kernels.activations import ACTIVATIONS


def multiply(a, weights, out):
    """out = a weights, for an array or for stored rows."""
    if isinstance(a, StoredRows):
        a.product(weights, out)
    else:
        np.matmul(a, weights, out=out)


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
        """Weights uniform within +-sqrt(6 / (fan_in + fan_out)), biases zero.

        The bound of Glorot and Bengio (2010), equation 16; with relu sqrt(6 / fan_in), after He et al. (2015). Several
        logistic layers start as the tanh network of these weights, see ``_as_tanh``. The draws are made in float64, so
        that both precisions start from the same point.
        """
        theta = _buffers.zeros(self.n_parameters, dtype)
        layers = self.layers(theta)
        for w, activation in zip(layers.weights[: len(self.shapes)], self.activations):
            fan = w.shape[0] if activation.name == "relu" else sum(w.shape)
            bound = np.sqrt(6.0 / fan)
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


class Network:
    """An architecture with its parameters.

    Parameters
    ----------
    architecture : Architecture
    theta : ndarray of shape (n_parameters,), float32 or float64, contiguous
        Owned by the network from here on; copied where it does not begin a cache line, and where it is read-only, as in
        a model that is mapped from a file.
    """

    def __init__(self, architecture, theta):
        self.architecture = architecture
        self.theta = _buffers.aligned(theta)
        self.weights, self.biases = architecture.layers(self.theta)
        self.activations = architecture.activations
        self.gate = None if architecture.n_active is None else TopK(architecture.n_active)

    def __reduce__(self):
        # The views are rebuilt, so that they share memory with theta again.
        return type(self), (self.architecture, self.theta)

    @property
    def dtype(self):
        return self.theta.dtype

    def in_precision(self, dtype):
        """The network with its parameters in a dtype; itself where they are.

        Raises
        ------
        ValueError
            For parameters beyond the range of the dtype.
        """
        if self.dtype == dtype:
            return self
        with np.errstate(over="ignore"):
            theta = self.theta.astype(dtype)
        if not np.isfinite(theta).all():
            raise ValueError(
                f"The parameters that were found are beyond the range of {np.dtype(dtype)}, the precision of X. Scale "
                "the columns of X, or pass it in float64."
            )
        return Network(self.architecture, theta)

    def encode(self, X):
        """Code of each row of X, by blocks of rows; shape (n_samples, n_components)."""
        return self._run(X, 0, self.architecture.depth)

    def first_layer(self, X):
        """Output of the first layer for each row of X, by blocks of rows; shape (n_samples, first width)."""
        return self._run(X, 0, 1)

    def code_inputs(self, X):
        """What the last layer of the encoder meets of each row of X: X itself for an encoder of one layer."""
        return self._run(X, 0, self.architecture.depth - 1) if self.architecture.depth > 1 else X

    def decode(self, H):
        """Reconstruction from each row of H, by blocks of rows; shape (n_samples, n_features)."""
        return self._run(H, self.architecture.depth, 2 * self.architecture.depth)

    def reconstruct(self, X):
        """Decoded code of each row of X, by blocks of rows; shape (n_samples, n_features)."""
        return self._run(X, 0, 2 * self.architecture.depth)

    @np.errstate(over="ignore", invalid="ignore")
    def _run(self, X, first, last):
        """Apply layers first..last-1 to the rows of X."""
        sizes = self.architecture.sizes
        out = np.empty((X.shape[0], sizes[last]), self.dtype)
        check_room()
        rows = min(X.shape[0], block_rows(max(sizes[first : last + 1]), self.dtype))
        as_they_are = isinstance(X, StoredRows) or is_native(X, self.dtype)
        read = None if as_they_are else Reader(X, self.dtype, rows)
        hidden = [np.empty((rows, width), self.dtype) for width in sizes[first + 1 : last]]
        for block in row_blocks(X.shape[0], rows):
            n_rows = block.stop - block.start
            a = X[block] if as_they_are else read(np.arange(block.start, block.stop))
            outputs = [buffer[:n_rows] for buffer in hidden] + [out[block]]
            for layer, z in enumerate(outputs, first):
                multiply(a, self.weights[layer], z)
                self.activations[layer].forward(z, self.biases[layer])
                if layer == self.architecture.depth - 1 and self.gate is not None:
                    self.gate.apply(z)
                a = z
            release(X)
        return out


class CentredCoordinates:
    """Coordinates in which a network sees (x - mean) / scale in place of x: another description of the same function.

    In x itself, the first weights and their biases pull at each other through the mean of x, and second-order methods
    need many steps to sort them out (LeCun et al. 1998, "Efficient BackProp", section 4.3). The map from coordinates p
    to parameters theta is affine: W_1 = p_W / scale, b_1 = p_b - W_1^T mean, and, where the output is linear,
    W_last = scale p_W, b_last = scale p_b + mean. Tied weights cannot be scaled; with linear activations the code has
    the units of x, and its biases are scaled in their place.

    Parameters
    ----------
    network : Network
    mean : ndarray of shape (n_features,)
    scale : float
    """

    def __init__(self, network, mean, scale):
        architecture = network.architecture
        scale = scale if 0.0 < scale < np.inf else 1.0
        self.architecture = architecture
        self.mean = mean
        self.linear_output = architecture.output_activation == "identity"
        self.weight_scale = 1.0 if architecture.tied else scale
        self.hidden_scale = scale if architecture.tied and architecture.activation == "identity" else 1.0
        self.output_scale = scale if self.linear_output else 1.0

    def theta(self, point):
        """Parameters at the coordinates."""
        theta = point.copy()
        weights, biases = self.architecture.layers(theta)
        self._scale(weights, biases)
        biases[0] -= self.mean @ weights[0]
        if self.linear_output:
            biases[-1] += self.mean
        return theta

    def point(self, theta):
        """Coordinates of the parameters: the inverse of ``theta``."""
        point = theta.copy()
        weights, biases = self.architecture.layers(point)
        biases[0] += self.mean @ weights[0]
        if self.linear_output:
            biases[-1] -= self.mean
        self._scale(weights, biases, inverse=True)
        return point

    def gradient(self, grad):
        """Gradient by the coordinates from that by the parameters: the transposed linear part of ``theta``."""
        out = grad.copy()
        weights, biases = self.architecture.layers(out)
        weights[0] -= np.outer(self.mean, biases[0])
        self._scale(weights, biases)
        return out

    def _scale(self, weights, biases, inverse=False):
        """The diagonal part of the map, in place."""
        power = -1.0 if inverse else 1.0
        weights[0] *= self.weight_scale**-power
        if self.linear_output:
            weights[-1] *= self.weight_scale**power
        biases[-1] *= self.output_scale**power
        for bias in biases[:-1]:
            bias *= self.hidden_scale**power
