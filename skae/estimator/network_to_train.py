"""The network that a training begins with: a new one with its start values, or that of the fit before."""

from __future__ import annotations

import copy
import math

from ..network.initialization import initial_parameters
from ..network.network import Network, move_outward, rescale
from ..rows.coordinates import StepCoordinates
from ..training.state import TrainingState
from .automatic import started_network, step_coordinates


def begun(estimator, sample, architecture, loss, previous, means, dtype, one_pass):
    """A network of its own to train, and the state from which to train.

    Parameters
    ----------
    estimator : BaseAutoencoder
        With the parameters that are settled.
    sample : Sample
    architecture : Architecture
    loss : str
    previous : Fitted or None
        The fit that the training continues.
    means : ndarray of shape (n_features,) or None
        In the place of NaN.
    dtype : dtype
        Of the training.
    one_pass : bool
        Whether it is for ``partial_fit``.

    Returns
    -------
    Network, TrainingState
    """
    unit_norm = estimator._unit_norm()
    if previous is not None:
        network, state = copy.deepcopy((previous.network, previous.training))
        network = network.in_precision(dtype)
        if unit_norm is not None:
            _adopt(unit_norm, network, state)
    else:
        rng, state = TrainingState.begin(estimator.random_state)
        if estimator.init == "glorot" and estimator._gate() is None:
            network = Network(architecture, initial_parameters(architecture, rng, dtype))
        else:
            state.step_coordinates = step_coordinates(estimator, sample, architecture, loss, means)
            network = started_network(estimator, sample, architecture, loss, means, rng, dtype, one_pass)
            # L-BFGS takes what was drawn for values in coordinates of its own.
            state.pretrained = True
        if unit_norm is not None:
            unit_norm.start(network, rng)
        steps = state.step_coordinates
        if steps is not None:
            # Values are drawn in the coordinates of the steps.
            move_outward((network.weights, network.biases), steps, steps.in_one_unit)
    return network, state


def _adopt(unit_norm, network, state):
    """Go on with atoms of one norm: the training before may have been without."""
    steps, homogeneous = state.step_coordinates, network.architecture.homogeneous
    scale, offset, changed = 1, None, False
    if steps is not None:
        offset, changed = steps.offset, not steps.in_one_unit
    if changed:
        state.step_coordinates = StepCoordinates.of(steps, True, homogeneous)
        scale = steps.scale if homogeneous else 1
    for one in _networks(network, state.progress):
        _take_unit(one, scale)
        changed = unit_norm.adopt(one, offset) or changed
    if changed:
        # What the optimiser keeps belongs to other weights, and so does the best loss.
        state.optimizer_state, state.step = (), 0
        if state.progress is not None:
            state.progress.best, state.progress.best_theta, state.progress.n_no_improvement = math.inf, None, 0


def _networks(network, progress):
    """The network of a fit, and that from which it goes on where the fit was given the best one."""
    yield network
    if progress is not None and progress.theta is not None:
        other = Network(network.architecture, progress.theta, network.coordinates)
        progress.theta = other.theta
        yield other


def _take_unit(network, scale):
    """Give the hidden units the unit of the rows, which the first and the last weights had: these are then as large as
    on rows in the coordinates of the steps. What the network computes stays."""
    if scale == 1:
        return
    rescale(network.weights, network.biases, 1 / scale)
    rescale(network.weights, network.biases, scale, in_one_unit=True)
    if network.threshold is not None:
        network.threshold[0] *= scale
