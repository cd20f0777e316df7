"""Classic autoencoders as scikit-learn transformers, with kernels compiled by Numba."""

import importlib
import sys

from .autoencoder import AutoencoderTransformer
from .contractive import ContractiveAE
from .denoising import DenoisingAE
from .environment import show_versions
from .outlier import AutoencoderOutlierDetector
from .runtime import exceptions
from .runtime.earlier_versions import explain_earlier_pickles
from .runtime.version import __version__
from .sparse import SparseAE
from .stacking import stack

explain_earlier_pickles()
# Filters of warnings import it by this name.
sys.modules[f"{__name__}.exceptions"] = exceptions

# Imported at the first access.
_SUBMODULES = [
    "datasets",
    "distributed",
    "export",
    "extending",
    "handwriting",
    "impute",
    "metrics",
    "model_files",
    "plotting",
    "preprocessing",
]
_FUNCTIONS = {"load": "model_files", "save": "model_files"}

__all__ = [
    "AutoencoderOutlierDetector",
    "AutoencoderTransformer",
    "ContractiveAE",
    "DenoisingAE",
    "SparseAE",
    "__version__",
    "exceptions",
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
    if name in _FUNCTIONS:
        return getattr(importlib.import_module(f".{_FUNCTIONS[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
