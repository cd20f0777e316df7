"""Bounds of the learning rates that are tried: short trials overrate high ones."""

from __future__ import annotations

from ..network.gates import TopK
from . import logit_layers
from .solver_choice import starts_local

# The greatest rate where units begin with columns that go together, from so many columns on, and where units compete:
# within a row, or, of tied weights, in any way. Short trials overrate higher ones. With 64 units on 20,000 masked rows
# of MNIST 0.1 ended at 75 nats, 0.03 at 71; on the 64 columns of digits 0.1 ended lower, by a hundredth. Of units that
# compete many fell silent: by "topk" and "batchtopk", where a trial found 0.1 best, it cost 13 small fits with tied
# weights 0.02 to 0.44 of the variance, and 52 others 0.03 in the mean, from 0.22 to a gain of 0.064.
_MANY_COLUMNS, _GREATEST_RATE = 256, 0.03

# The greatest rate of several layers of tanh with tied weights and squared error: with more they stay at principal
# components or fall below them. In 90 fits of ten small sets 0.01 in place of 0.03 and 0.1 explained 0.03 more of the
# variance in the mean, from 0.06 less to 0.58 more.
_TIED_LAYERS_RATE = 0.01


def greatest_rate(estimator, objective, sample, one_pass):
    """The greatest learning rate of Adam to try.

    Parameters
    ----------
    estimator : BaseAutoencoder
        With the parameters that are settled.
    objective : Objective
    sample : Sample
    one_pass : bool
        Whether it is for ``partial_fit``.

    Returns
    -------
    float
        Infinite where there is none.
    """
    architecture, loss = objective.network.architecture, objective.loss.name
    gate = estimator._gate()
    if architecture.tied and architecture.depth > 1 and architecture.activation == "tanh" and objective.loss.squares:
        return _TIED_LAYERS_RATE
    competing = isinstance(gate, TopK) or (architecture.tied and gate is not None)
    if competing or (architecture.sizes[0] >= _MANY_COLUMNS and starts_local(estimator, architecture, loss)):
        return _GREATEST_RATE
    return logit_layers.greatest_rate(estimator, sample, architecture, loss, one_pass)
