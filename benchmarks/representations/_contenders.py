"""What is measured beside a row of the table: raw pixels, principal components, random and k-means features."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sklearn.decomposition import PCA
from sklearn.preprocessing import FunctionTransformer

from ._features import Features
from ._measures import ByWriters, Frozen, FrozenSearched

# The measure of raw pixels and of principal components, by split.
BASELINES = {
    "mnist": Frozen(0.03),
    "mnist_basic": Frozen(0.01),
    "self_taught": Frozen(0.03),
    "digits": FrozenSearched(),
    "digits_by_writer": ByWriters(),
    "nudged_digits": Frozen(100.0),
}
# Random and k-means features, by split: components and C that were best on held-out rows.
FEATURES = {
    "mnist": Features(30, 40, Frozen(0.1)),
    "mnist_basic": Features(30, 40, Frozen(0.1)),
    "self_taught": Features(25, 40, Frozen(0.3)),
    "digits": Features(15, 20, FrozenSearched()),
    "digits_by_writer": Features(25, 20, ByWriters()),
    "nudged_digits": Features(15, None, Frozen(3.0)),
}


class Components(PCA):
    """PCA whose number of components is limited to the number of columns."""

    def fit(self, X, y=None):
        self.n_components = min(self.n_components, *X.shape)
        return super().fit(X, y)


class Contender(NamedTuple):
    """A transformer beside a row.

    Attributes
    ----------
    title : str
        Its column in the table.
    key : str
        Its name in the results, with its width.
    make : callable (seed) -> transformer
    measure : callable (model, Split, seed) -> float
    seeds : int
        Number of seeds; one where the seed has no influence.
    """

    title: str
    key: str
    make: Callable
    measure: Callable
    seeds: int = 1

    def keys(self, prefix, row):
        """Keys of its results beside a row, one for each seed."""
        key = f"{prefix}{row.split.__name__}/{self.key}"
        return [key] if self.seeds == 1 else [f"{key}/{seed}" for seed in range(self.seeds)]


TITLES = ("raw pixels", "PCA", "random", "k-means")


def contenders(row):
    """Those of a row; a squared error is compared with that of PCA alone."""
    data, width = row.split.__name__, row.width
    measure = row.measure if row.figure == "squared error" else BASELINES[data]
    raw = Contender(TITLES[0], "raw", lambda seed: FunctionTransformer(), measure)
    pca = Contender(TITLES[1], f"PCA {width}", lambda seed: Components(width, random_state=seed), measure)
    if row.figure == "squared error":
        return [pca]
    features = FEATURES[data]
    learnt = [(TITLES[2], f"random {width}", features.random), (TITLES[3], f"k-means {width}", features.kmeans)]
    return [raw, pca, *(Contender(title, key, of(width), features.measure, row.seeds) for title, key, of in learnt)]
