"""Start values from the data: principal directions into the encoder, least squares into the decoder."""

from __future__ import annotations

import numpy as np

from ..runtime import buffers
from .decoders import logistic_regression, preactivations, ridge
from .initialization import initial_parameters
from .principal import mixed_directions, principal_directions

# Of the pre-activations of the code in units of a tanh, where it is nearly linear: with one hidden layer and a linear
# output, with cross-entropy, of a code wider than the rows, at the end of several layers, and of these layers.
_SHALLOW_GAIN, _LOGIT_GAIN, _WIDE_GAIN, _DEEP_CODE_GAIN, _DEEP_GAIN = 0.1, 0.5, 0.2, 0.3, 1.0

# Ridges of the decoder, in the same order.
_SHALLOW_RIDGE, _WIDE_RIDGE, _DEEP_RIDGE = 1e-8, 1e-4, 0.1

# By how much of its range a rectified code is lifted above zero.
_LIFT = 0.05

# A tanh of 1 is a logistic unit of 2, whose slope is 1/4.
_STRETCH = {"identity": 1.0, "tanh": 1.0, "logistic": 2.0, "relu": 1.0}
_SLOPE = {"identity": 1.0, "tanh": 1.0, "logistic": 0.25, "relu": 1.0}


@np.errstate(over="ignore", invalid="ignore")
def data_start(architecture, loss, rows, weights, rng, dtype, target=None, gain=1.0, large=False):
    """Start values of the parameters, from some rows.

    One hidden layer begins with the principal directions, by one factor for all, where its activation is nearly
    linear; a code that is wider than the rows with several rotations of them. Several layers take the directions of
    what they meet, mixed, so that every unit has its share. The decoder is the ridge regression on what the layer
    below it gives: of the pre-activations of the layer that it mirrors, at the end of the rows, or their logits.

    Parameters
    ----------
    architecture : Architecture
    loss : Loss
    rows : ndarray of shape (n_rows, n_features), float64
        As the network sees them.
    weights : ndarray of shape (n_rows,)
        How many times each row counts.
    rng : numpy Generator
    dtype : dtype
    target : float, default=None
        Mean activation with which units of the code are to begin.
    gain : float, default=1.0
        By which the pre-activations of the code are multiplied.
    large : bool, default=False
        Whether the pre-activations of the code have the size of the activation's bend, so that weights of the decoder
        are not large.

    Returns
    -------
    ndarray of shape (n_parameters,)
        Those of ``initial_parameters`` where nothing is known of the activations, where the rows do not vary, and for
        tied weights but of one layer with a linear output.
    """
    known = {architecture.activation, architecture.output_activation} <= set(_STRETCH)
    linear = architecture.output_activation == "identity"
    tied_shallow = architecture.tied and architecture.depth == 1 and linear
    varying = 0.0 < np.square(rows - rows[0]).sum() < np.inf
    if not known or (architecture.tied and not tied_shallow) or not varying:
        return initial_parameters(architecture, rng, dtype)
    theta = buffers.zeros(architecture.n_parameters, np.float64)
    parameters = architecture.parameters(theta)
    if tied_shallow:
        _start_tied(architecture, parameters, rows, weights, rng)
    else:
        outputs = _start_encoder(architecture, parameters, rows, weights, rng, target, gain, large)
        _start_decoder(architecture, parameters, loss, outputs, weights)
    theta = theta.astype(dtype)
    return theta if np.isfinite(theta).all() else initial_parameters(architecture, rng, dtype)


def tied_scale(architecture, rows, weights):
    """By what rows are to be divided, so that weights which are tied meet the activation where it is nearly linear.

    Parameters
    ----------
    architecture : Architecture
    rows : ndarray of shape (n_rows, n_features)
    weights : ndarray of shape (n_rows,)

    Returns
    -------
    float or None
        None where it does not matter.
    """
    name = architecture.activation
    bounded = name in ("tanh", "logistic")
    if not (architecture.tied and architecture.depth == 1 and architecture.output_activation == "identity" and bounded):
        return None
    _, deviations = principal_directions(rows, 1, weights)
    return float(deviations[0] / (np.sqrt(_SLOPE[name]) * _SHALLOW_GAIN * _STRETCH[name]))


def _applied(name, z):
    """An activation by its name, in NumPy: for a few rows its kernel would be compiled for float64 too."""
    if name == "logistic":
        return 1.0 / (1.0 + np.exp(-np.clip(z, -500.0, 500.0)))
    return {"identity": lambda: z, "tanh": lambda: np.tanh(z), "relu": lambda: np.maximum(z, 0.0)}[name]()


def _lifted(scores):
    """The bias with which scores are above zero for all rows."""
    low, high = scores.min(axis=0), scores.max(axis=0)
    return -low + _LIFT * (high - low)


def _start_tied(architecture, parameters, rows, weights, rng):
    """One layer with a linear output, whose slope the weights make up for."""
    name, width = architecture.activation, architecture.encoder_sizes[-1]
    directions, _ = principal_directions(rows, width, weights)
    encoder = 1e-3 * rng.standard_normal((rows.shape[1], width))
    encoder[:, : directions.shape[1]] = directions / np.sqrt(_SLOPE[name])
    mean = np.average(rows, axis=0, weights=weights)
    bias = -mean @ encoder + (_lifted((rows - mean) @ encoder) if name == "relu" else 0.0)
    errors = rows - _applied(name, rows @ encoder + bias) @ encoder.T
    parameters.weights[0][...], parameters.biases[0][...] = encoder, bias
    parameters.biases[1][...] = np.average(errors, axis=0, weights=weights)


def _start_encoder(architecture, parameters, rows, weights, rng, target, factor, large):
    """Set the encoder; pre-activations and output of each of its layers, the rows first."""
    outputs = [(rows, rows)]
    for layer, width in enumerate(architecture.encoder_sizes[1:]):
        is_code = layer == architecture.depth - 1
        met = outputs[-1][1]
        directions, deviations = principal_directions(met, width, weights)
        if directions.shape[1] == 0:
            directions, deviations = np.eye(met.shape[1])[:, :1], np.ones(1)
        mix = not is_code or width > directions.shape[1]
        encoder = mixed_directions(directions, width, rng) if mix else directions
        gain, lift = _gain(architecture, is_code, width > directions.shape[1])
        if is_code:
            gain = factor * (max(gain, _STRETCH[architecture.activation]) if large else gain)
        encoder = encoder * (gain / (np.sqrt(np.square(deviations).mean()) if mix else deviations[0]))
        mean = np.average(met, axis=0, weights=weights)
        bias = -mean @ encoder
        if architecture.activation == "relu" and is_code:
            bias = bias + (_lifted((met - mean) @ encoder) if lift else 2.0 * gain)
        if is_code and target is not None:
            bias = bias + np.log(target / (1.0 - target))
        parameters.weights[layer][...], parameters.biases[layer][...] = encoder, bias
        z = met @ encoder + bias
        outputs.append((z, _applied(architecture.activation, z)))
    return outputs


def _gain(architecture, is_code, wide):
    """Standard deviation of the pre-activations of a layer, and whether a rectified code is lifted as a whole."""
    name, relu = architecture.activation, architecture.activation == "relu"
    if architecture.depth > 1:
        gain, lift = (_DEEP_CODE_GAIN if is_code else _DEEP_GAIN), False
    elif wide:
        gain, lift = (1.0 if relu else _WIDE_GAIN), False
    elif architecture.output_activation == "logistic":
        gain, lift = (1.0 if relu else _LOGIT_GAIN), True
    else:
        gain, lift = (1.0 if relu or name == "identity" else _SHALLOW_GAIN), True
    return gain * _STRETCH[name], lift


def _start_decoder(architecture, parameters, loss, outputs, weights):
    """Set the decoder, layer by layer, on what it meets."""
    rows, h, depth = outputs[0][1], outputs[-1][1], architecture.depth
    for layer in range(depth, 2 * depth - 1):
        decoder, bias = ridge(h, outputs[2 * depth - 1 - layer][0], _DEEP_RIDGE, weights)
        parameters.weights[layer][...], parameters.biases[layer][...] = decoder, bias
        h = _applied(architecture.activation, h @ decoder + bias)
    if architecture.output_activation == "logistic" and loss.entry is None:
        decoder, bias = logistic_regression(h, rows, weights)
    else:
        wide = architecture.encoder_sizes[-1] >= min(rows.shape)
        strength = _DEEP_RIDGE if depth > 1 else _WIDE_RIDGE if wide else _SHALLOW_RIDGE
        decoder, bias = ridge(h, preactivations(rows, architecture.output_activation), strength, weights)
    parameters.weights[-1][...], parameters.biases[-1][...] = decoder, bias
