"""Parameters that are numbers, refused by their name where no calculation can use them."""

from __future__ import annotations

from numbers import Real

from ..runtime.numbers import in_float64, shown


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
