"""Data sets of the first fit, in the units in which they come, and the widths of their codes."""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import StandardScaler

from skae.datasets import fetch_mnist, load_digits_unit

_DOCUMENTED = (
    *("numpy", "numpy.linalg", "scipy.linalg", "scipy.optimize", "scipy.signal", "scipy.sparse", "scipy.special"),
    *("scipy.stats", "sklearn.datasets", "sklearn.ensemble", "sklearn.linear_model", "sklearn.metrics"),
    *("sklearn.model_selection", "sklearn.preprocessing", "sklearn.decomposition", "sklearn.cluster"),
)


class Data(NamedTuple):
    """Rows by a function, and the widths of their codes."""

    make: object
    widths: tuple
    quick: bool = False


def _standardised(load):
    return lambda: StandardScaler().fit_transform(load().data)


def _one_hot(n_rows, n_columns, n_values, n_classes, concentration, seed):
    """Rows of categories, some columns with some values each, that depend on classes."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(n_classes, size=n_rows)
    shares = rng.dirichlet(np.full(n_values, concentration), size=(n_classes, n_columns))
    values = np.array([[rng.choice(n_values, p=shares[c, j]) for j in range(n_columns)] for c in classes])
    return np.eye(n_values)[values].reshape(n_rows, -1)


def _binary():
    """1,000 rows of 30 zeros and ones, whose log-odds are linear in four latent variables."""
    rng = np.random.default_rng(5)
    log_odds = 1.5 * rng.standard_normal((1000, 4)) @ rng.standard_normal((4, 30))
    return (rng.random((1000, 30)) < 1.0 / (1.0 + np.exp(-log_odds))).astype(np.float64)


def _counts():
    """Poisson counts whose logarithms are linear in four latent variables."""
    rng = np.random.default_rng(1)
    latent = rng.standard_normal((2000, 4)) @ rng.standard_normal((4, 50)) / 2.0
    return rng.poisson(np.exp(np.clip(latent + 0.5, None, 5.0))).astype(np.float64)


def _spectra():
    """Sums of five peaks that shift and change their height, with noise."""
    rng = np.random.default_rng(2)
    axis, centres = np.linspace(0.0, 1.0, 200), np.array([0.15, 0.3, 0.5, 0.62, 0.85])
    shifts = 0.02 * rng.standard_normal((1000, 5))
    heights = rng.gamma(2.0, 1.0, size=(1000, 5))
    peaks = np.exp(-0.5 * ((axis - (centres + shifts)[..., None]) / 0.03) ** 2)
    return (heights[..., None] * peaks).sum(axis=1) + 0.01 * rng.standard_normal((1000, 200))


@cache
def _text():
    """TF-IDF of the docstrings of public names of the packages that skae needs, float32 CSR."""
    documents = set()
    for module in map(import_module, _DOCUMENTED):
        texts = (getattr(getattr(module, name), "__doc__", None) for name in dir(module) if not name.startswith("_"))
        documents |= {inspect.cleandoc(text) for text in texts if isinstance(text, str) and len(text) > 400}
    vectorizer = TfidfVectorizer(min_df=3, max_features=1000, sublinear_tf=True, dtype=np.float32)
    return vectorizer.fit_transform(sorted(documents))


def _nonlinear():
    """50,000 rows of 100 columns, a random network of 20 latent variables, with noise."""
    rng = np.random.default_rng(3)
    hidden = np.tanh(rng.standard_normal((50_000, 20)) @ rng.standard_normal((20, 100)) / np.sqrt(20) * 1.5)
    table = hidden @ rng.standard_normal((100, 100)) / 10.0 + 0.05 * rng.standard_normal((50_000, 100))
    return table.astype(np.float32)


def _mixed_units():
    """Eight columns in the units of a census: incomes, ages, rooms, inhabitants, coordinates."""
    rng = np.random.default_rng(4)
    wealth, town = rng.standard_normal((2, 5000))
    noise = rng.standard_normal((8, 5000))
    columns = (
        np.exp(1.2 + 0.4 * wealth + 0.2 * noise[0]),
        np.clip(29 + 12 * town + 4 * noise[1], 1, 52),
        np.exp(1.6 + 0.25 * wealth - 0.1 * town + 0.15 * noise[2]),
        np.exp(0.07 * noise[3]),
        np.exp(7.0 + 0.6 * town + 0.5 * noise[4]),
        np.exp(1.1 - 0.1 * wealth + 0.2 * noise[5]),
        35.6 + 2.1 * town + 0.5 * noise[6],
        -119.6 - 1.9 * town + 0.6 * noise[7],
    )
    return np.column_stack(columns)


DATA = {
    "iris": Data(_standardised(load_iris), (2,), True),
    "wine": Data(_standardised(load_wine), (5,), True),
    "breast_cancer": Data(_standardised(load_breast_cancer), (5, 20)),
    "diabetes": Data(_standardised(load_diabetes), (5,)),
    "digits": Data(_standardised(load_digits), (16, 48)),
    "digits-uint8": Data(lambda: (load_digits().data * (255 / 16)).astype(np.uint8), (16,)),
    "wine-raw": Data(lambda: load_wine().data, (3,), True),
    "digits-unit": Data(lambda: load_digits_unit().data, (16, 128)),
    "one-hot": Data(lambda: _one_hot(500, 6, 5, 3, 0.4, 0), (4, 16)),
    "answers": Data(lambda: _one_hot(2000, 40, 5, 8, 0.5, 13), (5, 30)),
    "binary": Data(_binary, (4, 10)),
    "binary-digits": Data(lambda: (load_digits().data > 7).astype(np.float64), (8, 20)),
    "counts": Data(_counts, (4, 20)),
    "spectra": Data(_spectra, (5, 20)),
    "mixed-units": Data(_mixed_units, (3,)),
    "iris*1000": Data(lambda: load_iris().data * 1000.0, (2,)),
    "iris/1000": Data(lambda: load_iris().data / 1000.0, (2,)),
    "text": Data(_text, (10, 50)),
    "mnist": Data(lambda: fetch_mnist(subset="train").data[:10_000], (32,)),
    "nonlinear": Data(_nonlinear, (20,)),
}
