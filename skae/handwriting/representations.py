"""The representations that are compared, and the one strength that is searched for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sklearn.decomposition import PCA

from ..autoencoder import AutoencoderTransformer
from ..contractive import ContractiveAE
from ..denoising import DenoisingAE
from ..sparse import SparseAE


class Representation(NamedTuple):
    """One representation.

    Attributes
    ----------
    name : str
        Key by which it is selected.
    label : str
        Name in tables and figures.
    build : callable (settings, most_components) -> transformer or "passthrough"
        most_components is the largest number of components that PCA can have on the smallest training fold.
    parameter : str
        The parameter of the pipeline that is searched beside the classifier's C.
    values : dict of str to tuple
        Its candidates for each data set. They differ because the weight of a penalty is relative to a loss that is a
        sum over pixels.
    """

    name: str
    label: str
    build: Callable
    parameter: str
    values: dict


def _raw(settings, most_components):
    return "passthrough"


def _pca(settings, most_components):
    return PCA(min(settings.n_components, most_components), random_state=settings.seed)


def _autoencoder(kind, **own):
    """Builder of an autoencoder with the shared training parameters and some of its own."""

    def build(settings, most_components):
        # Grey values in [0, 1] are taken as probabilities of ink. The schedule ends the training, not a stopping rule.
        shared = {
            "n_components": settings.n_components,
            "activation": "logistic",
            "loss": "log_loss",
            "init": "glorot",
            "solver": "adam",
            "learning_rate_init": settings.learning_rate_init,
            "learning_rate": "cosine",
            "batch_size": settings.batch_size,
            "max_iter": settings.max_iter,
            "tol": 0.0,
            "n_iter_no_change": settings.max_iter,
            "random_state": settings.seed,
        }
        return kind(**{**shared, **own})

    return build


def _values(digits, mnist=None):
    return {"digits": digits, "mnist": digits if mnist is None else mnist}


_L2 = ("representation__alpha", _values((0.0, 1e-4, 1e-3), (0.0, 1e-3, 1e-2)))
# Standardising principal components whitens them, which raises the noise in the last ones, so the search decides.
_WHITENING = ("scale__with_std", _values((True, False)))
_SIGMA = ("representation__noise_level", _values((0.125, 0.25, 0.5), (0.25, 0.5, 1.0)))
_SPARSITY = ("representation__sparsity_weight", _values((1e-3, 1e-2, 1e-1), (0.1, 1.0, 10.0)))
_CONTRACTION = ("representation__contraction_weight", _values((1e-3, 1e-2, 1e-1), (0.1, 1.0, 3.0)))


def _masking(level):
    return _autoencoder(DenoisingAE, corruption="masking", noise_level=level)


_PLAIN = _autoencoder(AutoencoderTransformer)
_TIED = _autoencoder(AutoencoderTransformer, tied_weights=True)
_LINEAR = _autoencoder(AutoencoderTransformer, activation="identity", loss="squared_error", learning_rate_init=1e-2)

REPRESENTATIONS = {
    record.name: record
    for record in (
        Representation("raw", "raw pixels", _raw, "scale__with_std", _values((True,))),
        Representation("pca", "PCA", _pca, *_WHITENING),
        Representation("plain", "plain", _PLAIN, *_L2),
        Representation("tied", "tied", _TIED, *_L2),
        Representation("linear", "linear", _LINEAR, *_L2),
        Representation("masking-0.25", "denoising, masking 0.25", _masking(0.25), *_L2),
        Representation("masking-0.5", "denoising, masking 0.5", _masking(0.5), *_L2),
        Representation("gaussian", "denoising, Gaussian", _autoencoder(DenoisingAE, corruption="gaussian"), *_SIGMA),
        Representation("sparse", "sparse", _autoencoder(SparseAE), *_SPARSITY),
        Representation("contractive", "contractive", _autoencoder(ContractiveAE), *_CONTRACTION),
    )
}
