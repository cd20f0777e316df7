"""Sparsity: one way to make a code sparse, by a penalty or by a gate."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


def _none(settings):
    return None


class Sparsity(NamedTuple):
    """One way to make a code sparse.

    Its functions are given the settings: an object with the parameters of ``SparseAE`` as attributes.

    Parameters
    ----------
    name : str
    penalty : callable (settings) -> Penalty or None
    gate : callable (settings) -> gate or None
        Sets units of a code to zero in training.
    units_kept : callable (settings) -> int or None
        How many units of a code stay on outside of training; None for all.
    check : callable (settings) -> None
        Raises ValueError for settings that do not go together.
    minibatch : bool
        Whether it changes the objective from batch to batch, which only mini-batch solvers allow.
    """

    name: str
    penalty: Callable = _none
    gate: Callable = _none
    units_kept: Callable = _none
    check: Callable = _none
    minibatch: bool = False
