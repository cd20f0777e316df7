"""find_rate: the learning rate of an annealed training, by short trials of several."""

from __future__ import annotations

import copy
import math
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from ..objective.objective import Objective
from ..rows.sample import Sample
from ..runtime.aside import PutAside
from .config import WARM_UP, TrainingConfig, annealing
from .descent import run_epoch
from .divergence import DivergenceError
from .inner_steps import in_coordinates
from .state import TrainingState

_ADAM_RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)

# Of other optimisers, whose steps grow with the gradient: in units of one over the greatest curvature. With momentum
# the best one lay between 0.1 and 10 in each of nine fits, X in units of 1 and of 30.
_STEEPEST_RATES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)

# Gradients taken to find it, and the length of their differences beside that of the parameters.
_POWER_STEPS, _DIFFERENCE = 4, 1e-3

# Vectors of float64 that are held to find it.
CURVATURE_VECTORS = 3

# Lower rates where the lowest candidate is best, and how many: large weights beside small ones bear no others.
_LOWER, _MOST_LOWER = 1.0 / math.sqrt(10.0), 5

# Steps of a trial: a part of those of the training, within bounds. Fewer show nothing of what higher rates come to.
_SHARE, _FEWEST, _MOST = 20, 60, 150

# Of the steps of a trial, in the first round.
_FIRST_ROUND = 4

# Part of the greatest gain that a lower rate may fall behind. In a short trial the greatest rates look better than they
# are: over a whole training they lose units, and a rate too low by a step costs less.
_NEARLY = 0.01

# Rows on which trials are compared.
COMPARED_ROWS = 1024


class _Trials(NamedTuple):
    """What all trials have in common.

    Attributes
    ----------
    objective : Objective
        A copy with the same parameters, which change with every trial.
    start : PutAside
        Parameters from which each sets out.
    rows, compared : Sample
        Rows of the steps in their order, and those on which the ends are compared.
    config : TrainingConfig
    optimizer : Optimizer
    epoch : int
        Epochs since the parameters were initialised.
    seed : numpy SeedSequence
        Of the noise.
    """

    objective: Objective
    start: PutAside
    rows: Sample
    compared: Sample
    config: TrainingConfig
    optimizer: object
    epoch: int
    seed: np.random.SeedSequence

    def loss(self, rate, n_steps):
        """Objective after steps at a learning rate that is annealed to zero; infinite for one that diverged."""
        objective, config = self.objective, replace(self.config, learning_rate_init=rate)
        theta = objective.network.theta
        self.start.put_back(theta)
        state = TrainingState.seeded(self.seed, self.seed, epoch=self.epoch)
        state.prepare_optimizer(self.optimizer, theta, objective.network.architecture)
        sample = self.rows._replace(rows=self.rows.rows[: n_steps * config.batch_size])
        try:
            run_epoch(objective, sample, config, self.optimizer, state, partial(_trial_rate, rate, n_steps))
        except DivergenceError:
            return math.inf
        return self.value()

    def value(self):
        """Mean objective over the rows that are compared, by batches, with the same noise every time."""
        sample, size = self.compared, self.config.batch_size
        read = self.objective.reader(sample.X, size)
        rng, total = np.random.default_rng(self.seed), 0.0
        for first in range(0, len(sample.rows), size):
            indices = sample.rows[first : first + size]
            x = read(indices)
            scale = None
            if sample.weights is not None:
                scale = (sample.weights[indices] / len(x)).astype(self.objective.network.dtype)
            total += len(x) * self.objective.value(x, scale, rng)
        return total / len(sample.rows) if math.isfinite(total) else math.inf


def find_rate(objective, sample, config, optimizer, state, rng, most=math.inf):
    """The learning rate with which short annealed trainings come lowest.

    Each of the candidates, neighbours of which differ by a factor of about 3, trains from the same parameters on the
    same batches with the same noise, annealed to zero: a rate that does well when it is annealed is often too high for
    what a range test of rising rates can see. A quarter of the steps finds the best one; it and its two neighbours are
    then tried in full, and the next higher or lower ones as long as they are better. Where none comes lower than the
    start it is the smallest.

    Parameters
    ----------
    objective : Objective
    sample : Sample
    config : TrainingConfig
        Of the training for which the rate is meant: a trial takes a twentieth of its steps, from 60 to 150, or all if
        there are fewer.
    optimizer : Optimizer
    state : TrainingState
        From which the training starts.
    rng : numpy Generator
        Source of the rows of the trials. This and all other parameters are left as they were.
    most : float, default=inf
        The greatest rate of Adam to try.

    Returns
    -------
    float
    """
    n_rows = len(sample.rows)
    config = replace(config, batch_size=min(config.batch_size, n_rows))
    n_steps = trial_steps(n_rows, config)
    trials = _trials(objective, sample, config, optimizer, state, copy.deepcopy(rng), n_steps)
    with closing(trials.start):
        try:
            return _best_rate(trials, n_steps, most)
        finally:
            trials.start.put_back(objective.network.theta)


def _best_rate(trials, n_steps, most):
    """The rate that ``find_rate`` finds."""
    config, at_start = trials.config, trials.value()
    rates = _candidates(trials, most)
    first = [trials.loss(rate, max(1, n_steps // _FIRST_ROUND)) for rate in rates]
    best = int(np.argmin(first))
    finalists = list(rates[max(best - 1, 0) : best + 2])
    losses = [trials.loss(rate, n_steps) for rate in finalists]
    # More steps are for higher rates: on to them as long as they win.
    for rate in rates[best + 2 :]:
        if losses[-1] > min(losses):
            break
        finalists.append(rate)
        losses.append(trials.loss(rate, n_steps))
    # A rate that stays must serve rows to come too.
    for _ in range(_MOST_LOWER if best == 0 and config.learning_rate == "annealed" else 0):
        if losses[0] > min(losses):
            break
        finalists.insert(0, finalists[0] * _LOWER)
        losses.insert(0, trials.loss(finalists[0], n_steps))
    losses = np.array(losses)
    if not losses.min() < at_start:
        return finalists[0]
    bar = losses.min() + (_NEARLY * (at_start - losses.min()) if math.isfinite(at_start) else 0.0)
    return finalists[int(np.argmax(losses <= bar))]


def trial_steps(n_rows, config):
    """Steps of a trial for a training on so many rows: never more than the training has."""
    total = config.max_iter * math.ceil(n_rows / config.batch_size)
    return min(max(_FEWEST, total // _SHARE), _MOST, total)


def _trials(objective, sample, config, optimizer, state, rng, n_steps):
    """The trials of a training, with rows of their own."""
    theta = objective.network.theta
    # No second vector of parameters.
    objective = copy.deepcopy(objective, {id(theta): theta})
    # Which units live is seen in the training alone.
    objective.activity = None
    if objective.gate is not None:
        objective.gate.begin_epoch(state.epoch)
    n_needed, n_rows = n_steps * config.batch_size, len(sample.rows)
    compared = rng.choice(n_rows, min(COMPARED_ROWS, n_rows, n_needed), replace=False)
    order = [rng.choice(n_rows, min(n_needed, n_rows), replace=False) for _ in range(math.ceil(n_needed / n_rows))]
    rows = sample.rows[np.concatenate(order)[:n_needed]]
    seed = np.random.SeedSequence(int(rng.integers(2**63)))
    compared = sample._replace(rows=np.sort(sample.rows[compared]))
    return _Trials(
        objective,
        PutAside(theta),
        sample._replace(rows=rows).in_memory(),
        compared.in_memory(),
        config,
        optimizer,
        state.epoch,
        seed,
    )


def _trial_rate(rate, n_steps, part):
    """Learning rate where a part of a trial is over, which warms up for one step at least."""
    return rate * annealing(part, max(WARM_UP, 1.0 / n_steps))


def needs_curvature(optimizer):
    """Whether the rates to try are in units of one over the greatest curvature."""
    return optimizer.name != "adam"


def _candidates(trials, most):
    """Learning rates to try, rising."""
    if not needs_curvature(trials.optimizer):
        return tuple(rate for rate in _ADAM_RATES if rate <= most) or _ADAM_RATES[:1]
    curvature = _curvature(trials)
    return tuple(float(rate / curvature) for rate in _STEEPEST_RATES)


@np.errstate(over="ignore", invalid="ignore")
def _curvature(trials):
    """Greatest curvature of the objective at the start, by power iteration on differences of gradients; one where there
    is none to see."""
    objective, rows = trials.objective, trials.compared.rows
    rows = rows[: objective.block_size(len(rows))]
    x, theta = objective.reader(trials.compared.X, len(rows))(rows), objective.network.theta

    def in_steps(look):
        """What a function (parameters, gradient) gives in the coordinates of the steps, in which rates are."""
        seen = []
        in_coordinates(lambda *step: seen.append(look(*step[:2])), objective)(theta, objective.grad, (), None, None)
        return seen[0]

    def gradient(move):
        trials.start.put_back(theta)
        in_steps(lambda theta, grad: np.add(theta, move, out=theta, casting="unsafe"))
        objective.value_and_gradient(x, None, np.random.default_rng(trials.seed))
        return in_steps(lambda theta, grad: grad.astype(np.float64))

    length = _DIFFERENCE * (in_steps(lambda theta, grad: np.linalg.norm(theta.astype(np.float64))) or 1.0)
    at_start = gradient(0.0)
    direction, curvature = at_start.copy(), 0.0
    for _ in range(_POWER_STEPS):
        size = np.linalg.norm(direction)
        if not 0.0 < size < math.inf:
            break
        direction *= length / size
        direction = gradient(direction)
        direction -= at_start
        direction /= length
        curvature = np.linalg.norm(direction)
    return curvature if 0.0 < curvature < math.inf else 1.0
