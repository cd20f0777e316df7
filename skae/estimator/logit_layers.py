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
    logits = architecture.output_activation == "logistic" and LOSSES[loss].entry is None
    layers = architecture.depth > 1 and logits and not architecture.tied and not one_pass
    # What the steps of other solvers make of these starts was not measured.
    layers = layers and estimator.solver in ("auto", "adam")
    shaped = (
        estimator._kind_of_noise() is not None
        or estimator._strength_name is not None
        or estimator._mean_activation_target() is not None
        or estimator._gate() is not None
    )
    # A rate that is set is one for the start that there was.
    if not layers or shaped or estimator.init != "auto" or isinstance(estimator.learning_rate_init, Real):
        return None
    width, n_rows = architecture.encoder_sizes[-1], len(sample.rows)
    few = n_rows < width * (_ROWS_A_UNIT if width <= _MOST_DRAWN else _ROWS_A_UNIT_OF_MORE)
    if width <= _MOST_DRAWN:
        few = few or estimator.max_iter * math.ceil(n_rows / estimator.batch_size) < _FEWEST_STEPS
        few = few or n_rows * _mean_sum(sample) < _ONES * sample.n_features
    # A penalty on the weights is for small ones, and a straight start has a large decoder.
    if few and estimator.alpha == 0:
        return "straight"
    return "drawn" if width <= _MOST_DRAWN else None


def greatest_rate(sample, architecture):
    """The greatest learning rate that drawn weights bear, from the mean sum of a row.

    A step of Adam moves each weight by the rate, and what the first layer gives by the rate times the sum of the row.
    Short trials overrate higher ones: they learn the rows by heart.

    Parameters
    ----------
    sample : Sample or PartitionedSample
    architecture : Architecture

    Returns
    -------
    float
    """
    most = _MOST_MOVED if architecture.activation == "logistic" else _MOST_MOVED_OF_OTHERS
    total = _mean_sum(sample) * (architecture.depth - 1)
    return most / total if total > 0 else np.inf


def _mean_sum(sample):
    """Mean sum of a row, of some of them."""
    rows, weights = sample.some_rows(start_limit(sample))
    return float(np.average(np.nansum(rows, axis=1), weights=weights))
