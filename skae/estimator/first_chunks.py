"""First chunks of ``partial_fit``: which have few rows, and which chunks begin anew after them."""

from __future__ import annotations

import numpy as np

# Rows for each unit below which a first chunk is reconstructed from its own principal directions, so that trials on it
# find the least rates the best; and the rate that the rows to come need. After ten rows of digits, and 60 passes in
# chunks, 16 units explain 0.69 with it and 0.36 with the rate that was found.
_ROWS_A_UNIT, CHUNK_RATE = 4, 0.01

# Times as many rows as came before, from which on a chunk gives start values in the place of such a first one.
_ANEW = 4


def begins_with_few(estimator, sample, architecture):
    """Whether a first chunk has fewer rows than columns, and few for each unit of a code of one layer.

    Units with a mean activation to reach went astray at the rate that others need.
    """
    return _are_few(len(sample.rows), estimator, sample.n_features, architecture)


def _are_few(n_rows, estimator, n_features, architecture):
    return (
        architecture.depth == 1
        and n_rows < enough_rows(n_features, architecture)
        and estimator._mean_activation_target() is None
    )


def enough_rows(n_features, architecture):
    """The least number of rows of a first chunk that are not few."""
    return min(n_features, _ROWS_A_UNIT * architecture.encoder_sizes[-1])


def begins_anew(previous, n_rows):
    """Whether a chunk gives start values in the place of the few rows that came before it.

    What a network has learnt of those is little, and their centre and unit may be far from those of the rows to come.

    Parameters
    ----------
    previous : Fitted or None
        What came of the chunks before.
    n_rows : int
    """
    return previous is not None and n_rows >= _ANEW * (previous.training.few_rows or np.inf)


def rows_so_far(estimator, sample, architecture, earlier):
    """Rows of all chunks since the last start, where that was from too few and start values and rate are "auto"; None
    elsewhere.

    Parameters
    ----------
    estimator : BaseAutoencoder
        With parameters that are settled but for the rate.
    sample : Sample
        The last chunk.
    architecture : Architecture
    earlier : Fitted or None
        What came of the chunks before.
    """
    free = estimator.init == estimator.learning_rate_init == "auto" and estimator._gate() is None
    n_rows = len(sample.rows)
    if not free or (earlier is not None and earlier.training.few_rows is None):
        return None
    if earlier is not None and not begins_anew(earlier, n_rows):
        # The start still is that of the first of them.
        return earlier.training.few_rows + n_rows
    return n_rows if _are_few(n_rows, estimator, sample.n_features, architecture) else None
