"""Codes of the patches of images, and codes that see each image of 8 x 8 pixels moved by a pixel."""

from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import shift
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import gen_batches

_SIDE = 8
_IMAGES_AT_ONCE = 200
_MOVES = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))


class PatchCode(TransformerMixin, BaseEstimator):
    """Mean or greatest code of the patches of each part of an image with a border.

    Images are encoded a few at a time, so that the codes of all patches never exist at once.

    Parameters
    ----------
    encoder : transformer
        Trained on patches that are drawn from the images of the fit.
    size : int
        Side of a patch in pixels.
    stride : int
        Pixels from a patch to the next one.
    parts : int
        The image has parts x parts parts; a patch belongs to one of them, by its place.
    pool : {"mean", "max"}
        What is kept of the activations of a unit in each part.
    border : int
        Pixels of zeros around the image.
    n_patches : int
        Number of patches that are drawn.
    """

    def __init__(self, encoder, *, size=5, stride=1, parts=2, pool="mean", border=1, n_patches=20_000):
        self.encoder = encoder
        self.size = size
        self.stride = stride
        self.parts = parts
        self.pool = pool
        self.border = border
        self.n_patches = n_patches

    def fit(self, X, y=None):
        patches = self._patches(X)
        places = patches.shape[:3]
        drawn = np.random.default_rng(0).permutation(math.prod(places))[: self.n_patches]
        drawn = patches[np.unravel_index(drawn, places)].reshape(-1, self.size**2)
        self.encoder_ = clone(self.encoder).fit(drawn)
        return self

    def transform(self, X):
        return np.concatenate([self._pooled(X[rows]) for rows in gen_batches(len(X), _IMAGES_AT_ONCE)])

    def _pooled(self, X):
        patches = self._patches(X)
        code = self.encoder_.transform(patches.reshape(-1, self.size**2)).reshape(*patches.shape[:3], -1)
        places = np.array_split(np.arange(patches.shape[1]), self.parts)
        spans = [slice(part[0], part[-1] + 1) for part in places]
        pool = {"mean": np.mean, "max": np.max}[self.pool]
        return np.hstack([pool(code[:, rows, columns], axis=(1, 2)) for rows in spans for columns in spans])

    def _patches(self, X):
        """Patches of every image: ndarray of shape (n_rows, n_places, n_places, size, size)."""
        side = math.isqrt(X.shape[1])
        border = (self.border, self.border)
        images = np.pad(X.reshape(-1, side, side), ((0, 0), border, border))
        views = np.lib.stride_tricks.sliding_window_view(images, (self.size, self.size), axis=(1, 2))
        return views[:, :: self.stride, :: self.stride]


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


def patch_code(make, **parameters):
    """A maker of codes of patches, from one of an encoder."""
    return lambda seed: PatchCode(make(seed), **parameters)
