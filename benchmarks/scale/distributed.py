"""L-BFGS on the workers of a cluster against one process, and the cost of each worker, task and byte.

python -m benchmarks distributed
python -m benchmarks distributed --rows 100000 --rounds 1 --skip-constants
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import partial

import dask.array as da
import numpy as np
from distributed import Client, LocalCluster

from skae import AutoencoderTransformer
from skae.distributed import fit
from skae.training.callbacks import Callback, use_callback

from ..harness import alternate, benchmark, flag, option, rounds

_BLOCK_ROWS = 100_000
# In the cost model: enough blocks to keep all workers busy to the end, and few enough for the scheduler.
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
        """Seconds of one iteration, without the first, which includes the start."""
        return (self.ends[-1] - self.ends[0]) / (len(self.ends) - 1)


@contextmanager
def timed_iterations():
    clock = Clock()
    with use_callback(lambda *_: clock):
        yield clock


@contextmanager
def workers(number):
    """A cluster of ``number`` processes with one thread each."""
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


def on_workers(options, X, number):
    """Seconds per iteration on a cluster of ``number`` workers, and the estimator."""
    with workers(number) as client:
        return measured(partial(fit, autoencoder(options), client.persist(X), client))


def measured(training):
    """Seconds per iteration of a training, and its result."""
    with timed_iterations() as clock:
        estimator = training()
    return clock.seconds, estimator


def compared(options, n_rows):
    """Seconds per iteration in one process and on the workers, in turn, and the difference of the results."""
    X = rows(n_rows, options.features, min(_BLOCK_ROWS, n_rows // 4))
    local = X.compute(scheduler="threads")
    contenders = {"one process": lambda: measured(lambda: autoencoder(options).fit(local))}
    contenders |= {f"{number} workers": partial(on_workers, options, X, number) for number in options.workers}
    timings = alternate(contenders, options.rounds, measure=lambda contender: contender())
    one, *_ = timings.values.pop("one process")
    fitted = [estimator for estimators in timings.values.values() for estimator in estimators]
    everywhere = [parameters(estimator) for estimator in fitted]
    apart = np.abs(everywhere[0] - parameters(one)).max() / np.abs(parameters(one)).max()
    medians = {name: timings.median(name) for name in contenders}
    result = {
        "rows": n_rows,
        "blocks": X.numblocks[0],
        "seconds": medians,
        "all": timings.seconds,
        "identical": all(np.array_equal(everywhere[0], other) for other in everywhere),
        "parameters_apart": float(apart),
        "loss_apart": abs(fitted[0].loss_curve_[-1] / one.loss_curve_[-1] - 1.0),
    }
    ratios = "  ".join(f"{name} {value:.3f} s" for name, value in medians.items())
    print(f"{n_rows:>9,} rows  {ratios}  identical {result['identical']}, apart {apart:.1e}")
    return result


def iteration_seconds(options, client, X, **parameters):
    """Median over rounds."""
    training = {"": lambda: fit(autoencoder(options, **parameters), X, client)}
    return alternate(training, options.rounds, measure=measured).median("")


def constants(options):
    """Seconds per row, per task and per byte, and those of an iteration with almost none of them."""
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
    """Predicted seconds of an iteration: the rows are shared by the workers, all other costs are not.

    The cost of sending the parameters was measured with two workers, and is assumed to grow with their number.
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


def predictions(options, found, lines):
    """Predictions for larger clusters, and for the cases that were measured."""
    sizes = [(rows, workers) for rows in (1_000_000, 100_000_000, 1_000_000_000) for workers in (1, 2, 10, 100)]
    predictions = {
        "predicted": [predicted(found, *size) for size in sizes],
        "predicted_again": [
            predicted(found, line["rows"], number, line["blocks"]) for line in lines for number in options.workers
        ],
    }
    for line in predictions["predicted"] + predictions["predicted_again"]:
        print("{rows:>13,} rows on {workers:>3} workers: {seconds:9.3f} s an iteration".format(**line))
    return predictions


@benchmark(
    option("--rows", [100_000, 1_000_000, 5_000_000], "of X", quick=[4_000]),
    option("--features", 100, "columns", quick=10),
    option("--components", 32, "width of the code", quick=4),
    option("--iterations", 10, "of L-BFGS", quick=3),
    option("--workers", [1, 2], "of clusters", quick=[1]),
    rounds(3),
    flag("--skip-constants", "leave out the model of the cost", quick=True),
)
def main(options):
    results = {"compared": [compared(options, n_rows) for n_rows in options.rows]}
    if not options.skip_constants:
        results["constants"] = constants(options)
        results |= predictions(options, results["constants"], results["compared"])
    return results
