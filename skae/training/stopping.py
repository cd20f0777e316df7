"""StoppingRule: when the loss counts as settled."""

from __future__ import annotations

import math
from typing import NamedTuple


class StoppingRule(NamedTuple):
    """Met once ``patience`` losses in a row were not below (1 - tol) times the best one before them.

    Attributes
    ----------
    tol : float
    patience : int
    """

    tol: float
    patience: int

    def update(self, progress, loss):
        """Take the loss of one epoch; True when the rule is met.

        Parameters
        ----------
        progress : FitProgress
            Its ``best`` and ``n_no_improvement`` are kept up to date.
        loss : float
        """
        threshold = (1.0 - self.tol) * progress.best if math.isfinite(progress.best) else math.inf
        progress.n_no_improvement = 0 if loss < threshold else progress.n_no_improvement + 1
        progress.best = min(progress.best, loss)
        return progress.n_no_improvement >= self.patience
