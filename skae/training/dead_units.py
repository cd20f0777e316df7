"""Dead units of a code: detection in training, and revival by new weights.

A unit is dead in an epoch if it was active for none of its rows. It is active if |h| > 0.01. If the activation function
is unbounded, so that h has the units of X, it is active if h is not zero.
"""

from __future__ import annotations

from numbers import Real

import numpy as np

from ..kernels import gates
from ..network.active import ActiveCode
from ..objective.row_losses import row_losses
from ..runtime.numbers import in_float64, shown

# Number of rows from which those for the revived units are drawn.
_CANDIDATES = 1024


def on_threshold(activation, threshold=None):
    """Size of the activation above which a unit counts as on.

    Parameters
    ----------
    activation : Activation
    threshold : float, default=None
        What a user asks for; None for 0.01, or 0 where the activation has no bounds.

    Raises
    ------
    ValueError
        For a threshold that is no number, or negative.
    """
    if threshold is None:
        return 0.01 if np.isfinite(activation.range).all() else 0.0
    if not (isinstance(threshold, Real) and in_float64(threshold) and threshold >= 0):
        raise ValueError(f"threshold must be a number, 0 or more; got {shown(threshold)}.")
    return threshold


def unit_activity(code, activation, threshold):
    """Share of the rows for which each unit is active, and whether it is at a bound of its activation for all rows.

    Parameters
    ----------
    code : ndarray of shape (n_samples, n_components)
    activation : Activation
    threshold : float
        A unit is on where |h| > threshold, and at a bound where |h| is within it of the greatest possible.

    Returns
    -------
    active_fraction : ndarray of shape (n_components,), float
        Share of the rows for which each unit is on: 0 for a dead one.
    saturated : ndarray of shape (n_components,), bool
    """
    size = np.abs(code)
    bound = np.abs(activation.range).max()
    return (size > threshold).mean(axis=0), (size >= bound - threshold).all(axis=0)


class Activity:
    """Which units of a code were on since the last call of ``take``.

    Parameters
    ----------
    width : int
    threshold : float
        Size of the activation above which a unit is on.
    revives : bool, default=True
        Whether units that are dead are to be given new weights.
    """

    def __init__(self, width, threshold, revives=True):
        self.revives = revives
        self._threshold = threshold
        self._seen = np.zeros(width, np.uint8)

    def see(self, code):
        """Take the activations of a batch, after the gate: an array or an ``ActiveCode``."""
        if isinstance(code, ActiveCode):
            self._seen[code.units[np.abs(code.values) > self._threshold]] = 1
        else:
            gates.mark_active(code, code.dtype.type(self._threshold), self._seen)

    def take(self):
        """Which units were on, of all seen; and begin anew."""
        active = self._seen.astype(bool)
        self._seen[:] = 0
        return active


# Near the ends of the floating-point range there may be no direction; the loss reports such rows.
@np.errstate(over="ignore", invalid="ignore")
def revive(objective, sample, active, optimizer_state, rng):
    """Give the units that are dead new weights, and clear the optimiser's state of them.

    At most 1,024 candidate rows, as many as a block of rows has, are drawn uniformly. For each dead unit one of them,
    another for each where there are enough, is drawn with probability proportional to its reconstruction loss by the
    units that stay on in training. Let a be the input of the code layer for this row, and
    mean(a) its mean over the candidates. The weights of the unit become w = s (a - mean(a)) and its bias -w^T mean(a):
    it is active for this row and similar ones. s is chosen so that the standard deviation of w^T a over the candidates
    is the mean of those of the living units (1 if there are none): with stronger weights a new unit would displace what
    the others have learnt. Its decoder weights become 0, so that no reconstruction changes before it learns; with tied
    weights they are w, and where the rows of the decoder have norm one the direction of w.

    A variant of the resampling of Bricken et al. (2023), "Towards monosemanticity".

    Parameters
    ----------
    objective : Objective
        The parameters of its network are changed in place.
    sample : Sample
    active : ndarray of bool of shape (n_components,)
        Which units live.
    optimizer_state : tuple of ndarray
        Those shaped as the parameters are cleared where the units have theirs.
    rng : numpy Generator

    Returns
    -------
    int
        How many units were given weights.
    """
    dead = np.flatnonzero(~active)
    if len(dead) == 0:
        return 0
    network, depth = objective.network, objective.network.architecture.depth
    rows = rng.choice(sample.rows, min(objective.block_size(_CANDIDATES), len(sample.rows)), replace=False)
    losses = row_losses(network, objective.loss, sample.X[rows], objective.fill_values, objective.gate)
    losses = losses.astype(np.float64)
    if sample.weights is not None:
        losses *= sample.weights[rows]
    losses = np.nan_to_num(np.maximum(losses, 0.0))
    # The sum of the greatest numbers is none.
    chances = losses / losses.max() if losses.max() > 0 else np.ones_like(losses)
    chances /= chances.sum()
    inputs = network.code_inputs(objective.filled(sample).X[rows].astype(network.dtype))
    mean = inputs.mean(axis=0, dtype=np.float64)
    # Two units from one row would be the same from then on.
    again = len(dead) > np.count_nonzero(chances)
    directions = inputs[rng.choice(len(rows), len(dead), again, chances)] - mean
    # Rows that differ from the mean by their rounding alone give no direction.
    size = np.sqrt(np.square(inputs, dtype=np.float64).sum(axis=1).max())
    directions[np.linalg.norm(directions, axis=1) <= 1e3 * np.finfo(network.dtype).eps * size] = 0
    weights, bias = network.weights[depth - 1], network.biases[depth - 1]
    spread = (inputs @ weights[:, active]).std(axis=0).mean() if active.any() else 0.0
    spread = spread if spread > 0 else 1.0
    own = (inputs @ directions.T).std(axis=0)[:, None]
    directions = np.divide(spread * directions, own, out=np.zeros_like(directions), where=own > 0)
    # Nor do rows so near zero, or so far from it, that the squares of these weights, or the biases, overflow.
    shifts = directions @ mean
    limit = np.finfo(network.dtype).max
    fitting = (np.abs(directions).max(axis=1) <= np.sqrt(limit)) & (np.abs(shifts) <= limit)
    directions[~fitting] = 0
    shifts[~fitting] = 0
    vectors = [array for array in optimizer_state if array.shape == network.theta.shape]
    for parameters in (network, *map(network.architecture.parameters, vectors)):
        parameters.weights[depth - 1][:, dead] = 0
        parameters.weights[depth][dead] = 0
        parameters.biases[depth - 1][dead] = 0
    weights[:, dead] = directions.T
    bias[dead] = -shifts
    if objective.unit_norm is not None:
        network.weights[depth][dead] = directions
        objective.unit_norm.restore(network)
    return len(dead)
