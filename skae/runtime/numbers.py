"""Numbers as users give them: which are integers, which float64 can hold, and how they are shown."""

from __future__ import annotations

import math
from numbers import Integral
from reprlib import repr as shortened

import numpy as np


def shown(value):
    """A value in few words, also an integer that is too long to be written out."""
    try:
        return shortened(value)
    except ValueError:
        return f"a value of type {type(value).__name__} with too many digits to be shown"


def is_integer(value):
    """Whether a value is an integer, of Python or NumPy; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def in_float64(value):
    """Whether a number can be used as float64; of floats that are not finite scikit-learn's constraints tell."""
    if isinstance(value, float):
        return True
    # A duration of NumPy calls itself an integer.
    if not isinstance(value, (Integral, np.floating)) or isinstance(value, np.timedelta64):
        return False
    try:
        return math.isfinite(float(value)) or not np.isfinite(value)
    except OverflowError:
        return False
