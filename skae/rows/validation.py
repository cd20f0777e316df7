"""Numbers as a user gives them, read as arrays; errors say which input is meant."""

from __future__ import annotations

import re
from contextlib import contextmanager

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import _check_sample_weight

from .blocks import read_blocks, sums_finite
from .columns import as_numbers, with_readable_columns
from .matrices import CSRMatrix, as_csr
from .sparse_checks import check_sparse, with_equal_indices

# What says itself which input is meant, or what is wrong with its shape.
_NAMED = r"\b{}\b|Expected 2D array|Found array with|[Ff]eature|[Ss]ample"


@contextmanager
def named_input_errors(values, name):
    """Give errors that an input causes when it becomes an array, within the block, the name of the input.

    The block is given the input as NumPy and scikit-learn read it, which is to be used in its place.

    Parameters
    ----------
    values : array-like, sparse matrix or frame
        The input.
    name : str
        As the method that the user called has it.

    Raises
    ------
    ValueError
        For numbers beyond float64 too, for what a foreign container raises of its own, and for an input that can become
        an array, but of other numbers.
    TypeError
        Where the conversion raised it.
    """
    _check_container(values, name)
    try:
        # What a cast makes infinite is found with the other infinities.
        with np.errstate(over="ignore", invalid="ignore"):
            yield with_equal_indices(values) if issparse(values) else with_readable_columns(values, name)
    except (MemoryError, Warning):
        raise
    except Exception as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        if isinstance(error, kind) and re.search(_NAMED.format(name), str(error)):
            raise
        raise kind(f"{name} cannot be read as an array of numbers: {error}") from error


def numeric_rows(X, convert, estimator, allow_nan):
    """X as a numeric matrix that is read by rows, finite but for NaN where that is allowed.

    An array is not copied, of whatever dtype and order.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    convert : callable (X) -> ndarray or sparse matrix
        scikit-learn's reading of it.
    estimator : estimator
        What it was given to.
    allow_nan : bool

    Returns
    -------
    ndarray or CSRMatrix
    """
    with named_input_errors(X, "X") as X:
        X = as_numbers(convert(X), "X")
    if issparse(X):
        if estimator.missing_values == "mask" and X.dtype.kind == "f" and np.isnan(X.data).any():
            raise ValueError(
                "missing_values='mask' needs a dense X: got a sparse one with NaN among its stored values. Pass "
                "X.toarray(), or remove these values."
            )
        rows = CSRMatrix(as_csr(X))
        # After duplicate entries were added up.
        check_finite(rows.csr.data, "X", estimator)
        return rows
    # By blocks, so that a memory map is never resident as a whole.
    for _, block in read_blocks(X):
        if not sums_finite(block):
            check_finite(block, "X", estimator, allow_nan)
    return X


@np.errstate(over="ignore", invalid="ignore")
def check_finite(values, name, estimator=None, allow_nan=False, may_be_filled=True):
    """Raise ValueError, in scikit-learn's words, for values of an input that are not finite.

    Parameters
    ----------
    values : ndarray
    name : str
    estimator : estimator, default=None
        What the input was given to.
    allow_nan : bool, default=False
    may_be_filled : bool, default=True
        Whether the error says what takes missing values; codes have none.
    """
    try:
        assert_all_finite(values, allow_nan=allow_nan, input_name=name)
    except ValueError as error:
        if not may_be_filled or "NaN" not in str(error):
            raise
        raise ValueError(f"{error}\n{_advice_on_gaps(estimator)}") from None


def _advice_on_gaps(estimator):
    imputer = "fill them first, with skae.impute.AutoencoderImputer or one of scikit-learn's imputers"
    if hasattr(estimator, "missing_values"):
        return f"To take missing values, fit {type(estimator).__name__} with missing_values='mask'; or {imputer}."
    taker = "This" if estimator is None else type(estimator).__name__
    return f"{taker} takes no missing values: {imputer}; autoencoders take them with missing_values='mask'."


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
        For weights that are negative, not finite or all zero, and for another number of them.
    """
    if sample_weight is None:
        return None
    with named_input_errors(sample_weight, "sample_weight") as given:
        as_numbers(np.asarray(given), "sample_weight")
        # Of which scikit-learn takes the length alone.
        rows = np.broadcast_to(0.0, (n_rows, 1))
        weights = _check_sample_weight(given, rows, dtype=np.float64, ensure_non_negative=True)
    if not weights.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weights


def checked_reconstruction(values, rows, estimator):
    """What the ``inverse_transform`` of any estimator returned, as an array.

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
        For another shape, for what are no real numbers, and for NaN where the row has a value.
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
    """The results for the rows of an input; ValueError where one is beyond the range of its precision.

    Parameters
    ----------
    values : ndarray of shape (n_samples, width)
    what : str
        What they are, at the start of a sentence.
    name : str
        The input that they were made of.

    Returns
    -------
    ndarray
        The values.
    """
    if not sums_finite(values):
        bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(bad):
            raise ValueError(
                f"{what} of row {bad[0]} of {name} is beyond the range of {values.dtype}, in which the model computes. "
                f"Leave such rows out, or scale the columns of {name} as those that the model was fitted to."
            )
    return values


def legal_clone(estimator):
    """A clone of an estimator whose parameters are legal; of others there may be no copy."""
    if isinstance(estimator, BaseEstimator) and hasattr(estimator, "_parameter_constraints"):
        estimator._validate_params()
    return clone(estimator)


def _check_container(X, name):
    """Raise ValueError or TypeError for an input that can become an array, but of other numbers.

    That is a masked array with values under its mask, which nothing reads; a lazy frame; a sparse array of another
    number of dimensions; and a sparse matrix whose indices were changed to what is outside of it, for which SciPy, and
    kernels that read it, would reach beyond their arrays.
    """
    if issparse(X):
        check_sparse(X, name)
    elif np.ma.is_masked(X):
        raise ValueError(
            f"{name} must not be a masked array; got one with {np.ma.count_masked(X)} masked values, whose mask would "
            f"be ignored. Pass {name}.filled(value): gaps in X can be numpy.nan, with missing_values='mask'."
        )
    elif hasattr(X, "collect_schema") and not hasattr(X, "to_numpy"):
        raise TypeError(f"{name} must hold rows; got a {type(X).__name__}, which is a query. Pass {name}.collect().")
