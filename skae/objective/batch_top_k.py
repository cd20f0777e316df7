"""Batch top-k sparsity: the greatest activations of a mini-batch stay on, and at the end those from a threshold on."""

from __future__ import annotations

import numpy as np

from ..network.batch_gates import BatchTopK
from ..runtime.exceptions import ParameterError
from .sparsity_record import Sparsity
from .top_k import check_n_active


def _check(settings):
    check_n_active(settings)
    if settings.n_active_transform is not None:
        raise ParameterError(
            "n_active_transform",
            settings.n_active_transform,
            [None],
            "{sparsity='batchtopk'} keeps units by a threshold: {n_active_transform} must be {legal}",
            "Use {sparsity='topk'} for another number of units in {transform}.",
            transform="transform",
        )
    if settings.early_stopping and settings.anneal_epochs > 0:
        raise ParameterError(
            "anneal_epochs",
            settings.anneal_epochs,
            [0],
            "With {sparsity='batchtopk'} and {early_stopping=True} the best epoch would be one of the annealing, where "
            "most units are on: {anneal_epochs} must be {legal}",
            "Or use {early_stopping=False}, or {sparsity='topk'}.",
        )


def _gate(settings):
    floor = 0.0 if settings.activation == "relu" else -np.inf
    return BatchTopK(settings.n_active, settings.n_components, settings.anneal_epochs, floor)


def _units_kept(settings):
    return int(settings.n_active)


BATCH_TOP_K = Sparsity("batchtopk", gate=_gate, units_kept=_units_kept, check=_check, minibatch=True, thresholded=True)
