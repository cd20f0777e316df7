"""Dead units of a top-k code, with and without their revival, on part of MNIST.

A unit is in use if it is among the k greatest for more than a thousandth of the training rows. The error is that of a
linear classifier on all positive activations, on 10,000 held-out training rows.

python -m benchmarks dead_units
"""

from __future__ import annotations

from itertools import product

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skae import SparseAE

from ..harness import Table, benchmark, timed
from ._measures import linear
from ._splits import mnist
from ._training import part_of_mnist, whole_schedule

_K = 25


def units_in_use(code):
    """Number of units that are among the k greatest for enough of the rows."""
    kth = np.partition(code, -_K, axis=1)[:, -_K, None]
    return int((((code >= kth) & (code > 0)).mean(axis=0) > 1e-3).sum())


@benchmark(*part_of_mnist(epochs=15), quiet=ConvergenceWarning)
def main(options):
    split = mnist(held_out=True)
    X, y = split.X[: options.rows], split.y[: options.rows]
    results = []
    table = Table(
        ("top-k code of 1,000 units", "<28"),
        ("in use", ">8"),
        ("revivals", ">10"),
        ("error, %", ">10.2f"),
        ("seconds", ">9.1f"),
    )
    for tied, revive_dead in product((True, False), (False, True)):
        ae = SparseAE(
            1000,
            sparsity="topk",
            n_active=_K,
            n_active_transform=1000,
            activation="relu",
            revive_dead=revive_dead,
            tied_weights=tied,
            random_state=options.seed,
            **whole_schedule(options.epochs),
        )
        seconds, _ = timed(lambda ae=ae: ae.fit(X))
        code = ae.transform(X)
        classifier = linear(0.03).fit(code, y)
        error = 100.0 - 100.0 * classifier.score(ae.transform(split.X_test), split.y_test)
        name = f"{'tied' if tied else 'untied'}{', revived' if revive_dead else ''}"
        figures = {"in_use": units_in_use(code), "revived": ae.n_revived_, "error": error, "seconds": seconds}
        results.append({"variant": name, **figures})
        table.row(name, *figures.values())
    return results
