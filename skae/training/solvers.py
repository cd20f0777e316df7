"""SOLVERS: how an objective is minimised, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..kernels.checks import check_callables, check_count, check_name
from ..kernels.optimizers import OPTIMIZERS, Optimizer
from ..kernels.registry import Registry
from .descent import minibatch
from .kfac import KFAC
from .lbfgs import lbfgs

# Vectors of the length of the parameters that SciPy's L-BFGS-B works on, and the copies in float64 beside them; older
# versions of SciPy make this many.
_LBFGS_VECTORS = 25 + 23


@dataclass(frozen=True, eq=False)
class Solver:
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

    def __post_init__(self):
        check_name("The name of a Solver", self.name)
        check_callables(self, "train")
        check_count(self, "n_vectors")
        if not (self.optimizer is None or isinstance(self.optimizer, Optimizer)):
            raise TypeError(f"optimizer of Solver {self.name!r} must be an Optimizer or None; got {self.optimizer!r}.")

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


SOLVERS = Registry("solver", map(minibatch_solver, OPTIMIZERS.values()))
SOLVERS["kfac"] = minibatch_solver(KFAC())
# L-BFGS loses its line search to the rounding of float32.
SOLVERS["lbfgs"] = Solver("lbfgs", lbfgs, _LBFGS_VECTORS, iteration="iteration", dtype=np.float64)
