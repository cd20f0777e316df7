"""Divergence: what counts as such, and the error that says so."""

from __future__ import annotations

import math

import numpy as np

from ..runtime.messages import marked

# Growth of the loss from which training counts as diverged.
_ABSURD = 1e6


class DivergenceError(ValueError):
    """The loss or the parameters stopped being finite, or the loss grew beyond all measure."""


def check_convergent(objective, sample, loss, config, state, rate):
    """Raise DivergenceError where the loss of the last epoch, or of a batch after it, shows that training diverged."""
    if not has_diverged(objective, sample, loss, state.divergence_baseline):
        return
    finite = np.isfinite(objective.network.theta).all()
    what = f"the loss is {loss:g}" if finite else "the parameters are no longer finite"
    text = (
        f"The training diverged: {what} in epoch {state.epoch} at learning rate {rate:g}. "
        f"Lower {{learning_rate_init}} (it was {config.learning_rate_init:g}) or scale the columns of X."
    )
    raise DivergenceError(marked(text))


def has_diverged(objective, sample, loss, baseline):
    """Whether a loss is not finite, or absurd: a million times both an earlier loss and the loss of an uninformative
    reconstruction, all zeros or, for ``log_loss``, all 1/2.
    """
    theta = objective.network.theta
    if not (math.isfinite(loss) and math.isfinite(theta.sum(dtype=np.float64))):
        return True
    if loss <= _ABSURD * baseline:
        return False
    mean_squares = objective.inner(sample).sum_of_squares() / len(sample.rows)
    if objective.network.coordinates is not None:
        # Of rows that are all the same nothing is left when they are centred: they have no measure but themselves.
        before = objective.filled(sample).sum_of_squares() / len(sample.rows) / objective.network.loss_unit
        mean_squares = before if mean_squares <= np.finfo(theta.dtype).eps * before else mean_squares
    uninformed = objective.loss.baseline(sample.n_features, mean_squares)
    # If the rows are zero and reconstructed as zero, both losses are zero, and there is no scale to compare with.
    return max(uninformed, baseline) > 0.0 and loss > _ABSURD * uninformed
