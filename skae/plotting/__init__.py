"""Displays of fitted estimators, by scikit-learn's convention; matplotlib is imported when they draw."""

from .activations import ActivationDisplay
from .codes import CodeDisplay
from .feature_errors import FeatureErrorDisplay
from .filters import FilterDisplay
from .loss_curves import LossCurveDisplay
from .reconstructions import ReconstructionDisplay
from .top_rows import TopRowsDisplay

__all__ = [
    "ActivationDisplay",
    "CodeDisplay",
    "FeatureErrorDisplay",
    "FilterDisplay",
    "LossCurveDisplay",
    "ReconstructionDisplay",
    "TopRowsDisplay",
]
