"""Classic autoencoders as scikit-learn transformers, with kernels compiled by Numba."""

from ._stacking import stack
from ._version import __version__
from .autoencoder import AutoencoderTransformer
from .contractive import ContractiveAE
from .denoising import DenoisingAE
from .outlier import AutoencoderOutlierDetector
from .sparse import SparseAE

__all__ = [
    "AutoencoderOutlierDetector",
    "AutoencoderTransformer",
    "ContractiveAE",
    "DenoisingAE",
    "SparseAE",
    "__version__",
    "stack",
]
