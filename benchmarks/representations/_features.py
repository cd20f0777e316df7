"""Features without an autoencoder: random directions of whitened rows, and distances from the centres of k-means.

Both are single layers of Coates, Lee and Ng 2011, "An analysis of single-layer networks in unsupervised feature
learning". Rows are whole images, whitened by as many principal components as were best on held-out rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline


class RandomDirections(TransformerMixin, BaseEstimator):
    """max(0, w . x - threshold) for directions w of norm one, uniform on the sphere."""

    def __init__(self, n_components=100, *, threshold=0.0, random_state=None):
        self.n_components = n_components
        self.threshold = threshold
        self.random_state = random_state

    def fit(self, X, y=None):
        directions = np.random.default_rng(self.random_state).standard_normal((X.shape[1], self.n_components))
        self.components_ = (directions / np.linalg.norm(directions, axis=0)).astype(X.dtype)
        return self

    def transform(self, X):
        return np.maximum(X @ self.components_ - self.threshold, 0.0)


class TriangleKMeans(MiniBatchKMeans):
    """max(0, mean_j z_j - z_k), where z_k is the distance of a row from centre k: their equation 2, "triangle"."""

    def transform(self, X):
        distances = super().transform(X)
        return np.maximum(distances.mean(axis=1, keepdims=True) - distances, 0.0)

    def fit_transform(self, X, y=None, sample_weight=None):
        # That of the base class gives the distances themselves.
        return self.fit(X, y, sample_weight).transform(X)


def random_features(width, whitened, threshold=0.0):
    """A maker of rectified random directions of rows whitened by some principal components."""
    return lambda seed: make_pipeline(
        PCA(whitened, whiten=True, random_state=0),
        RandomDirections(width, threshold=threshold, random_state=seed),
    )


def kmeans_features(width, whitened):
    """A maker of triangle features of rows whitened by some principal components, or None for rows as they are."""
    return lambda seed: make_pipeline(
        *([] if whitened is None else [PCA(whitened, whiten=True, random_state=0)]),
        TriangleKMeans(width, batch_size=2048, max_iter=20, n_init=1, random_state=seed),
    )


class Features(NamedTuple):
    """Settings of the features beside a row: whitened components for either, and what measures both."""

    random_components: int
    kmeans_components: int | None
    measure: Callable

    def random(self, width):
        """Maker of random features of this width."""
        return random_features(width, self.random_components)

    def kmeans(self, width):
        """Maker of k-means features of this width."""
        return kmeans_features(width, self.kmeans_components)
