"""The columns of a table as numbers, or as categories by their names."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from numbers import Real

import numpy as np
from scipy import sparse

# Values of a column of objects that are looked at for dates.
_LOOKED_AT = 1000


def columns_of(X):
    """Columns of a table, each as floats with NaN, or as objects: strings, and None where a value is missing.

    Parameters
    ----------
    X : DataFrame or array-like of shape (n_samples, n_features)
        Of pandas, of another library with ``to_pandas``, or an array of any dtype.

    Returns
    -------
    list of ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        For an X without two dimensions, rows or columns, and for complex numbers.
    TypeError
        For a sparse matrix, and for a column of dates or durations.
    """
    if sparse.issparse(X):
        raise TypeError("Sparse X is no table: pass X.toarray(), or X itself to an autoencoder.")
    if hasattr(X, "to_pandas"):
        X = X.to_pandas()
    if not hasattr(X, "iloc"):
        X = np.asarray(X)
    if X.ndim != 2:
        raise ValueError(
            f"X must have two dimensions, rows and columns; got the shape {X.shape}. Reshape your data: "
            "X.reshape(-1, 1) if it is a single column, X.reshape(1, -1) if it is a single row."
        )
    for length, name in zip(X.shape, ("sample(s)", "feature(s)")):
        if length == 0:
            raise ValueError(f"X has 0 {name} (shape={X.shape}) while a minimum of 1 is required.")
    if hasattr(X, "iloc"):
        return [_column(X.iloc[:, j].to_numpy(), X.columns[j]) for j in range(X.shape[1])]
    return [_column(X[:, j], j) for j in range(X.shape[1])]


def _column(values, name):
    if values.dtype.kind in "mM" or any(isinstance(value, date | timedelta) for value in values[:_LOOKED_AT].tolist()):
        raise TypeError(
            f"Column {name!r} holds dates or durations, which are neither numbers nor categories. Make numbers of what "
            "counts in them, as the days since a first one, the month or the weekday, or leave the column out."
        )
    if values.dtype.kind == "c":
        raise ValueError("Complex data not supported: pass real and imaginary parts as columns of their own.")
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    held = [None if _is_missing(value) else value for value in values.tolist()]
    present = [value for value in held if value is not None]
    if all(isinstance(value, Real | Decimal) for value in present):
        return np.array([np.nan if value is None else float(value) for value in held], np.float64)
    words = np.empty(len(held), object)
    words[:] = [None if value is None else str(value) for value in held]
    return words


def _is_missing(value):
    # pandas.NA and NaT are neither equal nor unequal to themselves in a condition.
    return (
        value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
    )
