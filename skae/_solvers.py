"""Training: from an objective and rows of X to fitted parameters.

Solvers know arrays and objectives, never estimators. Each is a function in ``SOLVERS``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from scipy.optimize import minimize

from . import _interrupts
from ._network import CentredCoordinates
from ._revival import revive
from ._rows import block_rows
from ._training import fixed_seed, start_memory
from ._watch import Watch
from .kernels.updates import UPDATES, clip_norm

# Bytes of shuffled rows gathered at once; they are to stay in the second-level cache.
_GATHER_BYTES = 2**20

# Share of the first loss from which on L-BFGS counts as arrived.
_EXACT = float(np.finfo(np.float64).eps) ** 2

# Growth of the loss from which training counts as diverged.
_ABSURD = 1e6


class DivergenceError(ValueError):
    """The loss or the parameters stopped being finite, or the loss grew beyond all measure."""


# An update whose sums overflow shows in the parameters, which are checked.
@np.errstate(over="ignore", invalid="ignore")
def run_epoch(objective, sample, schedule, update, state, rate=None, warm_up=False, passed=0.0, share=1.0):
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
    passed, share : float
        Part of the epoch that went before these rows, and the part that they are.

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
            done = passed + share * (first + start + len(x)) / n_rows
            warmth = schedule.warmth(state.epoch + done) if warming else 1.0
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
    watch = Watch(objective, sample, held, schedule, state, report)
    order = state.run.order
    if schedule.shuffle and order is not None and np.array_equal(np.sort(order), sample.rows):
        sample = sample._replace(rows=order)

    def epoch(rate):
        nonlocal sample
        if objective.activity is not None and state.active is not None:
            state.n_revived += revive(objective, sample, state.active, state.memory, state.noise_rng)
        if schedule.shuffle:
            state.run.order = state.shuffle_rng.permutation(sample.rows)
            sample = sample._replace(rows=state.run.order)
        return run_epoch(objective, sample, schedule, update, state, rate, warm_up=True)

    return descend(watch, epoch, lambda: check_last_step(objective, sample, schedule, state))


def descend(watch, epoch, check=None):
    """Epoch after epoch until the watch ends the training; an interrupt gives back what the last whole one left.

    Parameters
    ----------
    watch : Watch
    epoch : callable (rate) -> float
        Trains for one epoch at a learning rate, and gives its mean loss.
    check : callable () -> None, default=None
        Called at the end; raises DivergenceError where the last step went astray.

    Returns
    -------
    FitResult
    """
    interrupt = None
    try:
        while not watch.ended:
            watch.begin()
            watch.end(epoch(watch.rate))
        if check is not None:
            check()
    except KeyboardInterrupt as error:
        if watch.last is None:
            raise
        # Without its traceback, which holds all that was trained on.
        interrupt = error.with_traceback(None)
    return watch.result(interrupt)


def lbfgs(objective, sample, schedule, state, held=None, report=None):
    """Full-batch L-BFGS by ``scipy.optimize.minimize``, in the precision of the objective's network.

    The steps are taken in ``CentredCoordinates``. The noise of a corruption is drawn once and kept, so that the
    objective is a function. Parameters and the result are those of ``minibatch``; batch size, learning rate and
    shuffling have no effect.
    """
    theta = objective.network.theta
    seed = fixed_seed(state.noise_rng)
    # A plateau ends the training, since there is no learning rate to cut.
    watch = Watch(objective, sample, held, replace(schedule, learning_rate="constant"), state, report)

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
        # Older versions of SciPy leave what they call in a cycle: the sample would wait for the garbage collector.
        called = [evaluate]
        try:
            result = minimize(
                lambda point: called[0](point),
                start,
                jac=True,
                method="L-BFGS-B",
                callback=after_iteration,
                options=options,
            )
        except KeyboardInterrupt as error:
            if watch.last is None:
                raise
            interrupt = error.with_traceback(None)
        finally:
            called.clear()
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
