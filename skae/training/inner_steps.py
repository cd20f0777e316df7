"""Steps in coordinates of the rows that the network itself does not have."""

from __future__ import annotations

import numpy as np

from ..kernels import penalties
from ..network.network import rescale


def in_coordinates(step, objective):
    """A step of an optimiser in the parameters of a network that would see (x - m) / s in place of x.

    z = W^T x + b = (s W)^T (x - m) / s + c with c = b + W^T m, and the same at the output. Dense rows come in such
    coordinates; sparse ones would not be sparse any more. Without them every change of W moves all rows alike where the
    means m are large, and units of a code that compete for their places fall silent by the dozen. The gradient at fixed
    c, which is that at fixed b less m times the gradient of b, is what the optimiser meets. Tied weights of a
    homogeneous network serve rows in any unit: its biases alone are divided by s.

    Parameters
    ----------
    step : callable (theta, grad, state, rate, t) -> None
    objective : Objective
        With ``step_coordinates``, whose scale is a power of two, so that nothing is rounded by it, and 1 for tied
        weights of a network that is not homogeneous. Where they are None, the step itself is given back.

    Returns
    -------
    callable (theta, grad, state, rate, t) -> None
    """
    coordinates, architecture = objective.step_coordinates, objective.network.architecture
    if coordinates is None:
        return step
    means = coordinates.offset.astype(objective.network.dtype)
    scale, tied = objective.network.dtype.type(coordinates.scale), architecture.tied

    def inner_step(theta, grad, state, rate, t):
        (weights, biases), (grads, bias_grads) = architecture.parameters(theta), architecture.parameters(grad)
        penalties.add_outer(grads[0], means, -bias_grads[0])
        biases[0] += np.dot(means, weights[0])
        rescale(weights, biases, 1 / scale, tied)
        rescale(grads, bias_grads, scale, tied)
        # Of the squared error in these units.
        grad *= 1 / scale**2
        step(theta, grad, state, rate, t)
        rescale(weights, biases, scale, tied)
        biases[0] -= np.dot(means, weights[0])

    return inner_step
