"""Tables of numbers and words: generated ones of known structure, and those that scikit-learn ships."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

# Units of numbers, from millimetres to tons.
_UNITS = 10.0 ** np.arange(-3, 4)


def _named(numbers, words, rng):
    """Columns of numbers in different units, and of words for classes."""
    units = rng.choice(_UNITS, numbers.shape[1])
    table = {f"number_{j}": unit * column for j, (unit, column) in enumerate(zip(units, numbers.T))}
    table |= {f"word_{j}": [f"w{c}" for c in classes] for j, classes in enumerate(words.T)}
    return pd.DataFrame(table)


def _binned(values, most=4):
    """Each column as two to ``most`` classes of equal sizes, in an order without a meaning."""
    ranks = values.argsort(axis=0).argsort(axis=0) / len(values)
    counts = 2 + np.arange(values.shape[1]) % (most - 1)
    return (7 * (ranks * counts).astype(int)) % 11


def factors():
    """1,000 rows: ten numbers and six words that follow from four latent variables, linearly but for the bins."""
    rng = np.random.default_rng(0)
    latent = rng.standard_normal((1000, 4))
    seen = latent @ rng.standard_normal((4, 16)) + 0.5 * rng.standard_normal((1000, 16))
    return _named(seen[:, :10], _binned(seen[:, 10:]), rng)


def curved():
    """2,000 rows: twelve numbers and four words that follow from two latent variables by waves."""
    rng = np.random.default_rng(1)
    latent = rng.uniform(-2.0, 2.0, (2000, 2))
    waves = np.sin(latent @ rng.normal(0.0, 1.2, (2, 16)) + rng.uniform(0.0, 2 * np.pi, 16))
    seen = waves + 0.1 * rng.standard_normal((2000, 16))
    return _named(seen[:, :12], _binned(seen[:, 12:]), rng)


def groups():
    """1,500 rows of eight groups, each with its own means of six numbers and shares of ten words."""
    rng = np.random.default_rng(2)
    group = rng.integers(8, size=1500)
    numbers = rng.normal(0.0, 2.0, (8, 6))[group] + rng.standard_normal((1500, 6))
    shares = rng.dirichlet(np.full(5, 0.3), size=(8, 10))
    words = np.array([[rng.choice(5, p=shares[g, j]) for j in range(10)] for g in group])
    return _named(numbers, words, rng)


def _with_class(load, name):
    data = load(as_frame=True)
    return data.data.assign(**{name: np.asarray(data.target_names)[data.target]})


def _diabetes():
    table = load_diabetes(as_frame=True, scaled=False).data
    return table.assign(sex=np.where(table["sex"] == 1, "one", "other"))


TABLES = {
    "factors": factors,
    "curved": curved,
    "groups": groups,
    "iris": lambda: _with_class(load_iris, "species"),
    "wine": lambda: _with_class(load_wine, "cultivar"),
    "breast_cancer": lambda: _with_class(load_breast_cancer, "diagnosis"),
    "diabetes": _diabetes,
}
