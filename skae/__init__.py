"""Classic autoencoders as scikit-learn transformers, with kernels compiled by Numba."""

import importlib

from .autoencoder import AutoencoderTransformer
from .contractive import ContractiveAE
from .denoising import DenoisingAE
from .environment import show_versions
from .model_files import load, save
from .outlier import AutoencoderOutlierDetector
from .runtime.version import __version__
from .sparse import SparseAE
from .stacking import stack

# Imported when they are first asked for.
_SUBMODULES = [
    "datasets",
    "distributed",
    "export",
    "handwriting",
    "impute",
    "metrics",
    "model_files",
    "plotting",
    "preprocessing",
]

__all__ = [
    "AutoencoderOutlierDetector",
    "AutoencoderTransformer",
    "ContractiveAE",
    "DenoisingAE",
    "SparseAE",
    "__version__",
    "load",
    "save",
    "show_versions",
    "stack",
]


def __dir__():
    return sorted(__all__ + _SUBMODULES)


def __getattr__(name):
    if name in _SUBMODULES:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
