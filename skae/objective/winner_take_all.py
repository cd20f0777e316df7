"""Winner-take-all sparsity: the greatest activations of each unit over a mini-batch stay on."""

from __future__ import annotations

from ..kernels.activations import ACTIVATIONS
from ..network.gates import WinnerTakeAll
from .sparsity_record import Sparsity


def _gate(settings):
    return WinnerTakeAll(settings.sparsity_target)


def _check(settings):
    fitting = [name for name, record in ACTIVATIONS.items() if record.range[0] >= 0]
    if settings.activation not in fitting:
        raise ValueError(
            f"sparsity='lifetime' of {type(settings).__name__} needs activations without negative values, of which "
            f"zero is the least: activation={' or '.join(map(repr, fitting))}; got "
            f"activation={settings.activation!r}. Use one of these, or another sparsity."
        )


WINNER_TAKE_ALL = Sparsity("lifetime", gate=_gate, check=_check, minibatch=True)
