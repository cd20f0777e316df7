"""Bounds of the learning rates that are tried: short trials overrate high ones."""

from __future__ import annotations

from ..network.gates import WinnerTakeAll
from . import logit_layers
from .solver_choice import starts_local

# The greatest rate where units begin with columns that go together, from so many columns on, where units compete, and
# of several tied layers of tanh with squared error.
# - With 64 units on 20,000 masked rows of MNIST 0.1 ended at 75 nats, 0.03 at 71; on the 64 columns of digits 0.1 ended
#   lower, by a hundredth.
# - Of units that compete many fell silent. Where a trial found 0.1 best, it cost 0.04 of the variance of held-out rows
#   in the mean of 138 fits of ten small sets by "topk", "batchtopk", or tied by "lifetime", from a gain of 0.12 to
#   0.49; and 0.12 in the mean of 81 by "lifetime", from a gain of 0.8 (twice as many units as columns of iris) to 0.65.
# - Tied layers of tanh on breast_cancer came to 0.50, 0.67 and 0.00 of the variance by 0.1, where principal components
#   have 0.91. With 0.01 rows of the fit are explained better than with 0.03, by 0.015 in the mean, some others
#   worse.
_MANY_COLUMNS, _GREATEST_RATE = 256, 0.03

# That of units that compete for rows, and are rectified or trained by cross-entropy. Where a trial found 0.03 best, it
# explains 0.09 more of held-out rows in the mean of 82 fits, from 0.04 less to 0.82 more; of logistic ones with squared
# error, 46 fits, as much in the mean, and down to 1.6 less.
_FOR_ROWS = 0.01

# Epochs from which on units that compete, and tied layers of tanh, have these bounds: in fewer they hardly get on. In 3
# epochs wine and diabetes had 0.1 to 0.7 less of the variance with them, by a pass of ``partial_fit`` up to 2.
_LONG = 20


def greatest_rate(estimator, objective, sample, n_epochs, share, one_pass):
    """The greatest learning rate of Adam to try.

    Parameters
    ----------
    estimator : BaseAutoencoder
        With the parameters that are settled.
    objective : Objective
    sample : Sample
    n_epochs : int
        At most, of a fit.
    share : float
        Of the rate that is tried, with which the training goes on.
    one_pass : bool
        Whether it is for ``partial_fit``.

    Returns
    -------
    float
        Infinite where there is none.
    """
    architecture, loss = objective.network.architecture, objective.loss.name
    gate, squares = estimator._gate(), objective.loss.squares
    if n_epochs >= _LONG and not one_pass:
        if isinstance(gate, WinnerTakeAll) and (architecture.activation == "relu" or not squares):
            return _FOR_ROWS / share
        layers = architecture.tied and architecture.depth > 1 and architecture.activation == "tanh"
        if gate is not None or (layers and squares):
            return _GREATEST_RATE / share
    if architecture.sizes[0] >= _MANY_COLUMNS and starts_local(estimator, architecture, loss):
        return _GREATEST_RATE
    return logit_layers.rate_of_drawn_weights(estimator, sample, architecture, loss, one_pass)
