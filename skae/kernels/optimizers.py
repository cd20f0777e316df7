"""First-order updates of one flat parameter vector, in one pass each."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .checks import check_callables, check_count, check_name
from .compiler import kernel
from .registry import Registry

# Columns of gradients that are transposed at once.
_AT_ONCE = 4


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
def adam_columns(theta, sums, first, second, start, step, beta1, beta2, epsilon):
    """``adam_step`` for the columns of theta from ``start`` on, of which the rows of sums are the gradients; these may
    be longer than the columns."""
    end, n_columns = start + sums.shape[0], theta.shape[0]
    # Entries of some columns come with one line of the cache. With as many columns as the constant says the loop over
    # them is unrolled.
    grads = np.empty((_AT_ONCE, sums.shape[0]), sums.dtype)
    for j in range(0, n_columns, _AT_ONCE):
        here = min(_AT_ONCE, n_columns - j)
        if here == _AT_ONCE:
            for u in range(sums.shape[0]):
                for c in range(_AT_ONCE):
                    grads[c, u] = sums[u, j + c]
        else:
            for u in range(sums.shape[0]):
                for c in range(here):
                    grads[c, u] = sums[u, j + c]
        for c in range(here):
            weights, m, v = theta[j + c, start:end], first[j + c, start:end], second[j + c, start:end]
            adam_step(weights, grads[c], m, v, step, beta1, beta2, epsilon)


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
    adam_step(theta, grad, *memory, *_adam_scalars(rate, t, beta1, beta2, epsilon))


def adam_of_columns(theta, sums, memory, start, rate, t, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """``adam`` for some columns of a matrix; parameters as of ``Optimizer.step_columns``."""
    adam_columns(theta, sums, *memory, start, *_adam_scalars(rate, t, beta1, beta2, epsilon))


def _adam_scalars(rate, t, beta1, beta2, epsilon):
    """Rate and constants of a step: both bias corrections are in them, which spares them in the pass over theta."""
    correction = math.sqrt(1.0 - beta2**t)
    return rate * correction / (1.0 - beta1**t), beta1, beta2, epsilon * correction


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
    nesterov_step(theta, grad, *memory, rate, momentum)


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
    step_columns : callable (theta, sums, state, start, rate, t) -> None, or None
        The same for columns of a matrix, of an elementwise optimiser: theta and the state are of shape (n_rows,
        n_columns), sums of shape (n, at least n_rows) has the gradients of the n columns from ``start`` on as rows.
        With it the weights of sparse codes take their step part by part, and their gradient is never stored whole.
    proportional : bool
        Whether the step is the rate times what the gradient and the state give, while the state depends neither on the
        rate nor on theta. Then parts may also be stepped in coordinates in which theta is longer.
    """

    name: str
    step: Callable
    n_state_vectors: int
    elementwise: bool = False
    step_columns: Callable | None = None
    proportional: bool = False

    # Learning rate that "auto" is; None where it is searched for.
    rate = None

    def __post_init__(self):
        check_name("The name of an Optimizer", self.name)
        check_callables(self, "step", optional=("step_columns",))
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


OPTIMIZERS = Registry(
    "optimiser",
    (Optimizer("adam", adam, 2, True, adam_of_columns, True), Optimizer("sgd", sgd, 1, True)),
)
