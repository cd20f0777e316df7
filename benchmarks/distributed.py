"""L-BFGS on the workers of a cluster against one process, and what one more worker, task and byte cost.

python -m benchmarks.distributed
python -m benchmarks.distributed --rows 100000 --rounds 1 --skip-constants
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from contextlib import contextmanager

import dask.array as da
import numpy as np
from distributed import Client, LocalCluster

from skae import AutoencoderTransformer
from skae.distributed import fit
from skae.training.callbacks import Callback, use_callback

from .report import add_output, write

_BLOCK_ROWS = 100_000
# In the model of the cost: enough for all to be busy to the end, and few for the scheduler.
_BLOCKS_PER_WORKER = 4


class Clock(Callback):
    """Notes when each iteration ended."""

    def __init__(self):
        self.ends = []

    def end(self, epoch, loss, validation_loss):
        self.ends.append(time.perf_counter())
        return False

    @property
    def seconds(self):
        """Of one iteration; the first, which has the start in it, is left out."""
        return (self.ends[-1] - self.ends[0]) / (len(self.ends) - 1)


@contextmanager
def timed():
    clock = Clock()
    with use_callback(lambda *_: clock):
        yield clock


@contextmanager
def workers(number):
    """A cluster of so many processes of one thread each."""
    settings = {"n_workers": number, "threads_per_worker": 1, "dashboard_address": ":0", "memory_limit": 0}
    with LocalCluster(**settings) as cluster, Client(cluster) as client:
        yield client


def rows(n_rows, n_features, block_rows):
    """Rows of ten dimensions with noise, made by the workers, block by block."""
    basis = np.random.default_rng(0).standard_normal((10, n_features))
    rng, chunks = da.random.default_rng(1), (block_rows, -1)
    codes = rng.standard_normal((n_rows, 10), chunks=chunks)
    noise = rng.standard_normal((n_rows, n_features), chunks=chunks)
    return da.map_blocks(np.dot, codes, basis, dtype=np.float64, chunks=(codes.chunks[0], (n_features,))) + noise


def autoencoder(options, **parameters):
    settings = {"solver": "lbfgs", "tol": 0.0, "n_iter_no_change": options.iterations, "random_state": 0}
    return AutoencoderTransformer(options.components, max_iter=options.iterations, **{**settings, **parameters})


def parameters(estimator):
    return np.concatenate([np.ravel(part) for part in estimator.coefs_ + estimator.intercepts_])


def compared(options, n_rows):
    """Seconds an iteration in one process and on the workers, in turn, and how far apart the results are."""
    X = rows(n_rows, options.features, min(_BLOCK_ROWS, n_rows // 4))
    local = X.compute(scheduler="threads")
    seconds, fitted = {}, {}
    for _ in range(options.rounds):
        with timed() as clock:
            one = autoencoder(options).fit(local)
        seconds.setdefault("one process", []).append(clock.seconds)
        for number in options.workers:
            with workers(number) as client, timed() as clock:
                fitted.setdefault(number, []).append(fit(autoencoder(options), client.persist(X), client))
            seconds.setdefault(f"{number} workers", []).append(clock.seconds)
    everywhere = [parameters(estimator) for estimators in fitted.values() for estimator in estimators]
    apart = np.abs(everywhere[0] - parameters(one)).max() / np.abs(parameters(one)).max()
    losses = [estimator.loss_curve_[-1] for estimators in fitted.values() for estimator in estimators]
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    result = {
        "rows": n_rows,
        "blocks": X.numblocks[0],
        "seconds": medians,
        "all": seconds,
        "identical": all(np.array_equal(everywhere[0], other) for other in everywhere),
        "parameters_apart": float(apart),
        "loss_apart": abs(losses[0] / one.loss_curve_[-1] - 1.0),
    }
    ratios = "  ".join(f"{name} {value:.3f} s" for name, value in medians.items())
    print(f"{n_rows:>9,} rows  {ratios}  identical {result['identical']}, apart {apart:.1e}", flush=True)
    return result


def iteration_seconds(options, client, X, **parameters):
    """Median over rounds."""
    found = []
    for _ in range(options.rounds):
        with timed() as clock:
            fit(autoencoder(options, **parameters), X, client)
        found.append(clock.seconds)
    return statistics.median(found)


def constants(options):
    """Seconds a row, a task and a byte, and those of an iteration that has next to none of them."""
    few, many = (10_000, 1_000_000)
    with workers(1) as client:
        by_rows = [
            iteration_seconds(options, client, client.persist(rows(n, options.features, n // 4))) for n in (few, many)
        ]
        # With 4 and with 256 blocks of ten rows.
        by_tasks = [iteration_seconds(options, client, client.persist(rows(10 * n, 4, 10))) for n in (4, 256)]
    wide = {"hidden_layer_sizes": (1000, 1000)}
    with workers(2) as client:
        X = client.persist(rows(8, 4, 1))
        by_bytes = [iteration_seconds(options, client, X, **extra) for extra in ({}, wide)]
    n_bytes = [8 * len(parameters(autoencoder(options, **extra).fit(np.eye(4)))) for extra in ({}, wide)]
    found = {
        "seconds_per_row": (by_rows[1] - by_rows[0]) / (many - few),
        "seconds_per_task": (by_tasks[1] - by_tasks[0]) / (tasks(256) - tasks(4)),
        "seconds_per_iteration": by_tasks[0],
        "seconds_per_parameter_byte": (by_bytes[1] - by_bytes[0]) / (n_bytes[1] - n_bytes[0]),
        "parameter_bytes": 8 * len(parameters(autoencoder(options).fit(np.eye(options.features)))),
    }
    for name, value in found.items():
        print(f"{name:<30}{value:.3e}")
    return found


def tasks(n_blocks):
    """Tasks of one evaluation: the parameters, a gradient a block, and sums of eight at a time."""
    total, left = 1 + n_blocks, n_blocks
    while left > 1:
        left = -(-left // 8)
        total += left
    return total


def predicted(found, n_rows, n_workers, n_blocks=None):
    """Seconds of an iteration: rows shared by the workers, and what is not shared.

    The constant of the parameters was measured with two workers, and is taken to grow with their number.
    """
    n_blocks = _BLOCKS_PER_WORKER * n_workers if n_blocks is None else n_blocks
    shared = found["seconds_per_row"] * n_rows / n_workers
    sent = found["seconds_per_parameter_byte"] * found["parameter_bytes"] * n_workers / 2
    alone = found["seconds_per_iteration"] + found["seconds_per_task"] * (tasks(n_blocks) - tasks(4)) + sent
    moved = 2 * n_workers * found["parameter_bytes"]
    return {
        "rows": n_rows,
        "workers": n_workers,
        "blocks": n_blocks,
        "bytes_moved": moved,
        "seconds": shared + alone,
        "shared": shared,
    }


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.distributed", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 5_000_000])
    parser.add_argument("--features", type=int, default=100, help="columns (default: 100)")
    parser.add_argument("--components", type=int, default=32, help="width of the code (default: 32)")
    parser.add_argument("--iterations", type=int, default=10, help="of L-BFGS (default: 10)")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="of clusters (default: 1 and 2)")
    parser.add_argument("--rounds", type=int, default=3, help="how often, in turn (default: 3)")
    parser.add_argument("--skip-constants", action="store_true", help="leave out the model of the cost")
    add_output(parser)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    results = {"compared": [compared(options, n_rows) for n_rows in options.rows]}
    if not options.skip_constants:
        results["constants"] = found = constants(options)
        results["predicted"] = [
            predicted(found, n_rows, n_workers)
            for n_rows in (1_000_000, 100_000_000, 1_000_000_000)
            for n_workers in (1, 2, 10, 100)
        ]
        results["predicted_again"] = [
            predicted(found, line["rows"], number, line["blocks"])
            for line in results["compared"]
            for number in options.workers
        ]
        for line in results["predicted"] + results["predicted_again"]:
            print("{rows:>13,} rows on {workers:>3} workers: {seconds:9.3f} s an iteration".format(**line))
    write(options, results)


if __name__ == "__main__":
    main()
