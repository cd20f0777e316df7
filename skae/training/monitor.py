"""TrainingMonitor: follows a training epoch by epoch, decides when it ends, and returns the result."""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np

from .callbacks import Callback
from .config import PLATEAU_CUTS
from .state import FitProgress, Seed, TrainingState, fixed_seed
from .stopping import StoppingRule


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
        Whether the stopping rule was met before ``max_iter``, or an annealed training came to its end.
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


class TrainingMonitor:
    """Follows a training: the curves, the best parameters on the validation rows, the stopping rule, and what an
    interrupt keeps.

    Parameters
    ----------
    objective : Objective
    sample : Sample
    validation : Sample or None
    config : TrainingConfig
    state : TrainingState
    callback : Callback or None

    Attributes
    ----------
    ended : bool
        Whether the last epoch was done, the stopping rule met or the training stopped by a callback.
    converged : bool
        Whether it ended before the last epoch, or the learning rate was annealed to its end.
    """

    def __init__(self, objective, sample, validation, config, state, callback):
        self.objective = objective
        self.validation = validation
        self.config = config
        self.state = state
        self.callback = callback or Callback()
        self.rule = StoppingRule(config.tol, config.n_iter_no_change)
        self.loss_curve, self.validation_loss_curve = [], []
        self.ended = self.converged = False
        # Whether a callback ended the fit before its time, so that the next one goes on with it.
        self.cut_short = False
        self.last_epoch = None
        data, progress = sample.fingerprint(), state.progress
        if progress is None or progress.epoch >= config.max_iter or progress.data != data:
            progress = state.progress = FitProgress(data=data)
        if progress.theta is not None:
            objective.network.theta[...], progress.theta = progress.theta, None
        if validation is not None and progress.validation_noise is None:
            progress.validation_noise = Seed.of(fixed_seed(state.noise_rng))

    @property
    def rate(self):
        """Learning rate of the epoch to come, as of ``TrainingConfig.rate``."""
        return self.config.rate(self.state.progress.epoch, self.state.progress.cuts)

    def begin_epoch(self):
        """Tell the callbacks that an epoch begins."""
        self.callback.begin()

    def end_epoch(self, loss):
        """Take the training loss of one epoch."""
        progress, validation_loss = self.state.progress, self._validation_loss()
        loss *= self.objective.network.loss_unit
        met = self.rule.update(progress, loss if validation_loss is None else validation_loss)
        annealed = self.config.learning_rate == "annealed"
        # The loss of training falls most at the end, when the rate does.
        met = met and not (annealed and validation_loss is None)
        if met and self.config.learning_rate == "plateau" and progress.cuts < PLATEAU_CUTS:
            progress.cuts += 1
            met, progress.n_no_improvement = False, 0
        progress.epoch += 1
        self.loss_curve.append(loss)
        if validation_loss is not None:
            self.validation_loss_curve.append(validation_loss)
        if self.config.keep_epochs:
            # Before the callbacks, in which an interrupt may come as well.
            theta = self.objective.network.theta.copy()
            self.last_epoch = (theta, copy.deepcopy(self.state), len(self.loss_curve))
        stopped = bool(self.callback.end(progress.epoch, loss, validation_loss))
        at_end = progress.epoch >= self.config.max_iter
        complete = met or at_end
        self.converged = met or stopped or (annealed and at_end)
        self.ended = complete or stopped
        self.cut_short = stopped and not complete

    def _validation_loss(self):
        """Loss on the validation rows, if any; keeps the parameters where it is the least so far."""
        if self.validation is None:
            return None
        progress, theta = self.state.progress, self.objective.network.theta
        loss = self.objective.full_value(self.validation, progress.validation_noise.sequence())
        loss *= self.objective.network.loss_unit
        if loss < progress.best:
            progress.best_theta = theta.copy()
        return loss

    def result(self, interrupt=None):
        """The trained parameters: those of the least loss on the validation rows, where there are any.

        Parameters
        ----------
        interrupt : KeyboardInterrupt, default=None
            What cut the training short; the result is then that of the last whole epoch.

        Returns
        -------
        FitResult
        """
        self.callback.finish()
        theta, state, n_iter = self.objective.network.theta, self.state, len(self.loss_curve)
        if interrupt is not None:
            theta[...], state, n_iter = self.last_epoch
        else:
            best = state.progress.best_theta
            if best is not None:
                state.progress.theta = theta.copy()
                theta[...] = best
            if not self.cut_short:
                state.progress = None
                # The active units are those of the last parameters, not of the best ones.
                state.active_units = state.active_units if best is None else None
        curves = (self.loss_curve[:n_iter], self.validation_loss_curve[:n_iter])
        return FitResult(theta, *curves, n_iter, self.converged, state, interrupt)
