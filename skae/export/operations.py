"""What a trained network computes, as operations of a graph; each function returns the name of its result."""

from __future__ import annotations

import numpy as np

from ..network.network import Network




def in_precision(estimator, dtype):
    """Network of a fitted autoencoder, and its values in the place of NaN or None, in a precision."""
    network, fill_values = estimator._network, estimator._fill_values
    if network.dtype != dtype:
        network = Network(network.architecture, network.theta.astype(dtype))
    return network, None if fill_values is None else fill_values.astype(dtype)


def filled(graph, x, fill_values):
    """x with the value of its column in the place of each NaN; x itself where there are no such values.

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
    architecture = network.architecture
    for layer in range(first, last):
        value = _affine(graph, value, network, layer)
        operator = ACTIVATION_OPERATORS[network.activations[layer].name]
        if operator is not None:
            value = graph.add(operator, value)
        if layer == architecture.depth - 1 and architecture.gated:
            value = _most_active(graph, value, architecture.n_active, network.dtype)
    return value


def row_losses(graph, x, network, loss, fill_values):
    """Reconstruction loss of each row of x, shape (n_samples, 1), without the entries that are NaN.

    Parameters
    ----------
    graph : Graph
    x : str
    network : Network
    loss : str
        Name in ``LOSSES``.
    fill_values : ndarray of shape (n_features,) in the precision of the network, or None
    """
    losses = ENTRY_LOSSES[loss](graph, filled(graph, x, fill_values), network)
    if fill_values is not None:
        losses = graph.add("Where", graph.add("IsNaN", x), graph.constant("zero", network.dtype.type(0)), losses)
    # A product in the place of ReduceSum, whose form changes with the version.
    ones = np.ones((network.architecture.sizes[0], 1), network.dtype)
    return graph.add("MatMul", losses, graph.constant("ones", ones))


def _squared_error(graph, x, network):
    """(x_hat - x)^2 of each entry."""
    x_hat = layers(graph, x, network, 0, 2 * network.architecture.depth)
    difference = graph.add("Sub", x_hat, x)
    return graph.add("Mul", difference, difference)


def _log_loss(graph, x, network):
    """softplus(z) - x z of each entry, with the logits z in the place of the logistic output."""
    last = 2 * network.architecture.depth - 1
    logits = _affine(graph, layers(graph, x, network, 0, last), network, last)
    return graph.add("Sub", _softplus(graph, logits, network.dtype), graph.add("Mul", x, logits))


def _softplus(graph, z, dtype):
    """max(z, 0) + log(1 + exp(-|z|)); the operator Softplus is not to be had in float64 everywhere."""
    decay = graph.add("Exp", graph.add("Neg", graph.add("Abs", z)))
    logarithm = graph.add("Log", graph.add("Add", graph.constant("one", dtype.type(1)), decay))
    return graph.add("Add", graph.add("Relu", z), logarithm)


ENTRY_LOSSES = {"squared_error": _squared_error, "log_loss": _log_loss}


def _affine(graph, value, network, layer):
    """value W + b of a layer; tied weights are stored once."""
    architecture = network.architecture
    transposed = architecture.tied and layer >= architecture.depth
    owner = len(network.weights) - 1 - layer if transposed else layer
    weights = graph.constant(f"W{owner}", network.weights[owner])
    bias = graph.constant(f"b{layer}", network.biases[layer])
    return graph.add("Gemm", value, weights, bias, transB=int(transposed))


def _most_active(graph, code, n_active, dtype):
    """A code whose units below the n_active-th greatest of its row are zero; what equals that stays."""
    greatest = graph.add("TopK", code, graph.constant("n_active", np.array([n_active], np.int64)), unused=1)
    threshold = graph.add("Gather", greatest, graph.constant("last", np.array([n_active - 1], np.int64)), axis=1)
    return graph.add("Where", graph.add("Less", code, threshold), graph.constant("zero", dtype.type(0)), code)
