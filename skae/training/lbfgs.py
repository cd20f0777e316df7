"""L-BFGS on all rows at once."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy.optimize import minimize

from ..network.coordinates import CentredCoordinates
from ..runtime import interrupts
from .divergence import DivergenceError
from .monitor import TrainingMonitor
from .state import fixed_seed

# Share of the first loss from which on L-BFGS counts as arrived.
_EXACT = float(np.finfo(np.float64).eps) ** 2


# Steps that overflow show in the loss.
@np.errstate(over="ignore", invalid="ignore")
def lbfgs(objective, sample, config, state, validation=None, callback=None):
    """Full-batch L-BFGS by ``scipy.optimize.minimize``, in the precision of the objective's network.

    The steps are taken in ``CentredCoordinates``. The noise of a corruption is drawn once and kept, so that the
    objective is a function. Parameters and the result are those of ``minibatch``; batch size, learning rate and
    shuffling have no effect.
    """
    minimization = _Minimization(objective, sample, config, state, validation, callback)
    try:
        return minimization.run()
    finally:
        # Older versions of SciPy leave a reference cycle, which would keep the sample until garbage collection.
        vars(minimization).clear()


class _Minimization:
    """One run of L-BFGS; what SciPy calls back."""

    def __init__(self, objective, sample, config, state, validation, callback):
        self.objective, self.sample, self.config, self.state = objective, sample, config, state
        self.seed = fixed_seed(state.noise_rng)
        # A plateau ends the training, since there is no learning rate to cut.
        config = replace(config, learning_rate="constant")
        self.monitor = TrainingMonitor(objective, sample, validation, config, state, callback)
        self.fresh = state.epoch == 0 and state.step == 0 and not state.pretrained
        state.active_units = None
        # A network with coordinates of its own sees rows that are centred and scaled already.
        known = objective.network.coordinates is not None
        moments = (np.zeros(sample.n_features), 1.0) if known else objective.mean_and_scale(sample)
        self.coordinates = CentredCoordinates(objective.network, *moments)
        # SciPy measures decrease against one, whatever the units of X.
        self.loss_scale = 1.0

    def run(self):
        theta, monitor = self.objective.network.theta, self.monitor
        # Initial weights are drawn for inputs about zero and of unit scale: in these coordinates.
        start = theta.astype(np.float64) if self.fresh else self.coordinates.point(theta.astype(np.float64))
        first, _ = self.evaluate(start)
        self.loss_scale = first if 0.0 < first < math.inf else 1.0
        # Our own stopping rule, which is relative to the loss, stands in for SciPy's.
        left = self.config.max_iter - self.state.progress.epoch
        options = {"maxiter": left, "maxfun": 20 * left + 20, "ftol": 0.0, "gtol": 0.0}
        try:
            result = minimize(
                self.evaluate, start, jac=True, method="L-BFGS-B", callback=self.after_iteration, options=options
            )
        except KeyboardInterrupt as error:
            if monitor.last_epoch is None:
                raise
            return monitor.result(error.with_traceback(None))
        theta[...] = self.coordinates.theta(result.x)
        if not (math.isfinite(result.fun) and np.isfinite(theta).all()):
            raise DivergenceError(
                f"The training diverged: the loss is not finite in iteration {len(monitor.loss_curve) + 1} of L-BFGS. "
                "Scale the columns of X; learning_rate_init has no effect with solver='lbfgs'."
            )
        if not monitor.loss_curve:
            # The start was a minimum already.
            self.end_iteration(result.x, result.fun)
        # Status 1 is a limit reached; a line search that finds no lower point at machine precision ends at a minimum.
        monitor.converged = result.status != 1
        return monitor.result()

    def evaluate(self, point):
        """Value and gradient at a point, in the scale of the loss."""
        interrupts.check()
        objective = self.objective
        objective.network.theta[...] = self.coordinates.theta(point)
        value = objective.full(self.sample, self.seed)
        gradient = self.coordinates.gradient(objective.grad.astype(np.float64))
        return value / self.loss_scale, gradient / self.loss_scale

    def end_iteration(self, point, value):
        self.objective.network.theta[...] = self.coordinates.theta(point)
        self.state.epoch += 1
        # An iteration is known only when it is over.
        self.monitor.begin_epoch()
        self.monitor.end_epoch(self.loss_scale * float(value))

    def after_iteration(self, intermediate_result):
        self.end_iteration(intermediate_result.x, intermediate_result.fun)
        # Far below the rounding of any loss; older versions of SciPy go on from there to what is not a number.
        self.monitor.converged |= float(intermediate_result.fun) <= _EXACT
        if self.monitor.converged:
            raise StopIteration
