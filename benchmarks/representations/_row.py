"""What a row of the table of representations is, and how the models of the rows are put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


class Row(NamedTuple):
    """One line of the table.

    Attributes
    ----------
    label : str
        As a reader sees it.
    figure : {"error", "accuracy", "squared error"}
        What is measured: per cent of the test rows, or a mean over the test images.
    published, goal : float or None
    source : str
        Of the published figure.
    split : callable (held_out) -> Split
    model : callable (seed) -> estimator
        What is trained without labels: an autoencoder, or a Pipeline of them.
    measure : callable (model, Split, seed) -> float
        Trains the model and measures it.
    width : int
        Components of the code, for PCA beside it.
    seeds : int
        How many the result is a mean of.
    """

    label: str
    figure: str
    published: float | None
    goal: float | None
    source: str
    split: Callable
    model: Callable
    measure: Callable
    width: int
    seeds: int = 3


def maker(kind, n_components, **parameters):
    return lambda seed: kind(n_components, random_state=seed, **parameters)


def centred(make):
    """On the rows less their mean."""
    return lambda seed: make_pipeline(StandardScaler(with_std=False), make(seed))


def layers(*makers):
    return lambda seed: make_pipeline(*(make(seed) for make in makers))


def on_components(n_components, *makers):
    """Layers on the first principal components of the rows."""
    return layers(lambda seed: PCA(n_components, random_state=0), *makers)
