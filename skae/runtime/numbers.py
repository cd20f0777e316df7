"""Numbers from users: which are integers, which fit in float64, and how messages show them."""

from __future__ import annotations

import math
from numbers import Integral
from reprlib import repr as shortened

import numpy as np


def shown(value):
    """A short representation of a value, even of an integer that has too many digits for ``repr``."""
    try:
        return shortened(value)
    except ValueError:
        return f"a value of type {type(value).__name__} with too many digits to be shown"


def is_integer(value):
    """Whether a value is an integer of Python or NumPy; True and False are not."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def in_float64(value):
    """Whether a number can be used as float64; non-finite floats are left to scikit-learn's parameter constraints."""
    if isinstance(value, float):
        return True
    # numpy.timedelta64 is registered as an integer.
    if not isinstance(value, (Integral, np.floating)) or isinstance(value, np.timedelta64):
        return False
    try:
        return math.isfinite(float(value)) or not np.isfinite(value)
    except OverflowError:
        return False
