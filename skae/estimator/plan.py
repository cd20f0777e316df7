"""From parameters and a sample to what is trained: every "auto" settled, network and objective built."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from ..kernels.losses import LOSSES
from ..network.architecture import Architecture
from ..objective.l2 import L2
from ..objective.objective import Objective
from ..rows.blocks import model_dtype
from ..rows.sample import Sample
from ..runtime.exceptions import ParameterError
from ..runtime.messages import marked
from ..training.config import TrainingConfig
from ..training.memory import check_training_memory
from ..training.rate_search import trial_steps
from ..training.solvers import SOLVERS, Solver, minibatch_solvers
from ..training.state import TrainingState
from .automatic import (
    settled,
    start_bytes,
    with_learning_rate,
    with_strength,
    with_widths,
)
from .first_chunks import begins_anew, enough_rows, rows_so_far
from .fitted import Statistics
from .input import TRAIN_ANEW, check_range, warn_if_settled_too_early
from .network_to_train import begun
from .outcome import warn_of_few_rows, warn_of_range
from .parameters import layer_widths

# Of a network: 4 TiB in float32, before any training.
_MOST_PARAMETERS = 2**40


class Plan(NamedTuple):
    """What a training is made of.

    Attributes
    ----------
    objective : Objective
        On a network of its own.
    sample : Sample
    validation : Sample or None
    config : TrainingConfig
    state : TrainingState
        From which the training starts.
    loss : str
    statistics : Statistics
    dtype : dtype
        Precision of the network that the estimator keeps.
    solver : Solver
    signal : tuple or None
        Directions to which a linear output is confined at the end, and the mean of the rows.
    """

    objective: Objective
    sample: Sample
    validation: Sample | None
    config: TrainingConfig
    state: TrainingState
    loss: str
    statistics: Statistics
    dtype: np.dtype
    solver: Solver
    signal: tuple | None


def plan_training(estimator, sample, previous, one_pass=False):
    """What the parameters of an estimator make of a sample.

    Parameters
    ----------
    estimator : BaseAutoencoder
    sample : Sample
    previous : Fitted or None
        The fit that the training continues.
    one_pass : bool, default=False
        Whether it is for ``partial_fit``: means of the columns are then those of all rows since the first fit.

    Returns
    -------
    Plan
    """
    earlier, previous = previous, None if one_pass and begins_anew(previous, len(sample.rows)) else previous
    loss = resolved_loss(estimator, sample, previous)
    shown = estimator._shown_noise(sample, loss, previous, one_pass)
    given, estimator = estimator, with_widths(estimator, sample, previous, shown)
    estimator._check_combination()
    architecture = architecture_of(estimator, sample.n_features, loss)
    signal = None if one_pass else estimator._directions_of_signal(sample, architecture, shown)
    if previous is None:
        warn_if_mirrored(estimator, sample.n_features)
        warn_of_range(estimator, sample, architecture, LOSSES[loss])
    else:
        _check_continues(previous, architecture)
    estimator = estimator._with_noise(sample, loss, previous, shown)
    estimator = settled(estimator, sample, architecture, loss, one_pass)
    solver = SOLVERS[estimator.solver]
    dtype = np.dtype(model_dtype(sample) if previous is None else previous.network.dtype)
    config = training_config(estimator, len(sample.rows))
    _check_memory(estimator, architecture, solver.training_dtype(dtype), sample, config)
    _check_loss(estimator, sample, loss, previous)
    _check_zero_sampling(estimator, solver)
    objective, statistics, state = _built(
        given, estimator, sample, architecture, loss, (previous, earlier), dtype, one_pass
    )
    state.few_rows = rows_so_far(estimator, sample, architecture, earlier) if one_pass else None
    if earlier is None and state.few_rows is not None:
        warn_of_few_rows(estimator, sample, architecture, enough_rows(sample.n_features, architecture))
    if state.solver not in (None, solver.name):
        # It was found for other steps.
        state.learning_rate = None
    state.solver = solver.name
    state.corruption, state.noise_level = (getattr(estimator, name, None) for name in ("corruption", "noise_level"))
    sample, validation = _split(estimator, sample, state)
    config = with_learning_rate(estimator, objective, sample, config, state, one_pass)
    return Plan(objective, sample, validation, config, state, loss, statistics, dtype, solver, signal)


def _check_loss(estimator, sample, loss, previous):
    """Raise ValueError where the loss does not fit X, and warn where X would have chosen another one."""
    settled_before = previous is not None and estimator.loss == "auto"
    check_range(sample, loss, TRAIN_ANEW if settled_before else None)
    if settled_before:
        warn_if_settled_too_early(sample, loss)


def _check_zero_sampling(estimator, solver):
    if estimator.zero_sampling is not None and not solver.minibatch:
        raise ParameterError(
            "solver",
            estimator.solver,
            minibatch_solvers(),
            "{zero_sampling=} draws anew for each mini-batch: it needs {solver}={legal}",
            f"Set {{zero_sampling=None}} for {estimator.solver!r}.",
            zero_sampling=estimator.zero_sampling,
        )


def _built(given, estimator, sample, architecture, loss, fits, dtype, one_pass):
    """The objective on a network of its own, what is known of the columns, and the state from which to train.

    Parameters
    ----------
    given : BaseAutoencoder
        With the parameters as they are.
    estimator : BaseAutoencoder
        With those that are settled.
    fits : tuple
        The fit that the training continues, and that of the rows before it, which are part of the statistics.
    """
    previous, earlier = fits
    dtype = SOLVERS[estimator.solver].training_dtype(dtype)
    observed, means = _column_means(estimator, sample, earlier if one_pass else None)
    network, state = begun(estimator, sample, architecture, loss, previous, means, dtype, one_pass)
    estimator = with_strength(given, estimator, network, sample, means, loss, state)
    penalties = ([L2(estimator.alpha)] if estimator.alpha > 0 else []) + estimator._penalties(architecture)
    if network.coordinates is not None:
        penalties = [penalty.in_coordinates(network.coordinates.scale, architecture) for penalty in penalties]
    noise, value_range = estimator._noise(sample, dtype, earlier)
    gate, activity = estimator._gate(), estimator._activity()
    steps = None if estimator.solver == "kfac" else state.step_coordinates
    sizes = estimator._nested_sizes()
    parts = (gate, activity, estimator._unit_norm(), estimator._dead_unit_loss(architecture), steps, sizes)
    objective = Objective(network, LOSSES[loss], penalties, noise, means, estimator.zero_sampling, *parts)
    return objective, Statistics(means, observed, value_range), state


def resolved_loss(estimator, sample, previous):
    """What ``loss`` is for a sample."""
    if previous is not None:
        if estimator.loss not in ("auto", previous.loss):
            raise ParameterError(
                "loss",
                estimator.loss,
                [previous.loss, "auto"],
                "The training cannot continue: it began with {loss=}",
                "Set {loss=}, or begin anew: by fit with {warm_start=False}, or with a new estimator.",
                found=", and now {given}.",
                loss=previous.loss,
            )
        return previous.loss
    if estimator.loss != "auto":
        return estimator.loss
    may_be_logistic = estimator.output_activation in ("auto", "logistic")
    return "log_loss" if may_be_logistic and sample.is_binary() else "squared_error"


def architecture_of(estimator, n_features, loss):
    """The network that the parameters ask for."""
    output = estimator.output_activation
    if output == "auto":
        output = LOSSES[loss].default_output
    sizes = (int(n_features), *map(int, layer_widths(estimator.hidden_layer_sizes)), int(estimator.n_components))
    tied, n_active = bool(estimator.tied_weights), estimator._units_kept()
    by_threshold = estimator._kept_by_threshold()
    architecture = Architecture(sizes, estimator.activation, output, tied, n_active, by_threshold)
    if architecture.n_parameters > _MOST_PARAMETERS:
        raise ParameterError(
            "n_components",
            estimator.n_components,
            f"widths that make up to 2**{_MOST_PARAMETERS.bit_length() - 1} parameters",
            f"{{n_components=}} and {{hidden_layer_sizes=}} make of {n_features} features a network of at least "
            f"2**{architecture.n_parameters.bit_length() - 1} parameters, which no memory holds; legal are {{legal}}",
            "Choose smaller widths.",
            found=".",
            n_components=estimator.n_components,
            hidden_layer_sizes=estimator.hidden_layer_sizes,
        )
    return architecture


def warn_if_mirrored(estimator, n_features):
    """Warn where the widths look like those of an encoder and its decoder, which is added once more."""
    hidden, code = tuple(map(int, layer_widths(estimator.hidden_layer_sizes))), int(estimator.n_components)
    for widths in (hidden, (*hidden, code), (n_features, *hidden)):
        half, odd = divmod(len(widths), 2)
        if not (half and odd) or widths != widths[::-1]:
            continue
        narrow = widths[half]
        # Narrower than what comes before it, and no wider than the code.
        if narrow < min(widths[:half]) and narrow <= code:
            layers = [*hidden, code, *hidden[::-1], n_features]
            first = hidden[: hidden.index(narrow)]
            text = marked(
                "{hidden_layer_sizes}={hidden} with {n_components}={code} looks like an encoder and its decoder. The "
                "decoder is added: these make the layers {layers}. For a code of {narrow} set {n_components}={narrow} "
                "and {hidden_layer_sizes}={first}.",
                hidden=str(hidden),
                code=code,
                layers=", ".join(map(str, layers)),
                narrow=narrow,
                first=str(first),
            )
            warnings.warn(text, UserWarning, stacklevel=5)
            return


def training_config(estimator, n_rows):
    """How to train on a number of rows, but for the learning rate."""
    return TrainingConfig(
        learning_rate=estimator.learning_rate,
        batch_size=min(estimator.batch_size, n_rows),
        warmup_epochs=float(estimator.warmup_epochs),
        max_grad_norm=None if estimator.max_grad_norm is None else float(estimator.max_grad_norm),
        max_iter=estimator.max_iter,
        tol=float(estimator.tol),
        n_iter_no_change=estimator.n_iter_no_change,
        shuffle=estimator.shuffle,
        keep_epochs=estimator.warm_start,
    )


def _check_continues(previous, architecture):
    if previous.network.architecture != architecture:
        text = (
            "The training cannot continue: the fitted network is {fitted}, the parameters now ask for {asked}. Set the "
            "parameters back, or fit with {warm_start=False}."
        )
        raise ValueError(marked(text, fitted=str(previous.network.architecture), asked=str(architecture)))


def _check_memory(estimator, architecture, dtype, sample, config):
    """Raise MemoryError, before anything is made, where there is no room for the training."""
    n_rows, solver = len(sample.rows), SOLVERS[estimator.solver]
    searches = solver.minibatch and solver.optimizer.rate is None and estimator.learning_rate_init == "auto"
    whole = architecture.block_size(n_rows, dtype)
    batch_rows = max(config.batch_size, whole * estimator.early_stopping) if solver.minibatch else whole
    check_training_memory(
        architecture,
        solver,
        dtype,
        n_rows,
        batch_rows,
        estimator._workspace_per_row(sample, architecture),
        estimator.early_stopping,
        estimator.warm_start,
        trial_steps(n_rows, config) * config.batch_size if searches else 0,
        start_bytes(estimator, sample, architecture),
    )


def _column_means(estimator, sample, previous):
    """Sums of the columns over the entries that are not NaN with their weights, and their means; None where NaN is an
    error."""
    if estimator.missing_values == "error":
        return None, None
    sums, counts = sample.column_sums()
    if previous is not None and previous.statistics.observed is not None:
        sums, counts = sums + previous.statistics.observed[0], counts + previous.statistics.observed[1]
    return (sums, counts), np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)


def _split(estimator, sample, state):
    """The rows to train on and, with early stopping, those held out."""
    if not estimator.early_stopping:
        return sample, None
    n_rows = len(sample.rows)
    n_held = max(1, round(estimator.validation_fraction * n_rows))
    if n_held >= n_rows:
        raise ParameterError(
            "validation_fraction",
            estimator.validation_fraction,
            "a fraction that leaves a row to train on",
            f"{{early_stopping=True}} with {{given}} leaves no row to train on: n_samples={n_rows}",
            "Give more rows, a smaller fraction, or {early_stopping=False}.",
            found=".",
        )
    # Of the seed alone, so that a training that continues holds out the same rows.
    order = np.random.default_rng(state.validation_seed.sequence()).permutation(sample.rows)
    held, kept = np.sort(order[:n_held]), np.sort(order[n_held:])
    return sample.of_rows(kept), sample.of_rows(held)
