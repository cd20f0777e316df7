"""What is known of a code over many rows: how often its units are on, and where one of them is most active."""

from __future__ import annotations

from numbers import Integral
from typing import NamedTuple

import numpy as np

from ..runtime.messages import marked
from ..runtime.numbers import shown
from ..training.dead_units import unit_activity
from .prediction import encoded
from .stored_codes import stored_blocks


class UnitStatistics(NamedTuple):
    """What the units of a code do over some rows.

    Attributes
    ----------
    active_fraction : ndarray of shape (n_components,)
        Share of the rows for which each unit is on.
    saturated : ndarray of bool of shape (n_components,)
        Whether it is at a bound of its activation for all of them.
    mean : ndarray of shape (n_components,)
        Its mean activation.
    """

    active_fraction: np.ndarray
    saturated: np.ndarray
    mean: np.ndarray


def unit_statistics(fitted, X, activation, threshold):
    """What the units do over checked rows; a code of which few units stay on is never dense as a whole.

    Parameters
    ----------
    fitted : Fitted
    X : ndarray or CSRMatrix
    activation : Activation
    threshold : float
        As of ``unit_activity``.
    """
    if fitted.network.architecture.n_active is None:
        code = encoded(fitted, X)
        return UnitStatistics(*unit_activity(code, activation, threshold), code.mean(axis=0, dtype=np.float64))
    n_rows, width = X.shape[0], fitted.network.architecture.encoder_sizes[-1]
    active, at_bound, sums = np.zeros(width, np.int64), np.zeros(width, np.int64), np.zeros(width)
    least = np.abs(activation.range).max() - threshold
    for _, code in stored_blocks(fitted, X):
        size = np.abs(code.values)
        active += np.bincount(code.units[size > threshold], minlength=width)
        at_bound += np.bincount(code.units[size >= least], minlength=width)
        sums += np.bincount(code.units, code.values, width)
    # Zeros are not among the entries.
    saturated = np.full(width, True) if least <= 0 else at_bound == n_rows
    return UnitStatistics(active / n_rows, saturated, sums / n_rows)


def top_rows(fitted, X, unit, n):
    """The rows on which a unit has its greatest activations; see ``SparseAE.top_rows``."""
    width = fitted.network.architecture.encoder_sizes[-1]
    for name, value, least, most in (("unit", unit, 0, width - 1), ("n", n, 1, None)):
        in_range = isinstance(value, Integral) and least <= value and (most is None or value <= most)
        if not in_range or isinstance(value, bool):
            legal = f"{least} or more" if most is None else f"from {least} to {most}, the last of the code"
            raise ValueError(marked(f"{name} must be an integer {legal}; got {{value}}.", value=shown(value)))
    ((rows, values),) = top_rows_of_units(fitted, X, [unit], n)
    return rows, values


def top_rows_of_units(fitted, X, units, n):
    """Of each of some units the rows with its greatest activations, and these, in one pass over checked rows."""
    rows, values = [[] for _ in units], [[] for _ in units]
    for first, code in stored_blocks(fitted, X):
        for i, unit in enumerate(units):
            places = np.flatnonzero(code.units == unit)
            rows[i].append(first + np.searchsorted(code.row_starts, places, "right") - 1)
            values[i].append(code.values[places])
    found = []
    for own_rows, own_values in zip(map(np.concatenate, rows), map(np.concatenate, values)):
        # Of equal ones the first.
        greatest = np.argsort(-own_values, kind="stable")[:n]
        found.append((own_rows[greatest], own_values[greatest]))
    return found
