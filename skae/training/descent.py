"""Mini-batch descent: an epoch, and epoch after epoch until the training ends."""

from __future__ import annotations

import numpy as np

from ..rows.blocks import block_rows
from ..rows.stored_rows import epoch_order
from ..runtime import interrupts
from .batch_steps import BatchSteps
from .dead_units import revive
from .divergence import check_convergent
from .monitor import TrainingMonitor

# Bytes of shuffled rows gathered at once; they are to stay in the second-level cache.
_GATHER_BYTES = 2**20


# An update whose sums overflow shows in the parameters, which are checked.
@np.errstate(over="ignore", invalid="ignore")
def run_epoch(objective, sample, config, optimizer, state, rate=None, warm_up=False, passed=0.0, share=1.0):
    """One pass of mini-batch steps over a sample, in the order of its rows.

    Parameters
    ----------
    objective : Objective
    sample : Sample
    config : TrainingConfig
    optimizer : Optimizer
    state : TrainingState
        Advanced in place.
    rate : float or callable (part of the epoch) -> float, default=None
        Learning rate; None for ``learning_rate_init``. A callable is asked for each step, at its middle.
    warm_up : bool, default=False
        Whether the warm-up lowers it.
    passed, share : float
        Part of the epoch that went before these rows, and the part that they are.

    Returns
    -------
    float
        Mean objective over the rows, each batch at the parameters it met.
    """
    rate = config.learning_rate_init if rate is None else rate
    X, rows, weights = sample.X, sample.rows, sample.weights
    n_rows, size = len(rows), min(config.batch_size, len(rows))
    dtype = objective.network.dtype
    together = size * max(1, block_rows(X.shape[1], dtype, _GATHER_BYTES) // size)
    read = objective.reader(X, min(together, n_rows))
    if objective.gate is not None:
        objective.gate.begin_epoch(state.epoch)
    if objective.dead_unit_loss is not None:
        objective.dead_unit_loss.begin_epoch(state.active_units)
    steps = BatchSteps(optimizer, objective, state.optimizer_state, config.max_grad_norm)
    warming = warm_up and state.epoch < config.warmup_epochs
    n_batches = -(-n_rows // size)
    total, first_value, step_rate = 0.0, None, rate
    for first in range(0, n_rows, together):
        indices = rows[first : first + together]
        block = read(indices)
        interrupts.check()
        scale = None if weights is None else weights[indices].astype(dtype)
        for start in range(0, len(indices), size):
            x = block[start : start + size]
            row_scale = None if scale is None else scale[start : start + size] / dtype.type(len(x))
            state.step += 1
            done = passed + share * (first + start + len(x)) / n_rows
            warmup_factor = config.warmup_factor(state.epoch + done) if warming else 1.0
            if callable(rate):
                step_rate = rate(passed + share * ((first + start) // size + 0.5) / n_batches)
            value = steps.take(x, row_scale, state.noise_rng, warmup_factor * step_rate, state.step)
            total += len(x) * value
            first_value = value if first_value is None else first_value
    loss = total / n_rows
    state.epoch += 1
    state.active_units = None if objective.activity is None else objective.activity.take()
    if state.divergence_baseline is None:
        state.divergence_baseline = first_value
    check_convergent(objective, sample, loss, config, state, step_rate)
    state.divergence_baseline = max(state.divergence_baseline, first_value)
    return loss


def check_last_step(objective, sample, config, state):
    """Raise DivergenceError if the last step, whose effect no epoch has measured yet, diverged."""
    rows = sample.rows[-config.batch_size :]
    x = objective.reader(sample.X, len(rows))(rows)
    # A separate generator, so that the draws of further training do not change.
    value = objective.value(x, rng=np.random.default_rng(0))
    check_convergent(objective, sample, value, config, state, config.learning_rate_init)


def minibatch(objective, sample, config, state, validation=None, callback=None, *, optimizer):
    """Mini-batch descent until the stopping rule is met.

    Parameters
    ----------
    objective : Objective
        Its network's parameters are trained in place.
    sample : Sample
    config : TrainingConfig
    state : TrainingState
        Advanced in place.
    validation : Sample, default=None
        Rows whose objective decides when to stop, in place of that of the training rows; the parameters of its least
        value are given back.
    callback : Callback, default=None
        Told of every epoch.
    optimizer : Optimizer

    Returns
    -------
    FitResult
    """
    theta = objective.network.theta
    state.prepare_optimizer(optimizer, theta, objective.network.architecture)
    monitor = TrainingMonitor(objective, sample, validation, config, state, callback)
    order = state.progress.order
    if config.shuffle and order is not None and np.array_equal(np.sort(order), sample.rows):
        sample = sample._replace(rows=order)

    def epoch(rate):
        nonlocal sample
        if objective.activity is not None and objective.activity.revives and state.active_units is not None:
            state.n_revived += revive(objective, sample, state.active_units, state.optimizer_state, state.noise_rng)
        if config.shuffle:
            state.progress.order = epoch_order(sample.X, sample.rows, state.shuffle_rng)
            sample = sample._replace(rows=state.progress.order)
        return run_epoch(objective, sample, config, optimizer, state, rate, warm_up=True)

    return descend(monitor, epoch, lambda: check_last_step(objective, sample, config, state))


def descend(monitor, epoch, check=None):
    """Train epoch by epoch until the monitor ends the training; an interrupt returns the last complete epoch.

    Parameters
    ----------
    monitor : TrainingMonitor
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
        while not monitor.ended:
            monitor.begin_epoch()
            monitor.end_epoch(epoch(monitor.rate))
        if check is not None:
            check()
    except KeyboardInterrupt as error:
        if monitor.last_epoch is None:
            raise
        # Without its traceback, which holds all that was trained on.
        interrupt = error.with_traceback(None)
    return monitor.result(interrupt)
