"""Parameters that are numbers, refused by their name where no calculation can use them."""

from __future__ import annotations

import math
from numbers import Integral, Real
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


class NumericParameters:
    """Mixin that checks the numbers among the parameters before scikit-learn's constraints.

    By these an integer has no upper bound, and a number may be of any type that calls itself real.
    """

    def _validate_params(self):
        for name, value in self.get_params(deep=False).items():
            if isinstance(value, Real) and not in_float64(value):
                raise ValueError(
                    f"The {name!r} parameter of {type(self).__name__} must be an int or a float, of Python or NumPy, "
                    f"within the range of float64, which ends at 1.8e308; got {shown(value)}. Set another value."
                )
        super()._validate_params()


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
