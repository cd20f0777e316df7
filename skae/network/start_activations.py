"""Activations as start values see them: their values in NumPy, slope and reach, and the lift of rectified units."""

from __future__ import annotations

import numpy as np

# A tanh of 1 is a logistic unit of 2, whose slope is 1/4.
STRETCH = {"identity": 1.0, "tanh": 1.0, "logistic": 2.0, "relu": 1.0}
SLOPE = {"identity": 1.0, "tanh": 1.0, "logistic": 0.25, "relu": 1.0}

# By how much of its range a rectified code is lifted above zero.
_LIFT = 0.05


def applied(name, z):
    """An activation by its name, in NumPy: for a few rows its kernel would be compiled for float64 too."""
    if name == "logistic":
        return 1.0 / (1.0 + np.exp(-np.clip(z, -500.0, 500.0)))
    return {"identity": lambda: z, "tanh": lambda: np.tanh(z), "relu": lambda: np.maximum(z, 0.0)}[name]()


def lifted(scores):
    """The bias with which scores are above zero for all rows."""
    low, high = scores.min(axis=0), scores.max(axis=0)
    return -low + _LIFT * (high - low)
