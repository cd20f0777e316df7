"""What a fit is worth: warnings where it is of little use, with cause and remedy."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np

from ..kernels.activations import ACTIVATIONS
from ..rows.blocks import block_rows, row_blocks
from ..rows.reconstruction_errors import fraction_sums
from ..rows.sample import Sample
from ..runtime.exceptions import (
    CollapsedCodeWarning,
    DeadUnitsWarning,
    FewRowsWarning,
    OutputRangeWarning,
    PoorFitWarning,
)
from ..runtime.messages import marked
from .prediction import filled, reconstruction

# Rows that a fit is judged by, and their entries.
_ROWS, _ENTRIES = 512, 2**20

# Of the greatest value, by which X may pass the range of an output.
_ROUNDING = 1e-6

# End of every warning: where causes and remedies are shown at length.
_PAGE = ' See "When it goes wrong" in the documentation.'

# Share of dead units above which a fit that revives them warns.
_FEW = 0.1


def warn_of_range(estimator, sample, architecture, loss):
    """Warn where the output cannot reach X.

    Parameters
    ----------
    estimator : BaseAutoencoder
        Its name.
    sample : Sample
    architecture : Architecture
    loss : Loss
        One with a range of its own has checked that of X.
    """
    low, high = ACTIVATIONS[architecture.output_activation].range
    if loss.data_range is not None or (np.isinf(low) and np.isinf(high)):
        return
    least, greatest = sample.value_range()
    slack = _ROUNDING * max(abs(least), abs(greatest))
    if least < low - slack or greatest > high + slack:
        text = (
            f"{{output_activation=}} of {type(estimator).__name__} gives values from {low:g} to {high:g}, and those "
            f"of X lie in [{least:.4g}, {greatest:.4g}]: they cannot be reconstructed. Use "
            "{output_activation='identity'}, or scale X to that range."
        )
        text = marked(text + _PAGE, output_activation=architecture.output_activation)
        warnings.warn(text, OutputRangeWarning, stacklevel=5)


def warn_of_few_rows(estimator, sample, architecture, enough):
    """Warn where a first chunk varies along no more directions than the code has units.

    Parameters
    ----------
    estimator : BaseAutoencoder
        Its name.
    sample : Sample
        The chunk.
    architecture : Architecture
    enough : int
        Rows that would do.
    """
    n_rows, n_components = len(sample.rows), architecture.encoder_sizes[-1]
    if n_rows > n_components + 1:
        return
    text = (
        f"The first chunk for partial_fit of {type(estimator).__name__} has n_samples={n_rows}: too few rows for start "
        f"values, scale and learning rate with {{n_components=}}. Give at least {enough} rows in the first chunk, and "
        "rather some hundreds."
    )
    warnings.warn(marked(text + _PAGE, n_components=n_components), FewRowsWarning, stacklevel=5)


def warn_of_dead_units(name, active):
    """Warn where more than a tenth of the units were on for no row of the last epoch.

    Parameters
    ----------
    name : str
        Class of the estimator.
    active : ndarray of bool of shape (n_components,)
        Which units were on.
    """
    share = 1.0 - active.mean()
    if share > _FEW:
        text = (
            f"{share:.0%} of the {len(active)} units of {name} were on for no row of the last epoch, though "
            "{revive_dead=True}. Lower {n_components} or {learning_rate_init}, raise {n_active} with "
            "{sparsity='topk'}, or lower {sparsity_weight} with 'l1'; sparsity_report(X) has the figures."
        )
        warnings.warn(marked(text + _PAGE), DeadUnitsWarning, stacklevel=4)


def warn_of_outcome(estimator, sample):
    """Warn where a training that came to its end left a code that does not vary, or no reconstruction.

    Parameters
    ----------
    estimator : BaseAutoencoder
        Just fitted.
    sample : Sample
        What it was fitted to.
    """
    if not isinstance(sample, Sample) or len(sample.rows) < 2:
        return
    try:
        rows, _ = sample.some_rows(max(2, min(_ROWS, _ENTRIES // sample.n_features)))
        _warn_of_codes(type(estimator).__name__, estimator._fitted, rows)
    except MemoryError:
        # The fit is done, and not to be lost.
        return


def _warn_of_codes(name, fitted, rows):
    """Warn of what some of the rows that were trained on come to."""
    sums = fraction_sums(partial(reconstruction, fitted), rows)
    if not (sums.varies and np.isfinite([sums.error, sums.spread]).all()):
        return
    low, high = _code_range(fitted, rows)
    which = "units"
    on = (low != 0) | (high != 0)
    if fitted.network.gate is not None and on.sum() > fitted.network.architecture.n_active:
        # Some rows turn few of the units on that compete for them; the others say nothing, unless no other ever won.
        low, high, which = low[on], high[on], "units that are on"
    still = int((low == high).sum())
    if 2 * still > len(low):
        text = (
            f"{still} of the {len(low)} {which} of {name} have the same value for every row. Use {{init='auto'}}, a "
            "lower {learning_rate_init}, or scale the columns of X."
        )
        warnings.warn(marked(text + _PAGE), CollapsedCodeWarning, stacklevel=5)
    score = 1.0 - sums.error / sums.spread
    if score < 0.0:
        text = (
            f"The reconstruction of {name} is worse than the means of the columns: it explains {score:.3g} of their "
            "variance. Use {init='auto'} and {learning_rate_init='auto'}, scale the columns of X, or weaken penalty "
            "or noise."
        )
        warnings.warn(marked(text + _PAGE), PoorFitWarning, stacklevel=5)


def _code_range(fitted, rows):
    """The least and the greatest value of each unit of the code, by blocks of the rows."""
    network, low, high = fitted.network, np.inf, -np.inf
    for part in row_blocks(rows.shape[0], block_rows(max(network.architecture.encoder_sizes), network.dtype)):
        code = network.encode(filled(fitted, rows[part]))
        low, high = np.minimum(low, code.min(axis=0)), np.maximum(high, code.max(axis=0))
    return low, high
