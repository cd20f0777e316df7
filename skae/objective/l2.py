"""L2: the sum of the squares of all weights."""

from __future__ import annotations

from ..kernels import penalties
from .penalty import WeightPenalty


class L2(WeightPenalty):
    """alpha (||W||^2 + ||W*||^2); biases are left out, and tied weights are counted once.

    Parameters
    ----------
    alpha : float
    factors : list of float, default=None
        By which the squares of each weight matrix count; None for once.
    """

    def __init__(self, alpha, factors=None):
        self.alpha = float(alpha)
        self.factors = factors

    def in_coordinates(self, scale, architecture):
        # In the units of X the first weights are W / scale and the last scale W, unless they are tied to the first.
        factors = [scale**-2] * len(architecture.shapes)
        factors[0] *= scale**-2
        if not architecture.tied:
            factors[-1] *= scale**2
        return L2(self.alpha, factors)

    def _strengths(self, weights):
        return [self.alpha * factor for factor in self.factors or [1.0] * len(weights)]

    def add_to(self, weights, grads):
        return sum(
            strength * penalties.add_l2_gradient(w, grad, 2.0 * strength)
            for strength, w, grad in zip(self._strengths(weights), weights, grads)
        )

    def curvatures(self, weights):
        return [2.0 * strength for strength in self._strengths(weights)]

    def value(self, weights):
        return sum(a * penalties.sum_of_squares(w) for a, w in zip(self._strengths(weights), weights))
