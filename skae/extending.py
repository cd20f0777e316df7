"""Parts from outside of the package: what they are made of, and how they become values of parameters.

A part is one record, and one call of ``register``::

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

An estimator of its own is a subclass of ``BaseAutoencoder`` under the decorator ``autoencoder``, with a ``Parameter``
for each that it adds.

Functions of one number are compiled by Numba together with the loops around them, and kept in the cache on the disk.
A registration holds for the process: models with such parts are saved by ``skae.save``, and loaded where the same parts
were registered before.
"""

from __future__ import annotations

from .estimator.base import BaseAutoencoder
from .estimator.parameters import Parameter, store_parameters
from .estimator.registry import autoencoder
from .kernels.activations import ACTIVATIONS, Activation
from .kernels.compiler import kernel
from .kernels.corruptions import CORRUPTIONS, Corruption
from .kernels.losses import LOSSES, Loss
from .kernels.optimizers import OPTIMIZERS, Optimizer
from .objective.batch import Batch
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


def __dir__():
    return __all__


def register(part):
    """Make a part a value of the parameter of its kind, in this process.

    Parameters
    ----------
    part : Activation, Loss, Sparsity, Corruption, Optimizer or Solver
        Its name is new among those of its kind. An ``Optimizer`` is also a solver, which trains in mini-batches.

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
    >>> settings = {"activation": "tanh", "solver": "lbfgs", "sparsity": "energy", "random_state": 0}
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
                f"A {type(record).__name__} of the name {record.name!r} already exists; the names are "
                f"{sorted(registry)}. Give the new one another name."
            )
    for record in added:
        _REGISTRIES[type(record)][record.name] = record
    return part


def unregister(part):
    """Take a part out again that ``register`` added.

    Parameters
    ----------
    part : Activation, Loss, Sparsity, Corruption, Optimizer or Solver

    Raises
    ------
    ValueError
        For what is not registered.
    """
    registry = _REGISTRIES.get(type(part), {})
    if registry.get(part.name) is not part:
        raise ValueError(f"part must be one that was registered; got {part!r}.")
    del registry[part.name]
    if isinstance(part, Optimizer):
        del SOLVERS[part.name]
