"""Custom parts: activations, losses, penalties, corruptions and solvers from outside of the package.

To add a part, create one record and call ``register``::

    from skae.extending import Activation, register

    register(Activation("softplus", value, derivative, second_derivative, range=(0.0, float("inf"))))
    AutoencoderTransformer(activation="softplus")

==================  ==================================================  =====================================
record              value of                                            made of
==================  ==================================================  =====================================
``Activation``      ``activation``, ``output_activation``               three functions of one number
``Loss``            ``loss``                                            one function of an entry
``Sparsity``        ``sparsity`` of ``SparseAE``                        a ``Penalty`` on activations, or a gate
``Corruption``      ``corruption``                                      draws, and a ``kernel`` that applies them
``Optimizer``       ``solver``                                          a step over flat vectors
``Solver``          ``solver``                                          a training loop
==================  ==================================================  =====================================

A custom estimator is a subclass of ``BaseAutoencoder`` with the decorator ``autoencoder``, and a ``Parameter`` for each
parameter that it adds.

Functions of one number are compiled by Numba together with the loops around them, and cached on disk. A registration is
valid for the process. Models with such parts can be saved by ``skae.save``; register the same parts before you load
them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .estimator.automatic import at_strength
from .estimator.base import BaseAutoencoder
from .estimator.parameters import Parameter, store_parameters
from .estimator.prediction import filled
from .estimator.registry import autoencoder
from .kernels.activations import ACTIVATIONS, Activation
from .kernels.compiler import kernel
from .kernels.corruptions import CORRUPTIONS, Corruption
from .kernels.losses import LOSSES, Loss
from .kernels.optimizers import OPTIMIZERS, Optimizer
from .network.network import Network
from .objective.batch import Batch
from .objective.gradient_check import gradient_error as objective_gradient_error
from .objective.l2 import L2
from .objective.objective import Objective
from .objective.penalty import Penalty, WeightPenalty
from .objective.sparsity import SPARSITIES
from .objective.sparsity_record import Sparsity
from .training.config import TrainingConfig
from .training.monitor import FitResult, TrainingMonitor
from .training.solvers import SOLVERS, Solver, minibatch_solver
from .training.state import TrainingState

__all__ = [
    "Activation",
    "BaseAutoencoder",
    "Batch",
    "Corruption",
    "FitResult",
    "Loss",
    "Optimizer",
    "Parameter",
    "Penalty",
    "Solver",
    "Sparsity",
    "TrainingConfig",
    "TrainingMonitor",
    "TrainingState",
    "WeightPenalty",
    "autoencoder",
    "gradient_error",
    "kernel",
    "register",
    "store_parameters",
    "unregister",
]

_REGISTRIES = {
    Activation: ACTIVATIONS,
    Loss: LOSSES,
    Sparsity: SPARSITIES,
    Corruption: CORRUPTIONS,
    Optimizer: OPTIMIZERS,
    Solver: SOLVERS,
}

# Parts that ``register`` added; ``unregister`` removes no others.
_added = []


def __dir__():
    return __all__


def register(part):
    """Register a part, whose name then is a legal value of the parameter for its kind, in this process.

    Parameters
    ----------
    part : Activation, Loss, Sparsity, Corruption, Optimizer or Solver
        Its name must not exist among parts of its kind. An ``Optimizer`` is registered as a mini-batch solver too.

    Returns
    -------
    part

    Raises
    ------
    TypeError
        For anything else.
    ValueError
        For a name that is taken.

    Examples
    --------
    A penalty on the squared activations, beta 1/m sum_i ||h_i||^2, as a way to make codes small:

    >>> import numpy as np
    >>> from skae import SparseAE
    >>> from skae.extending import Penalty, Sparsity, register, unregister
    >>> class CodeEnergy(Penalty):
    ...     def __init__(self, weight):
    ...         self.weight = weight
    ...     def value(self, batch):
    ...         energy = np.square(batch.code).sum(axis=1, dtype=np.float64)
    ...         return self.weight * float(energy @ batch.row_scale)
    ...     def at_code(self, batch, delta):
    ...         delta += delta.dtype.type(2 * self.weight) * batch.row_scale[:, None] * batch.code
    >>> energy = register(Sparsity("energy", penalty=lambda settings: CodeEnergy(settings.sparsity_weight)))
    >>> X = np.random.default_rng(0).normal(size=(100, 5))
    >>> settings = {"activation": "tanh", "init": "glorot", "sparsity": "energy", "random_state": 0}
    >>> free, small = (SparseAE(3, sparsity_weight=weight, **settings).fit(X) for weight in (0.0, 1.0))
    >>> bool((small.transform(X) ** 2).mean() < 0.5 * (free.transform(X) ** 2).mean())
    True
    >>> unregister(energy)
    """
    added = [part, minibatch_solver(part)] if isinstance(part, Optimizer) else [part]
    for record in added:
        registry = _REGISTRIES.get(type(record))
        if registry is None:
            *kinds, last = (kind.__name__ for kind in _REGISTRIES)
            raise TypeError(f"part must be one of {', '.join(kinds)} and {last}; got {record!r}.")
        if record.name in registry:
            raise ValueError(
                f"{type(record).__name__} {record.name!r} already exists; the names are "
                f"{sorted(registry)}. Give the new one another name."
            )
    for record in added:
        _REGISTRIES[type(record)][record.name] = record
    _added.append(part)
    return part


def unregister(part):
    """Remove a part that ``register`` added.

    Parameters
    ----------
    part : Activation, Loss, Sparsity, Corruption, Optimizer or Solver

    Raises
    ------
    ValueError
        For a part that ``register`` did not add, for example one of the package.
    """
    # By identity, since another record may be equal to it.
    places = [place for place, added in enumerate(_added) if added is part]
    if not places:
        raise ValueError(f"part must be one that register added; got {part!r}.")
    del _added[places[0]], _REGISTRIES[type(part)][part.name]
    if isinstance(part, Optimizer):
        del SOLVERS[part.name]


def gradient_error(estimator, X, seed=0):
    """Check the gradient of an estimator's objective against a numerical derivative along a random direction.

    The objective is the loss with L2 and the other penalties, without corruption and without the gate of a sparse code.
    It is evaluated near the weights of the fitted network, which are perturbed a little.

    Parameters
    ----------
    estimator : autoencoder of skae
        Fitted.
    X : array-like of shape (n_samples, n_features)
    seed : int, default=0
        Seed of the direction.

    Returns
    -------
    float
        The relative difference: at most 1e-6 for a correct gradient, except near kinks of the objective.

    Raises
    ------
    TypeError
        For another estimator.

    Examples
    --------
    >>> import numpy as np
    >>> from skae import ContractiveAE
    >>> from skae.extending import gradient_error
    >>> X = np.random.default_rng(0).normal(size=(20, 4))
    >>> gradient_error(ContractiveAE(3, max_iter=2, random_state=0).fit(X), X) < 1e-6
    True
    """
    if not isinstance(estimator, BaseAutoencoder):
        raise TypeError(
            f"estimator must be a fitted autoencoder, an AutoencoderTransformer for example; got {estimator!r}. Of a "
            "detector or an imputer give its estimator_."
        )
    fitted, rows = estimator._read(X)
    network = fitted.network
    theta = network.theta.astype(np.float64)
    theta += 0.1 * np.random.default_rng(seed).standard_normal(theta.shape)
    architecture = replace(network.architecture, n_active=None, thresholded=False)
    network = Network(architecture, theta[: architecture.n_parameters], network.coordinates)
    if estimator._strength_name is not None and fitted.training.strength is not None:
        estimator = at_strength(estimator, fitted.training.strength)
    penalties = [L2(estimator.alpha), *estimator._penalties(network.architecture)]
    objective = Objective(network, LOSSES[fitted.loss], penalties)
    return objective_gradient_error(objective, np.ascontiguousarray(filled(fitted, rows)[:], np.float64), seed)
