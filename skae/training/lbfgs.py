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


def lbfgs(objective, sample, schedule, state, held=None, report=None):
    """Full-batch L-BFGS by ``scipy.optimize.minimize``, in the precision of the objective's network.

    The steps are taken in ``CentredCoordinates``. The noise of a corruption is drawn once and kept, so that the
    objective is a function. Parameters and the result are those of ``minibatch``; batch size, learning rate and
    shuffling have no effect.
    """
    theta = objective.network.theta
    seed = fixed_seed(state.noise_rng)
    # A plateau ends the training, since there is no learning rate to cut.
    watch = TrainingMonitor(objective, sample, held, replace(schedule, learning_rate="constant"), state, report)

    fresh = state.epoch == 0 and state.step == 0 and not state.given
    state.active = None
    coordinates = CentredCoordinates(objective.network, *objective.mean_and_scale(sample))

    unit = 1.0

    def evaluate(point):
        interrupts.check()
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
