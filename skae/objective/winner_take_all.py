"""Winner-take-all sparsity: the greatest activations of each unit over a mini-batch stay on."""

from __future__ import annotations

from ..network.gates import WinnerTakeAll
from .sparsity_record import Sparsity


def _gate(settings):
    return WinnerTakeAll(settings.sparsity_target)


WINNER_TAKE_ALL = Sparsity("lifetime", gate=_gate, minibatch=True)
