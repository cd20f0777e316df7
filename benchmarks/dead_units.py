"""Dead units of a top-k code, with and without their revival, on part of MNIST.

A unit counts as in use where it is among the k greatest for more than a thousandth of the training rows; the error is
that of a linear classifier on all positive activations, on 10,000 rows held out of the training rows.

python -m benchmarks.dead_units
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skae import SparseAE

from .report import add_output, write
from .representation_data import mnist
from .representation_measures import linear

_K = 25


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dead_units", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000, help="training rows (default: 10,000)")
    parser.add_argument("--epochs", type=int, default=15, help="of each training (default: 15)")
    parser.add_argument("--seed", type=int, default=0, help="random state (default: 0)")
    add_output(parser)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)
    split = mnist(held_out=True)
    X, y = split.X[: options.rows], split.y[: options.rows]
    results = []
    print(f"{'top-k code of 1,000 units':<28}{'in use':>8}{'revivals':>10}{'error, %':>10}{'seconds':>9}")
    for tied in (True, False):
        for revive_dead in (False, True):
            settings = {
                "activation": "relu",
                "revive_dead": revive_dead,
                "tied_weights": tied,
                "learning_rate": "cosine",
                "max_iter": options.epochs,
                "tol": 0.0,
                "n_iter_no_change": options.epochs,
                "random_state": options.seed,
            }
            start = time.perf_counter()
            ae = SparseAE(1000, sparsity="topk", n_active=_K, n_active_transform=1000, **settings).fit(X)
            seconds = time.perf_counter() - start
            code = ae.transform(X)
            kth = np.partition(code, -_K, axis=1)[:, -_K, None]
            in_use = int((((code >= kth) & (code > 0)).mean(axis=0) > 1e-3).sum())
            classifier = linear(0.03).fit(code, y)
            error = 100.0 - 100.0 * classifier.score(ae.transform(split.X_test), split.y_test)
            name = f"{'tied' if tied else 'untied'}{', revived' if revive_dead else ''}"
            results.append(
                {"variant": name, "in_use": in_use, "revived": ae.n_revived_, "error": error, "seconds": seconds}
            )
            print(f"{name:<28}{in_use:>8}{ae.n_revived_:>10}{error:>10.2f}{seconds:>9.1f}", flush=True)
    write(options, results)


if __name__ == "__main__":
    main()
