"""CentredCoordinates: the parameters of a network as seen from centred and scaled inputs."""

from __future__ import annotations

import numpy as np


class CentredCoordinates:
    """Coordinates in which a network sees (x - mean) / scale in place of x: another description of the same function.

    With x itself, the first weights and their biases are coupled through the mean of x, and second-order methods need
    many steps to separate them (LeCun et al. 1998, "Efficient BackProp", section 4.3). The map from coordinates p
    to parameters theta is affine: W_1 = p_W / scale, b_1 = p_b - W_1^T mean, and, where the output is linear,
    W_last = scale p_W, b_last = scale p_b + mean. Tied weights cannot be scaled; with linear activations the code has
    the units of x, and its biases are scaled in their place.

    Parameters
    ----------
    network : Network
    mean : ndarray of shape (n_features,)
    scale : float
    """

    def __init__(self, network, mean, scale):
        architecture = network.architecture
        scale = scale if 0.0 < scale < np.inf else 1.0
        self.architecture = architecture
        self.mean = mean
        self.linear_output = architecture.output_activation == "identity"
        self.weight_scale = 1.0 if architecture.tied else scale
        self.hidden_scale = scale if architecture.tied and architecture.activation == "identity" else 1.0
        self.output_scale = scale if self.linear_output else 1.0

    def theta(self, point):
        """Parameters at the coordinates."""
        theta = point.copy()
        weights, biases = self.architecture.parameters(theta)
        self._scale(weights, biases)
        biases[0] -= self.mean @ weights[0]
        if self.linear_output:
            biases[-1] += self.mean
        return theta

    def point(self, theta):
        """Coordinates of the parameters: the inverse of ``theta``."""
        point = theta.copy()
        weights, biases = self.architecture.parameters(point)
        biases[0] += self.mean @ weights[0]
        if self.linear_output:
            biases[-1] -= self.mean
        self._scale(weights, biases, inverse=True)
        return point

    def gradient(self, grad):
        """Gradient by the coordinates from that by the parameters: the transposed linear part of ``theta``."""
        out = grad.copy()
        weights, biases = self.architecture.parameters(out)
        weights[0] -= np.outer(self.mean, biases[0])
        self._scale(weights, biases)
        return out

    def _scale(self, weights, biases, inverse=False):
        """The diagonal part of the map, in place."""
        power = -1.0 if inverse else 1.0
        weights[0] *= self.weight_scale**-power
        if self.linear_output:
            weights[-1] *= self.weight_scale**power
        biases[-1] *= self.output_scale**power
        for bias in biases[:-1]:
            bias *= self.hidden_scale**power
