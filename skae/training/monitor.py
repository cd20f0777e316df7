"""TrainingMonitor: follows a training epoch by epoch, ends it, and says what it gives back."""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np

from .schedule import PLATEAU_CUTS, StoppingRule
from .state import FitProgress, Seed, TrainingState, fixed_seed


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


class Callback:
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

    def finish(self):
        """The training is over, and did not fail."""


class TrainingMonitor:
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
        self.report = report or Callback()
        data = sample.fingerprint()
        if state.run is None or state.run.epoch >= schedule.max_iter or state.run.data != data:
            state.run = FitProgress(data=data)
        run = state.run
        if run.theta is not None:
            objective.network.theta[...], run.theta = run.theta, None
        self.rule = StoppingRule(schedule.tol, schedule.n_iter_no_change, run.best, run.n_no_improvement)
        self.curve, self.held_curve = [], []
        self.ended = self.converged = False
        self.stopped = False
        self.last = None
        if held is not None and run.held_noise is None:
            run.held_noise = Seed.of(fixed_seed(state.noise_rng))

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
            held_loss = self.objective.full_value(self.held, run.held_noise.sequence())
            if held_loss < run.held_best:
                run.held_best = held_loss
                run.best_theta = self.objective.network.theta.copy()
        met = self.rule.update(loss if held_loss is None else held_loss)
        if met and self.schedule.learning_rate == "plateau" and run.cuts < PLATEAU_CUTS:
            run.cuts += 1
            met, self.rule.n_no_improvement = False, 0
        run.epoch += 1
        run.best, run.n_no_improvement = self.rule.best, self.rule.n_no_improvement
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
        self.report.finish()
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
