"""Winner-take-all sparsity: the greatest activations of each unit over a mini-batch stay on."""

from __future__ import annotations

from ..kernels.activations import ACTIVATIONS
from ..network.gates import WinnerTakeAll
from ..runtime.exceptions import ParameterError
from .sparsity_record import Sparsity


def _gate(settings):
    return WinnerTakeAll(settings.sparsity_target)


def _check(settings):
    fitting = [name for name, record in ACTIVATIONS.items() if record.range[0] >= 0]
    if settings.activation not in fitting:
        raise ParameterError(
            "activation",
            settings.activation,
            fitting,
            "{sparsity='lifetime'} of {owner} needs activations without negative values, of which zero is the least: "
            "{activation}={legal}",
            "Use one of these, or another {sparsity}.",
            owner=type(settings).__name__,
        )


WINNER_TAKE_ALL = Sparsity("lifetime", gate=_gate, check=_check, minibatch=True)
