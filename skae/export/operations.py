"""The computations of a trained network as operations of a graph; each function returns the name of its result."""

from __future__ import annotations

import numpy as np

from ..kernels.losses import LOSSES
from ..network.network import Network


def in_precision(estimator, dtype):
    """Network of a fitted autoencoder and its fill values for NaN, or None, converted to a precision."""
    network, fill_values = estimator._fitted.network, estimator._fitted.statistics.means
    if network.dtype != dtype:
        network = Network(network.architecture, network.theta.astype(dtype), network.coordinates)
    return network, None if fill_values is None else fill_values.astype(dtype)


def filled(graph, x, fill_values):
    """x with each NaN replaced by the fill value of its column; x itself if there are no fill values.

    Parameters
    ----------
    graph : Graph
    x : str
    fill_values : ndarray of shape (n_features,) in the precision of x, or None
    """
    if fill_values is None:
        return x
    return graph.add("Where", graph.add("IsNaN", x), graph.constant("fill_values", fill_values), x)


def layers(graph, value, network, first, last):
    """Apply layers first..last-1 of a network: for each layer the affine map, the activation and, on a code, the gate.

    Parameters
    ----------
    graph : Graph
    value : str
    network : Network
    first, last : int
    """
    if first == 0:
        value = inward(graph, value, network)
    value = _inner_layers(graph, value, network, first, last)
    if last < 2 * network.architecture.depth or network.coordinates is None:
        return value
    return graph.add("Add", graph.add("Mul", value, _scale(graph, network)), _offset(graph, network))


def inward(graph, x, network):
    """Rows of X in the coordinates of a network."""
    if network.coordinates is None:
        return x
    return graph.add("Div", graph.add("Sub", x, _offset(graph, network)), _scale(graph, network))


def _offset(graph, network):
    return graph.constant("offset_of_columns", network.coordinates.offset.astype(network.dtype))


def _scale(graph, network):
    return graph.constant("scale_of_columns", network.dtype.type(network.coordinates.scale))


def _inner_layers(graph, value, network, first, last):
    architecture = network.architecture
    for layer in range(first, last):
        z = _affine(graph, value, network, layer)
        value = activated(graph, z, network.layers[layer].activation, network.dtype)
        if layer == architecture.depth - 1 and architecture.gated:
            value = _gated(graph, z, value, network)
    return value


def activated(graph, z, activation, dtype):
    """An activation function, applied to a value of a precision.

    Parameters
    ----------
    graph : Graph
    z : str
    activation : Activation
    dtype : dtype
    """
    return _graph_of(activation)(graph, z, dtype)


def entry_losses(graph, x, network, loss, fill_values):
    """Reconstruction loss of each entry of x, in the units of the network; 0 for entries that are NaN.

    Parameters
    ----------
    graph : Graph
    x : str
    network : Network
    loss : str
        Name in ``LOSSES``.
    fill_values : ndarray of shape (n_features,) in the precision of the network, or None
    """
    losses = _entry_losses(graph, inward(graph, filled(graph, x, fill_values), network), network, LOSSES[loss])
    if fill_values is not None:
        losses = graph.add("Where", graph.add("IsNaN", x), graph.constant("zero", network.dtype.type(0)), losses)
    return losses


def row_sums(graph, losses, network):
    """Losses of entries, added up over each row and in the units of X, of shape (n_samples, 1)."""
    # A product instead of ReduceSum, whose signature differs between versions.
    ones = np.full((network.architecture.sizes[0], 1), network.loss_unit, network.dtype)
    return graph.add("MatMul", losses, graph.constant("ones", ones))


def row_losses(graph, x, network, loss, fill_values):
    """``entry_losses``, added up over each row and in the units of X, of shape (n_samples, 1)."""
    return row_sums(graph, entry_losses(graph, x, network, loss, fill_values), network)


def row_distances(graph, x, network, precision, fill_values):
    """Squared distances of residuals, of shape (n_samples, 1), in squared units of X.

    Parameters
    ----------
    graph : Graph
    x : str
    network : Network
    precision : ndarray of shape (n_features, n_features)
        In units of X.
    fill_values : ndarray of shape (n_features,) in the precision of the network, or None
    """
    inner = inward(graph, filled(graph, x, fill_values), network)
    difference = graph.add("Sub", inner, _inner_layers(graph, inner, network, 0, 2 * network.architecture.depth))
    if fill_values is not None:
        zero = graph.constant("zero", network.dtype.type(0))
        difference = graph.add("Where", graph.add("IsNaN", x), zero, difference)
    # Sums of greater ones would be infinite with either sign, and their sum no number.
    bound = network.dtype.type(np.sqrt(np.finfo(network.dtype).max / np.abs(precision).sum()) / 2)
    difference = graph.add("Min", difference, graph.constant("greatest_residual", bound))
    difference = graph.add("Max", difference, graph.constant("least_residual", -bound))
    matrix = graph.constant("precision_of_residuals", precision.astype(network.dtype))
    return row_sums(graph, graph.add("Mul", graph.add("MatMul", difference, matrix), difference), network)


def _entry_losses(graph, x, network, loss):
    """Loss of each entry, from the output or, if the loss takes them, from the logits."""
    depth = 2 * network.architecture.depth
    if loss.entry is not None:
        output = _inner_layers(graph, x, network, 0, depth)
    else:
        output = _affine(graph, _inner_layers(graph, x, network, 0, depth - 1), network, depth - 1)
    return _graph_of(loss)(graph, output, x, network.dtype)


def expected(graph, x, missing, model):
    """Expectation of whole rows given their observed entries, as of ``expected_rows``.

    The equations of the factors of each row are solved by elimination. Their matrix is positive definite, so that no
    pivot has to be looked for.

    Parameters
    ----------
    graph : Graph
    x : str
        In float64.
    missing : str
        Where x is missing.
    model : FactorAnalysis
    """
    means, k = graph.constant("linear_means", model.means), model.n_factors
    if k == 0:
        return means
    scaled = model.loadings / model.noise[:, None]
    pairs = (scaled[:, :, None] * model.loadings[:, None, :]).reshape(-1, k * k)
    observed = graph.cast(graph.add("Not", missing), np.float64)
    centred = graph.add("Where", missing, graph.constant("zero64", np.float64(0)), graph.add("Sub", x, means))
    matrix = graph.add("MatMul", observed, graph.constant("pairs", pairs))
    matrix = graph.add("Reshape", matrix, graph.constant("square", np.array([-1, k, k])))
    matrix = graph.add("Add", matrix, graph.constant("prior", np.eye(k)))
    right = graph.add("MatMul", centred, graph.constant("scaled_loadings", scaled))
    right = graph.add("Reshape", right, graph.constant("column", np.array([-1, k, 1])))
    system = graph.add("Concat", matrix, right, axis=2)
    for j in range(k):
        index = graph.constant(f"index_{j}", np.array([j]))
        row = graph.add("Gather", system, index, axis=1)
        row = graph.add("Div", row, graph.add("Gather", row, index, axis=2))
        others = graph.add("Mul", graph.add("Gather", system, index, axis=2), row)
        is_row = graph.constant(f"row_{j}", np.arange(k)[None, :, None] == j)
        system = graph.add("Where", is_row, row, graph.add("Sub", system, others))
    factors = graph.add("Gather", system, graph.constant("last", np.int64(k)), axis=2)
    return graph.add("Add", graph.add("MatMul", factors, graph.constant("loadings", model.loadings.T)), means)


def _graph_of(record):
    if record.onnx is None:
        raise ValueError(
            f"{type(record).__name__} {record.name!r} has no ONNX graph. Give its record one, by the field 'onnx'."
        )
    return record.onnx


def _affine(graph, value, network, layer):
    """value W + b of a layer; tied weights are stored once."""
    architecture = network.architecture
    transposed = architecture.tied and layer >= architecture.depth
    owner = len(network.weights) - 1 - layer if transposed else layer
    weights = graph.constant(f"W{owner}", network.weights[owner])
    bias = graph.constant(f"b{layer}", network.biases[layer])
    return graph.add("Gemm", value, weights, bias, transB=int(transposed))


def _gated(graph, z, code, network):
    """A code with zeros but for the units that the gate of the network leaves on."""
    if network.threshold is None:
        return _most_active(graph, z, code, network.architecture.n_active, network.dtype)
    # Of operators that all versions have.
    off = graph.add("Less", z, graph.constant("threshold", network.dtype.type(network.gate.value)))
    return graph.add("Where", off, graph.constant("zero", network.dtype.type(0)), code)


def _most_active(graph, z, code, n_active, dtype):
    """A code with zeros but for the n_active units of greatest pre-activation z in each row, the first among equals."""
    graph.add("TopK", z, graph.constant("n_active", np.array([n_active], np.int64)), unused=1)
    _, units = graph.operations[-1].outputs
    zeros = graph.add("Expand", graph.constant("zero", dtype.type(0)), graph.add("Shape", code))
    return graph.add("ScatterElements", zeros, units, graph.add("GatherElements", code, units, axis=1), axis=1)
