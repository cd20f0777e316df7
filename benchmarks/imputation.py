"""Missing values filled: AutoencoderImputer beside scikit-learn's imputers.

Entries are removed at random from scikit-learn's digits (pixels divided by 16) and from breast_cancer (columns
standardised); the root mean squared error is taken over the removed entries alone.

python -m benchmarks.imputation
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.preprocessing import StandardScaler

from skae.impute import AutoencoderImputer

from .report import add_output, write

CONTENDERS = {
    "AutoencoderImputer": lambda seed: AutoencoderImputer(random_state=seed),
    "SimpleImputer (mean)": lambda seed: SimpleImputer(keep_empty_features=True),
    "KNNImputer": lambda seed: KNNImputer(keep_empty_features=True),
    "IterativeImputer": lambda seed: IterativeImputer(random_state=seed, keep_empty_features=True),
}


def data():
    """Complete rows by name."""
    return {
        "digits": load_digits().data / 16.0,
        "breast_cancer": StandardScaler().fit_transform(load_breast_cancer().data),
    }


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imputation", description=__doc__.splitlines()[0])
    parser.add_argument("--fractions", type=float, nargs="+", default=[0.1, 0.3, 0.5], help="default: 0.1 0.3 0.5")
    parser.add_argument("--seeds", type=int, default=5, help="removals of each fraction (default: 5)")
    add_output(parser)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    # Compilation.
    AutoencoderImputer().fit_transform(np.where(np.eye(20, 8) > 0, np.nan, 1.0))
    results = []
    print(f"{'data':<16}{'removed':>8}  {'imputer':<22}{'error':>9}{'spread':>9}{'seconds':>9}")
    for name, X in data().items():
        for fraction in options.fractions:
            errors, seconds = ({contender: [] for contender in CONTENDERS} for _ in range(2))
            for seed in range(options.seeds):
                missing = np.random.default_rng(seed).random(X.shape) < fraction
                with_holes = np.where(missing, np.nan, X)
                for contender, make in CONTENDERS.items():
                    start = time.perf_counter()
                    filled = make(seed).fit_transform(with_holes)
                    seconds[contender].append(time.perf_counter() - start)
                    errors[contender].append(float(np.sqrt(np.square(filled - X)[missing].mean())))
            for contender in CONTENDERS:
                row = {
                    "data": name,
                    "removed": fraction,
                    "imputer": contender,
                    "error": statistics.mean(errors[contender]),
                    "spread": statistics.stdev(errors[contender]) if options.seeds > 1 else 0.0,
                    "seconds": statistics.median(seconds[contender]),
                }
                results.append(row)
                print(
                    f"{name:<16}{100 * fraction:>6.0f} %  {contender:<22}{row['error']:>9.4f}{row['spread']:>9.4f}"
                    f"{row['seconds']:>9.2f}",
                    flush=True,
                )
    write(options, results)


if __name__ == "__main__":
    main()
