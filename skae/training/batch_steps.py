"""BatchSteps: the steps of an optimiser through the batches of an epoch."""

from __future__ import annotations

from functools import partial

from ..kernels.optimizers import clip_norm
from .inner_steps import InnerWeights, in_coordinates
from .shared_steps import step_of
from .weight_steps import WeightStep


class BatchSteps:
    """One step for each batch: after its gradient, or, for sparse codes, weight by weight while it is computed.

    Parameters
    ----------
    optimizer : Optimizer
    objective : Objective
        Its network's parameters are changed in place.
    state : tuple of ndarray
        What the optimiser keeps between steps; changed in place.
    max_grad_norm : float or None
        To which the gradient is scaled where its norm is greater.
    """

    def __init__(self, optimizer, objective, state, max_grad_norm):
        self._optimizer, self._objective, self._state = optimizer, objective, state
        self._max_grad_norm = max_grad_norm
        self._step = in_coordinates(step_of(optimizer, objective), objective)
        in_parts = optimizer.elementwise and optimizer.step_columns is not None and max_grad_norm is None
        inner = objective.step_coordinates is not None
        self._by_parts = in_parts and takes_parts(objective) and (optimizer.proportional or not inner)
        architecture = objective.network.architecture
        self._n_weights = sum(n_rows * n_columns for n_rows, n_columns in architecture.shapes)
        if self._by_parts:
            weights = [architecture.parameters(vector).weights for vector in (objective.network.theta, *state)]
            self._matrices = list(zip(*weights))[: len(architecture.shapes)]
        self._inner = InnerWeights(objective) if self._by_parts and inner else None

    def take(self, x, row_scale, rng, rate, t):
        """The step of a batch.

        Parameters
        ----------
        x, row_scale, rng
            As of ``Objective.value_and_gradient``.
        rate : float
        t : int
            Number of this step, from 1.

        Returns
        -------
        float
            Its objective before the step.
        """
        objective, theta, grad = self._objective, self._objective.network.theta, self._objective.grad
        steps = self._weight_steps(rate, t) if self._by_parts else None
        value = objective.value_and_gradient(x, row_scale, rng, steps)
        if steps is not None and objective.last_batch.active is not None:
            self._step_biases(rate, t)
            return value
        if self._max_grad_norm is not None:
            clip_norm(grad, self._max_grad_norm)
        self._step(theta, grad, self._state, rate, t)
        return value

    def _weight_steps(self, rate, t):
        """One for the encoder, whose units are columns, and one for the decoder where that is not tied to it."""
        unit_norm, inner = self._objective.unit_norm is not None, self._inner
        if inner is not None:
            inner.begin()
        return [
            WeightStep(
                self._optimizer,
                weights,
                state,
                by_rows,
                rate if inner is None else inner.rate(not by_rows, rate),
                t,
                unit_norm and by_rows,
                None if inner is None else inner.gradient(not by_rows),
            )
            for by_rows, (weights, *state) in zip((False, True), self._matrices)
        ]

    def _step_biases(self, rate, t):
        """The step of what is left after the weights."""
        rest = slice(self._n_weights, None)
        theta, grad = self._objective.network.theta[rest], self._objective.grad[rest]
        state = tuple(vector[rest] for vector in self._state)
        step = partial(self._optimizer.step, theta, grad, state, rate, t)
        if self._inner is None:
            step()
        else:
            self._inner.step_biases(step)


def takes_parts(objective):
    """Whether the weights may take their step part by part: nothing but the pass over active entries, and the norm of
    the decoder's rows, has to do with their gradient."""
    tied_to_more = objective.nested_sizes is not None or objective.unit_norm is not None
    return (
        not objective.weight_penalties
        and not (objective.network.architecture.tied and tied_to_more)
        and (objective.dead_unit_loss is None or objective.dead_unit_loss.silent)
    )
