"""Codes of the patches of images of 8 x 8 pixels, and codes that see each image moved by a pixel."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import shift
from sklearn.base import BaseEstimator, TransformerMixin, clone

_SIDE = 8
_MOVES = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))


class PatchCode(TransformerMixin, BaseEstimator):
    """Mean code of the patches of each quadrant of an image with a border of one pixel.

    Parameters
    ----------
    encoder : transformer
        Trained on patches that are drawn from the images of the fit.
    size : int
        Side of a patch in pixels.
    n_patches : int
        Number of patches that are drawn.
    """

    def __init__(self, encoder, *, size=5, n_patches=20_000):
        self.encoder = encoder
        self.size = size
        self.n_patches = n_patches

    def fit(self, X, y=None):
        patches = self._patches(X).reshape(-1, self.size**2)
        drawn = np.random.default_rng(0).permutation(len(patches))[: self.n_patches]
        self.encoder_ = clone(self.encoder).fit(patches[drawn])
        return self

    def transform(self, X):
        patches = self._patches(X)
        code = self.encoder_.transform(patches.reshape(-1, self.size**2)).reshape(*patches.shape[:3], -1)
        halves = np.array_split(np.arange(patches.shape[1]), 2)
        return np.hstack([code[:, rows][:, :, columns].mean(axis=(1, 2)) for rows in halves for columns in halves])

    def _patches(self, X):
        """Every patch of every image: ndarray of shape (n_rows, n_places, n_places, size, size)."""
        images = np.pad(X.reshape(-1, _SIDE, _SIDE), ((0, 0), (1, 1), (1, 1)))
        return np.lib.stride_tricks.sliding_window_view(images, (self.size, self.size), axis=(1, 2))


class MovedCopies(TransformerMixin, BaseEstimator):
    """An encoder that is trained on the rows and on their copies moved by a pixel in four directions.

    Parameters
    ----------
    encoder : transformer
    pooled : bool
        Whether the code is the mean of those of the row and of its copies.
    """

    def __init__(self, encoder, *, pooled=False):
        self.encoder = encoder
        self.pooled = pooled

    def fit(self, X, y=None):
        self.encoder_ = clone(self.encoder).fit(np.concatenate(self._copies(X)))
        return self

    def transform(self, X):
        copies = self._copies(X) if self.pooled else [X]
        return np.mean([self.encoder_.transform(copy) for copy in copies], axis=0)

    def _copies(self, X):
        images = X.reshape(-1, _SIDE, _SIDE)
        return [shift(images, (0, *move), order=0).reshape(len(X), -1) for move in _MOVES]


def patch_code(make):
    """A maker of codes of patches, from one of an encoder."""
    return lambda seed: PatchCode(make(seed))
