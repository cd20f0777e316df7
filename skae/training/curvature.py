"""Curvature of an objective on one batch: Kronecker factors of each layer, and the quadratic along given directions.

With a the input of a layer, with a one for the bias at its end, and H the curvature of the loss by its pre-activations,
the Gauss-Newton block of its weights is E[a a^T x H], taken as A x G with A = E[a a^T] and G = E[H]. G goes from the
last layer, where it is diagonal, to the first: G_l = E[s s^T] * (W_{l+1} G_{l+1} W_{l+1}^T), entry by entry, where s
are the derivatives of the activations (the recursion KFRA of Botev, Ritter and Barber 2017). Nothing is drawn, and no
row passes backward once more. Means over rows are weighted as the objective weights them.

A factor wider than ``WIDEST`` is its diagonal. The curvature of penalties on activations is left out.
"""

from __future__ import annotations

import numpy as np

from ..kernels import gates
from ..rows.matrices import CSRBatch

# Width above which a factor is its diagonal.
WIDEST = 2048

# Entries of the output on which the curvature of the loss is taken, and the fewest rows.
_OUTPUT_ENTRIES, _FEWEST_ROWS = 2**18, 32


def factor_shapes(architecture):
    """Shapes of the factors: A of each layer, then G of each layer."""
    sizes = architecture.sizes
    inputs = [factor_shape(width, with_bias=True) for width in sizes[:-1]]
    return inputs + [factor_shape(width) for width in sizes[1:-1]] + [(sizes[-1],)]


def factor_shape(width, with_bias=False):
    """Shape of a factor of some width, which is that of its diagonal where it is wide."""
    side = width + with_bias
    return (side,) if width > WIDEST else (side, side)


class BatchCurvature:
    """Curvature of an objective on its last batch.

    Parameters
    ----------
    objective : Objective
        After ``value_and_gradient``.
    """

    def __init__(self, objective):
        self.objective, self.batch = objective, objective.last_batch
        self.layers = objective.network.layers
        batch = self.batch
        self.even = batch.row_scale is batch.even_scale
        self.shares = _normalised(batch.row_scale, 1.0)
        n_rows, width = len(batch.row_scale), objective.network.architecture.sizes[-1]
        self.n_rows = min(n_rows, max(_FEWEST_ROWS, _OUTPUT_ENTRIES // width))
        self.row_scale = _normalised(batch.row_scale[: self.n_rows], batch.row_scale.sum(dtype=np.float64))
        self.at_output = objective.output_curvature(self.n_rows)
        self.derivatives = [self._derivative(layer) for layer in range(len(batch.outputs))]

    def _derivative(self, layer):
        """Derivatives of the activations of a hidden layer; zero where a gate has set the unit to zero."""
        output = self.batch.outputs[layer]
        derivative = np.empty_like(output)
        self.layers[layer].activation.fill_derivative(output, derivative)
        if self.objective.gate is not None and layer == self.objective.network.architecture.depth - 1:
            gates.stop_where_zero(output, derivative)
        return derivative

    def factors(self):
        """The factors, as new arrays of the shapes of ``factor_shapes``."""
        inputs = [_input_factor(a, self.shares, self.even) for a in (self.batch.inputs, *self.batch.outputs)]
        outputs = [self.row_scale @ self.at_output]
        for below in range(len(self.layers) - 2, -1, -1):
            moment = self.derivatives[below]
            outputs.insert(0, _through(self.layers[below + 1].weights, outputs[0], moment, self.shares, self.even))
        return inputs + outputs

    def quadratic(self, blocks):
        """d_i^T F d_k for directions d and the Gauss-Newton matrix F of the batch, without A x G in its place.

        Parameters
        ----------
        blocks : list of list of tuple (layer, weights, bias)
            Each direction: changes of the weights and biases of layers, in ascending order.

        Returns
        -------
        ndarray of shape (n_blocks, n_blocks), float64
        """
        scale = np.sqrt(self.row_scale[:, None] * self.at_output)
        changes = np.empty((len(blocks), scale.size), scale.dtype)
        for change, block in zip(changes, blocks):
            np.multiply(self._change(block), scale, out=change.reshape(scale.shape))
        return (changes @ changes.T).astype(np.float64)

    def _change(self, block):
        """Derivative of the last pre-activations along a direction, for the first rows."""
        rows = slice(0, self.n_rows)
        moved = {layer: (weights, bias) for layer, weights, bias in block}
        below = None
        for layer in range(min(moved), len(self.layers)):
            change = None if below is None else below @ self.layers[layer].weights
            if layer in moved:
                weights, bias = moved[layer]
                own = _product(self.batch.outputs[layer - 1] if layer > 0 else self.batch.inputs, rows, weights)
                own += bias
                change = own if change is None else np.add(change, own, out=change)
            below = change if layer == len(self.layers) - 1 else change * self.derivatives[layer][rows]
        return below


def _normalised(row_scale, total):
    """Weights of rows, scaled to a sum."""
    own = row_scale.sum(dtype=np.float64)
    return row_scale * row_scale.dtype.type(total / own if own > 0 else 1.0)


def _product(a, rows, weights):
    """Some rows of the input of a layer times a matrix."""
    if not isinstance(a, CSRBatch):
        return a[rows] @ weights
    out = np.empty((rows.stop, weights.shape[1]), weights.dtype)
    a[rows].product(weights, out)
    return out


def _input_factor(a, shares, even):
    """A = E[a a^T] of the inputs of a layer with a one at their end, or its diagonal."""
    n_features = a.shape[1]
    if isinstance(a, CSRBatch):
        if n_features > WIDEST:
            per_row = np.repeat(shares, np.diff(a.row_starts))
            values, columns = (part[a.row_starts[0] : a.row_starts[-1]] for part in (a.values, a.columns))
            squares = np.bincount(columns, per_row * np.square(values), n_features)
            return np.append(squares, 1.0).astype(shares.dtype)
        a = a.dense()
    if n_features > WIDEST:
        return np.append(shares @ np.square(a), shares.dtype.type(1))
    factor = np.empty((n_features + 1, n_features + 1), a.dtype)
    factor[:-1, :-1] = _second_moment(a, shares, even)
    factor[-1, :-1] = factor[:-1, -1] = shares @ a
    factor[-1, -1] = 1.0
    return factor


def _second_moment(a, shares, even):
    """E[a a^T]; a product of a matrix with itself takes BLAS half as long."""
    if even:
        product = a.T @ a
        product *= shares[0]
        return product
    scaled = a * np.sqrt(shares)[:, None]
    return scaled.T @ scaled


def _through(weights, above, derivatives, shares, even):
    """G of a hidden layer, or its diagonal, from that of the layer above it."""
    if derivatives.shape[1] > WIDEST:
        product = np.square(weights) @ above if above.ndim == 1 else ((weights @ above) * weights).sum(axis=1)
        return product * (shares @ np.square(derivatives))
    product = (weights * above if above.ndim == 1 else weights @ above) @ weights.T
    product *= _second_moment(derivatives, shares, even)
    return product
