"""Size of the mini-batches and number of epochs, from the number of rows."""

from __future__ import annotations

import math

# Steps of a training whose rows are few enough, and epochs that are made in any case.
_STEPS, _LEAST_EPOCHS = 6000, 20

# Entries of X for each parameter from which on all of these steps are made, and the least share of them.
_ENTRIES_A_PARAMETER, _LEAST_SHARE = 10.0, 0.3

# For optimisers that need few steps: steps of an epoch, least rows of a step and most of them, and fewest epochs.
_FEW_STEPS, _LEAST_ROWS, _MOST_ROWS, _FEWEST_EPOCHS = 40, 128, 512, 10


def batch_size_auto(n_rows, steps=None):
    """Rows of a mini-batch: the power of two nearest to n_rows / 120, from 32 to 256, and at most all rows.

    So that an epoch is of about 120 steps, whatever the table. On small tables 32 rows ended lower than 128 at equal
    passes and the best rate of each (0.77 to 1.0 times the objective); 16 were now better, now worse, and took half as
    long again. Of a training of few steps, each of which uses the curvature, it is the one nearest to n_rows / 40, from
    128 to 512: less noise is worth more there.

    Parameters
    ----------
    n_rows : int
    steps : int, default=None
        Those of a training of few steps; None for that of a first-order method.

    Returns
    -------
    int
    """
    per_epoch, least, most = (120, 32, 256) if steps is None else (_FEW_STEPS, _LEAST_ROWS, _MOST_ROWS)
    nearest = 2 ** round(math.log2(max(n_rows, 1) / per_epoch))
    return min(max(least, min(nearest, most)), n_rows)


def max_iter_auto(n_rows, batch_size, steps=None, entries=None):
    """Epochs of an annealed training: those that make 6,000 steps, from 20 to 400.

    A bound on time, and not where the loss settles: deep networks on small tables do not settle. With 8,000 steps in
    place of 2,000 their objective ended at 0.6 to 0.95 times, in part by learning the rows by heart. At least 20 epochs
    show every row of a large table often enough; at most 400 keep the fit of a tiny one short. Of a training of few
    steps those that make them, from 10 to 400.

    With fewer than 10 entries of X for each parameter a network of several layers that starts near principal components
    learns the rows by heart; it makes fewer steps in proportion, down to 0.3 of them. On nine tables with 0.7 to 5.6
    entries a parameter that much changed the explained variance of held-out rows by -0.03 to 0.15.

    Parameters
    ----------
    n_rows, batch_size : int
    steps : int, default=None
        Those of a training of few steps; None for that of a first-order method.
    entries : float, default=None
        Of X, for each parameter; None where the number of steps is not to depend on it.

    Returns
    -------
    int
    """
    if steps is not None:
        return max(_FEWEST_EPOCHS, min(math.ceil(steps * batch_size / n_rows), 400))
    share = 1.0 if entries is None else min(max(_LEAST_SHARE, entries / _ENTRIES_A_PARAMETER), 1.0)
    return max(_LEAST_EPOCHS, min(math.ceil(_STEPS * share * batch_size / n_rows), 400))
