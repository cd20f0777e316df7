"""Start values of tied weights with a linear output: orthonormal layers, whose transposes decode."""

from __future__ import annotations

import numpy as np

from .principal import principal_directions, random_semi_orthogonal
from .start_activations import SLOPE, STRETCH, applied, lifted

# Standard deviation of the rows along their first direction, in units of a tanh, where the layers are nearly linear.
_STRAIGHT = 0.1

# Several layers of tanh that are to bend. Drawn weights came to less error with logistic and rectified ones.
_BENT = {"tanh": 1.0}

# Share of the variance that as many principal components as the code has units leave, up to which several layers start
# straight. On ten tables with logistic units a straight start trained to less error where it was at most 0.047, and
# drawn weights in four of the six where it was 0.15 and more.
_LITTLE = 0.08

# Of weights towards units for which there is no direction.
_NOISE = 1e-3


def tied_bend(architecture, rows, weights, few, plain=True):
    """How far the rows are to reach into the bend of the activation.

    Parameters
    ----------
    architecture : Architecture
        With tied weights and an output "identity".
    rows : ndarray of shape (n_rows, n_features)
    weights : ndarray of shape (n_rows,)
    few : bool
        Whether the rows are few for the width of the code.
    plain : bool, default=True
        Whether there is neither noise nor a mean activation to reach.

    Returns
    -------
    float or None
        Standard deviation along the first direction, in units of a tanh; None where weights are to be drawn.
    """
    name = architecture.activation
    if architecture.depth == 1:
        return _STRAIGHT
    if not plain:
        return None
    if name == "identity":
        return _STRAIGHT
    _, deviations = principal_directions(rows, min(architecture.encoder_sizes), weights)
    spread = np.average(np.square(rows - np.average(rows, axis=0, weights=weights)).sum(axis=1), weights=weights)
    if few or spread - np.square(deviations).sum() <= _LITTLE * spread:
        return _STRAIGHT
    return _BENT.get(name)


def tied_scale(architecture, rows, weights, few, plain=True):
    """By what rows are to be divided, so that tied weights meet the activation where they are to.

    Parameters
    ----------
    architecture : Architecture
    rows : ndarray of shape (n_rows, n_features)
    weights : ndarray of shape (n_rows,)
    few, plain : bool

    Returns
    -------
    float or None
        None where it does not matter.
    """
    if len(rows) == 1:
        # It has no direction.
        return None
    name = architecture.activation
    if not (architecture.tied and architecture.output_activation == "identity" and name in ("tanh", "logistic")):
        return None
    bend = tied_bend(architecture, rows, weights, few, plain)
    if bend is None:
        return None
    _, deviations = principal_directions(rows, 1, weights)
    return float(deviations[0] / (np.sqrt(SLOPE[name]) * bend * STRETCH[name]))


def start_tied(architecture, parameters, rows, weights, rng):
    """Set all layers; the weights make up for the slope of the activation, and biases of the decoder for its bend.

    Where the activation is linear the network is the projection on the principal directions: hidden layers before the
    code rotate what they meet, and their columns are orthonormal rows.
    """
    name, depth = architecture.activation, architecture.depth
    met, z, before = rows, rows, []
    for layer, width in enumerate(architecture.encoder_sizes[1:]):
        # So that what the first one decodes is in the units of the rows, and the others in those of pre-activations.
        gain = SLOPE[name] ** (-0.5 if layer == 0 else -1.0)
        encoder = gain * _layer(met, width, weights, rng, layer == depth - 1)
        mean = np.average(met, axis=0, weights=weights)
        bias = -mean @ encoder + (lifted((met - mean) @ encoder) if name == "relu" else 0.0)
        parameters.weights[layer][...], parameters.biases[layer][...] = encoder, bias
        before.append(z)
        z = met @ encoder + bias
        met = applied(name, z)
    for layer in reversed(range(depth)):
        decoded = applied(name, z) @ parameters.weights[layer].T
        bias = np.average(before[layer] - decoded, axis=0, weights=weights)
        parameters.biases[2 * depth - 1 - layer][...] = bias
        z = decoded + bias


def _layer(met, width, weights, rng, is_code):
    """Directions of what a layer meets, for its code, or all of them, turned, for a layer before it."""
    directions, _ = principal_directions(met, width, weights)
    rank = directions.shape[1]
    if is_code or rank == 0:
        layer = _NOISE * rng.standard_normal((met.shape[1], width))
        layer[:, :rank] = directions
        return layer
    return directions @ random_semi_orthogonal(rank, width, rng)
