"""The values that give points their colours: classes or numbers, some of which may be missing."""

from __future__ import annotations

from datetime import date, timedelta
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d

# Numbers with more distinct values are not classes, unless they are integers that count classes from 0 or 1.
_MOST_CLASSES = 20
_MOST_COUNTED = 100


class Targets(NamedTuple):
    """One value for each row.

    Attributes
    ----------
    values : ndarray of shape (n_present,)
        Of the rows that have one.
    missing : ndarray of bool of shape (n_samples,)
        Which rows have none.
    """

    values: np.ndarray
    missing: np.ndarray

    @classmethod
    def of(cls, y, rows):
        """The targets that a user gave.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
            None, NaN and the NA of pandas are missing.
        rows : array-like of shape (n_samples, ...)

        Raises
        ------
        ValueError
            For another length, infinite numbers, dates, and values that have no order.
        """
        if isinstance(y, list | tuple):
            # In a list with a string NumPy converts all values to strings, NaN too.
            y = _as_objects(y)
        elif getattr(getattr(y, "dtype", None), "kind", None) == "b":
            # scikit-learn converts booleans with missing values to floats.
            y = np.asarray(y)
        y = column_or_1d(y)
        check_consistent_length(rows, y)
        _check_no_dates(y)
        missing = np.array([_is_missing(value) for value in y]) if y.dtype == object else y != y
        values = y[~missing]
        if y.dtype == object or (missing.any() and y.dtype.kind == "f"):
            values = _settled(values)
        assert_all_finite(values, input_name="y")
        if values.dtype == object:
            _check_order(values)
        return cls(values, missing)

    def are_numbers(self):
        """Whether the values are measurements, not labels of classes."""
        y = self.values
        if y.dtype.kind not in "iuf":
            return False
        different = np.unique(y)
        if len(different) <= _MOST_CLASSES:
            return y.dtype.kind == "f" and bool((y != np.round(y)).any())
        counted = y.dtype.kind in "iu" and 0 <= different[0] <= 1 and different[-1] <= 2 * len(different)
        return not (counted and len(different) <= _MOST_COUNTED and len(different) < len(y))

    def numbers(self):
        """Numbers of all rows; ndarray of shape (n_samples,), NaN where they are missing."""
        found = np.full(len(self.missing), np.nan)
        found[~self.missing] = self.values
        return found

    def classes(self):
        """The sorted classes, and for each row the index of its class, or the number of classes if it has none.

        Returns
        -------
        names : list of str
        places : ndarray of int of shape (n_samples,)
        """
        classes, found = np.unique(self.values, return_inverse=True)
        places = np.full(len(self.missing), len(classes))
        places[~self.missing] = found
        return list(map(str, classes)), places


def _as_objects(values):
    """A list of single values as an array of them; anything else as it is."""
    if not any(value is None or (isinstance(value, Real) and value != value) or _is_na(value) for value in values):
        return values
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    return objects


def _is_na(value):
    return type(value).__name__ in ("NAType", "NaTType")


def _is_missing(value):
    """Whether a value is None, NaN or pandas.NA, whose comparison with itself is NA too."""
    try:
        return value is None or bool(value != value)
    except TypeError:
        return True


def _check_no_dates(y):
    if y.dtype.kind in "mM" or (y.dtype == object and any(isinstance(value, date | timedelta) for value in y)):
        raise ValueError(
            f"y must hold numbers or the names of classes; got dates or durations, dtype {y.dtype}. Convert them, "
            "to days since a date of your choice for a colour bar or to strings for classes."
        )


def _settled(values):
    """Values in their common type: integers if all are whole numbers, floats, booleans, or objects.

    With missing values, numbers arrive here as floats or objects.
    """
    if len(values) == 0 or all(isinstance(value, bool | np.bool_) for value in values):
        return values.astype(bool)
    if all(isinstance(value, Integral) and not isinstance(value, bool | np.bool_) for value in values):
        # Python's integers may be beyond those of NumPy.
        small = all(-(2**63) <= value < 2**63 for value in values)
        return values.astype(np.int64 if small else np.float64)
    if not all(hasattr(value, "__float__") and not isinstance(value, bool | np.bool_) for value in values):
        return values
    floats = values.astype(np.float64)
    whole = values.dtype.kind == "f" and bool((floats == np.round(floats)).all()) and np.abs(floats).max() < 2**53
    return floats.astype(np.int64) if whole else floats


def _check_order(y):
    try:
        np.unique(y)
    except TypeError as error:
        kinds = " and ".join(sorted({type(value).__name__ for value in y}))
        raise ValueError(
            f"y must hold values of one kind, which have an order; got {kinds}. Convert all of them, to strings for "
            "example."
        ) from error
