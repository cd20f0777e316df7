"""Several layers that are trained by cross-entropy: how they begin, and the greatest rate that they bear."""

from __future__ import annotations

import math
from numbers import Real

import numpy as np

from ..kernels.losses import LOSSES
from .start_rows import start_limit

# Rows for each unit of the code, below which they begin straight. On 25 tables, of zeros and ones and of grey values,
# that explained more of new rows than drawn weights did in 20 of 21 cases there, and in 3 of 31 above.
_ROWS_A_UNIT = 80

# Sum of a column, the number of its ones, below which they do as well. With 21 to 53 ones in a column drawn weights
# explained new rows worse than PCA in five tables of six, and a straight start better in each.
_ONES = 70

# Steps of a training below which drawn weights are behind.
_FEWEST_STEPS = 600

# Units of the code up to which they begin with drawn weights, from which directions are learnt one after the other. And
# the rows for each of more units below which these begin straight.
_MOST_DRAWN, _ROWS_A_UNIT_OF_MORE = 16, 250

# Greatest move of a pre-activation of the first layer by a step, of a logistic unit and of others; over the number of
# layers after it.
_MOST_MOVED, _MOST_MOVED_OF_OTHERS = 1.1, 0.35


def logit_start(estimator, sample, architecture, loss, one_pass=False):
    """How several untied layers begin whose output is logits, where nothing but the rows shapes the code.

    Parameters
    ----------
    estimator : BaseAutoencoder
        With parameters that are settled.
    sample : Sample or PartitionedSample
    architecture : Architecture
    loss : str
    one_pass : bool, default=False
        Whether it is for ``partial_fit``: the first rows say nothing of how many there will be.

    Returns
    -------
    {"straight", "drawn"} or None
        None for the start of other networks.
    """
    if one_pass or not _is_plain(estimator, architecture, loss):
        return None
    return _start(estimator, sample, architecture)[0]


def rate_of_drawn_weights(estimator, sample, architecture, loss, one_pass=False):
    """The greatest learning rate that drawn weights bear, from the mean sum of a row; infinite for other starts.

    A step of Adam moves each weight by the rate, and what the first layer gives by the rate times the sum of the row.
    Short trials overrate higher ones: they learn the rows by heart.

    Parameters
    ----------
    estimator, sample, architecture, loss, one_pass
        Those of ``logit_start``.

    Returns
    -------
    float
    """
    if one_pass or not _is_plain(estimator, architecture, loss):
        return np.inf
    start, mean_sum = _start(estimator, sample, architecture)
    if start != "drawn" or mean_sum == 0:
        return np.inf
    most = _MOST_MOVED if architecture.activation == "logistic" else _MOST_MOVED_OF_OTHERS
    return most / (mean_sum * (architecture.depth - 1))


def _is_plain(estimator, architecture, loss):
    """Whether Adam trains several untied layers with an output of logits, at a rate that is found."""
    # Of other solvers no such start was measured.
    logits = architecture.output_activation == "logistic" and LOSSES[loss].entry is None
    layers = architecture.depth > 1 and logits and not architecture.tied
    shaped = (
        estimator._kind_of_noise() is not None
        or estimator._strength_name is not None
        or estimator._mean_activation_target() is not None
        or estimator._gate() is not None
    )
    # A rate that is set is one for the start that there was.
    free = estimator.init == "auto" and not isinstance(estimator.learning_rate_init, Real)
    return layers and free and estimator.solver == "adam" and not shaped


def _start(estimator, sample, architecture):
    """How they begin, and the mean sum of a row, by which that is for codes that may begin with drawn weights."""
    width, n_rows, mean_sum, other = architecture.encoder_sizes[-1], len(sample.rows), None, None
    if width <= _MOST_DRAWN:
        mean_sum, other = _mean_sum(sample), "drawn"
        n_steps = estimator.max_iter * math.ceil(n_rows / estimator.batch_size)
        few = n_rows < _ROWS_A_UNIT * width or n_steps < _FEWEST_STEPS or n_rows * mean_sum < _ONES * sample.n_features
    else:
        few = n_rows < _ROWS_A_UNIT_OF_MORE * width
    # A penalty on the weights is for small ones, and a straight start has a large decoder.
    return ("straight" if few and estimator.alpha == 0 else other), mean_sum


def _mean_sum(sample):
    """Mean sum of a row, of some of them."""
    rows, weights = sample.some_rows(start_limit(sample))
    return float(np.average(np.nansum(rows, axis=1), weights=weights))
