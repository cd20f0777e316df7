"""L1 sparsity: the sum of the absolute activations of a code."""

from __future__ import annotations

import numpy as np

from .penalty import Penalty
from .sparsity_record import Sparsity


class L1Sparsity(Penalty):
    """weight * mean over rows of sum_l |h_l|."""

    def __init__(self, weight):
        self.weight = weight

    def value(self, batch):
        sums = np.abs(batch.code).sum(axis=1, dtype=np.float64)
        return self.weight * float(sums @ batch.row_scale)

    def in_coordinates(self, scale, architecture):
        return L1Sparsity(self.weight / scale**2)

    def at_code(self, batch, delta):
        delta += np.sign(batch.code) * (batch.row_scale * delta.dtype.type(self.weight))[:, None]


def _penalty(settings):
    return L1Sparsity(settings.sparsity_weight) if settings.sparsity_weight > 0 else None


def _strength(spread, batch):
    size = float(np.abs(batch.code).sum(axis=1, dtype=np.float64) @ batch.row_scale)
    return 0.1 * spread / size if size > 0 else 0.0


L1 = Sparsity("l1", penalty=_penalty, strength=_strength)
