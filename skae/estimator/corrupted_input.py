"""CorruptedInput: base of the estimators that train on corrupted input."""

from __future__ import annotations

from numbers import Real

import numpy as np
from sklearn.utils._param_validation import Interval

from ..kernels.corruptions import CORRUPTIONS
from ..objective.noise import Noise
from ..rows.matrices import CSRMatrix
from ..runtime.exceptions import ParameterError
from ..runtime.messages import any_of
from .base import BaseAutoencoder
from .parameters import Parameter, RegisteredName


def corruption_parameters(noise_level):
    """The parameters of corrupted input, with a default level."""
    return (
        Parameter(
            "corruption",
            "masking",
            [RegisteredName(CORRUPTIONS)],
            '{"masking", "gaussian", "salt_and_pepper"}',
            """
            Masking sets each input to 0 with probability q; Gaussian noise adds N(0, sigma^2); salt and pepper sets
            each input, with probability q, to the minimum or the maximum of its column. Inputs are corrupted in
            training only, and the loss compares with the clean input.
            """,
        ),
        Parameter(
            "noise_level",
            noise_level,
            [Interval(Real, 0, None, closed="left")],
            "float",
            """
            q, in [0, 1], or sigma, in units of X. 0 is for no corruption.
            """,
        ),
        Parameter(
            "emphasis",
            0.0,
            [Interval(Real, 0, 1, closed="both")],
            "float",
            """
            Reduces the weight of uncorrupted entries in the loss to 1 - emphasis; that of corrupted entries is 1. With
            1 the loss is that of the corrupted entries alone (Vincent et al. 2010, section 4.2). It has no effect
            without noise, and must be 0 with Gaussian noise, which corrupts every entry.
            """,
        ),
    )


class CorruptedInput(BaseAutoencoder):
    """Base of the estimators that train on corrupted input; not to be used directly."""

    def _check_combination(self):
        super()._check_combination()
        low, high = CORRUPTIONS[self.corruption].level_range
        if not low <= self.noise_level <= high:
            raise ParameterError(
                "noise_level",
                self.noise_level,
                f"[{low:g}, {high:g}]",
                "{noise_level} with {corruption=} is a probability and must be in {legal}",
                corruption=self.corruption,
            )
        if self.emphasis > 0 and CORRUPTIONS[self.corruption].emphasise is None:
            fitting = sorted(name for name, record in CORRUPTIONS.items() if record.emphasise is not None)
            raise ParameterError(
                "emphasis",
                self.emphasis,
                [0],
                f"{{emphasis}} must be {{legal}} with {{corruption={self.corruption!r}}}, "
                "which leaves no entry as it was",
                "Set it to 0, or use {corruption}={fitting}.",
                fitting=any_of(fitting),
            )

    def _workspace_per_row(self, sample, architecture):
        own = 0
        if self.noise_level > 0:
            nowhere = np.empty(0)
            noise = Noise(CORRUPTIONS[self.corruption], self.noise_level, nowhere, nowhere, self.emphasis)
            own = noise.workspace_per_row(sample.n_features, isinstance(getattr(sample, "X", None), CSRMatrix))
        return super()._workspace_per_row(sample, architecture) + own

    # Rows that overflow in the precision of the model are reported later, by the loss.
    @np.errstate(over="ignore")
    def _noise(self, sample, dtype, previous):
        value_range = None if previous is None else previous.statistics.value_range
        if self.noise_level == 0:
            return None, value_range
        low = high = np.empty(0, dtype)
        if self.corruption == "salt_and_pepper":
            # Extended by the range of earlier rows: partial_fit uses the range of all rows seen.
            value_range = sample.column_range(*(value_range or ()))
            # A column without any value has no range.
            low, high = (np.nan_to_num(bound).astype(dtype) for bound in value_range)
        return Noise(CORRUPTIONS[self.corruption], self.noise_level, low, high, self.emphasis), value_range
