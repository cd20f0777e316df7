"""Several layers that are trained by cross-entropy: how they begin, and the greatest rate that they bear."""

from __future__ import annotations

from numbers import Real

import numpy as np

from ..kernels.losses import LOSSES
from .start_rows import start_limit

# Rows for each unit of the code, below which they begin straight. On 25 tables, of zeros and ones and of grey values,
# that explained more of new rows than drawn weights did in 20 of 21 cases there, and in 3 of 31 above.
_ROWS_A_UNIT = 80

# Units of the code up to which they begin with drawn weights, from which directions are learnt one after the other.
_MOST_DRAWN = 16

# Greatest move of a pre-activation of the first layer by a step, of a logistic unit and of others.
_MOST_MOVED, _MOST_MOVED_OF_OTHERS = 1.1, 0.35


def logit_start(estimator, n_rows, architecture, loss, one_pass=False):
    """How several untied layers begin whose output is logits, where nothing but the rows shapes the code.

    Parameters
    ----------
    estimator : BaseAutoencoder
    n_rows : int
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
    width = architecture.encoder_sizes[-1]
    # A penalty on the weights is for small ones.
    if n_rows < _ROWS_A_UNIT * width and estimator.alpha == 0:
        return "straight"
    return "drawn" if width <= _MOST_DRAWN else None


def greatest_rate(sample, activation):
    """The greatest learning rate that drawn weights bear, from the mean sum of a row.

    A step of Adam moves each weight by the rate, and what the first layer gives by the rate times the sum of the row.
    Short trials overrate higher ones: they learn the rows by heart.

    Parameters
    ----------
    sample : Sample or PartitionedSample
    activation : str
        Of the layers.

    Returns
    -------
    float
    """
    rows, weights = sample.some_rows(start_limit(sample))
    total = float(np.average(np.nansum(rows, axis=1), weights=weights))
    most = _MOST_MOVED if activation == "logistic" else _MOST_MOVED_OF_OTHERS
    return most / total if total > 0 else np.inf
