"""The solver that "auto" is, by a rule that was measured (docs/training.md)."""

from __future__ import annotations

from numbers import Real

import numpy as np

from ..kernels.losses import LOSSES
from ..network.data_start import begins_local
from ..network.principal import principal_directions
from ..rows.matrices import CSRMatrix
from ..rows.sample import Sample
from ..training.curvature import WIDEST
from .start_rows import start_limit

# Rows times parameters up to which L-BFGS comes to a minimum before mini-batches do.
_LBFGS_WORK = 2e7

# Rows from which K-FAC is the first at every loss; of fewer, whose batches are small, Adam ends lower.
_KFAC_ROWS = 4096

# Rows from which Adam ends lower than K-FAC in the same time where units begin with columns that go together: with 256
# units on 20,000 masked rows of MNIST at 62.5 nats for 63.7. On 5,000 rows it ended higher.
LOCAL_ROWS = 10_000

# Times the mean weight that the greatest may be: a row that outweighs its batch is hardly ever among those of which the
# curvature is taken.
_KFAC_WEIGHTS = 100

# Of the variance, what principal components leave at most where K-FAC is the first with more layers: where they leave
# more Adam goes as far, where they leave less it hardly leaves them. Entries of X for each parameter from which it is,
# since it learns rows by heart sooner. And how many times as far as others a row may be then, in squares: one that is
# further is learnt alone.
_LITTLE_LEFT, _ENTRIES, _FAR = 0.15, 10, 100

# The widest layer of several for which it is, and the most of them: on 784 columns its steps took more than twice the
# time, of more layers nothing was measured.
_WIDEST_OF_MORE, _DEEPEST = 512, 3

# Rows of a batch from which a step of K-FAC is not much longer than one of Adam.
_KFAC_BATCH = 128


def solver_auto(estimator, sample, architecture, loss, one_pass):
    """The name of the solver that "auto" is.

    Parameters
    ----------
    estimator : BaseAutoencoder
    sample : Sample or PartitionedSample
    architecture : Architecture
    loss : str
    one_pass : bool
        Whether it is for ``partial_fit``.

    Returns
    -------
    str
    """
    # A rate that is set is one of first-order steps; for single passes and sampled zeros no other solver was tried.
    if one_pass or isinstance(estimator.learning_rate_init, Real) or estimator.zero_sampling is not None:
        return "adam"
    if _suits_lbfgs(estimator, len(sample.rows), architecture, loss):
        return "lbfgs"
    if len(sample.rows) >= LOCAL_ROWS and starts_local(estimator, architecture, loss):
        return "adam"
    return "kfac" if _suits_kfac(estimator, sample, architecture, loss) else "adam"


def starts_local(estimator, architecture, loss):
    """Whether units of the code begin with columns that go together."""
    drawn = estimator.init != "auto" or estimator._gate() is not None
    return not drawn and begins_local(architecture, LOSSES[loss], estimator._kind_of_noise())


def _is_narrow(architecture):
    """Whether there is one hidden layer of fewer units than columns."""
    return architecture.depth == 1 and architecture.encoder_sizes[1] < architecture.encoder_sizes[0]


def _is_gated(estimator, architecture):
    """Whether units of the code are set to zero, in training or always, or are the atoms of a dictionary."""
    gated = estimator._gate() is not None or architecture.n_active is not None
    return gated or estimator._unit_norm() is not None or estimator._dead_unit_loss(architecture) is not None


def _suits_lbfgs(estimator, n_rows, architecture, loss):
    """Whether it comes to a minimum soon: one that is not of noise, of gates, or of wide codes."""
    smooth = LOSSES[loss].squares and architecture.output_activation == "identity"
    drawn = (
        estimator._kind_of_noise() is not None
        or estimator._activity() is not None
        or _is_gated(estimator, architecture)
    )
    few = n_rows * architecture.n_parameters <= _LBFGS_WORK
    return smooth and _is_narrow(architecture) and few and not drawn


def _suits_kfac(estimator, sample, architecture, loss):
    """Whether there are rows enough for its batches, all that it needs of them is there, and none outweighs a batch.

    Rows far from the others do so in squared errors of wide codes. Several layers of hidden units went wrong with them,
    and with rectified units and rare columns of zeros and ones, where those of Adam did not; of these it takes two or
    three of tanh or logistic units on rows of which principal components leave little.
    """
    n_rows = len(sample.rows)
    dense = isinstance(sample, Sample) and not isinstance(sample.X, CSRMatrix)
    in_its_steps = estimator.learning_rate in ("auto", "annealed") and (
        estimator.batch_size == "auto" or estimator.batch_size >= _KFAC_BATCH
    )
    # The curvature of a penalty on activations is left out, which those of a moderate strength allow.
    name = estimator._strength_name
    moderate = name is None or getattr(estimator, name) == "auto"
    deep = architecture.depth > 1
    bounded = LOSSES[loss].data_range is not None or _is_narrow(architecture) or deep
    plain = not (_is_gated(estimator, architecture) or architecture.tied or estimator._nested_sizes())
    suits = dense and in_its_steps and moderate and bounded and plain
    if not suits or n_rows < _KFAC_ROWS or max(architecture.sizes) > WIDEST:
        return False
    if deep and not _bends_from_components(estimator, sample, architecture, loss):
        return False
    return sample.weights is None or bool(sample.weights.max() <= _KFAC_WEIGHTS * sample.weights.mean())


def _bends_from_components(estimator, sample, architecture, loss):
    """Whether rows, many for the parameters and none of them far from the others, are met by several layers that start
    from principal directions, and these leave little of their variance."""
    free = estimator._kind_of_noise() is None and estimator._strength_name is None and estimator.alpha == 0
    linear = LOSSES[loss].squares and architecture.output_activation == "identity"
    whole = free and linear and estimator.missing_values == "error" and estimator.init == "auto"
    narrow = architecture.depth <= _DEEPEST and max(architecture.sizes) <= _WIDEST_OF_MORE
    many = len(sample.rows) * sample.n_features >= _ENTRIES * architecture.n_parameters
    if not (whole and narrow and many and architecture.activation in ("logistic", "tanh")):
        return False
    rows, weights = sample.some_rows(start_limit(sample))
    mean = np.average(rows, axis=0, weights=weights)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = np.average(np.square(rows - mean).sum(axis=1), weights=weights)
        farthest = max(np.square(part - mean).sum(axis=1).max() for part in sample.blocks())
    if not 0.0 < spread < np.inf or farthest > _FAR * spread:
        return False
    _, deviations = principal_directions(rows, min(architecture.encoder_sizes[1:]), weights)
    return bool(spread - np.square(deviations).sum() <= _LITTLE_LEFT * spread)
