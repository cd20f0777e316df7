"""Top-k sparsity: the k greatest activations of each row stay on."""

from __future__ import annotations

from ..network.gates import AnnealedTopK
from ..runtime.exceptions import ParameterError
from .sparsity_record import Sparsity


def check_n_active(settings):
    """Raise ParameterError where more units are to stay on than there are."""
    n_active, width = settings.n_active, settings.n_components
    if n_active > width:
        rule = f"{{n_active}} must be at most {{n_components=}} with {{sparsity={settings.sparsity!r}}}"
        raise ParameterError("n_active", n_active, f"at most {width}", rule, n_components=width)


def _check(settings):
    check_n_active(settings)
    n_active, kept, width = settings.n_active, settings.n_active_transform, settings.n_components
    if kept is not None and not n_active <= kept <= width:
        raise ParameterError(
            "n_active_transform",
            kept,
            f"{n_active} to {width}",
            f"{{n_active_transform}} must lie between {{n_active={n_active}}} and {{n_components={width}}}",
            "{None} stands for {n_active}.",
        )


def _gate(settings):
    return AnnealedTopK(settings.n_active, settings.n_components, settings.anneal_epochs)


def _units_kept(settings):
    return int(settings.n_active if settings.n_active_transform is None else settings.n_active_transform)


TOP_K = Sparsity("topk", gate=_gate, units_kept=_units_kept, check=_check, minibatch=True)
