"""Fits with one and with all BLAS threads, by the operations of the largest product of a step.

python -m benchmarks.blas_threads
python -m benchmarks.blas_threads --busy
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import statistics
import time
import warnings
from contextlib import contextmanager, nullcontext

import numpy as np

from skae import AutoencoderTransformer
from skae.runtime import threads

from .report import add_output, write

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


def seconds(ae, X, shared):
    """Of a fit that shares every product between the BLAS threads, or none."""
    before, threads.WORTH_SHARING = threads.WORTH_SHARING, 0 if shared else math.inf
    start = time.perf_counter()
    try:
        ae.fit(X)
    finally:
        threads.WORTH_SHARING = before
    return time.perf_counter() - start


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.blas_threads", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000, help="rows of X (default: 20000)")
    parser.add_argument("--rounds", type=int, default=9, help="how often, in turn (default: 9)")
    parser.add_argument("--busy", action="store_true", help="with a process beside it that keeps one core busy")
    add_output(parser)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    results = []
    with one_busy_core() if options.busy else nullcontext():
        for n_features, n_components, batch_size in SHAPES:
            X = np.random.default_rng(0).random((options.rows, n_features), dtype=np.float32)
            ae = AutoencoderTransformer(n_components, batch_size=batch_size, max_iter=3, tol=0.0, random_state=0)
            found = {False: [], True: []}
            for _ in range(options.rounds):
                for shared, taken in found.items():
                    taken.append(seconds(ae, X, shared))
            line = {
                "operations": 2 * n_features * n_components * batch_size,
                "shape": (n_features, n_components, batch_size),
                "one": statistics.median(found[False]),
                "all": statistics.median(found[True]),
                "least": [min(found[False]), min(found[True])],
                "most": [max(found[False]), max(found[True])],
            }
            results.append(line)
            print(
                f"{line['operations'] / 1e6:6.1f} million operations: {line['one']:.3f} s with one thread, "
                f"{line['all']:.3f} s with all ({line['all'] / line['one']:.2f} times; {line['least'][1]:.3f} to "
                f"{line['most'][1]:.3f} s)",
                flush=True,
            )
    write(options, results)


if __name__ == "__main__":
    main()
