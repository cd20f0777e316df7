"""Hidden layers that begin in two parts: straight units, which carry principal components to the code, and bent
ones, from which training learns what is not linear."""

from __future__ import annotations

import numpy as np

from .principal import any_directions, scaled_directions

# Of a row that is drawn for each bent unit, how far the middle of its activation lies from the mean of the rows towards
# it. At the mean its function is odd; of larger shares less was learnt from rows that are odd functions themselves.
_TOWARDS_A_ROW = 0.25


def start_layer(met, straight, width, count, gains, weights, rng):
    """Weights and biases of a hidden layer whose first units are straight.

    Parameters
    ----------
    met : ndarray of shape (n_rows, n_inputs)
        Outputs of the layer below.
    straight : int
        How many units of the layer below are straight: the first ones, or all columns of the rows.
    width, count : int
        Units of the layer and of the code.
    gains : pair of float
        Standard deviations of the pre-activations of straight and of bent units.
    weights : ndarray of shape (n_rows,)
        How many times each row counts.
    rng : numpy Generator

    Returns
    -------
    encoder : ndarray of shape (n_inputs, width)
    bias : ndarray of shape (width,)
    deviations : ndarray of shape (n_straight,)
        Of the straight units of the layer below along their principal directions, one for each straight unit of this.
    """
    mean = np.average(met, axis=0, weights=weights)
    directions, deviations = any_directions(met[:, :straight], min(count, width), weights)
    n_straight = directions.shape[1]
    encoder, bias = np.zeros((met.shape[1], width)), np.zeros(width)
    encoder[:straight, :n_straight] = scaled_directions(directions, deviations, n_straight, gains[0], rng, mix=True)
    n_bent = width - n_straight
    if n_bent:
        bent = scaled_directions(*any_directions(met, n_bent, weights), n_bent, gains[1], rng, mix=True)
        # By where they fall among the summed weights: rows of no weight are none.
        places = (rng.integers(len(met), size=n_bent) + 0.5) / len(met) * weights.sum()
        drawn = met[np.searchsorted(np.cumsum(weights), places)] - mean
        bias[n_straight:] = -_TOWARDS_A_ROW * np.einsum("ij,ji->i", drawn, bent)
        encoder[:, n_straight:] = bent
    return encoder, bias - mean @ encoder, deviations


def start_code(met, straight, width, gain, weights, rng):
    """Weights and biases of the code: principal directions of the straight units of the layer below it."""
    directions, deviations = any_directions(met[:, :straight], width, weights)
    encoder = np.zeros((met.shape[1], width))
    mix = directions.shape[1] < width
    encoder[:straight] = scaled_directions(directions, deviations, width, gain, rng, mix)
    return encoder, -np.average(met, axis=0, weights=weights) @ encoder
