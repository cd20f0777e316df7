"""K-FAC: mini-batch descent preconditioned by Kronecker-factored curvature, as an optimiser."""

from __future__ import annotations

import math

import numpy as np

from ..kernels.optimizers import Optimizer, nesterov_step
from .curvature import batch_factors, factor_shapes
from .kronecker import damped_inverses, precondition, sum_of_products

# Share of an old factor that stays, from the twentieth factor on; before, all count alike.
_DECAY = 0.95

# Relative damping, and the greatest decrease of a step, in units of the loss.
_DAMPING, _LARGEST_STEP = 1e-2, 1e-2

# Steps from one factor, and one inverse, to the next, and how many factors were met when there are new inverses early.
_FACTOR_STEPS, _INVERSE_STEPS, _EARLY = 5, 40, (1, 2, 5, 10)

_MOMENTUM = 0.9


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


def update_averages(averages, news, n_before):
    """Move averages of factors towards new ones: A = k A + (1 - k) A_new with k = min(1 - 1/n, 0.95) for the n-th.

    Parameters
    ----------
    averages, news : sequence of ndarray
        The former are changed in place, the latter overwritten.
    n_before : int
        How many were averaged before.
    """
    keep = min(1.0 - 1.0 / (n_before + 1), _DECAY)
    for average, new in zip(averages, news):
        average *= average.dtype.type(keep)
        new *= new.dtype.type(1.0 - keep)
        average += new


class KFAC(Optimizer):
    """K-FAC (Martens and Grosse 2015) with the recursion of Botev, Ritter and Barber (2017) for the factors.

    theta -= rate F^-1 g with momentum, see ``kfac_step``. F is block-diagonal, one block A x G a layer, see
    ``curvature``; its inverse is damped, see ``damped_inverses``. Factors are averages over batches, taken at every
    fifth step; inverses are renewed at the first steps, at the first of each pass over the rows, and every 40 steps.
    What is kept between steps: the velocity, the number of factors met and of factors that were damped further since
    they were not positive definite, and the averages of A and G of each layer.

    Departures: the exact curvature of the loss at the outputs in place of sampled gradients, damping in units of each
    layer's curvature in place of Levenberg and Marquardt's rule, and rate and momentum are given. The block of tied
    weights is one product for the sum of that in the encoder and that in the decoder, see ``sum_of_products``. L2 is
    part of the damping; the curvature of all other penalties is left out, their gradients are not.
    """

    rate = 0.1

    def __init__(self):
        super().__init__("kfac", self._unbound, 1)

    @staticmethod
    def _unbound(theta, grad, state, rate, t):
        raise TypeError("K-FAC needs more than the gradient: take the step that step_for(objective) gives.")

    def state_shapes(self, shape, architecture=None):
        return [shape, (2,), *factor_shapes(architecture)]

    def workspace(self, architecture):
        numbers = [math.prod(shape) for shape in factor_shapes(architecture)]
        # Averages, inverses and the factors of a batch; of the greatest a copy and what inverts it; and the direction.
        return 3 * sum(numbers) + 3 * max(numbers) + 2 * architecture.n_parameters

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
        architecture = objective.network.architecture
        self.architecture = architecture
        self.n_layers = 2 * architecture.depth
        self.direction = np.empty_like(objective.network.theta)
        self.to_direction = architecture.parameters(self.direction)
        self.from_grad = architecture.parameters(objective.grad)
        self.n_steps = 0
        self.inverses, self.bias_inverses = None, []

    def __call__(self, theta, grad, state, rate, t):
        """As of ``Optimizer.step``, for the gradient of the last batch of the objective."""
        velocity, counts, *averages = state
        n_factors = int(counts[0])
        renewed = self.n_steps % _FACTOR_STEPS == 0 or n_factors < _FACTOR_STEPS
        if renewed:
            inputs, outputs = batch_factors(self.objective)
            update_averages(averages, inputs + outputs, n_factors)
            counts[0] += 1
        if self.inverses is None or self.n_steps % _INVERSE_STEPS == 0 or (renewed and n_factors + 1 in _EARLY):
            counts[1] += self._invert(averages)
        self.n_steps += 1
        self._precondition()
        batch = self.objective.last_batch
        loss = float(np.dot(batch.row_scale, batch.row_loss))
        kfac_step(theta, self.direction, grad, velocity, rate, loss)

    def _precondition(self):
        """Make the direction from the gradient."""
        from_grad, to_direction = self.from_grad, self.to_direction
        for layer, inverses in enumerate(self.inverses):
            gradients = from_grad.weights[layer], from_grad.biases[layer]
            precondition(*gradients, *inverses, to_direction.weights[layer], to_direction.biases[layer])
        for layer, inverse in enumerate(self.bias_inverses, len(self.inverses)):
            gradient = from_grad.biases[layer]
            to_direction.biases[layer][...] = inverse * gradient if inverse.ndim == 1 else inverse @ gradient

    def _invert(self, averages):
        """Make the inverses of all blocks, and return how many dampings had to grow."""
        inputs, outputs = averages[: self.n_layers], averages[self.n_layers :]
        blocks, alone = list(zip(inputs, outputs)), []
        if self.architecture.tied:
            depth = self.architecture.depth
            blocks, alone = list(map(_tied_block, blocks[:depth], blocks[: depth - 1 : -1])), outputs[depth:]
        penalties = self.objective.weight_curvatures()
        inverted = [damped_inverses(*block, _DAMPING, penalty) for block, penalty in zip(blocks, penalties)]
        # As of an input that is always one.
        inverted_alone = [damped_inverses(np.ones(1, factor.dtype), factor, _DAMPING) for factor in alone]
        self.inverses = [block[:2] for block in inverted]
        self.bias_inverses = [block[1] for block in inverted_alone]
        return sum(block[2] for block in inverted + inverted_alone)


def _tied_block(encoder, decoder):
    """One pair of factors of weights that are used twice, as W in the encoder and as W^T in the decoder.

    There the outputs are on the side of the encoder's inputs. The bias of the encoder is not used in the decoder.
    """
    inputs, outputs = decoder
    inputs = inputs[:-1] if inputs.ndim == 1 else inputs[:-1, :-1]
    return sum_of_products(encoder, (np.pad(outputs, (0, 1)), inputs))
