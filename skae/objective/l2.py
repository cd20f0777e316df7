"""L2: the sum of the squares of all weights."""

from __future__ import annotations

from ..kernels import penalties
from .penalty import WeightPenalty


class L2(WeightPenalty):
    """alpha (||W||^2 + ||W*||^2); biases are left out, and tied weights are counted once."""

    def __init__(self, alpha):
        self.alpha = float(alpha)

    def add_to(self, weights, grads):
        squares = (penalties.add_l2_gradient(w, grad, 2.0 * self.alpha) for w, grad in zip(weights, grads))
        return self.alpha * sum(squares)

    def value(self, weights):
        return self.alpha * sum(penalties.sum_of_squares(w) for w in weights)
