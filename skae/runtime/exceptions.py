"""Warnings of fits that ended well by their own measure and are still of little use; each class can be filtered."""

from __future__ import annotations


class FitWarning(UserWarning):
    """A fit is of little use, and why; the base of the others."""


class DeadUnitsWarning(FitWarning):
    """Many units of a code were on for no row in the last epoch, though dead ones are revived."""


class OutputRangeWarning(FitWarning):
    """X has values that the activation of the output cannot give."""


class CollapsedCodeWarning(FitWarning):
    """Units of a code have the same value for every row."""


class PoorFitWarning(FitWarning):
    """A reconstruction is worse than the means of the columns."""
