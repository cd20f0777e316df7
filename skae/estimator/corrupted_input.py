"""CorruptedInput: base of the estimators that train on corrupted input."""

from __future__ import annotations

import copy
from numbers import Real

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from ..kernels.corruptions import CORRUPTIONS
from ..kernels.losses import LOSSES
from ..network.white_noise import MOST_OF_SPREAD, directions_above_noise, white_noise
from ..objective.noise import Noise
from ..rows.matrices import CSRMatrix
from ..runtime.exceptions import ParameterError
from ..runtime.messages import any_of
from .base import BaseAutoencoder
from .parameters import Parameter, RegisteredName
from .start_rows import START_ROWS, without_gaps

# Levels that are "auto": a probability, and the standard deviation over the spread of the columns. On spectra of three
# peaks, with noise of a third of the spread, 0.4 was the best of 0.2 to 0.7 or within 1 % of it.
_PROBABILITY, _SHARE_OF_SPREAD = 0.25, 0.4

# Rows by which the spread is measured, and noise that they show, and their entries at most.
_SPREAD_ROWS, _NOISE_ROWS, _SPREAD_ENTRIES = 4096, 512, 2**20

# Of the spread, the most that noise is that rows show, where the width is set: it then does not decide the code.
_MOST_WITH_WIDTH = 0.9

# Directions above the noise, fewer than which an output is confined to, and entries of the rows that they are taken
# from: of 349 of 500 rows of 12,000 columns they are so far off that the error is 1.4 times that of PCA.
_MOST_DIRECTIONS, _DIRECTION_ENTRIES = 512, 2**23


def corruption_parameters(corruption, noise_level):
    """The parameters of corrupted input, with their defaults."""
    return (
        Parameter(
            "corruption",
            corruption,
            [RegisteredName(CORRUPTIONS, "auto")],
            '{"auto", "masking", "gaussian", "salt_and_pepper"}',
            """
            Masking sets each input to 0 with probability q; Gaussian noise adds N(0, sigma^2); salt and pepper sets
            each input, with probability q, to the minimum or the maximum of its column. Inputs are corrupted in
            training only, and the loss compares with the clean input. "auto" is "masking", but "gaussian" where
            ``noise_level`` is "auto", ``emphasis`` 0, X dense, the loss ``squared_error`` and the output linear.
            """,
        ),
        Parameter(
            "noise_level",
            noise_level,
            [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
            'float or "auto"',
            """
            q, in [0, 1], or sigma, in units of X. 0 is for no corruption. "auto" is 0.25 as a probability; as sigma it
            is that of the noise in X where the spectrum of its covariance shows white noise, and else 0.4 times the
            root of the mean variance of the columns. Where noise is shown, ``fit`` ends by taking from a linear
            output that is not tied every direction in which rows vary no more than noise alone would.
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


def _some_rows(sample, limit):
    """At most so many of the rows, fewer of many columns, and their weights."""
    return sample.some_rows(max(1, min(limit, _SPREAD_ENTRIES // sample.n_features)))


@np.errstate(over="ignore", invalid="ignore")
def _spread(sample):
    """Root of the mean variance of the columns, over the entries that are not NaN; 0 where there is none."""
    rows, weights = _some_rows(sample, _SPREAD_ROWS)
    rows = np.ma.masked_invalid(rows)
    centred = rows - np.ma.average(rows, axis=0, weights=weights)
    variances = np.ma.average(np.square(centred), axis=0, weights=weights)
    spread = float(np.sqrt(np.ma.filled(variances, 0.0).mean()))
    return spread if np.isfinite(spread) else 0.0


class CorruptedInput(BaseAutoencoder):
    """Base of the estimators that train on corrupted input; not to be used directly."""

    def _check_combination(self):
        super()._check_combination()
        # With a level that is set, and with emphasis, "auto" is masking.
        corruption = "masking" if self.corruption == "auto" else self.corruption
        low, high = CORRUPTIONS[corruption].level_range
        if self.noise_level != "auto" and not low <= self.noise_level <= high:
            raise ParameterError(
                "noise_level",
                self.noise_level,
                f"[{low:g}, {high:g}]",
                "{noise_level} with {corruption=} is a probability and must be in {legal}",
                corruption=corruption,
            )
        if self.emphasis > 0 and CORRUPTIONS[corruption].emphasise is None:
            fitting = sorted(name for name, record in CORRUPTIONS.items() if record.emphasise is not None)
            raise ParameterError(
                "emphasis",
                self.emphasis,
                [0],
                f"{{emphasis}} must be {{legal}} with {{corruption={corruption!r}}}, which leaves no entry as it was",
                "Set it to 0, or use {corruption}={fitting}.",
                fitting=any_of(fitting),
            )

    @property
    def corruption_(self):
        return self._record().training.corruption or self.corruption

    @property
    def noise_level_(self):
        level = self._record().training.noise_level
        return self.noise_level if level is None else level

    def _shown_noise(self, sample, loss, previous, one_pass):
        # What the first chunk shows holds for those that follow.
        if self.noise_level != "auto" or (one_pass and previous is not None):
            return 0.0
        if not CORRUPTIONS[self._corruption_for(sample, loss, previous)].additive:
            return 0.0
        set_width = isinstance(self.n_components, Real)
        most = _MOST_WITH_WIDTH if set_width else MOST_OF_SPREAD
        found = white_noise(_some_rows(sample, _NOISE_ROWS)[0], most)
        # A width that is set may be more than rows vary along, and learn to copy them where there is little noise and
        # nothing confines it: with 256 units on spectra whose own noise is a third of the spread 0.4 of it was better
        # by a sixth.
        follows = not (one_pass and set_width)
        return found if follows or found > _SHARE_OF_SPREAD * _spread(sample) else 0.0

    def _directions_of_signal(self, sample, architecture, shown):
        # Weights of the decoder that are the encoder's, or have the norm one, stay as they are.
        free = not architecture.tied and self._unit_norm() is None
        if shown == 0.0 or not free or architecture.output_activation != "identity":
            return None
        limit = max(1, min(START_ROWS, _DIRECTION_ENTRIES // sample.n_features))
        rows, weights = without_gaps(*sample.some_rows(limit))
        directions = directions_above_noise(rows, weights, shown, _MOST_DIRECTIONS)
        return None if directions is None else (directions, np.average(rows, axis=0, weights=weights))

    def _with_noise(self, sample, loss, previous, shown):
        chosen, before = copy.copy(self), (None, None)
        if previous is not None:
            before = previous.training.corruption, previous.training.noise_level
        chosen.corruption = self._corruption_for(sample, loss, previous)
        if self.noise_level == "auto" and chosen.corruption == before[0]:
            chosen.noise_level = before[1]
        elif self.noise_level == "auto":
            in_units = CORRUPTIONS[chosen.corruption].additive
            chosen.noise_level = (shown or _SHARE_OF_SPREAD * _spread(sample)) if in_units else _PROBABILITY
        chosen._check_combination()
        return chosen

    def _corruption_for(self, sample, loss, previous):
        """What ``corruption`` is for a sample."""
        if self.corruption != "auto":
            return self.corruption
        before = None if previous is None else previous.training.corruption
        return before or self._fitting_corruption(sample, loss)

    def _fitting_corruption(self, sample, loss):
        sparse = isinstance(getattr(sample, "X", None), CSRMatrix)
        output = LOSSES[loss].default_output if self.output_activation == "auto" else self.output_activation
        linear = LOSSES[loss].squares and output == "identity"
        free = self.noise_level == "auto" and self.emphasis == 0
        return "gaussian" if free and linear and not sparse else "masking"

    def _kind_of_noise(self):
        if self.noise_level == 0:
            return None
        return "additive" if CORRUPTIONS[self.corruption].additive else "replacing"

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
