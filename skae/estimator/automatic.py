"""What "auto" becomes among the parameters of a training."""

from __future__ import annotations

import copy
from dataclasses import replace
from numbers import Integral, Real

import numpy as np

from ..kernels.losses import LOSSES
from ..network.data_start import data_start, rows_are_few
from ..network.initialization import initial_parameters
from ..network.network import Network
from ..network.principal import principal_directions
from ..network.tied_start import tied_scale
from ..network.white_noise import noise_edge, white_noise
from ..objective.batch import Batch
from ..rows.blocks import model_dtype
from ..rows.coordinates import Coordinates, StepCoordinates, inner_rows
from ..rows.matrices import CSRMatrix
from ..rows.sample import Sample, present_means
from ..runtime.threads import one_thread_if_small
from ..training.budget import batch_size_auto, max_iter_auto
from ..training.rate_search import find_rate
from ..training.solvers import SOLVERS
from .first_chunks import CHUNK_RATE, begins_with_few
from .logit_layers import logit_start
from .rate_bounds import greatest_rate
from .solver_choice import LOCAL_ROWS, solver_auto, starts_local
from .start_rows import START_ROWS, start_limit, start_rows, without_gaps

# Arrays of the size of the rows at the start that are held at once, of the size of what the layers give, and of
# products of rows or columns.
_ROW_COPIES, _OUTPUT_COPIES, _PRODUCTS = 5, 5, 4

# Of the variance, what the principal components have whose number is the width "auto", and the greatest of these.
_SHARE, _MOST_COMPONENTS = 0.95, 64

# Quotient of noise that rows show and noise that is set, or its inverse, below which they are the same.
_AGREES = 1.25

# Of the active units that are "auto".
_MOST_ACTIVE = 25

# Rows on which penalties are measured at the start.
_STRENGTH_ROWS = 512

# Power of the number of columns by which rows are smaller than of unit scale before several layers. A step of Adam
# moves what the first layer gives by the sum of a row, and what the last one gives whatever the row: in smaller rows
# the one goes slower and the other relatively faster.
_DEEP_SCALE = 1.0 / 3.0

# Of numbers in float64, relative to the greatest.
_ROUNDING = 1e-13

_LBFGS_ITERATIONS = 1000
_EPOCHS = 200
_BATCH_SIZE = 128

# Of the epochs of an annealed training, those after which such a start is nearly as low, and the least of them: with
# 256 units on 20,000 masked rows of MNIST 62.5, 62.7, 63.0 and 63.3 nats after 20, 18, 16 and 14.
_LOCAL_SHARE, _LOCAL_EPOCHS = 0.4, 16

# Of the rate that is found for an annealed training: that of one which does not end.
_CONSTANT_SHARE = 0.3


def with_widths(estimator, sample, previous, shown):
    """A copy of an estimator whose width of the code, and number of active units, are integers.

    Parameters
    ----------
    estimator : BaseAutoencoder
    sample : Sample
    previous : Fitted or None
        The fit that the training continues, whose width is kept.
    shown : float
        Standard deviation of white noise that the rows show; 0.0 for none.
    """
    chosen = copy.copy(estimator)
    if not isinstance(estimator.n_components, Integral):
        if previous is not None:
            chosen.n_components = previous.network.architecture.encoder_sizes[-1]
        else:
            chosen.n_components = _width(estimator.n_components, sample, _gaussian_noise(estimator), shown)
    if getattr(estimator, "n_active", None) == "auto":
        chosen.n_active = min(_MOST_ACTIVE, max(1, chosen.n_components // 2))
    return chosen


def _gaussian_noise(estimator):
    """Standard deviation of Gaussian noise that is set; zero where there is none or it is found."""
    level = getattr(estimator, "noise_level", 0.0)
    return level if isinstance(level, Real) and getattr(estimator, "corruption", None) == "gaussian" else 0.0


def _width(share, sample, noise, shown):
    """The width at which principal components explain a share of the variance, of those that are no noise.

    With "auto" directions along which the rows vary no more than such noise alone would make them count as noise. Where
    the rows show it, or noise of the level that is set, all other directions count.
    """
    rows, weights = start_rows(sample, None, start_limit(sample))
    free = not isinstance(share, Real)
    if free and shown > 0.0:
        rows, weights = without_gaps(rows, weights)
    means = present_means(rows) if np.isnan(rows).any() else None
    rows = rows if means is None else np.where(np.isnan(rows), means, rows)
    share, most = (_SHARE, _MOST_COMPONENTS) if free else (share, min(rows.shape))
    centred = rows - np.average(rows, axis=0, weights=weights)
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(np.average(np.square(centred).sum(axis=1), weights=weights))
    if not 0.0 < total < np.inf:
        return 1
    _, deviations = principal_directions(rows, most, weights)
    reached = np.cumsum(np.square(deviations)) >= share * total * (1.0 - 1e-9)
    width = int(np.argmax(reached)) + 1 if reached.any() else len(deviations)
    if free:
        own = white_noise(rows) if noise > 0.0 else 0.0
        if noise / _AGREES < own < noise * _AGREES:
            # The level that is set is that of the rows.
            shown = max(noise, own)
        above = int((deviations > noise_edge(rows, weights, max(noise, shown))).sum())
        width = above if shown > 0.0 else min(width, above)
    return max(1, width)


def settled(estimator, sample, architecture, loss, one_pass):
    """A copy of an estimator whose parameters of the training are all settled but for the learning rate.

    Parameters
    ----------
    estimator : BaseAutoencoder
    sample : Sample
    architecture : Architecture
    loss : str
    one_pass : bool
        Whether it is for ``partial_fit``.
    """
    # A strength that is free is a number too, until the start is known.
    chosen = at_strength(estimator, 1.0) if _strength_is_free(estimator) else copy.copy(estimator)
    n_rows, rate_is_set = len(sample.rows), isinstance(estimator.learning_rate_init, Real)
    if chosen.solver == "auto":
        chosen.solver = solver_auto(estimator, sample, architecture, loss, one_pass)
    minibatch = SOLVERS[chosen.solver].minibatch
    steps = SOLVERS[chosen.solver].optimizer.n_steps(architecture) if minibatch else None
    if chosen.batch_size == "auto":
        chosen.batch_size = _BATCH_SIZE if rate_is_set and steps is None else batch_size_auto(n_rows, steps)
    if chosen.max_iter == "auto":
        started_near = estimator.init == "auto" and architecture.depth > 1 and estimator._kind_of_noise() is None
        values = n_rows * sample.n_features / architecture.n_parameters if started_near else None
        annealed = max_iter_auto(n_rows, min(chosen.batch_size, n_rows), steps, values)
        if steps is None and n_rows >= LOCAL_ROWS and starts_local(chosen, architecture, loss):
            # The loss is nearly as low after fewer of them.
            annealed = max(_LOCAL_EPOCHS, round(_LOCAL_SHARE * annealed))
        chosen.max_iter = _LBFGS_ITERATIONS if not minibatch else _EPOCHS if rate_is_set else annealed
    if chosen.learning_rate == "auto":
        chosen.learning_rate = "constant" if rate_is_set or one_pass or not minibatch else "annealed"
    return chosen


def started_network(estimator, sample, architecture, loss, means, rng, dtype, one_pass=False):
    """A network with start values from the data, in coordinates of its own where the loss allows for them.

    Parameters
    ----------
    estimator : BaseAutoencoder
    sample : Sample
    architecture : Architecture
    loss : str
    means : ndarray of shape (n_features,) or None
        In the place of NaN.
    rng : numpy Generator
    dtype : dtype
    one_pass : bool, default=False
        Whether it is for ``partial_fit``: the first rows say nothing of how many there will be.

    Returns
    -------
    Network
    """
    rows, weights = start_rows(sample, means, start_limit(sample))
    few = not one_pass and rows_are_few(architecture, len(sample.rows))
    penalties = estimator._penalties(architecture)
    convertible = all(penalty.in_coordinates(1.0, architecture) is not None for penalty in penalties)
    coordinates = None
    if convertible and not _is_sparse(sample):
        plain = estimator._kind_of_noise() is None and estimator._mean_activation_target() is None
        coordinates = _coordinates(architecture, loss, rows, weights, model_dtype(sample), few, plain)
    rows = inner_rows(rows, coordinates)[:]
    if estimator.init == "glorot" or estimator._gate() is not None:
        theta = initial_parameters(architecture, rng, dtype)
    else:
        target = estimator._mean_activation_target()
        # A small code needs a large decoder, along which the objective is steep: not every rate goes with that.
        rate_is_set = isinstance(estimator.learning_rate_init, Real) and SOLVERS[estimator.solver].minibatch
        large = estimator.alpha > 0 or rate_is_set or (one_pass and begins_with_few(estimator, sample, architecture))
        with one_thread_if_small(architecture.product_flops(len(rows))):
            wishes = {
                "target": target,
                "gain": estimator._start_gain,
                "large": large,
                "noise": estimator._kind_of_noise(),
                "few": few,
                "chunk": one_pass,
                "curvature": estimator.solver == "kfac",
                "logits": logit_start(estimator, sample, architecture, loss, one_pass),
            }
            theta = data_start(architecture, LOSSES[loss], rows, weights, rng, dtype, **wishes)
    return Network(architecture, theta, coordinates)


def step_coordinates(estimator, sample, architecture, loss, means):
    """``StepCoordinates`` of sparse rows for whose code units compete; None elsewhere.

    Parameters
    ----------
    estimator : BaseAutoencoder
    sample : Sample
    architecture : Architecture
    loss : str
    means : ndarray of shape (n_features,) or None
        In the place of NaN.
    """
    # The curvature is that of the rows as they are. The entries of one row, as a first chunk may be, are mostly zero
    # where those of others are not.
    free = estimator.solver != "kfac" and len(sample.rows) > 1
    if estimator._gate() is None or not free or not _is_sparse(sample):
        return None
    found = _coordinates(architecture, loss, *start_rows(sample, means, start_limit(sample)), model_dtype(sample))
    if found is None:
        return None
    # Weights that are tied have one scale, and atoms their norm in the units of X.
    in_one_unit = architecture.tied or estimator._unit_norm() is not None
    return StepCoordinates.of(found, in_one_unit, architecture.homogeneous)


def _is_sparse(sample):
    return isinstance(getattr(sample, "X", None), CSRMatrix)


def start_bytes(estimator, sample, architecture):
    """Bytes that the start values take: copies of the rows, outputs of the layers, and products of these."""
    if estimator.init == "glorot" and estimator._gate() is None:
        return 0
    n_rows, widths = min(len(sample.rows), start_limit(sample)), architecture.sizes
    products = min(n_rows, max(widths)) ** 2
    numbers = n_rows * (_ROW_COPIES * widths[0] + _OUTPUT_COPIES * sum(widths[1:-1])) + _PRODUCTS * products
    return numbers * np.dtype(np.float64).itemsize


@np.errstate(over="ignore", invalid="ignore")
def with_strength(given, estimator, network, sample, means, loss, state):
    """An estimator with the strength of its penalty, which is found by the start where it is "auto".

    Parameters
    ----------
    given : BaseAutoencoder
        With the parameters as they are.
    estimator : BaseAutoencoder
        With those that are settled.
    network : Network
        With its start values.
    sample : Sample
    means : ndarray of shape (n_features,) or None
        In the place of NaN.
    loss : str
    state : TrainingState
        Notes the strength; has it, where the training goes on.
    """
    if not _strength_is_free(given):
        return estimator
    if not at_strength(estimator, 1.0)._penalties(network.architecture):
        # Sparsity by a gate alone has no strength to be found.
        return at_strength(estimator, 0.0)
    if state.strength is None:
        rows, weights = start_rows(sample, means, min(_STRENGTH_ROWS, start_limit(sample)))
        rows = inner_rows(rows, network.coordinates)[:]
        batch = Batch(network, len(rows))
        batch.row_scale = (weights / weights.sum()).astype(network.dtype)
        batch.run_hidden(np.ascontiguousarray(rows, network.dtype))
        spread = _spread(rows, weights, loss) * network.loss_unit
        strength = float(given._strength(spread, batch))
        state.strength = strength if 0.0 < strength < np.inf else 0.0
    return at_strength(estimator, state.strength)


def at_strength(estimator, strength):
    """A copy of an estimator with a number as the strength of its penalty."""
    chosen = copy.copy(estimator)
    setattr(chosen, estimator._strength_name, strength)
    return chosen


def _strength_is_free(estimator):
    name = estimator._strength_name
    return name is not None and getattr(estimator, name) == "auto"


def _spread(rows, weights, loss):
    """Loss of a row by the means of the columns alone, in the coordinates of the rows."""
    mean = np.average(rows, axis=0, weights=weights)
    if LOSSES[loss].data_range == (0.0, 1.0):
        mean = np.clip(mean, 1e-12, 1.0 - 1e-12)
        return float(-(mean * np.log(mean) + (1.0 - mean) * np.log1p(-mean)).sum())
    return float(np.average(np.square(rows - mean).sum(axis=1), weights=weights))


@np.errstate(over="ignore", invalid="ignore")
def _coordinates(architecture, loss, rows, weights, dtype, few=False, plain=True):
    """Coordinates in which rows are centred and of unit scale; None where the loss depends on their units."""
    if not LOSSES[loss].squares or architecture.output_activation != "identity":
        return None
    # The mean of equal values may differ from them by its rounding.
    same = np.ptp(rows, axis=0) == 0
    offset = np.where(same, rows[0], np.average(rows, axis=0, weights=weights))
    centred = rows - offset
    scale = np.sqrt(np.average(np.square(centred).mean(axis=1), weights=weights))
    if len(rows) == 1:
        # One row, as a first chunk may be, says no more of those to come than by how much its entries differ.
        scale = np.std(rows)
    # Rows that differ by their rounding alone have no unit.
    if scale <= _ROUNDING * np.abs(offset).max():
        return Coordinates(offset, 1.0) if np.isfinite(offset).all() else None
    # What is in the units of X must have squares in the precision of the network.
    limits = np.finfo(dtype)
    fits = limits.tiny < scale**2 < limits.max
    if not (np.isfinite(offset).all() and fits):
        return None
    if architecture.depth > 1:
        scale *= rows.shape[1] ** _DEEP_SCALE
    return Coordinates(offset, float(tied_scale(architecture, centred, weights, few, plain) or scale))


def with_learning_rate(estimator, objective, sample, config, state, one_pass):
    """The configuration with its learning rate, which is searched for where it is "auto".

    Parameters
    ----------
    estimator : BaseAutoencoder
    objective : Objective
    sample : Sample
    config : TrainingConfig
    state : TrainingState
        Notes the rate.
    one_pass : bool
        Whether it is for ``partial_fit``.
    """
    solver = SOLVERS[state.solver]
    if not solver.minibatch:
        return config
    if estimator.learning_rate_init == "auto":
        goes_on = state.learning_rate is not None and (one_pass or state.progress is not None)
        if solver.optimizer.rate is not None:
            state.learning_rate = solver.optimizer.rate
        elif not goes_on:
            share = _CONSTANT_SHARE if config.learning_rate == "constant" else 1.0
            most = greatest_rate(estimator, objective, sample, config.max_iter, share, one_pass)
            # As the training will.
            with one_thread_if_small(objective.network.architecture.product_flops(config.batch_size)):
                given = (objective, _local(sample), config, solver.optimizer, state, np.random.default_rng(0))
                state.learning_rate = share * find_rate(*given, most=most)
            if (
                one_pass
                and state.solver == "adam"
                and begins_with_few(estimator, sample, objective.network.architecture)
            ):
                state.learning_rate = max(state.learning_rate, CHUNK_RATE)
    else:
        state.learning_rate = float(estimator.learning_rate_init)
    return replace(config, learning_rate_init=state.learning_rate)


def _local(sample):
    """A sample whose rows are here: some of them, where others hold them."""
    return sample if isinstance(sample, Sample) else Sample.of(*sample.some_rows(START_ROWS))
