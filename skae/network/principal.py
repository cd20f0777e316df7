"""Principal and local directions of rows, and layers of weights that are made of them."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh
from sklearn.utils.extmath import randomized_svd

# Directions along which rows vary less than this share of the first are rounding.
_LEAST_SHARE = 1e-5

# Sizes of both sides of a matrix from which on its directions are found by random projections.
_RANDOMIZED = 1500


def principal_directions(rows, count, weights):
    """Directions of greatest variance, and the standard deviations along them.

    Each sign is such that the entry of greatest size is positive. There are fewer where the rows vary along fewer.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
    count : int
    weights : ndarray of shape (n_rows,)
        How many times each row counts.

    Returns
    -------
    directions : ndarray of shape (n_features, n_directions)
    deviations : ndarray of shape (n_directions,), descending
    """
    centred = (rows - np.average(rows, axis=0, weights=weights)) * np.sqrt(weights)[:, None]
    n_rows, n_features = centred.shape
    count = min(count, n_rows, n_features)
    if min(n_rows, n_features) > _RANDOMIZED and 2 * count < _RANDOMIZED:
        _, singular, transposed = randomized_svd(centred, count, n_iter=3, random_state=0)
        directions = transposed.T
    elif n_features <= n_rows:
        squares, directions = eigh(centred.T @ centred, subset_by_index=(n_features - count, n_features - 1))
        singular, directions = np.sqrt(np.maximum(squares[::-1], 0.0)), directions[:, ::-1]
    else:
        squares, left = eigh(centred @ centred.T, subset_by_index=(n_rows - count, n_rows - 1))
        singular = np.sqrt(np.maximum(squares[::-1], 0.0))
        directions = centred.T @ left[:, ::-1]
        lengths = np.linalg.norm(directions, axis=0)
        directions = np.divide(directions, lengths, out=np.zeros_like(directions), where=lengths > 0)
    varying = (singular > _LEAST_SHARE * singular[0]) & (singular > 0)
    directions, singular = directions[:, varying], singular[varying]
    greatest = np.abs(directions).argmax(axis=0)
    directions = directions * np.sign(directions[greatest, np.arange(directions.shape[1])])
    return directions, singular / np.sqrt(weights.sum())


def any_directions(rows, count, weights):
    """Principal directions; the first column, with a deviation of 1, where the rows do not vary."""
    directions, deviations = principal_directions(rows, count, weights)
    return (directions, deviations) if directions.shape[1] else (np.eye(rows.shape[1])[:, :1], np.ones(1))


def random_orthogonal(size, rng):
    """A random orthogonal matrix, uniform (Stewart 1980)."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return q * np.where(np.diag(r) < 0, -1.0, 1.0)


def random_semi_orthogonal(n_rows, n_columns, rng):
    """A random matrix with orthonormal rows, of which there are at most as many as columns."""
    return np.ascontiguousarray(random_orthogonal(n_columns, rng)[:n_rows])


def mixed_directions(directions, width, rng):
    """As many columns as asked for, each block of them another rotation of the same directions."""
    rank = directions.shape[1]
    blocks = [directions @ random_orthogonal(rank, rng) for _ in range(-(-width // rank))]
    return np.concatenate(blocks, axis=1)[:, :width]


def scaled_directions(directions, deviations, width, gain, rng, mix):
    """Directions by one factor for all: mixed, so that rows vary by the gain along them in the mean, or as they are, so
    that they do along the first."""
    if mix:
        return mixed_directions(directions, width, rng) * (gain / np.sqrt(np.square(deviations).mean()))
    return directions * (gain / deviations[0])


def local_directions(rows, width, weights, rng):
    """Random directions, each of columns that go with one of them, along which the rows vary by one.

    An entry is a normal number times the square of the correlation of its column with that one, which is drawn in
    proportion to its standard deviation.
    """
    centred = (rows - np.average(rows, axis=0, weights=weights)) * np.sqrt(weights / weights.sum())[:, None]
    deviations = np.linalg.norm(centred, axis=0)
    scaled = np.divide(centred, deviations, out=np.zeros_like(centred), where=deviations > 0)
    drawn = rng.choice(len(deviations), width, p=deviations / deviations.sum())
    directions = np.square(scaled.T @ scaled[:, drawn]) * rng.standard_normal((len(deviations), width))
    return directions / np.linalg.norm(centred @ directions, axis=0)
