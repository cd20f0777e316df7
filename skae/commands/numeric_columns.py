"""Columns of a frame as numbers, and the values in them that are not numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Types that pandas infers for object columns of numbers: decimals, and booleans and integers with missing values.
_NUMBERS = ("decimal", "boolean", "integer", "floating", "mixed-integer-float", "empty")
# Types that it infers for object columns of text, some of which may be numbers.
_TEXT = ("string", "mixed", "mixed-integer")
_BOOLEANS = ("true", "false")


class Word(NamedTuple):
    """A value that is not a number, in a column with numbers.

    Attributes
    ----------
    column : str
    value : object
    row : int
        Counted from 0.
    """

    column: str
    value: object
    row: int


def as_numbers(frame):
    """A frame whose columns of numbers are numeric; other columns are unchanged.

    Parameters
    ----------
    frame : DataFrame

    Returns
    -------
    DataFrame
        With decimals, and booleans and integers with missing values, as float64 with NaN; the same frame if it has none
        of them.
    """
    changed = [j for j in range(frame.shape[1]) if _holds_numbers(frame.iloc[:, j])]
    if changed:
        # The unchanged columns are shared.
        frame = frame.copy(deep=False)
    for j in changed:
        frame.isetitem(j, frame.iloc[:, j].to_numpy(np.float64, na_value=np.nan))
    return frame


def wordy_columns(frame, names):
    """The columns that are not numeric.

    Parameters
    ----------
    frame : DataFrame
        Of ``as_numbers``.
    names : list of str
        Of its columns.

    Returns
    -------
    words : list of str
        Names of the columns without any number.
    mixed : list of Word
        For each other column, its first value that is not a number.
    """
    from pandas.api.types import is_numeric_dtype

    words, mixed = [], []
    for j, name in enumerate(names):
        column = frame.iloc[:, j]
        if not is_numeric_dtype(column.dtype):
            row = _first_word(column)
            if row is None:
                words.append(name)
            else:
                mixed.append(Word(name, column.iloc[row], row))
    return words, mixed


def _holds_numbers(column):
    from pandas.api.types import infer_dtype, is_numeric_dtype

    if is_numeric_dtype(column.dtype) or column.dtype == "category":
        return False
    return infer_dtype(column, skipna=True) in _NUMBERS


def _first_word(column):
    """Row of the first value that is not a number; None if no value is a number."""
    import pandas
    from pandas.api.types import infer_dtype

    if infer_dtype(column, skipna=True) not in _TEXT:
        return None
    values = column.astype(object)
    numbers = pandas.to_numeric(values, errors="coerce").notna() | values.astype(str).str.lower().isin(_BOOLEANS)
    return int((~numbers & values.notna()).to_numpy().argmax()) if numbers.any() else None
