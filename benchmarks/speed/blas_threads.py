"""Time of a fit with one and with all BLAS threads, by the operations of the largest product of a step.

python -m benchmarks blas_threads
python -m benchmarks blas_threads --busy
"""

from __future__ import annotations

import math
import multiprocessing
from contextlib import contextmanager, nullcontext
from functools import partial

import numpy as np

from skae import AutoencoderTransformer
from skae.runtime import threads

from ..harness import alternate, benchmark, flag, option, rounds

# Columns, components, rows of a mini-batch.
SHAPES = ((64, 32, 200), (64, 64, 200), (128, 64, 128), (128, 64, 200), (256, 64, 100), (256, 64, 200), (784, 64, 100))
SHAPES += ((784, 64, 200), (784, 128, 200), (784, 256, 200))


def spin():
    while True:
        pass


@contextmanager
def one_busy_core():
    process = multiprocessing.get_context("spawn").Process(target=spin, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def fit(ae, X, shared):
    """A fit in which all products, or none, are shared between BLAS threads."""
    before, threads.WORTH_SHARING = threads.WORTH_SHARING, 0 if shared else math.inf
    try:
        ae.fit(X)
    finally:
        threads.WORTH_SHARING = before


def measure(shape, n_rows, rounds):
    """One line of results."""
    n_features, n_components, batch_size = shape
    X = np.random.default_rng(0).random((n_rows, n_features), dtype=np.float32)
    ae = AutoencoderTransformer(n_components, batch_size=batch_size, max_iter=3, tol=0.0, random_state=0)
    contenders = {"one": partial(fit, ae, X, False), "all": partial(fit, ae, X, True)}
    timings = alternate(contenders, rounds)
    return {
        "operations": 2 * n_features * n_components * batch_size,
        "shape": shape,
        **{name: timings.median(name) for name in contenders},
        "least": [min(timings.seconds[name]) for name in contenders],
        "most": [max(timings.seconds[name]) for name in contenders],
    }


@benchmark(
    option("--rows", 20_000, "rows of X", quick=1000),
    rounds(9),
    flag("--busy", "with another process that keeps one core busy"),
)
def main(options):
    results = []
    with one_busy_core() if options.busy else nullcontext():
        for shape in SHAPES:
            line = measure(shape, options.rows, options.rounds)
            results.append(line)
            print(
                f"{line['operations'] / 1e6:6.1f} million operations: {line['one']:.3f} s with one thread, "
                f"{line['all']:.3f} s with all ({line['all'] / line['one']:.2f} times; {line['least'][1]:.3f} to "
                f"{line['most'][1]:.3f} s)"
            )
    return results
