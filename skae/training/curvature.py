"""Curvature of an objective on one batch: for each layer the Kronecker factors of its Gauss-Newton block.

With a the input of a layer, with a one for the bias at its end, and H the curvature of the loss by its pre-activations,
the block of its weights is E[a a^T x H], taken as A x G with A = E[a a^T] and G = E[H]. G goes from the last layer,
where it is diagonal, to the first: G_l = E[s s^T] * (W_{l+1} G_{l+1} W_{l+1}^T), entry by entry, where s are the
derivatives of the activations (Botev, Ritter and Barber 2017, equation 22, KFRA). Nothing is drawn, and no row passes
backward once more. Means over rows are weighted as the objective weights them.

A factor wider than ``WIDEST`` is its diagonal. The curvature of penalties on activations is left out.
"""

from __future__ import annotations

import numpy as np

from ..kernels import gates
from ..rows.matrices import CSRBatch

# Width above which a factor is its diagonal.
WIDEST = 2048


def factor_shapes(architecture):
    """Shapes of the factors: A of each layer, then G of each layer."""
    sizes = architecture.sizes
    inputs = [_shape(width + 1) for width in sizes[:-1]]
    return inputs + [_shape(width) for width in sizes[1:-1]] + [(sizes[-1],)]


def _shape(width):
    return (width,) if width > WIDEST else (width, width)


def batch_factors(objective):
    """The factors of the last batch of an objective.

    Parameters
    ----------
    objective : Objective
        After ``value_and_gradient``.

    Returns
    -------
    inputs, outputs : list of ndarray
        A and G of each layer, of the shapes of ``factor_shapes``.
    """
    batch, layers = objective.last_batch, objective.network.layers
    total = batch.row_scale.sum(dtype=np.float64)
    shares = batch.row_scale / batch.row_scale.dtype.type(total if total > 0 else 1.0)
    even = batch.row_scale is batch.even_scale
    inputs = [_input_factor(a, shares, even) for a in (batch.inputs, *batch.outputs)]
    outputs = [objective.output_curvature(batch)]
    for below in range(len(layers) - 2, -1, -1):
        slopes = _slopes(objective, batch, below)
        outputs.insert(0, _through(layers[below + 1].weights, outputs[0], slopes, shares, even))
    return inputs, outputs


def _slopes(objective, batch, layer):
    """Derivatives of the activations of a hidden layer; zero where a gate has set the unit to zero."""
    output = batch.outputs[layer]
    slopes = np.empty_like(output)
    objective.network.layers[layer].activation.fill_derivative(output, slopes)
    if objective.gate is not None and layer == objective.network.architecture.depth - 1:
        gates.stop_where_zero(output, slopes)
    return slopes


def _input_factor(a, shares, even):
    """A = E[a a^T] of the inputs of a layer with a one at their end, or its diagonal."""
    n_features = a.shape[1]
    if isinstance(a, CSRBatch):
        if n_features + 1 > WIDEST:
            per_row = np.repeat(shares, np.diff(a.row_starts))
            values, columns = (part[a.row_starts[0] : a.row_starts[-1]] for part in (a.values, a.columns))
            squares = np.bincount(columns, per_row * np.square(values), n_features)
            return np.append(squares, 1.0).astype(shares.dtype)
        a = a.dense()
    if n_features + 1 > WIDEST:
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


def _through(weights, above, slopes, shares, even):
    """G of a hidden layer, or its diagonal, from that of the layer above it."""
    if slopes.shape[1] > WIDEST:
        product = np.square(weights) @ above if above.ndim == 1 else ((weights @ above) * weights).sum(axis=1)
        return product * (shares @ np.square(slopes))
    product = (weights * above if above.ndim == 1 else weights @ above) @ weights.T
    product *= _second_moment(slopes, shares, even)
    return product
