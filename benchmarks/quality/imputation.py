"""Imputation: AutoencoderImputer against scikit-learn's imputers.

Entries are removed at random from scikit-learn's digits (pixels divided by 16) and from breast_cancer (columns
standardised). The root mean squared error is computed over the removed entries alone.

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
    "SimpleImputer (mean)": lambda seed: SimpleImputer(keep_empty_features=True),
    "KNNImputer": lambda seed: KNNImputer(keep_empty_features=True),
    "IterativeImputer": lambda seed: IterativeImputer(random_state=seed, keep_empty_features=True),
}


# Complete rows by name.
DATA = {
    "digits": lambda: load_digits().data / 16.0,
    "breast_cancer": lambda: StandardScaler().fit_transform(load_breast_cancer().data),
}


def fill(make, seed, with_holes):
    return make(seed).fit_transform(with_holes)


def measure(X, fraction, seeds):
    """Yield imputer, mean error over the seeds, its spread, and seconds."""
    timings, errors = Timings(), {contender: [] for contender in CONTENDERS}
    for seed in range(seeds):
        missing = np.random.default_rng(seed).random(X.shape) < fraction
        with_holes = np.where(missing, np.nan, X)
        timings.round({contender: partial(fill, make, seed, with_holes) for contender, make in CONTENDERS.items()})
        for contender, filled in timings.values.items():
            errors[contender].append(float(np.sqrt(np.square(filled.pop() - X)[missing].mean())))
    for contender, values in errors.items():
        yield contender, mean(values), spread(values), timings.median(contender)


@benchmark(
    positional("data", list(DATA), quick=["breast_cancer"]),
    option("--fractions", [0.1, 0.3, 0.5], "of the entries that are removed", quick=[0.3]),
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
        X = DATA[name]()
        for fraction in options.fractions:
            for contender, *figures in measure(X, fraction, options.seeds):
                table.row(name, f"{100 * fraction:.0f} %", None, contender, *figures)
                row = {"data": name, "removed": fraction, "imputer": contender}
                results.append(row | dict(zip(("error", "spread", "seconds"), figures)))
    return results
