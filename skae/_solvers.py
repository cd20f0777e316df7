"""Training: from an objective and rows of X to fitted parameters.

Solvers know arrays and objectives, never estimators. Each is a function in ``SOLVERS``.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from sklearn.utils import check_random_state

from . import _buffers, _interrupts
from ._network import CentredCoordinates
from ._revival import revive
from ._rows import block_rows
from .kernels.updates import UPDATES, clip_norm

# Bytes of shuffled rows gathered at once; they are to stay in the second-level cache.
_GATHER_BYTES = 2**20

# Factor of the learning rate on a plateau, and how many times it is applied before the training stops.
_PLATEAU_FACTOR = 0.2
_PLATEAU_CUTS = 3

# Share of the first loss from which on L-BFGS counts as arrived.
_EXACT = float(np.finfo(np.float64).eps) ** 2

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
    learning_rate : {"constant", "cosine", "plateau"}
    warmup_epochs : int
    max_grad_norm : float or None
    batch_size : int
    max_iter, n_iter_no_change : int
    tol : float
        Relative to the loss.
    shuffle : bool
    keep_epochs : bool
        Whether an interrupted training gives back what its last whole epoch left.
    """

    learning_rate_init: float = 1e-3
    learning_rate: str = "constant"
    warmup_epochs: int = 0
    max_grad_norm: float | None = None
    batch_size: int = 128
    max_iter: int = 200
    tol: float = 1e-4
    n_iter_no_change: int = 10
    shuffle: bool = True

    keep_epochs: bool = False

    def rate(self, epoch, cuts=0):
        """Learning rate of an epoch of a fit, counted from 0, after a number of cuts on a plateau."""
        if self.learning_rate == "cosine":
            return self.learning_rate_init * 0.5 * (1.0 + math.cos(math.pi * min(epoch / self.max_iter, 1.0)))
        return self.learning_rate_init * _PLATEAU_FACTOR**cuts

    def warmth(self, epochs):
        """Factor of the learning rate after so many epochs since the parameters were initialised."""
        return 1.0 if epochs >= self.warmup_epochs else epochs / self.warmup_epochs


@dataclass
class Run:
    """How far a fit has come: what the next one needs to go on with it where it was cut short.

    Attributes
    ----------
    epoch : int
        Epochs done.
    best, stale : float, int
        Of the stopping rule.
    cuts : int
        Of the learning rate, on a plateau.
    best_theta : ndarray or None
        Parameters of the least loss on held rows.
    held_best : float
        That loss.
    held_noise : SeedSequence or None
        Of the noise on held rows, the same every time, so that their curve shows the training alone.
    order : ndarray or None
        Of the rows in the last epoch, of which that of the next is a permutation.
    theta : ndarray or None
        Parameters to go on from, where the estimator was given the best ones.
    data : tuple
        Which rows were trained on: only with the same ones does the next fit go on.
    """

    epoch: int = 0
    best: float = math.inf
    stale: int = 0
    cuts: int = 0
    best_theta: np.ndarray | None = None
    held_best: float = math.inf
    held_noise: np.random.SeedSequence | None = None
    order: np.ndarray | None = None
    theta: np.ndarray | None = None
    data: tuple = ()


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
    # Units of the code that were on in the last epoch, and how many that were not have been revived.
    active: np.ndarray | None = None
    n_revived: int = 0
    # Whether the parameters came from elsewhere, and not from a draw.
    given: bool = False
    # A fit that was cut short by an interrupt or a callback; None where the last one came to its end.
    run: Run | None = None

    @classmethod
    def begin(cls, random_state):
        """The generator of the initial weights, and the state of a training that begins.

        Parameters
        ----------
        random_state : int, RandomState instance or None
        """
        seeds = np.random.SeedSequence(check_random_state(random_state).randint(0, 2**31, size=4).tolist())
        initial, shuffle, noise, held = seeds.spawn(4)
        # SFC64 is the fastest of NumPy's generators, and noise is drawn by the million.
        state = cls(np.random.default_rng(shuffle), np.random.Generator(np.random.SFC64(noise)), held)
        return np.random.default_rng(initial), state


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
    interrupt : KeyboardInterrupt or None
        What cut the training short; the result is then that of the last whole epoch.
    """

    theta: np.ndarray
    loss_curve: list
    validation_loss_curve: list
    n_iter: int
    converged: bool
    state: TrainingState
    interrupt: KeyboardInterrupt | None = None


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
def run_epoch(objective, sample, schedule, update, state, rate=None, warm_up=False):
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
    warm_up : bool, default=False
        Whether the schedule's warm-up lowers it.

    Returns
    -------
    float
        Mean objective over the rows, each batch at the parameters it met.
    """
    network, grad, memory = objective.network, objective.grad, state.memory
    theta, step = network.theta, update.step
    rate = schedule.learning_rate_init if rate is None else rate
    X, rows, weights = sample.X, sample.rows, sample.weights
    n_rows, size = len(rows), min(schedule.batch_size, len(rows))
    together = size * max(1, block_rows(X.shape[1], theta.dtype, _GATHER_BYTES) // size)
    read = objective.reader(X, min(together, n_rows))
    if objective.gate is not None:
        objective.gate.begin_epoch(state.epoch)
    warming = warm_up and state.epoch < schedule.warmup_epochs
    total, first_value = 0.0, None
    for first in range(0, n_rows, together):
        indices = rows[first : first + together]
        block = read(indices)
        _interrupts.check()
        scale = None if weights is None else weights[indices].astype(theta.dtype)
        for start in range(0, len(indices), size):
            x = block[start : start + size]
            row_scale = None if scale is None else scale[start : start + size] / theta.dtype.type(len(x))
            value = objective.value_and_gradient(x, row_scale, state.noise_rng)
            total += len(x) * value
            first_value = value if first_value is None else first_value
            state.step += 1
            if schedule.max_grad_norm is not None:
                clip_norm(grad, schedule.max_grad_norm)
            warmth = schedule.warmth(state.epoch + (first + start + len(x)) / n_rows) if warming else 1.0
            step(theta, grad, memory, warmth * rate, state.step)
    loss = total / n_rows
    state.epoch += 1
    state.active = None if objective.activity is None else objective.activity.take()
    if state.reference is None:
        state.reference = first_value
    check_convergent(objective, sample, loss, schedule, state, rate)
    state.reference = max(state.reference, first_value)
    return loss


def check_last_step(objective, sample, schedule, state):
    """Raise DivergenceError where the last step, whose effect no epoch has seen yet, went astray."""
    rows = sample.rows[-schedule.batch_size :]
    x = objective.reader(sample.X, len(rows))(rows)
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
        blind = sample.n_features * math.log(2.0)
    else:
        blind = objective.filled(sample).sum_of_squares() / len(sample.rows)
    # Rows of zeros, seen from parameters that make zeros of them, give no measure.
    return max(blind, reference) > 0.0 and loss > _ABSURD * blind


def minibatch(objective, sample, schedule, state, held=None, report=None, *, update):
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
    report : Report, default=None
        Told of every epoch.
    update : Update

    Returns
    -------
    FitResult
    """
    theta = objective.network.theta
    start_memory(state, update, theta)
    watch = _Watch(objective, sample, held, schedule, state, report)
    order = state.run.order
    if schedule.shuffle and order is not None and np.array_equal(np.sort(order), sample.rows):
        sample = sample._replace(rows=order)
    interrupt = None
    try:
        while not watch.ended:
            watch.begin()
            if objective.activity is not None and state.active is not None:
                state.n_revived += revive(objective, sample, state.active, state.memory, state.noise_rng)
            if schedule.shuffle:
                state.run.order = state.shuffle_rng.permutation(sample.rows)
                sample = sample._replace(rows=state.run.order)
            watch.end(run_epoch(objective, sample, schedule, update, state, watch.rate, warm_up=True))
        check_last_step(objective, sample, schedule, state)
    except KeyboardInterrupt as error:
        if watch.last is None:
            raise
        interrupt = error
    return watch.result(interrupt)


class Report:
    """What is told of a training; the base of all that listen, and one that does nothing."""

    def begin(self):
        """An epoch begins."""

    def end(self, epoch, loss, validation_loss):
        """An epoch has ended; True to end the training with it.

        Parameters
        ----------
        epoch : int
            Number of the epoch in this fit, from 1.
        loss : float
        validation_loss : float or None
        """
        return False


class _Watch:
    """Follows a training: the curves, the best parameters on held rows, the stopping rule, and what an interrupt keeps.

    Attributes
    ----------
    ended : bool
        Whether the last epoch was done, the stopping rule met or the training stopped by a listener.
    converged : bool
        Whether it ended before the last epoch.
    """

    def __init__(self, objective, sample, held, schedule, state, report):
        self.objective = objective
        self.held = held
        self.schedule = schedule
        self.state = state
        self.report = report or Report()
        data = sample.fingerprint()
        if state.run is None or state.run.epoch >= schedule.max_iter or state.run.data != data:
            state.run = Run(data=data)
        run = state.run
        if run.theta is not None:
            objective.network.theta[...], run.theta = run.theta, None
        self.rule = StoppingRule(schedule.tol, schedule.n_iter_no_change, run.best, run.stale)
        self.curve, self.held_curve = [], []
        self.ended = self.converged = False
        self.stopped = False
        self.last = None
        if held is not None and run.held_noise is None:
            run.held_noise = fixed_seed(state.noise_rng)

    @property
    def rate(self):
        """Learning rate of the epoch to come."""
        return self.schedule.rate(self.state.run.epoch, self.state.run.cuts)

    def begin(self):
        self.report.begin()

    def end(self, loss):
        """Take the training loss of one epoch."""
        run, held_loss = self.state.run, None
        if self.held is not None:
            held_loss = self.objective.full_value(self.held, run.held_noise)
            if held_loss < run.held_best:
                run.held_best = held_loss
                run.best_theta = self.objective.network.theta.copy()
        met = self.rule.update(loss if held_loss is None else held_loss)
        if met and self.schedule.learning_rate == "plateau" and run.cuts < _PLATEAU_CUTS:
            run.cuts += 1
            met, self.rule.stale = False, 0
        run.epoch += 1
        run.best, run.stale = self.rule.best, self.rule.stale
        self.curve.append(loss)
        if held_loss is not None:
            self.held_curve.append(held_loss)
        if self.schedule.keep_epochs:
            # Before the listeners, in which an interrupt may come as well.
            self.last = (self.objective.network.theta.copy(), copy.deepcopy(self.state), len(self.curve))
        stopped = bool(self.report.end(run.epoch, loss, held_loss))
        complete = met or run.epoch >= self.schedule.max_iter
        self.converged = met or stopped
        self.ended = complete or stopped
        self.stopped = stopped and not complete

    def result(self, interrupt=None):
        """The trained parameters: those of the least loss on held rows, where rows were held."""
        theta, state, n_iter = self.objective.network.theta, self.state, len(self.curve)
        if interrupt is not None:
            theta[...], state, n_iter = self.last
        else:
            best = state.run.best_theta
            if best is not None:
                state.run.theta = theta.copy()
                theta[...] = best
            if not self.stopped:
                state.run = None
                # Of other parameters than those that are given back.
                state.active = state.active if best is None else None
        return FitResult(theta, self.curve[:n_iter], self.held_curve[:n_iter], n_iter, self.converged, state, interrupt)


def fixed_seed(rng):
    """A seed, drawn once, for noise that is to be the same at every evaluation."""
    return np.random.SeedSequence(int(rng.integers(2**63)))


def start_memory(state, update, theta):
    """Give the state the memory that the update needs, where it has none of that shape yet."""
    if len(state.memory) != update.n_memories or state.memory[0].shape != theta.shape:
        state.memory = tuple(_buffers.zeros(theta.shape, theta.dtype) for _ in range(update.n_memories))
        state.step = 0


def lbfgs(objective, sample, schedule, state, held=None, report=None):
    """Full-batch L-BFGS by ``scipy.optimize.minimize``, in the precision of the objective's network.

    The steps are taken in ``CentredCoordinates``. The noise of a corruption is drawn once and kept, so that the
    objective is a function. Parameters and the result are those of ``minibatch``; batch size, learning rate and
    shuffling have no effect.
    """
    theta = objective.network.theta
    seed = fixed_seed(state.noise_rng)
    # A plateau ends the training, since there is no learning rate to cut.
    watch = _Watch(objective, sample, held, replace(schedule, learning_rate="constant"), state, report)

    fresh = state.epoch == 0 and state.step == 0 and not state.given
    state.active = None
    coordinates = CentredCoordinates(objective.network, *objective.mean_and_scale(sample))

    unit = 1.0

    def evaluate(point):
        _interrupts.check()
        theta[...] = coordinates.theta(point)
        value = objective.full(sample, seed)
        return value / unit, coordinates.gradient(objective.grad.astype(np.float64)) / unit

    def end_iteration(point, value):
        theta[...] = coordinates.theta(point)
        state.epoch += 1
        # An iteration is known only when it is over.
        watch.begin()
        watch.end(unit * float(value))

    def after_iteration(intermediate_result):
        end_iteration(intermediate_result.x, intermediate_result.fun)
        # Far below the rounding of any loss; older versions of SciPy go on from there to what is not a number.
        watch.converged |= float(intermediate_result.fun) <= _EXACT
        if watch.converged:
            raise StopIteration

    # Our own stopping rule, which is relative to the loss, stands in for SciPy's.
    left = schedule.max_iter - state.run.epoch
    options = {"maxiter": left, "maxfun": 20 * left + 20, "ftol": 0.0, "gtol": 0.0}
    interrupt = result = None
    with np.errstate(over="ignore", invalid="ignore"):
        # Initial weights are drawn for inputs about zero and of unit scale: in these coordinates.
        start = theta.astype(np.float64) if fresh else coordinates.point(theta.astype(np.float64))
        # SciPy measures decrease against one, whatever the units of X.
        first, _ = evaluate(start)
        unit = first if 0.0 < first < math.inf else 1.0
        try:
            result = minimize(evaluate, start, jac=True, method="L-BFGS-B", callback=after_iteration, options=options)
        except KeyboardInterrupt as error:
            if watch.last is None:
                raise
            interrupt = error
    if interrupt is not None:
        return watch.result(interrupt)
    theta[...] = coordinates.theta(result.x)
    if not (math.isfinite(result.fun) and np.isfinite(theta).all()):
        raise DivergenceError(
            f"The training diverged: the loss is not finite in iteration {len(watch.curve) + 1} of L-BFGS. "
            "Scale the columns of X; learning_rate_init has no effect with solver='lbfgs'."
        )
    if not watch.curve:
        # The start was a minimum already.
        end_iteration(result.x, result.fun)
    # Status 1 is a limit reached; a line search that finds no lower point at machine precision ends at a minimum.
    watch.converged = result.status != 1
    return watch.result()


SOLVERS: dict[str, Callable] = {name: partial(minibatch, update=update) for name, update in UPDATES.items()}
SOLVERS["lbfgs"] = lbfgs
