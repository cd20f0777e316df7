"""Training parameters of these benchmarks, and the options of those that train on part of MNIST."""

from __future__ import annotations

from ..harness import option, seed


def whole_schedule(max_iter, **parameters):
    """Parameters of a training by Adam from Glorot's draw that runs for its whole schedule, without a stopping rule.

    Start, solver and rate are written out, so that no figure depends on what "auto" means in a version of skae.
    """
    start = {"init": "glorot", "solver": "adam", "learning_rate_init": 1e-3}
    schedule = {"max_iter": max_iter, "learning_rate": "cosine", "tol": 0.0, "n_iter_no_change": max_iter}
    return {**start, **schedule, **parameters}


def part_of_mnist(epochs):
    """The options ``--rows``, ``--epochs`` and ``--seed``."""
    return (
        option("--rows", 10_000, "training rows", quick=500),
        option("--epochs", epochs, "of each training", quick=1),
        seed(),
    )
