"""Sparsity: one way to make a code sparse, by a penalty or by a gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral

from ..kernels.checks import check_callables, check_name
from .penalty import Penalty, WeightPenalty

_GATE_METHODS = ("choose", "begin_epoch", "workspace_per_row")


def _none(settings):
    return None


def _spread_by_unit(spread, batch):
    return spread / batch.code.shape[1]


@dataclass(frozen=True, eq=False)
class Sparsity:
    """One way to make a code sparse, by a penalty, a gate or both.

    Its functions are given the settings: an object with the parameters of ``SparseAE`` as attributes.

    Parameters
    ----------
    name : str
    penalty : callable (settings) -> Penalty, WeightPenalty or None
    gate : callable (settings) -> gate or None
        Sets units of a code to zero in training, by the methods ``choose(z, bias)``, ``begin_epoch(epoch)``, and
        ``workspace_per_row(width)``, the numbers that it keeps for each row of a batch.
    units_kept : callable (settings) -> int or None
        How many units of a code stay on outside of training; None for all.
    start_target : callable (settings) -> float or None
        Mean activation with which the units of the code start; None where that is free.
    strength : callable (spread, batch) -> float
        What ``sparsity_weight`` is where it is "auto": of the loss of the column means, and of a batch at the start.
    check : callable (settings) -> None
        Raises ValueError for settings that do not go together.
    minibatch : bool
        Whether it changes the objective from batch to batch, which only mini-batch solvers allow.
    thresholded : bool
        Whether ``units_kept`` is a mean over rows, and units stay on from a threshold on, which the gate finds by its
        method ``learn(threshold)``: after each batch it changes an array of two numbers, the threshold first.
    """

    name: str
    penalty: Callable = _none
    gate: Callable = _none
    units_kept: Callable = _none
    start_target: Callable = _none
    strength: Callable = _spread_by_unit
    check: Callable = _none
    minibatch: bool = False
    thresholded: bool = False

    def __post_init__(self):
        check_name("The name of a Sparsity", self.name)
        check_callables(self, "penalty", "gate", "units_kept", "start_target", "strength", "check")
        if self.penalty is _none and self.gate is _none:
            raise TypeError(f"Sparsity {self.name!r} must have a penalty, a gate or both; got neither.")

    @property
    def gates_codes(self):
        """Whether it sets units of a code to zero outside of training."""
        return self.units_kept is not _none

    def penalties_of(self, settings):
        """The penalty for some settings, in a list; an empty one for none.

        Raises
        ------
        TypeError
            By this method and the next two, for what its functions may not return.
        """
        penalty = self.penalty(settings)
        if not (penalty is None or isinstance(penalty, Penalty | WeightPenalty)):
            raise self._returned("penalty", "a Penalty, a WeightPenalty or None", penalty)
        return [] if penalty is None else [penalty]

    def gate_of(self, settings):
        """The gate for some settings, or None."""
        gate = self.gate(settings)
        if not (gate is None or all(callable(getattr(gate, method, None)) for method in _GATE_METHODS)):
            raise self._returned("gate", f"an object with the methods {', '.join(_GATE_METHODS)}, or None", gate)
        return gate

    def units_kept_of(self, settings):
        """How many units stay on outside of training; None for all."""
        kept = self.units_kept(settings)
        if not (kept is None or (isinstance(kept, Integral) and 1 <= kept <= settings.n_components)):
            legal = f"an integer from 1 to n_components={settings.n_components}, or None"
            raise self._returned("units_kept", legal, kept)
        return kept

    def _returned(self, name, legal, value):
        return TypeError(f"{name} of Sparsity {self.name!r} must return {legal}; it returned {value!r}.")
