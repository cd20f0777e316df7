"""Losses of rows by autoencoders that were not trained on them."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ..rows.validation import legal_clone

_FOLDS = 5

# Relative difference of losses of equal rows: products take them in other places, and so in another order of sums.
# In units of the precision.
_ROUNDING = 1e3

# Distinct rows below which parts of them say little.
_FEWEST_ROWS = 10

# Distinct rows above which one part is enough.
_ONE_PART_ROWS = 20_000


def cross_fitted_losses(estimator, X, y, weights, losses, measure):
    """Losses of rows by clones of an autoencoder in whose training these rows had no weight.

    The rows are dealt to five parts in the order of their training losses, so that the parts are alike, equal rows are
    in the same part, and the order of the rows does not count. A clone is trained for each part, on the other four; of
    more than 20,000 distinct rows, for the first part alone.

    Parameters
    ----------
    estimator : autoencoder
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : object
        Passed to the autoencoder.
    weights : ndarray of shape (n_samples,)
    losses : ndarray of shape (n_samples,)
        By the autoencoder that was trained on all rows.
    measure : callable (clone, X, weights) -> ndarray of shape (n_samples,)
        Losses of all rows by a clone that was trained with these weights.

    Returns
    -------
    rows : ndarray of shape (n_rows,), int
        The rows, all of positive weight, that were in one of the parts. None of them if there are fewer than ten that
        are distinct, or if no clone could be trained.
    losses : ndarray of shape (n_rows,)
    n_distinct : int
        The number of distinct rows among them.
    """
    counted = np.flatnonzero(weights > 0)
    rank, n_ranks = _ranks(losses[counted])
    if n_ranks < _FEWEST_ROWS:
        return counted[:0], losses[:0], 0
    n_parts = 1 if n_ranks > _ONE_PART_ROWS else _FOLDS
    rows, held_losses, failures = [], [], []
    for part in range(n_parts):
        held = counted[rank % _FOLDS == part]
        # Weights, unlike a selection of rows, leave X where it is, whatever holds it.
        others = weights.copy()
        others[held] = 0.0
        try:
            measured = measure(_trained(estimator, X, y, others), X, others)
        except (ValueError, ArithmeticError) as error:
            failures.append(error)
        else:
            rows.append(held)
            held_losses.append(measured[held])
    if failures:
        _warn_of(failures, n_parts)
    if not rows:
        return counted[:0], losses[:0], 0
    rows = np.concatenate(rows)
    return rows, np.concatenate(held_losses), _ranks(losses[rows])[1]


def _ranks(losses):
    """The rank of each loss, the same where losses differ by rounding, as of equal rows; and the number of ranks."""
    order = np.argsort(losses)
    ascending = losses[order]
    greater = np.diff(ascending) > _ROUNDING * np.finfo(losses.dtype).eps * np.abs(ascending[1:])
    ranks = np.empty(len(losses), int)
    ranks[order] = np.concatenate([[0], np.cumsum(greater)])[: len(losses)]
    return ranks, int(greater.sum()) + 1


def _trained(estimator, X, y, weights):
    """A clone that is trained with weights of the rows."""
    clone = legal_clone(estimator)
    if "verbose" in clone.get_params(deep=False):
        clone.set_params(verbose=0)
    with warnings.catch_warnings():
        # The training on all rows has already warned.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return clone.fit(X, y, sample_weight=weights)


def _warn_of(failures, n_parts):
    basis = "the training rows' own losses" if len(failures) == n_parts else "the others alone"
    warnings.warn(
        f"{len(failures)} of the {n_parts} trainings that calibrate the offset failed, the first with "
        f"{type(failures[0]).__name__}: {failures[0]} The offset rests on {basis}.",
        UserWarning,
        stacklevel=5,
    )
