"""Training: from an objective and rows of X to fitted parameters.

Solvers know arrays and objectives, never estimators. Each is a function in ``SOLVERS``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from . import _buffers
from ._network import CentredCoordinates
from ._rows import block_rows, gather
from .kernels.updates import UPDATES

# Bytes of shuffled rows gathered at once; they are to stay in the second-level cache.
_GATHER_BYTES = 2**20

# Growth of the loss from which training counts as diverged.
_ABSURD = 1e6


class DivergenceError(ValueError):
    """The loss or the parameters stopped being finite, or the loss grew beyond all measure."""


@dataclass(frozen=True)
class Schedule:
    """How long to train and how fast.

    Attributes
    ----------
    learning_rate_init : float
    learning_rate : {"constant", "cosine"}
    batch_size : int
    max_iter, n_iter_no_change : int
    tol : float
        Relative to the loss.
    shuffle : bool
    """

    learning_rate_init: float = 1e-3
    learning_rate: str = "constant"
    batch_size: int = 128
    max_iter: int = 200
    tol: float = 1e-4
    n_iter_no_change: int = 10
    shuffle: bool = True

    def rate(self, epoch):
        """Learning rate of an epoch, counted from 0: rate_0, or rate_0 (1 + cos(pi epoch / max_iter)) / 2."""
        if self.learning_rate == "constant":
            return self.learning_rate_init
        return self.learning_rate_init * 0.5 * (1.0 + math.cos(math.pi * min(epoch / self.max_iter, 1.0)))


@dataclass
class TrainingState:
    """What continues when training continues: the optimiser's memory, its clock, and the sources of randomness."""

    shuffle_rng: np.random.Generator
    noise_rng: np.random.Generator
    held_seed: np.random.SeedSequence | None = None
    memory: tuple = ()
    step: int = 0
    epoch: int = 0
    # Greatest objective of the first batch of a pass, over the passes that went well.
    reference: float | None = None


class FitResult(NamedTuple):
    """What a solver gives back.

    Attributes
    ----------
    theta : ndarray of shape (n_parameters,)
    loss_curve, validation_loss_curve : list of float
        Objective per epoch or iteration, mean over rows.
    n_iter : int
        Epochs or iterations of this run.
    converged : bool
        Whether the stopping rule was met before ``max_iter``.
    state : TrainingState
    """

    theta: np.ndarray
    loss_curve: list
    validation_loss_curve: list
    n_iter: int
    converged: bool
    state: TrainingState


@dataclass
class StoppingRule:
    """Met once ``patience`` values in a row were not below (1 - tol) times the best one before them."""

    tol: float
    patience: int
    best: float = math.inf
    stale: int = 0

    def update(self, value):
        """Take one value; True when the rule is met."""
        threshold = (1.0 - self.tol) * self.best if math.isfinite(self.best) else math.inf
        self.stale = 0 if value < threshold else self.stale + 1
        self.best = min(self.best, value)
        return self.stale >= self.patience


# An update whose sums overflow shows in the parameters, which are checked.
@np.errstate(over="ignore", invalid="ignore")
def run_epoch(objective, sample, schedule, update, state, rate=None):
    """One pass of mini-batch steps over a sample, in the order of its rows.

    Parameters
    ----------
    objective : Objective
    sample : Sample
    schedule : Schedule
    update : Update
    state : TrainingState
        Advanced in place.
    rate : float, default=None
        Learning rate; None for the schedule's first.

    Returns
    -------
    float
        Mean objective over the rows, each batch at the parameters it met.
    """
    network, grad, memory = objective.network, objective.grad, state.memory
    theta, step = network.theta, update.step
    rate = schedule.learning_rate_init if rate is None else rate
    X, rows, weights = sample
    n_rows, size = len(rows), min(schedule.batch_size, len(rows))
    together = size * max(1, block_rows(X.shape[1], theta.dtype, _GATHER_BYTES) // size)
    gathered = _buffers.empty((min(together, n_rows), X.shape[1]), theta.dtype)
    total, first_value = 0.0, None
    for first in range(0, n_rows, together):
        indices = rows[first : first + together]
        block = gathered[: len(indices)]
        gather(X, indices, block)
        scale = None if weights is None else weights[indices].astype(theta.dtype)
        for start in range(0, len(indices), size):
            x = block[start : start + size]
            row_scale = None if scale is None else scale[start : start + size] / theta.dtype.type(len(x))
            value = objective.value_and_gradient(x, row_scale, state.noise_rng)
            total += len(x) * value
            first_value = value if first_value is None else first_value
            state.step += 1
            step(theta, grad, memory, rate, state.step)
    loss = total / n_rows
    state.epoch += 1
    if state.reference is None:
        state.reference = first_value
    check_convergent(objective, sample, loss, schedule, state, rate)
    state.reference = max(state.reference, first_value)
    return loss


def check_last_step(objective, sample, schedule, state):
    """Raise DivergenceError where the last step, whose effect no epoch has seen yet, went astray."""
    rows = sample.rows[-schedule.batch_size :]
    x = np.empty((len(rows), sample.X.shape[1]), objective.network.dtype)
    gather(sample.X, rows, x)
    # A source of its own, so that the training goes on with the draws that it would have had.
    value = objective.value(x, rng=np.random.default_rng(0))
    check_convergent(objective, sample, value, schedule, state, schedule.learning_rate_init)


def check_convergent(objective, sample, loss, schedule, state, rate):
    """Raise DivergenceError where the loss of the last epoch, or of a batch after it, shows that training diverged."""
    if not has_diverged(objective, sample, loss, state.reference):
        return
    finite = np.isfinite(objective.network.theta).all()
    what = f"the loss is {loss:g}" if finite else "the parameters are no longer finite"
    raise DivergenceError(
        f"The training diverged: {what} in epoch {state.epoch} at learning rate {rate:g}. "
        f"Lower learning_rate_init (it was {schedule.learning_rate_init:g}) or scale the columns of X."
    )


def has_diverged(objective, sample, loss, reference):
    """Whether a loss is not finite, or absurd: a million times an earlier one and that of a reconstruction without any
    information, all zeros or, for ``log_loss``, all 1/2.
    """
    theta = objective.network.theta
    if not (math.isfinite(loss) and math.isfinite(theta.sum(dtype=np.float64))):
        return True
    if loss <= _ABSURD * reference:
        return False
    if objective.loss.data_range is not None:
        blind = sample.X.shape[1] * math.log(2.0)
    else:
        squares = sum(np.square(block, dtype=np.float64).sum() for block in sample.blocks())
        blind = squares / len(sample.rows)
    # Rows of zeros, seen from parameters that make zeros of them, give no measure.
    return max(blind, reference) > 0.0 and loss > _ABSURD * blind


def minibatch(objective, sample, schedule, state, held=None, on_epoch=None, *, update):
    """Mini-batch descent until the stopping rule is met.

    Parameters
    ----------
    objective : Objective
        Its network's parameters are trained in place.
    sample : Sample
    schedule : Schedule
    state : TrainingState
        Advanced in place.
    held : Sample, default=None
        Rows whose objective decides when to stop, in place of that of the training rows; the parameters of its least
        value are given back.
    on_epoch : callable (epoch, loss, validation_loss) -> None, default=None
    update : Update

    Returns
    -------
    FitResult
    """
    theta = objective.network.theta
    start_memory(state, update, theta)
    rule = StoppingRule(schedule.tol, schedule.n_iter_no_change)
    watch = _Watch(objective, held, rule, state, on_epoch)
    converged = False
    while len(watch.curve) < schedule.max_iter and not converged:
        if schedule.shuffle:
            sample = sample._replace(rows=state.shuffle_rng.permutation(sample.rows))
        rate = schedule.rate(len(watch.curve))
        converged = watch.update(run_epoch(objective, sample, schedule, update, state, rate))
    check_last_step(objective, sample, schedule, state)
    watch.restore_best()
    return FitResult(theta, watch.curve, watch.held_curve, len(watch.curve), converged, state)


class _Watch:
    """Follows a training: the curves, the best parameters on held rows, and the stopping rule."""

    def __init__(self, objective, held, rule, state, on_epoch):
        self.objective = objective
        self.held = held
        self.rule = rule
        self.on_epoch = on_epoch
        self.curve, self.held_curve = [], []
        self._best_theta = None
        # The held rows meet the same noise every time, so that their curve shows the training alone.
        self._seed = None if held is None else fixed_seed(state.noise_rng)

    def update(self, loss):
        """Take the training loss of one epoch; True when the stopping rule is met."""
        self.curve.append(loss)
        held_loss = None
        if self.held is not None:
            held_loss = self.objective.full_value(self.held, self._seed)
            if held_loss < min(self.held_curve, default=math.inf):
                self._best_theta = self.objective.network.theta.copy()
            self.held_curve.append(held_loss)
        met = self.rule.update(loss if held_loss is None else held_loss)
        if self.on_epoch is not None:
            self.on_epoch(len(self.curve), loss, held_loss)
        return met

    def restore_best(self):
        """Put the parameters of the least loss on held rows back, where rows were held."""
        if self._best_theta is not None:
            self.objective.network.theta[...] = self._best_theta


def fixed_seed(rng):
    """A seed, drawn once, for noise that is to be the same at every evaluation."""
    return np.random.SeedSequence(int(rng.integers(2**63)))


def start_memory(state, update, theta):
    """Give the state the memory that the update needs, where it has none of that shape yet."""
    if len(state.memory) != update.n_memories or state.memory[0].shape != theta.shape:
        state.memory = tuple(_buffers.zeros(theta.shape, theta.dtype) for _ in range(update.n_memories))
        state.step = 0


def lbfgs(objective, sample, schedule, state, held=None, on_epoch=None):
    """Full-batch L-BFGS by ``scipy.optimize.minimize``, in the precision of the objective's network.

    The steps are taken in ``CentredCoordinates``. The noise of a corruption is drawn once and kept, so that the
    objective is a function. Parameters and the result are those of ``minibatch``; batch size, learning rate and
    shuffling have no effect.
    """
    theta = objective.network.theta
    seed = fixed_seed(state.noise_rng)
    rule = StoppingRule(schedule.tol, schedule.n_iter_no_change)
    watch = _Watch(objective, held, rule, state, on_epoch)

    fresh = state.epoch == 0 and state.step == 0
    coordinates = CentredCoordinates(objective.network, *sample.mean_and_scale())

    unit = 1.0

    def evaluate(point):
        theta[...] = coordinates.theta(point)
        value = objective.full(sample, seed)
        return value / unit, coordinates.gradient(objective.grad.astype(np.float64)) / unit

    def after_iteration(intermediate_result):
        theta[...] = coordinates.theta(intermediate_result.x)
        if watch.update(unit * float(intermediate_result.fun)):
            raise StopIteration

    # Our own stopping rule, which is relative to the loss, stands in for SciPy's.
    options = {"maxiter": schedule.max_iter, "maxfun": 20 * schedule.max_iter + 20, "ftol": 0.0, "gtol": 0.0}
    with np.errstate(over="ignore", invalid="ignore"):
        # Initial weights are drawn for inputs about zero and of unit scale: in these coordinates.
        start = theta.astype(np.float64) if fresh else coordinates.point(theta.astype(np.float64))
        # SciPy measures decrease against one, whatever the units of X.
        first, _ = evaluate(start)
        unit = first if 0.0 < first < math.inf else 1.0
        result = minimize(evaluate, start, jac=True, method="L-BFGS-B", callback=after_iteration, options=options)
    theta[...] = coordinates.theta(result.x)
    watch.restore_best()
    if not (math.isfinite(result.fun) and np.isfinite(theta).all()):
        raise DivergenceError(
            f"The training diverged: the loss is not finite in iteration {len(watch.curve) + 1} of L-BFGS. "
            "Scale the columns of X; learning_rate_init has no effect with solver='lbfgs'."
        )
    n_iter = max(1, len(watch.curve))
    state.epoch += n_iter
    # Status 1 is a limit reached; a line search that finds no lower point at machine precision ends at a minimum.
    return FitResult(
        theta, watch.curve or [unit * float(result.fun)], watch.held_curve, n_iter, result.status != 1, state
    )


SOLVERS: dict[str, Callable] = {name: partial(minibatch, update=update) for name, update in UPDATES.items()}
SOLVERS["lbfgs"] = lbfgs
