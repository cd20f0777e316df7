"""Batch top-k sparsity: the greatest activations of a mini-batch stay on, and at the end those from a threshold on."""

from __future__ import annotations

import numpy as np

from ..network.batch_gates import BatchTopK
from .sparsity_record import Sparsity
from .top_k import check_n_active


def _gate(settings):
    floor = 0.0 if settings.activation == "relu" else -np.inf
    return BatchTopK(settings.n_active, settings.n_components, settings.anneal_epochs, floor)


def _units_kept(settings):
    return int(settings.n_active)


BATCH_TOP_K = Sparsity(
    "batchtopk", gate=_gate, units_kept=_units_kept, check=check_n_active, minibatch=True, thresholded=True
)
