"""Rows per second of ``transform``, alternating with PCA's at the same number of components.

python -m benchmarks.transform
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings

from sklearn.decomposition import PCA

from skae import AutoencoderTransformer

from .cases import Case
from .report import add_output, write


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.transform", description=__doc__.splitlines()[0])
    parser.add_argument("--components", type=int, nargs="+", default=[64, 256], help="default: 64 256")
    parser.add_argument("--repeats", type=int, default=25, help="rounds; both run once in each (default: 25)")
    add_output(parser)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    X = Case("MNIST", "mnist", 64).load()
    results = []
    print(f"{'components':>10}{'skae, rows/s':>16}{'PCA, rows/s':>16}{'skae/PCA':>10}")
    for k in options.components:
        contenders = {
            "skae": AutoencoderTransformer(k, max_iter=1, random_state=0).fit(X),
            "PCA": PCA(k, svd_solver="randomized", random_state=0).fit(X),
        }
        seconds = {name: [] for name in contenders}
        for _ in range(options.repeats + 1):
            for name, estimator in contenders.items():
                start = time.perf_counter()
                estimator.transform(X)
                seconds[name].append(time.perf_counter() - start)
        ratio = statistics.median(p / s for s, p in zip(seconds["skae"][1:], seconds["PCA"][1:]))
        rates = {name: len(X) / statistics.median(times[1:]) for name, times in seconds.items()}
        print(f"{k:>10}{rates['skae']:>16,.0f}{rates['PCA']:>16,.0f}{ratio:>10.2f}", flush=True)
        results.append({"components": k, "rows_per_second": rates, "skae_over_pca": ratio, "seconds": seconds})
    write(options, results)


if __name__ == "__main__":
    main()
