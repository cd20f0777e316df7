"""The errors and warnings of skae, by the names that filters of warnings use."""

from .runtime.exceptions import (
    CollapsedCodeWarning,
    DeadUnitsWarning,
    FewRowsWarning,
    FitWarning,
    OutputRangeWarning,
    ParameterError,
    PoorFitWarning,
)

__all__ = [
    "CollapsedCodeWarning",
    "DeadUnitsWarning",
    "FewRowsWarning",
    "FitWarning",
    "OutputRangeWarning",
    "ParameterError",
    "PoorFitWarning",
]
