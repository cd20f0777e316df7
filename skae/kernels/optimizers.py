"""First-order updates of one flat parameter vector, in one pass each."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .checks import check_callables, check_count, check_name
from .compiler import kernel
from .registry import Registry


@kernel
def adam_step(theta, grad, first, second, step, beta1, beta2, epsilon):
    step = theta.dtype.type(step)
    epsilon = theta.dtype.type(epsilon)
    keep1 = theta.dtype.type(beta1)
    keep2 = theta.dtype.type(beta2)
    add1 = theta.dtype.type(1.0 - beta1)
    add2 = theta.dtype.type(1.0 - beta2)
    for i in range(theta.shape[0]):
        g = grad[i]
        m = keep1 * first[i] + add1 * g
        v = keep2 * second[i] + add2 * g * g
        first[i] = m
        second[i] = v
        theta[i] -= step * m / (math.sqrt(v) + epsilon)


@kernel
def nesterov_step(theta, grad, velocity, rate, momentum):
    rate = theta.dtype.type(rate)
    momentum = theta.dtype.type(momentum)
    for i in range(theta.shape[0]):
        v = momentum * velocity[i] - rate * grad[i]
        velocity[i] = v
        theta[i] += momentum * v - rate * grad[i]


@kernel
def clip_norm(grad, limit):
    """Scale grad to the norm ``limit`` where its Euclidean norm is greater."""
    total = 0.0
    for i in range(grad.shape[0]):
        total += np.float64(grad[i]) * grad[i]
    norm = math.sqrt(total)
    if norm > limit:
        factor = grad.dtype.type(limit / norm)
        for i in range(grad.shape[0]):
            grad[i] *= factor


def adam(theta, grad, memory, rate, t, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Adam (Kingma and Ba 2015, algorithm 1).

    m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
    theta -= rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon).

    Parameters
    ----------
    theta, grad : ndarray of shape (n_parameters,)
    memory : tuple of two ndarrays of shape (n_parameters,)
        m and v, zero at the first step.
    rate : float
    t : int
        Number of this step, from 1.
    beta1, beta2, epsilon : float
    """
    # Both bias corrections are moved into the scalars, which spares them in the pass over theta.
    correction = math.sqrt(1.0 - beta2**t)
    adam_step(
        theta, grad, memory[0], memory[1], rate * correction / (1.0 - beta1**t), beta1, beta2, epsilon * correction
    )


def sgd(theta, grad, memory, rate, t, momentum=0.9):
    """Gradient descent with Nesterov momentum: Sutskever et al. (2013), equations 3 and 4, written for the look-ahead
    point.

    v = momentum v - rate g, theta += momentum v - rate g.

    Parameters
    ----------
    theta, grad : ndarray of shape (n_parameters,)
    memory : tuple of one ndarray of shape (n_parameters,)
        v, zero at the first step.
    rate : float
    t : int
        Number of this step, from 1; not used.
    momentum : float
    """
    nesterov_step(theta, grad, memory[0], rate, momentum)


@dataclass(frozen=True, eq=False)
class Optimizer:
    """One first-order optimiser.

    Parameters
    ----------
    name : str
        Its name as a value of the parameter ``solver``.
    step : callable (theta, grad, state, rate, t) -> None
        Updates theta, of shape (n_parameters,), and the state vectors in place; t counts the steps from 1.
    n_state_vectors : int
        Number of vectors of the shape of theta that it keeps between steps; they are zero before the first.
    elementwise : bool
        Whether a parameter depends on its own gradient and state alone, so that parts of the vectors may be updated at
        once by several threads.
    """

    name: str
    step: Callable
    n_state_vectors: int
    elementwise: bool = False

    # Learning rate that "auto" is; None where it is searched for.
    rate = None

    def __post_init__(self):
        check_name("The name of an Optimizer", self.name)
        check_callables(self, "step")
        check_count(self, "n_state_vectors")

    def state_shapes(self, shape, architecture=None):
        """Shapes of the arrays that it keeps between steps, for parameters of some shape of an architecture."""
        return [shape] * self.n_state_vectors

    def n_steps(self, architecture):
        """Steps of a training whose batches and epochs are "auto"; None for those of first-order methods: many, of few
        rows."""
        return None

    def workspace(self, architecture):
        """Numbers that it holds beside ``n_state_vectors`` vectors of the length of the parameters."""
        return 0

    def step_for(self, objective):
        """The step of one pass over the rows, to be called after each gradient of an objective."""
        return self.step


OPTIMIZERS = Registry("optimiser", (Optimizer("adam", adam, 2, True), Optimizer("sgd", sgd, 1, True)))
