"""Where the time of training goes: the share of the matrix products, of each kernel, and of the loop around them.

python -m benchmarks.shares
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter
from dataclasses import replace

import numpy as np

import skae.objective.objective
import skae.training.descent
from skae.kernels import optimizers
from skae.kernels.activations import ACTIVATIONS
from skae.kernels.losses import LOSSES

from .cases import TRAINING
from .contenders import estimator
from .report import add_output, write


class _TimedNumpy:
    """NumPy with a clock on ``matmul``."""

    def __init__(self, clock):
        self.matmul = clock("matrix products", np.matmul)

    def __getattr__(self, name):
        return getattr(np, name)


def timer(seconds):
    def clock(label, function):
        def timed(*arguments, **keywords):
            start = time.perf_counter()
            result = function(*arguments, **keywords)
            seconds[label] += time.perf_counter() - start
            return result

        return timed

    return clock


def shares(case, epochs):
    """Seconds by label for some epochs of a case, the whole under "total"."""
    seconds = Counter()
    clock = timer(seconds)
    X = case.load()
    numpy, gather, adam = skae.objective.objective.np, skae.training.descent.gather, optimizers.adam_step
    logistic, loss = ACTIVATIONS["logistic"], LOSSES["squared_error"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator(case, max_iter=1).fit(X[: case.batch_size])
        try:
            skae.objective.objective.np = _TimedNumpy(clock)
            skae.training.descent.gather = clock("gathering rows", gather)
            optimizers.adam_step = clock("Adam", adam)
            ACTIVATIONS["logistic"], LOSSES["squared_error"] = replace(logistic), replace(loss)
            # The kernels of a record are made once, and kept in it.
            vars(ACTIVATIONS["logistic"]).update(
                forward=clock("activation, forward", logistic.forward),
                backward=clock("activation, backward", logistic.backward),
            )
            fused = {"identity": clock("loss and its gradient", loss.fused["identity"])}
            vars(LOSSES["squared_error"]).update(fused=fused)
            start = time.perf_counter()
            estimator(case, max_iter=epochs).fit(X)
            seconds["total"] = time.perf_counter() - start
        finally:
            skae.objective.objective.np, skae.training.descent.gather, optimizers.adam_step = numpy, gather, adam
            ACTIVATIONS["logistic"], LOSSES["squared_error"] = logistic, loss
    return seconds


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shares", description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=5, help="epochs to take the time of (default: 5)")
    add_output(parser)
    options = parser.parse_args(arguments)
    results = []
    for case in TRAINING:
        seconds = shares(case, options.epochs)
        total = seconds.pop("total")
        print(f"{case.name}: {total / options.epochs * 1e3:.1f} ms an epoch, the clocks included")
        rest = total - sum(seconds.values())
        results.append({"case": case.name, "total": total, "seconds": dict(seconds), "rest": rest})
        for label, value in [*seconds.most_common(), ("the rest: the loop, validation of X", rest)]:
            print(f"    {label:<36}{100 * value / total:>6.1f} %{value / options.epochs * 1e3:>10.2f} ms", flush=True)
    write(options, results)


if __name__ == "__main__":
    main()
