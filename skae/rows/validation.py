"""Conversion of user input to numeric arrays, with errors that name the input."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import partial

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import _check_sample_weight

from ..runtime.messages import marked
from .blocks import read_blocks, sums_finite
from .columns import OTHERS, as_numbers, unreadable_column, with_readable_columns
from .containers import check_container
from .matrices import CSRMatrix, as_csr
from .sparse_checks import with_equal_indices
from .stored_rows import StoredCSR, StoredRows
from .stores import opened

# Messages that already name the input, or say what is wrong with its shape.
_NAMED = r"\b{}\b|Expected 2D array|Found array with|[Ff]eature|[Ss]ample"


@contextmanager
def named_input_errors(values, name):
    """Add the name of the input to errors that its conversion to an array raises within the block.

    Yields the input in a form that NumPy and scikit-learn can read; the block uses that instead of the input.

    Parameters
    ----------
    values : array-like, sparse matrix or frame
        The input.
    name : str
        Name of the argument in the method that the user called.

    Raises
    ------
    ValueError
        Also for numbers beyond float64, for any other error that a container raises, and for an input whose conversion
        would change its values.
    TypeError
        If the conversion raised it.
    """
    check_container(values, name)
    try:
        # Values that overflow in a cast are found later, with all infinities.
        with np.errstate(over="ignore", invalid="ignore"):
            yield with_equal_indices(values) if issparse(values) else with_readable_columns(values, name)
    except (MemoryError, Warning):
        raise
    except Exception as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        if isinstance(error, kind) and re.search(_NAMED.format(name), str(error)):
            raise
        column, cause = unreadable_column(values)
        if column is None:
            raise kind(f"{name} cannot be read as an array of numbers: {error}") from error
        advice = OTHERS.format("it", "it")
        raise kind(f"Column {column} of {name} cannot be read as numbers: {cause}. {advice}") from error


def numeric_rows(X, convert, estimator, allow_nan, read_once=False):
    """X as a numeric matrix that is read by rows; its values are finite, or NaN if ``allow_nan``.

    An array is never copied, whatever its dtype and memory order.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    convert : callable (X) -> ndarray or sparse matrix
        Conversion by scikit-learn.
    estimator : estimator
        The estimator that X was passed to.
    allow_nan : bool
    read_once : bool, default=False
        Whether the values of a store are checked when they are read, not all of them before.

    Returns
    -------
    ndarray, CSRMatrix, StoredRows or StoredCSR
    """
    with named_input_errors(X, "X") as X:
        store = opened(X)
        if store is None:
            X = as_numbers(convert(X), "X")
        else:
            example = store.example() if store.names else np.zeros((min(1, store.shape[0]), store.shape[1]))
            convert(example)
    if store is not None and store.sparse:
        return StoredCSR(store, partial(_check_stored, estimator))
    check = partial(_check_block, estimator, allow_nan)
    if store is not None and read_once:
        return StoredRows(store, check)
    if store is not None:
        X = StoredRows(store)
    if issparse(X):
        _check_gaps(X, estimator)
        rows = CSRMatrix(as_csr(X))
        # CSRMatrix has added up duplicate entries, which may give infinities.
        check_finite(rows.csr.data, "X", estimator)
        return rows
    # By blocks, so that a memory map is never resident as a whole.
    for _, block in read_blocks(X):
        check(block)
    return X


def _check_block(estimator, allow_nan, block):
    if not sums_finite(block):
        check_finite(block, "X", estimator, allow_nan)


def _check_gaps(csr, estimator):
    if estimator.missing_values == "mask" and csr.dtype.kind == "f" and np.isnan(csr.data).any():
        text = (
            "{missing_values='mask'} needs a dense X: got a sparse one with NaN among its stored values. Pass "
            "X.toarray(), or remove these values."
        )
        raise ValueError(marked(text))


def _check_stored(estimator, csr):
    _check_gaps(csr, estimator)
    check_finite(csr.data, "X", estimator)


@np.errstate(over="ignore", invalid="ignore")
def check_finite(values, name, estimator=None, allow_nan=False, may_be_filled=True):
    """Raise ValueError, in scikit-learn's words, for values of an input that are not finite.

    Parameters
    ----------
    values : ndarray
    name : str
    estimator : estimator, default=None
        The estimator that the input was passed to.
    allow_nan : bool, default=False
    may_be_filled : bool, default=True
        Whether the error says how to handle missing values; codes have none.
    """
    try:
        assert_all_finite(values, allow_nan=allow_nan, input_name=name)
    except ValueError as error:
        if not may_be_filled or "NaN" not in str(error):
            raise
        text = marked(f"{{error}}\n{_advice_on_gaps(estimator)}", error=str(error))
        raise ValueError(text) from None


def _advice_on_gaps(estimator):
    imputer = "fill them first, with skae.impute.AutoencoderImputer or one of scikit-learn's imputers"
    if hasattr(estimator, "missing_values"):
        return f"To take missing values, fit {type(estimator).__name__} with {{missing_values='mask'}}; or {imputer}."
    taker = "This" if estimator is None else type(estimator).__name__
    return f"{taker} takes no missing values: {imputer}; autoencoders take them with {{missing_values='mask'}}."


def checked_weights(sample_weight, n_rows):
    """Weights of some rows, in float64, with at least one above zero; None stays None.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), float or None
    n_rows : int

    Returns
    -------
    ndarray of shape (n_samples,) or None

    Raises
    ------
    ValueError
        For weights that are negative, not finite or all zero, or whose number is not ``n_rows``.
    """
    if sample_weight is None:
        return None
    with named_input_errors(sample_weight, "sample_weight") as given:
        as_numbers(np.asarray(given), "sample_weight")
        # scikit-learn uses only its length.
        rows = np.broadcast_to(0.0, (n_rows, 1))
        weights = _check_sample_weight(given, rows, dtype=np.float64, ensure_non_negative=True)
    if not weights.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weights


def checked_reconstruction(values, rows, estimator):
    """The return value of an estimator's ``inverse_transform``, checked, as an array.

    Parameters
    ----------
    values : object
    rows : ndarray of shape (n_rows, n_features)
        What was to be reconstructed.
    estimator : estimator
        For the error.

    Returns
    -------
    ndarray of shape (n_rows, n_features)

    Raises
    ------
    ValueError
        For another shape, for values that are not real numbers, and for NaN where the row has a value.
    """
    array = values.toarray() if issparse(values) else np.asarray(values)
    wanted = f"{type(estimator).__name__} must reconstruct rows of shape {rows.shape} as real numbers in that shape"
    if array.shape != rows.shape or array.dtype.kind not in "biuf":
        raise ValueError(f"{wanted}; got {type(values).__name__} of shape {array.shape} and dtype {array.dtype}.")
    unknown = np.isnan(array) & ~np.isnan(rows)
    if unknown.any():
        raise ValueError(f"{wanted}; got NaN in {np.count_nonzero(unknown.any(axis=1))} of {len(rows)} rows.")
    return array


def refuse_overflow(values, what, name):
    """The results for the rows of an input; raises ValueError if one has overflowed.

    Parameters
    ----------
    values : ndarray of shape (n_samples, width)
    what : str
        What the values are, as the start of a sentence.
    name : str
        Name of the input that they were computed from.

    Returns
    -------
    ndarray
        The values.
    """
    if not sums_finite(values):
        bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(bad):
            raise overflow(bad[0], values.dtype, what, name)
    return values


def overflow(row, dtype, what, name):
    """The error for the result of a row that has overflowed; see ``refuse_overflow``."""
    return ValueError(
        f"{what} of row {row} of {name} is beyond the range of {dtype}, in which the model computes. Leave such rows "
        f"out, or scale the columns of {name} as those that the model was fitted to."
    )


def legal_clone(estimator):
    """A clone of an estimator after a check of its parameters; illegal values may be impossible to copy."""
    if isinstance(estimator, BaseEstimator) and hasattr(estimator, "_parameter_constraints"):
        estimator._validate_params()
    return clone(estimator)
