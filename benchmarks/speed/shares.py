"""Profile of training: shares of the matrix products, of each kernel, and of the loop around them.

python -m benchmarks shares
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from unittest.mock import patch

import numpy as np

from skae.kernels import optimizers
from skae.kernels.activations import ACTIVATIONS
from skae.kernels.losses import LOSSES
from skae.network import layer, output_layer
from skae.objective import objective
from skae.rows import blocks

from ..harness import benchmark, option, timed
from ._cases import TRAINING
from ._contenders import estimator

# Modules with the matrix products of a step.
_MULTIPLYING = (layer, output_layer, objective)


class _TimedNumpy:
    """NumPy with a clock on ``matmul``."""

    def __init__(self, clock):
        self.matmul = clock("matrix products", np.matmul)

    def __getattr__(self, name):
        return getattr(np, name)


class Clock:
    """Seconds of functions by label; it is an error of the benchmark if a function is never called."""

    def __init__(self):
        self.seconds = Counter()
        self._labels = set()

    def __call__(self, label, function):
        """The function, wrapped to count its seconds."""
        self._labels.add(label)

        def counted(*arguments, **keywords):
            start = time.perf_counter()
            result = function(*arguments, **keywords)
            self.seconds[label] += time.perf_counter() - start
            return result

        return counted

    def check(self):
        unused = sorted(self._labels - set(self.seconds))
        if unused:
            raise RuntimeError(f"the functions timed as {', '.join(unused)} were never called by the library")


def clocks(clock):
    """Patches that put a clock on each part of a step."""
    logistic, loss = ACTIVATIONS["logistic"], LOSSES["squared_error"]
    # The kernels of a record are created once, and cached in it.
    timed_logistic, timed_loss = replace(logistic), replace(loss)
    vars(timed_logistic).update(
        forward=clock("activation, forward", logistic.forward),
        backward=clock("activation, backward", logistic.backward),
    )
    vars(timed_loss).update(fused={"identity": clock("loss and its gradient", loss.fused["identity"])})
    return [
        *(patch.object(module, "np", _TimedNumpy(clock)) for module in _MULTIPLYING),
        patch.object(blocks, "gather", clock("gathering rows", blocks.gather)),
        patch.object(optimizers, "adam_step", clock("Adam", optimizers.adam_step)),
        patch.dict(ACTIVATIONS, logistic=timed_logistic),
        patch.dict(LOSSES, squared_error=timed_loss),
    ]


def shares(case, epochs):
    """Seconds of some epochs of a case in all, and of each of their parts by label."""
    X, clock = case.load(), Clock()
    estimator(case, max_iter=1).fit(X[: case.batch_size])
    with ExitStack() as stack:
        for patched in clocks(clock):
            stack.enter_context(patched)
        total, _ = timed(lambda: estimator(case, max_iter=epochs).fit(X))
    clock.check()
    return total, clock.seconds


@benchmark(option("--epochs", 5, "epochs to take the time of", quick=1))
def main(options):
    results = []
    for case in TRAINING[:1] if options.quick else TRAINING:
        total, seconds = shares(case, options.epochs)
        print(f"{case.name}: {total / options.epochs * 1e3:.1f} ms an epoch, the clocks included")
        rest = total - sum(seconds.values())
        results.append({"case": case.name, "total": total, "seconds": dict(seconds), "rest": rest})
        for label, value in [*seconds.most_common(), ("the rest: the loop, validation of X", rest)]:
            print(f"    {label:<36}{100 * value / total:>6.1f} %{value / options.epochs * 1e3:>10.2f} ms")
    return results
