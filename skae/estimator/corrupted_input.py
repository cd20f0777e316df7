"""CorruptedInput: what the estimators share that train on corrupted input."""

from __future__ import annotations

from numbers import Real

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from ..kernels.corruptions import CORRUPTIONS
from ..objective.corruption import Noise
from ..rows.matrices import CSRMatrix
from .base import BaseAutoencoder

_PARAMETERS = """
corruption : {"masking", "gaussian", "salt_and_pepper"}, default="masking"
    Masking sets each input to 0 with probability q; Gaussian noise adds N(0, sigma^2); salt and pepper sets each input,
    with probability q, to the least or the greatest value of its column. In training alone; the loss is against the
    clean input.
noise_level : float, default=DEFAULT
    q, in [0, 1], or sigma, in units of X. 0 is for no corruption.
emphasis : float, default=0.0
    How much less an entry that was not corrupted counts in the loss than one that was, in [0, 1]: 1 - emphasis times.
    With 1 the loss is taken on the corrupted entries alone (Vincent et al. 2010, section 4.2). Without noise it has no
    effect; Gaussian noise, which corrupts every entry, does not take it.
"""


def parameters(default):
    """Docstring section of the parameters, with a default level."""
    return _PARAMETERS.replace("DEFAULT", str(default))


class CorruptedInput(BaseAutoencoder):
    """Base of the estimators that train on corrupted input; not to be used directly."""

    _parameter_constraints = {
        **BaseAutoencoder._parameter_constraints,
        "corruption": [StrOptions(set(CORRUPTIONS))],
        "noise_level": [Interval(Real, 0, None, closed="left")],
        "emphasis": [Interval(Real, 0, 1, closed="both")],
    }

    def _check_combination(self):
        super()._check_combination()
        low, high = CORRUPTIONS[self.corruption].level_range
        if not low <= self.noise_level <= high:
            raise ValueError(
                f"noise_level with corruption={self.corruption!r} is a probability and must be in [{low:g}, {high:g}]; "
                f"got noise_level={self.noise_level!r}."
            )
        if self.emphasis > 0 and CORRUPTIONS[self.corruption].emphasise is None:
            fitting = sorted(name for name, record in CORRUPTIONS.items() if record.emphasise is not None)
            raise ValueError(
                f"emphasis must be 0 with corruption={self.corruption!r}, which leaves no entry as it was; got "
                f"emphasis={self.emphasis!r}. Set it to 0, or use corruption={' or '.join(map(repr, fitting))}."
            )

    def _row_numbers(self, sample, architecture):
        # What is drawn, the corrupted rows and how many times each entry counts; of stored entries a few.
        stored = isinstance(getattr(sample, "X", None), CSRMatrix) and self.emphasis == 0
        arrays = (2 + (self.emphasis > 0)) * (self.noise_level > 0 and not stored)
        return super()._row_numbers(sample, architecture) + arrays * architecture.sizes[0]

    # Of rows that are beyond the precision of the model the loss tells.
    @np.errstate(over="ignore")
    def _noise(self, sample, dtype, continues):
        if not continues:
            vars(self).pop("_range", None)
        if self.noise_level == 0:
            return None
        low = high = np.empty(0, dtype)
        if self.corruption == "salt_and_pepper":
            # Kept, so that partial_fit takes the range of all rows seen.
            self._range = sample.column_range(*getattr(self, "_range", ()))
            # A column without any value has no range.
            low, high = (np.nan_to_num(bound).astype(dtype) for bound in self._range)
        return Noise(CORRUPTIONS[self.corruption], self.noise_level, low, high, self.emphasis)
