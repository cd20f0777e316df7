"""Steps of an optimiser whose parts several threads take at once."""

from __future__ import annotations

from ..runtime import workers

# How many times as long as a number of a product takes one of the parameters, of which most come from memory.
_COST = 8

# Parameters of which the parts are multiples: the loops over them have no remainder but that of the last.
_MULTIPLE = 4096


def step_of(optimizer, objective):
    """The step of one pass over the rows, shared among threads where its parts do not depend on each other.

    After dense products it is not: their threads have not fallen asleep then, and as much is lost as is gained.

    Parameters
    ----------
    optimizer : Optimizer
    objective : Objective

    Returns
    -------
    callable (theta, grad, state, rate, t) -> None
    """
    step = _shared(optimizer, objective)
    if objective.unit_norm is None:
        return step

    def step_and_norm(*arguments):
        step(*arguments)
        objective.unit_norm.restore(objective.network)

    return step_and_norm


def _shared(optimizer, objective):
    """The step, without what keeps the norm of the decoder's rows."""
    step = optimizer.step_for(objective)
    if not optimizer.elementwise:
        return step

    def shared_step(theta, grad, state, rate, t):
        if objective.last_batch.active is None:
            step(theta, grad, state, rate, t)
            return

        def update(first, last):
            part = slice(first, last)
            step(theta[part], grad[part], tuple(vector[part] for vector in state), rate, t)

        workers.shared(update, workers.parts(len(theta), _COST * len(theta), _MULTIPLE))

    return shared_step
