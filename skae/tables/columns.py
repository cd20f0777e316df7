"""The columns of a table as numbers, or as categories by their names."""

from __future__ import annotations

from decimal import Decimal
from numbers import Real

import numpy as np


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
        For an X that has not two dimensions.
    """
    if hasattr(X, "to_pandas"):
        X = X.to_pandas()
    if hasattr(X, "iloc") and getattr(X, "ndim", None) == 2:
        return [_column(X.iloc[:, j].to_numpy()) for j in range(X.shape[1])]
    X = np.asarray(X)
    if X.ndim != 2:
        raise ValueError(f"X must have two dimensions, rows and columns; got the shape {X.shape}.")
    return [_column(X[:, j]) for j in range(X.shape[1])]


def _column(values):
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
