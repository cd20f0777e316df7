"""Columns of frames and arrays of objects, checked and converted to numbers and missing values."""

from __future__ import annotations

import sys
from datetime import date, time, timedelta

import numpy as np

_DATES = "Convert {} first, to days since a date of your choice for example, or leave {} out."
OTHERS = "Make numbers of {} first, with OneHotEncoder for example, or leave {} out."
_SPANS = "Take a number of {}, its middle .array.mid for example, or leave {} out."

# Those of pandas, and its missing time, are of these classes too.
_TIMES = np.datetime64, np.timedelta64, date, time, timedelta

# Polars dtypes that are accepted although their ``is_numeric()`` is False; text and objects are converted one by one.
_NUMBERS, _TEXT = ("Boolean", "Null"), ("String", "Categorical", "Enum", "Object")


def with_readable_columns(X, name):
    """A frame, or an array of objects, in a form that NumPy and scikit-learn can read.

    Parameters
    ----------
    X : object
        Anything but frames, lists and arrays of objects is returned as it is.
    name : str
        For errors.

    Returns
    -------
    object
        X, with the object columns of a pandas frame as float64, and with NaN in place of pandas.NA. Tensors and arrays
        of other libraries that share their memory are arrays of NumPy.

    Raises
    ------
    ValueError or TypeError
        For dates, durations and other values that are not numbers; the message names the column. Text such as "1.5" is
        converted.
    """
    pandas = sys.modules.get("pandas")
    if _library(X) == "narwhals" and hasattr(X, "to_native"):
        X = X.to_native()
    if pandas is not None and isinstance(X, pandas.DataFrame):
        return _with_floats_for_objects(X, name)
    if _library(X) == "xarray":
        _check_labelled_array(X, name)
    elif hasattr(X, "iloc") and hasattr(X, "columns"):
        _check_pandas_types(X, name)
    elif hasattr(X, "schema") and hasattr(X, "columns"):
        _check_types(X, name)
    elif isinstance(X, (list, tuple)):
        array = np.asarray(X)
        return _without_na(array, name) if array.dtype == object else X
    elif isinstance(getattr(X, "dtype", None), np.dtype) and X.dtype == object and hasattr(X, "__array__"):
        # scikit-learn would convert arrays of other libraries to floats at once.
        return _without_na(np.asarray(X), name)
    elif hasattr(X, "__dlpack__") and not isinstance(X, np.ndarray):
        # With array_api_dispatch scikit-learn would leave them as they are.
        return np.asarray(X) if hasattr(X, "__array__") else np.from_dlpack(X)
    return X


def _check_pandas_types(X, name):
    for label, dtype in zip(X.columns, X.dtypes):
        kind = getattr(dtype, "kind", "O")
        if kind == "c":
            raise ValueError(
                f"Complex data not supported: {name} has columns of complex numbers, {label!r} for example."
            )
        if kind in "mM":
            raise _no_number(name, label, dtype, _DATES)
        if str(dtype).startswith(("period", "interval")):
            raise _no_number(name, label, dtype, _DATES if str(dtype).startswith("period") else _SPANS)
        # NumPy reads bytes as text, and text as numbers.
        if hasattr(dtype, "pyarrow_dtype") and not _is_readable_in_arrow(dtype.pyarrow_dtype):
            raise _no_number(name, label, dtype, _DATES if _is_time(dtype.pyarrow_dtype) else OTHERS)


def _check_labelled_array(X, name):
    """Raise ValueError for an array or a data set of xarray with dates, by the label of the first column of them."""
    if hasattr(X, "data_vars"):
        for label, variable in X.data_vars.items():
            if variable.dtype.kind in "mM":
                raise _no_number(name, label, variable.dtype, _DATES)
        raise TypeError(
            f"{name} must have rows and columns; got a {type(X).__name__}, a collection of arrays. Pass "
            f"{name}.to_array().T, or {name}.to_dataframe()."
        )
    if X.dtype.kind in "mM" and X.ndim == 2 and X.dims[1] in X.coords:
        raise _no_number(name, X.coords[X.dims[1]].values.tolist()[0], X.dtype, _DATES)


def _library(X):
    return type(X).__module__.split(".")[0]


def _with_floats_for_objects(X, name):
    _check_pandas_types(X, name)
    changed = X
    for j, (label, dtype) in enumerate(zip(X.columns, X.dtypes)):
        if dtype.kind in "biuf":
            continue
        values = _without_na(X.iloc[:, j].to_numpy(dtype=object), f"Column {label!r} of {name}")
        if changed is X:
            changed = X.copy(deep=False)
        changed.isetitem(j, _floats(values, name, label))
    return changed


def _floats(values, name, label):
    """A column of objects as numbers."""
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError, ArithmeticError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        advice = OTHERS.format("it", "it")
        raise kind(f"Column {label!r} of {name} cannot be read as numbers: {error}. {advice}") from error


def unreadable_column(X):
    """The first column of a list, or of an array of objects or text, that holds no numbers.

    Parameters
    ----------
    X : object
        Anything that could not be converted to an array of numbers.

    Returns
    -------
    int or None, Exception or None
        Index of the column, and what its conversion raises; None without such a column.
    """
    if isinstance(X, (list, tuple)) or (isinstance(X, np.ndarray) and X.dtype.kind in "OUS"):
        try:
            columns = np.asarray(X, dtype=object).T
        except Exception:
            # Rows of different lengths, or containers of their own.
            return None, None
        for j, column in enumerate(columns if columns.ndim == 2 else ()):
            try:
                _without_na(column, "").astype(np.float64)
            except Exception as error:
                return j, error
    return None, None


def _check_types(X, name):
    """Raise ValueError for a polars or Arrow frame with a column that is not numeric."""
    if _library(X) == "polars":
        columns, is_number, is_text = X.schema.items(), _is_number_of_polars, _is_text_of_polars
    elif _library(X) == "pyarrow":
        columns, is_number, is_text = zip(X.schema.names, X.schema.types), _is_number_of_arrow, _is_text_of_arrow
    else:
        return
    for label, dtype in columns:
        if is_text(dtype):
            values = np.asarray(X[label])
            _floats(
                _without_na(values, f"Column {label!r} of {name}") if values.dtype == object else values, name, label
            )
        elif not is_number(dtype):
            raise _no_number(name, label, dtype, _DATES if _is_time(dtype) else OTHERS)


def check_arrow_types(schema, name):
    """Raise ValueError for a schema of Arrow with a column that is not numeric; text is not converted."""
    for label, dtype in zip(schema.names, schema.types):
        if not _is_number_of_arrow(dtype):
            raise _no_number(name, label, dtype, _DATES if _is_time(dtype) else OTHERS)


def _is_time(dtype):
    """Whether a type of polars or Arrow is one of dates, times or durations, or a dictionary of them."""
    return str(getattr(dtype, "value_type", dtype)).lower().startswith(("date", "time", "duration"))


def _is_number_of_polars(dtype):
    return dtype.is_numeric() or str(dtype) in _NUMBERS


def _is_text_of_polars(dtype):
    return str(dtype).startswith(_TEXT)


def _is_number_of_arrow(dtype):
    from pyarrow import types

    kinds = types.is_integer, types.is_floating, types.is_decimal, types.is_boolean, types.is_null
    return any(is_kind(dtype) for is_kind in kinds)


def _is_text_of_arrow(dtype):
    from pyarrow import types

    if types.is_dictionary(dtype):
        return _is_readable_in_arrow(dtype.value_type)
    return types.is_string(dtype) or types.is_large_string(dtype) or str(dtype) == "string_view"


def _is_readable_in_arrow(dtype):
    return _is_number_of_arrow(dtype) or _is_text_of_arrow(dtype)


def _no_number(name, label, dtype, advice):
    advice = advice.format("it", "it")
    return ValueError(f"{name} must hold numbers; column {label!r} has dtype {dtype}. {advice}")


def _without_na(values, name):
    """An array of objects with NaN for pandas.NA; refuses dates and durations, which NumPy would cast to numbers."""
    types = set(map(type, values.ravel()))
    times = [kind.__name__ for kind in types if issubclass(kind, _TIMES)]
    if times:
        if values.ndim == 2:
            (column,) = np.nonzero([any(isinstance(value, _TIMES) for value in entries) for entries in values.T])
            name = f"Column {column[0]} of {name}"
        advice = _DATES.format("such values", "them")
        raise ValueError(f"{name} holds a {min(times)}, which is no number. {advice}")
    pandas = sys.modules.get("pandas")
    if pandas is None or type(pandas.NA) not in types:
        return values
    missing = np.reshape([value is pandas.NA for value in values.ravel()], values.shape)
    return np.where(missing, np.nan, values)


def as_numbers(array, name):
    """An array that scikit-learn accepted as numeric, with objects and wider floats as float64; dates are refused.

    To be called within ``named_input_errors``, since the conversion of objects may raise anything.
    """
    if array.dtype.kind in "mM":
        raise ValueError(
            f"{name} must hold numbers; got dtype {array.dtype}. Convert it first, to days since a date of your choice "
            "for example."
        )
    if array.dtype != object and not (array.dtype.kind == "f" and array.dtype.itemsize > 8):
        return array
    # A list with None in it, a frame with dtypes that NumPy does not have, or an array of long doubles.
    return array.astype(np.float64)


def as_floats(array, name, copy=False):
    """``as_numbers``, with float32 kept and all other types as float64."""
    array = as_numbers(array, name)
    return array.astype(np.float32 if array.dtype == np.float32 else np.float64, copy=copy)
