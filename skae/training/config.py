"""TrainingConfig: how fast a training goes and when it ends."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Factor of the learning rate on a plateau, and how many times it is applied before the training stops.
_PLATEAU_FACTOR = 0.2
PLATEAU_CUTS = 3


@dataclass(frozen=True)
class TrainingConfig:
    """How long to train and how fast.

    Attributes
    ----------
    learning_rate_init : float
    learning_rate : {"constant", "cosine", "plateau"}
    warmup_epochs : int
    max_grad_norm : float or None
    batch_size : int
    max_iter, n_iter_no_change : int
    tol : float
        Relative to the loss.
    shuffle : bool
    keep_epochs : bool
        Whether an interrupted training gives back what its last whole epoch left.
    """

    learning_rate_init: float = 1e-3
    learning_rate: str = "constant"
    warmup_epochs: int = 0
    max_grad_norm: float | None = None
    batch_size: int = 128
    max_iter: int = 200
    tol: float = 1e-4
    n_iter_no_change: int = 10
    shuffle: bool = True
    keep_epochs: bool = False

    def rate(self, epoch, cuts=0):
        """Learning rate of an epoch of a fit, counted from 0, after a number of cuts on a plateau."""
        if self.learning_rate == "cosine":
            return self.learning_rate_init * 0.5 * (1.0 + math.cos(math.pi * min(epoch / self.max_iter, 1.0)))
        return self.learning_rate_init * _PLATEAU_FACTOR**cuts

    def warmup_factor(self, epochs):
        """Factor of the learning rate after so many epochs since the parameters were initialised."""
        return 1.0 if epochs >= self.warmup_epochs else epochs / self.warmup_epochs
