"""Imputation: AutoencoderImputer against scikit-learn's imputers.

Entries are removed at random from tables of five kinds: rows near a plane in twenty dimensions (300 and 2,000 rows,
with noise of deviation 0.1), rows near a curved surface, scikit-learn's breast_cancer (columns standardised) and its
digits (pixels divided by 16). Each seed draws other gaps and, of generated tables, other rows. The root mean squared
error is computed over the removed entries alone.

python -m benchmarks imputation
"""

from __future__ import annotations

from functools import partial

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.preprocessing import StandardScaler

from skae.impute import AutoencoderImputer

from ..harness import Table, Timings, benchmark, mean, option, positional, spread

CONTENDERS = {
    "AutoencoderImputer": lambda seed: AutoencoderImputer(random_state=seed),
    '  estimator="linear"': lambda seed: AutoencoderImputer("linear", random_state=seed),
    "  estimator=None": lambda seed: AutoencoderImputer(None, random_state=seed),
    "SimpleImputer (mean)": lambda seed: SimpleImputer(keep_empty_features=True),
    "KNNImputer": lambda seed: KNNImputer(keep_empty_features=True),
    "IterativeImputer": lambda seed: IterativeImputer(random_state=seed, keep_empty_features=True),
}


def generated(n_rows, bend, seed):
    """Rows near a plane or a surface in twenty dimensions."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n_rows, 2))
    X = factors @ rng.normal(size=(2, 20))
    if bend:
        X = np.tanh(X) + 0.3 * np.sin(2 * factors @ rng.normal(size=(2, 20)))
    return X + 0.1 * rng.normal(size=X.shape)


# Complete rows by name, from a seed.
DATA = {
    "plane, 300": partial(generated, 300, False),
    "plane, 2000": partial(generated, 2000, False),
    "surface, 2000": partial(generated, 2000, True),
    "breast_cancer": lambda seed: StandardScaler().fit_transform(load_breast_cancer().data),
    "digits": lambda seed: load_digits().data / 16.0,
}


def fill(make, seed, with_holes):
    return make(seed).fit_transform(with_holes)


def measure(make_rows, fraction, seeds):
    """Yield imputer, mean error over the seeds, its spread, and seconds."""
    timings, errors = Timings(), {contender: [] for contender in CONTENDERS}
    for seed in range(seeds):
        X = make_rows(seed)
        missing = np.random.default_rng(100 + seed).random(X.shape) < fraction
        with_holes = np.where(missing, np.nan, X)
        timings.round({contender: partial(fill, make, seed, with_holes) for contender, make in CONTENDERS.items()})
        for contender, filled in timings.values.items():
            errors[contender].append(float(np.sqrt(np.square(filled.pop() - X)[missing].mean())))
    for contender, values in errors.items():
        yield contender, mean(values), spread(values), timings.median(contender)


@benchmark(
    positional("data", list(DATA), quick=["breast_cancer"]),
    option("--fractions", [0.05, 0.2, 0.4], "of the entries that are removed", quick=[0.2]),
    option("--seeds", 5, "removals of each fraction", quick=1),
)
def main(options):
    # Compilation.
    AutoencoderImputer().fit_transform(np.where(np.eye(20, 8) > 0, np.nan, 1.0))
    results = []
    table = Table(
        ("data", "<16"),
        ("removed", ">8"),
        ("", "<2"),
        ("imputer", "<22"),
        ("error", ">9.4f"),
        ("spread", ">9.4f"),
        ("seconds", ">9.2f"),
    )
    for name in options.data or DATA:
        for fraction in options.fractions:
            for contender, *figures in measure(DATA[name], fraction, options.seeds):
                table.row(name, f"{100 * fraction:.0f} %", None, contender, *figures)
                row = {"data": name, "removed": fraction, "imputer": contender}
                results.append(row | dict(zip(("error", "spread", "seconds"), figures)))
    return results
