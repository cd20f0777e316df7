"""Classic autoencoders as scikit-learn transformers, with kernels compiled by Numba."""

from importlib import import_module
from typing import TYPE_CHECKING

from .runtime.earlier_versions import explain_earlier_pickles
from .runtime.version import __version__

if TYPE_CHECKING:
    from . import exceptions as exceptions
    from .autoencoder import AutoencoderTransformer
    from .contractive import ContractiveAE
    from .denoising import DenoisingAE
    from .inspection.environment import show_versions
    from .model_files import load, save
    from .outlier import AutoencoderOutlierDetector
    from .sparse import SparseAE
    from .stacking import stack

explain_earlier_pickles()

# All that follows is imported at the first access: the command line tells its help without NumPy and Numba.
_SUBMODULES = [
    "datasets",
    "distributed",
    "exceptions",
    "export",
    "extending",
    "handwriting",
    "impute",
    "inspection",
    "metrics",
    "model_files",
    "plotting",
    "preprocessing",
    "tables",
]
_MODULE_OF = {
    "AutoencoderOutlierDetector": "outlier",
    "AutoencoderTransformer": "autoencoder",
    "ContractiveAE": "contractive",
    "DenoisingAE": "denoising",
    "SparseAE": "sparse",
    "load": "model_files",
    "save": "model_files",
    "show_versions": "inspection.environment",
    "stack": "stacking",
}

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
    return sorted({*__all__, *_SUBMODULES})


def __getattr__(name):
    if name in _SUBMODULES:
        return import_module(f".{name}", __name__)
    if name in _MODULE_OF:
        value = globals()[name] = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
