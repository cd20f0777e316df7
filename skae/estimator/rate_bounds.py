"""Bounds of the learning rates that are tried: short trials overrate high ones."""

from __future__ import annotations

from ..network.gates import TopK
from . import logit_layers
from .solver_choice import starts_local

# The greatest rate where units begin with columns that go together, from so many columns on, where units compete
# within a row, or, of tied weights, in any way, and of several tied layers of tanh with squared error.
# - With 64 units on 20,000 masked rows of MNIST 0.1 ended at 75 nats, 0.03 at 71; on the 64 columns of digits 0.1 ended
#   lower, by a hundredth.
# - Of units that compete many fell silent: where a trial found 0.1 best, it cost 0.04 of the variance of held-out rows
#   in the mean of 138 fits of ten small sets, from a gain of 0.12 to 0.49.
# - Tied layers of tanh on breast_cancer came to 0.50, 0.67 and 0.00 of the variance by 0.1, where principal components
#   have 0.91. With 0.01 rows of the fit are explained better than with 0.03, by 0.015 in the mean, some others
#   worse.
_MANY_COLUMNS, _GREATEST_RATE = 256, 0.03


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
    competing = isinstance(gate, TopK) or (architecture.tied and gate is not None)
    layers = architecture.tied and architecture.depth > 1 and architecture.activation == "tanh"
    local = architecture.sizes[0] >= _MANY_COLUMNS and starts_local(estimator, architecture, loss)
    if competing or (layers and objective.loss.squares) or local:
        return _GREATEST_RATE
    return logit_layers.greatest_rate(estimator, sample, architecture, loss, one_pass)
