"""Training and prediction on data in the partitions of a Dask collection.

Needs the packages dask and distributed (``pip install skae[dask]``).
"""

from .lazy import decision_function, inverse_transform, predict, reconstruct, score, score_samples, transform
from .training import fit

__all__ = [
    "decision_function",
    "fit",
    "inverse_transform",
    "predict",
    "reconstruct",
    "score",
    "score_samples",
    "transform",
]


def __dir__():
    return __all__
