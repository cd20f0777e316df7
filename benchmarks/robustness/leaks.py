"""Growth of memory and objects over a thousand fits in one process, case by case.

python -m benchmarks leaks
python -m benchmarks leaks --fits 100
"""

from __future__ import annotations

import gc
import os
import threading
import tracemalloc

import numpy as np
from scipy import sparse
from sklearn.base import clone

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.impute import AutoencoderImputer
from skae.kernels.optimizers import OPTIMIZERS

from ..harness import Table, benchmark, option, status_kib

SETTINGS = {"max_iter": 3, "random_state": 0}
SOLVERS = (*OPTIMIZERS, "lbfgs")
CLASSES = (AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE)


def dense():
    return np.random.default_rng(0).random((64, 300))


def stored():
    return sparse.random(64, 2000, density=0.01, format="csr", random_state=0)


def holed():
    X = dense()
    X[::7, ::5] = np.nan
    return X


def used(ae, X):
    """A fit, and the methods that use it."""
    ae.fit(X)
    ae.inverse_transform(ae.transform(X))
    ae.score_samples(X)


def failed(ae, X):
    """A fit that succeeds for some steps, and then fails."""
    try:
        ae.fit(X)
    except ValueError:
        return
    raise AssertionError("the fit did not fail")


def detected(detector, X):
    detector.fit(X).predict(X)


def filled(imputer, X):
    imputer.fit_transform(X)


# An estimator, a function that makes its X, and the work that is repeated with a clone of it.
CASES = {
    **{
        f"{cls.__name__}, {solver}": (cls(32, solver=solver, **SETTINGS), dense, used)
        for cls in CLASSES
        for solver in SOLVERS
    },
    **{
        f"sparse X, {solver}": (AutoencoderTransformer(16, solver=solver, **SETTINGS), stored, used)
        for solver in SOLVERS
    },
    "missing values": (DenoisingAE(32, missing_values="mask", **SETTINGS), holed, used),
    "early stopping": (AutoencoderTransformer(32, early_stopping=True, **SETTINGS), dense, used),
    "divergence": (
        AutoencoderTransformer(32, loss="squared_error", learning_rate_init=1e200, max_iter=9, random_state=0),
        dense,
        failed,
    ),
    "outliers": (AutoencoderOutlierDetector(AutoencoderTransformer(8, **SETTINGS)), dense, detected),
    "imputation": (AutoencoderImputer(DenoisingAE(8, missing_values="mask", **SETTINGS)), holed, filled),
}


def measured():
    """Resident memory and memory allocated by Python and NumPy, in KiB; numbers of objects, threads, open files."""
    gc.collect()
    return {
        "resident": status_kib("VmRSS"),
        "traced": tracemalloc.get_traced_memory()[0] // 1024,
        "objects": len(gc.get_objects()),
        "threads": threading.active_count(),
        "files": len(os.listdir("/proc/self/fd")),
    }


def growth(estimator, X, work, n_fits):
    """Growth of each figure over the fits, after a warm-up of a tenth as many."""
    for _ in range(n_fits // 10):
        work(clone(estimator), X)
    before = measured()
    for _ in range(n_fits):
        work(clone(estimator), X)
    return {name: value - before[name] for name, value in measured().items()}


@benchmark(option("--fits", 1000, "fits of each case", quick=10))
def main(options):
    tracemalloc.start()
    measured()
    print(f"growth over {options.fits} fits")
    titles = (("resident, KiB", ">14"), ("traced, KiB", ">14"), ("objects", ">10"), ("threads", ">10"), ("files", ">8"))
    table = Table(("", "<32"), *titles)
    results = {}
    for name, (estimator, make, work) in CASES.items():
        results[name] = growth(estimator, make(), work, options.fits)
        table.row(name, *results[name].values())
    tracemalloc.stop()
    return results
