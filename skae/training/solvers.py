"""The solvers by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..kernels.optimizers import OPTIMIZERS
from .descent import minibatch
from .lbfgs import lbfgs

SOLVERS: dict[str, Callable] = {name: partial(minibatch, update=update) for name, update in OPTIMIZERS.items()}


SOLVERS["lbfgs"] = lbfgs
