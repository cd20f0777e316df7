"""Rows per second of ``transform``, alternating with that of PCA with the same number of components.

python -m benchmarks transform
"""

from __future__ import annotations

from functools import partial

from sklearn.decomposition import PCA

from skae import AutoencoderTransformer

from ..harness import Table, alternate, benchmark, option, rounds
from ._cases import Case


@benchmark(option("--components", [64, 256], quick=[8]), rounds(25))
def main(options):
    X = Case("MNIST", "mnist", 64).load()
    results = []
    table = Table(
        ("components", ">10"), ("skae, rows/s", ">16,.0f"), ("PCA, rows/s", ">16,.0f"), ("skae/PCA", ">10.2f")
    )
    for k in options.components:
        fitted = {
            "skae": AutoencoderTransformer(k, max_iter=1, random_state=0).fit(X),
            "PCA": PCA(k, svd_solver="randomized", random_state=0).fit(X),
        }
        contenders = {name: partial(estimator.transform, X) for name, estimator in fitted.items()}
        timings = alternate(contenders, options.rounds, unrecorded=1)
        ratio = timings.ratio("PCA", "skae")
        rates = {name: len(X) / timings.median(name) for name in contenders}
        table.row(k, *rates.values(), ratio)
        results.append({"components": k, "rows_per_second": rates, "skae_over_pca": ratio, "seconds": timings.seconds})
    return results
