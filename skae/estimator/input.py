"""X as a user gives it, checked and read as rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import assert_all_finite, check_array
from sklearn.utils.validation import _get_feature_names, validate_data

from ..kernels.losses import LOSSES
from ..rows.blocks import read_blocks, sums_finite
from ..rows.matrices import CSRMatrix, as_csr
from ..rows.sample import Sample
from ..rows.validation import as_numbers, checked_weights, named_input_errors
from .fitted import Columns

# By which values of X may lie outside the range that a loss needs.
_ROUNDING = 1e-6

_READ_AS = {"dtype": "numeric", "ensure_all_finite": False, "accept_sparse": ["csr", "csc", "coo"]}


def training_rows(estimator, X, sample_weight, previous):
    """The rows of X to train on.

    Parameters
    ----------
    estimator : BaseAutoencoder
        Its parameters, and its name for errors.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    sample_weight : array-like of shape (n_samples,) or None
    previous : Fitted or None
        The fit that the training continues, to whose columns those of X must be equal.

    Returns
    -------
    Sample, Columns
    """
    allow_nan = estimator.missing_values == "mask"
    if previous is None:
        X, columns = first_rows(estimator, X, allow_nan)
    else:
        columns = previous.columns
        X = known_rows(estimator, X, columns, allow_nan)
    return Sample.of(X, checked_weights(sample_weight, X)), columns


def first_rows(estimator, X, allow_nan):
    """X as a numeric matrix that is read by rows, finite but for NaN where that is allowed; and its columns.

    An array is not copied, of whatever dtype and order.

    Returns
    -------
    ndarray or CSRMatrix, Columns
    """
    with named_input_errors(X, "X"):
        names = _get_feature_names(X)
        X = as_numbers(check_array(X, estimator=estimator, input_name="X", **_READ_AS), "X")
    return _finite_rows(estimator, X, allow_nan), Columns(X.shape[1], names)


class _Known(NamedTuple):
    """As much of a fitted record as scikit-learn asks for to compare columns."""

    columns: Columns


def known_rows(estimator, X, columns, allow_nan):
    """X as ``first_rows`` reads it, with columns that are known.

    Returns
    -------
    ndarray or CSRMatrix
    """
    # A view of its own, whatever another thread fits the estimator to meanwhile.
    known = object.__new__(type(estimator))
    vars(known).update(vars(estimator), _fitted=_Known(columns))
    with named_input_errors(X, "X"):
        X = as_numbers(validate_data(known, X, reset=False, **_READ_AS), "X")
    return _finite_rows(estimator, X, allow_nan)


def _finite_rows(estimator, X, allow_nan):
    if issparse(X):
        if estimator.missing_values == "mask" and X.dtype.kind == "f" and np.isnan(X.data).any():
            raise ValueError(
                "missing_values='mask' needs a dense X: got a sparse one with NaN among its stored values. Pass "
                "X.toarray(), or remove these values."
            )
        rows = CSRMatrix(as_csr(X))
        # After duplicate entries were added up.
        check_finite(estimator, rows.csr.data, "X")
        return rows
    # By blocks, so that a memory map is never resident as a whole.
    for _, block in read_blocks(X):
        if not sums_finite(block):
            check_finite(estimator, block, "X", allow_nan)
    return X


@np.errstate(over="ignore", invalid="ignore")
def check_finite(estimator, values, name, allow_nan=False):
    """Raise ValueError, in scikit-learn's words, for values of an input that are not finite."""
    assert_all_finite(values, allow_nan=allow_nan, estimator_name=type(estimator).__name__, input_name=name)


def check_range(sample, loss):
    """Raise ValueError for values outside the range that a loss needs.

    Parameters
    ----------
    sample : Sample
    loss : str
    """
    record = LOSSES[loss]
    legal = record.data_range
    if legal is None:
        return
    low, high = sample.value_range()
    # What scales to the range meets its ends up to rounding.
    if low < legal[0] - _ROUNDING or high > legal[1] + _ROUNDING:
        raise ValueError(
            f"loss={loss!r} needs values of X in [{legal[0]:g}, {legal[1]:g}]; they lie in [{low:.9g}, {high:.9g}]. "
            f"{record.range_hint}"
        )
