"""SOLVERS: how an objective is minimised, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from ..kernels.optimizers import OPTIMIZERS, Optimizer
from .descent import minibatch
from .lbfgs import lbfgs

# Vectors of the length of the parameters that SciPy's L-BFGS-B works on, and the copies in float64 beside them; older
# versions of SciPy make this many.
_LBFGS_VECTORS = 25 + 23


class Solver(NamedTuple):
    """A solver, and what those who call it must know of it.

    Parameters
    ----------
    name : str
    train : callable (objective, sample, config, state, validation, callback) -> FitResult
    n_vectors : int
        Vectors of the length of the parameters that it works on, beside the parameters and their gradient.
    optimizer : Optimizer or None
        The step of one that trains in mini-batches; None for one that takes all rows at once.
    iteration : str
        What one round is called: "epoch", "iteration".
    dtype : dtype or None
        Precision in which it has to train; None for that of X.
    """

    name: str
    train: Callable
    n_vectors: int
    optimizer: Optimizer | None = None
    iteration: str = "epoch"
    dtype: type | None = None

    @property
    def minibatch(self):
        """Whether it trains in mini-batches."""
        return self.optimizer is not None

    def training_dtype(self, dtype):
        """Precision in which a network of some precision is trained."""
        return np.dtype(dtype if self.dtype is None else self.dtype)


def minibatch_solver(optimizer):
    """The solver that takes the steps of an optimiser, mini-batch after mini-batch."""
    return Solver(optimizer.name, partial(minibatch, optimizer=optimizer), optimizer.n_state_vectors, optimizer)


def minibatch_solvers():
    """Names of the solvers that train in mini-batches."""
    return sorted(name for name, solver in SOLVERS.items() if solver.minibatch)


SOLVERS = {name: minibatch_solver(optimizer) for name, optimizer in OPTIMIZERS.items()}
# L-BFGS loses its line search to the rounding of float32.
SOLVERS["lbfgs"] = Solver("lbfgs", lbfgs, _LBFGS_VECTORS, iteration="iteration", dtype=np.float64)
