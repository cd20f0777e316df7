"""TrainingConfig: how fast a training goes and when it ends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

# Factor of the learning rate on a plateau, and how many times it is applied before the training stops.
_PLATEAU_FACTOR = 0.2
PLATEAU_CUTS = 3

# Part of an annealed training in which the learning rate rises.
WARM_UP = 0.05


def annealing(position, warm_up=WARM_UP):
    """Factor of the learning rate in an annealed training: a linear rise to 1, then half a cosine to 0.

    Parameters
    ----------
    position : float in [0, 1]
        Part of the training that is over.
    warm_up : float in (0, 1), default=0.05
        Part of it that the rise takes.
    """
    if position < warm_up:
        return position / warm_up
    return 0.5 * (1.0 + math.cos(math.pi * min((position - warm_up) / (1.0 - warm_up), 1.0)))


@dataclass(frozen=True)
class TrainingConfig:
    """How long to train and how fast.

    Attributes
    ----------
    learning_rate_init : float
    learning_rate : {"constant", "cosine", "plateau", "annealed"}
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
        """Learning rate of an epoch of a fit, counted from 0, after a number of cuts on a plateau.

        Returns
        -------
        float, or for "annealed", where it changes with every step, a callable (part of the epoch) -> float
        """
        if self.learning_rate == "annealed":
            return partial(self.annealed_rate, epoch)
        if self.learning_rate == "cosine":
            return self.learning_rate_init * 0.5 * (1.0 + math.cos(math.pi * min(epoch / self.max_iter, 1.0)))
        return self.learning_rate_init * _PLATEAU_FACTOR**cuts

    def annealed_rate(self, epoch, part):
        """Learning rate where a part of an epoch is over."""
        return self.learning_rate_init * annealing((epoch + part) / self.max_iter)

    def warmup_factor(self, epochs):
        """Factor of the learning rate after so many epochs since the parameters were initialised."""
        return 1.0 if epochs >= self.warmup_epochs else epochs / self.warmup_epochs
