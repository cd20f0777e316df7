"""K-FAC: mini-batch descent preconditioned by Kronecker-factored curvature, as an optimiser."""

from __future__ import annotations

import math

import numpy as np

from ..kernels.optimizers import Optimizer, nesterov_step
from .curvature import BatchCurvature, factor_shapes
from .curvature_blocks import Blocks, inverse_shapes
from .kronecker import step_sizes

# Shares of old factors, and of old quadratics, that stay, from the twentieth and the fifth on; before, all count alike.
_DECAY, _QUADRATIC_DECAY = 0.95, 0.8

# The greatest decrease of a step, in units of the loss.
_LARGEST_STEP = 1e-2

# Steps from one curvature, and one inverse, to the next; how many are taken at the first steps one after the other, and
# after how many of them there are new inverses.
_CURVATURE_STEPS, _INVERSE_STEPS, _FIRST, _EARLY = 10, 40, 5, (1, 2, 5, 7)

_MOMENTUM = 0.9

# Steps of a training with one hidden layer, and with several: half of them end within 0.2 % and 1.3 % of their loss.
_STEPS, _DEEP_STEPS = 600, 1200


def kfac_step(theta, direction, grad, velocity, rate, loss, momentum=_MOMENTUM, largest_step=_LARGEST_STEP):
    """One step along a preconditioned gradient, with Nesterov's momentum.

    v = momentum v - nu rate d, theta += momentum v - nu rate d, where d = F^-1 g is the direction, and nu the greatest
    number up to 1 with (nu rate)^2 d^T g <= largest_step loss. d^T g is d^T F d, and with it twice the decrease that
    the quadratic model expects of a step d; for ``log_loss`` twice the Kullback-Leibler divergence between the outputs
    before and after it, which Ba, Grosse and Martens (2017), section 5, limit by a constant.

    Parameters
    ----------
    theta, direction, grad, velocity : ndarray of shape (n_parameters,)
        theta and velocity are changed in place.
    rate : float
    loss : float
        Of the batch.
    momentum, largest_step : float
    """
    length = rate * rate * float(np.dot(direction, grad))
    if length > largest_step * loss:
        rate *= math.sqrt(largest_step * max(loss, 0.0) / length)
    nesterov_step(theta, direction, velocity, rate, momentum)


def update_averages(averages, news, n_before, decay):
    """Move averages towards new values: A = k A + (1 - k) A_new with k = min(1 - 1/n, decay) for the n-th.

    Parameters
    ----------
    averages, news : sequence of ndarray
        The former are changed in place, the latter overwritten.
    n_before : int
        How many were averaged before.
    decay : float
    """
    keep = min(1.0 - 1.0 / (n_before + 1), decay)
    for average, new in zip(averages, news):
        average *= average.dtype.type(keep)
        new *= new.dtype.type(1.0 - keep)
        average += new


class KFAC(Optimizer):
    """K-FAC (Martens and Grosse 2015) with the recursion of Botev, Ritter and Barber (2017) for the factors.

    theta -= rate c_l (A_l x G_l)^-1 g_l for each layer l, with momentum, see ``kfac_step``. A x G stands for the
    curvature of the layer, see ``curvature``; its inverse is damped, see ``damped_inverses``. The lengths c_l come from
    the true curvature along the layers' directions together, which the blocks do not know of each other, see
    ``step_sizes``. Curvature is taken at the first five steps of a training, and at every tenth; inverses are renewed
    after the first, second, fifth and seventh of them, and every 40 steps. What is kept between steps: the velocity;
    the number of curvatures met, and how many times a factor was damped further since it was not positive definite;
    averages of quadratic and descent along the directions; averages of A and G of each layer; and the inverses.

    Departures: the exact curvature of the loss at the outputs in place of sampled gradients; damping by the width of a
    factor, in its own units, in place of Levenberg and Marquardt's rule; momentum and rate are given, and the rescaling
    is one length for each layer. The block of tied weights is one product for the sum of that in the encoder and that
    in the decoder, see ``sum_of_products``. L2 is part of damping and quadratic; the curvature of all other penalties
    is left out, their gradients are not.
    """

    rate = 0.3

    def __init__(self):
        super().__init__("kfac", self._unbound, 1)

    @staticmethod
    def _unbound(theta, grad, state, rate, t):
        raise TypeError("K-FAC needs more than the gradient: take the step that step_for(objective) gives.")

    def state_shapes(self, shape, architecture=None):
        n_blocks = len(architecture.shapes)
        kept = factor_shapes(architecture) + inverse_shapes(architecture)
        return [shape, (2,), (n_blocks, n_blocks + 1), *kept]

    def n_steps(self, architecture):
        return _STEPS if architecture.depth == 1 else _DEEP_STEPS

    def workspace(self, architecture):
        factors, inverses = (
            [math.prod(shape) for shape in shapes(architecture)] for shapes in (factor_shapes, inverse_shapes)
        )
        # What is kept, the factors of a batch, what inverts the greatest; direction, changes of weights, and products.
        return 2 * sum(factors) + sum(inverses) + 3 * max(factors) + 2 * architecture.n_parameters

    def step_for(self, objective):
        return KFACSteps(objective)


class KFACSteps:
    """The steps of one pass over the rows.

    Parameters
    ----------
    objective : Objective
    """

    def __init__(self, objective):
        self.objective = objective
        # Factors are products of whole outputs.
        objective.needs_code = True
        self.blocks = Blocks(objective)
        self.n_factors = len(factor_shapes(objective.network.architecture))

    def __call__(self, theta, grad, state, rate, t):
        """As of ``Optimizer.step``, for the gradient of the last batch of the objective."""
        velocity, counts, quadratic, *kept = state
        factors, inverses = kept[: self.n_factors], kept[self.n_factors :]
        blocks, curvature = self.blocks, None
        if t <= _FIRST or t % _CURVATURE_STEPS == 0:
            n_before = int(counts[0])
            curvature = BatchCurvature(self.objective)
            update_averages(factors, curvature.factors(), n_before, _DECAY)
            counts[0] += 1
            if counts[0] in _EARLY or t % _INVERSE_STEPS == 0:
                counts[1] += blocks.invert(factors, inverses)
        blocks.precondition(inverses)
        if curvature is not None:
            update_averages([quadratic], [blocks.quadratic(curvature)], n_before, _QUADRATIC_DECAY)
        blocks.scale(step_sizes(quadratic[:, :-1].astype(np.float64), quadratic[:, -1].astype(np.float64)))
        batch = self.objective.last_batch
        loss = float(np.dot(batch.row_scale, batch.row_loss))
        kfac_step(theta, blocks.direction, grad, velocity, rate, loss)
