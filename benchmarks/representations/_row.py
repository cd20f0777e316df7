"""A row of the table of representations, and builders of the models of rows."""

from __future__ import annotations

import re
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
        Name in the table.
    figure : {"error", "accuracy", "squared error"}
        What is measured: per cent of the test rows, or a mean over the test images.
    published, goal : float or None
    source : str
        Source of the published figure.
    split : callable (held_out) -> Split
    model : callable (seed) -> estimator
        The model to train without labels: an autoencoder, or a Pipeline of them.
    measure : callable (model, Split, seed) -> float
        Trains the model and measures it.
    width : int
        Components of the code, and of the PCA that is compared with it.
    seeds : int
        Number of seeds over which the result is averaged.
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
    """A model on the rows minus their mean."""
    return lambda seed: make_pipeline(StandardScaler(with_std=False), make(seed))


def layers(*makers):
    return lambda seed: make_pipeline(*(make(seed) for make in makers))


def on_components(n_components, *makers):
    """Layers on the first principal components of the rows."""
    return layers(lambda seed: PCA(n_components, random_state=0), *makers)


def in_one_line(model):
    """A model and its settings in one line, functions by their names: where they lie in memory is no setting."""
    layers = [layer for _, layer in model.steps] if hasattr(model, "steps") else [model]
    return re.sub(r"<function (\S+) at 0x\w+>", r"\1", " ".join(" -> ".join(map(str, layers)).split()))


def described(row):
    """The settings of a row in one line."""
    return f"{in_one_line(row.model(0))}; {row.measure!r}"
