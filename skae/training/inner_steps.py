"""Steps in coordinates of the rows that the network itself does not have."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..kernels import coordinates, penalties
from ..network.network import rescale, rescale_biases


def in_coordinates(step, objective):
    """A step of an optimiser in the parameters of a network that would see (x - m) / s in place of x.

    z = W^T x + b = (s W)^T (x - m) / s + c with c = b + W^T m, and the same at the output. Dense rows come in such
    coordinates; sparse ones would not be sparse any more. Without them every change of W moves all rows alike where the
    means m are large, and units of a code that compete for their places fall silent by the dozen. The gradient at fixed
    c, which is that at fixed b less m times the gradient of b, is what the optimiser meets. Weights that are tied, and
    those whose atoms have one norm, serve rows in any unit where the network is homogeneous: its biases alone are
    divided by s.

    Parameters
    ----------
    step : callable (theta, grad, state, rate, t) -> None
    objective : Objective
        With ``step_coordinates``. Where they are None, the step itself is given back.

    Returns
    -------
    callable (theta, grad, state, rate, t) -> None
    """
    inner, architecture = objective.step_coordinates, objective.network.architecture
    if inner is None:
        return step
    means, scale = _of_type(inner, objective.network.dtype)
    in_one_unit = inner.in_one_unit

    def inner_step(theta, grad, state, rate, t):
        (weights, biases), (grads, bias_grads) = architecture.parameters(theta), architecture.parameters(grad)
        penalties.add_outer(grads[0], means, -bias_grads[0])
        if objective.unit_norm is not None:
            # Of tied weights they are the atoms, whose gradient has a part along them again.
            objective.unit_norm.tangential(objective.network, grads[architecture.depth])
        biases[0] += np.dot(means, weights[0])
        rescale(weights, biases, 1 / scale, in_one_unit)
        rescale(grads, bias_grads, scale, in_one_unit)
        # Of the squared error in these units.
        grad *= 1 / scale**2
        step(theta, grad, state, rate, t)
        rescale(weights, biases, scale, in_one_unit)
        biases[0] -= np.dot(means, weights[0])

    return inner_step


class InnerWeights:
    """``in_coordinates`` where each matrix of weights takes its step part by part, see ``WeightStep``, and the biases
    theirs after it: of a network with one hidden layer.

    With the step of the inner weights, s W, goes one of W that is as much shorter: the rate is divided by s, but where
    weights are in one unit. This is for optimisers that are ``proportional``.

    Parameters
    ----------
    objective : Objective
        As for ``in_coordinates``, with ``step_coordinates``.
    """

    def __init__(self, objective):
        network = objective.network
        self._means, self._scale = _of_type(objective.step_coordinates, network.dtype)
        self._in_one_unit = objective.step_coordinates.in_one_unit
        self._encoder, self._biases = network.weights[0], network.biases
        self._bias_grads = network.architecture.parameters(objective.grad).biases
        self._offset = None

    def begin(self):
        """Before the weights take their step."""
        self._offset = np.dot(self._means, self._encoder)

    def gradient(self, is_encoder):
        """What makes of the gradient of the weights, of a part of one matrix, the inner one."""
        one = self._scale.dtype.type(1)
        if not is_encoder:
            return InnerGradient(None, None, 1 / self._scale ** (2 if self._in_one_unit else 1), one)
        # In turn: of rows in the smallest units their product is infinite.
        first = one if self._in_one_unit else 1 / self._scale
        return InnerGradient(self._means, self._bias_grads[0], first, 1 / self._scale**2)

    def rate(self, is_encoder, rate):
        """That of a matrix of weights."""
        # Rates are Python's numbers, whatever the precision of the network.
        factor = 1.0 if self._in_one_unit else float(self._scale)
        return rate / factor if is_encoder else rate * factor

    def step_biases(self, step):
        """The step of the biases, after that of the weights; ``step()`` is that of the inner ones."""
        self._biases[0] += self._offset
        rescale_biases(self._biases, 1 / self._scale, self._in_one_unit)
        rescale_biases(self._bias_grads, self._scale, self._in_one_unit)
        for grad in self._bias_grads:
            grad *= 1 / self._scale**2
        step()
        rescale_biases(self._biases, self._scale, self._in_one_unit)
        self._biases[0] -= np.dot(self._means, self._encoder)


class InnerGradient(NamedTuple):
    """What makes of the gradient of some weights that of the inner ones."""

    means: np.ndarray | None
    bias_grad: np.ndarray | None
    factor: float
    second_factor: float

    def change(self, first, first_column, last_column, sums):
        """Of the units from ``first`` on, the rows of ``sums``, in place."""
        if self.means is None:
            if self.factor != 1:
                sums *= self.factor
            return
        units = slice(first, first + len(sums))
        means = self.means[first_column:last_column]
        coordinates.inner_gradients(sums, means, self.bias_grad[units], self.factor, self.second_factor)


def _of_type(inner, dtype):
    """Means and scale of the coordinates in the precision of a network."""
    return inner.offset.astype(dtype), dtype.type(inner.scale)
