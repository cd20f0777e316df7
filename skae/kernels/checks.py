"""Checks of the fields of registry records, made when a record is created."""

from __future__ import annotations

import keyword
from numbers import Integral


def check_name(what, name):
    """Raise if the name of a part cannot serve both as a parameter value and as a function name."""
    if not isinstance(name, str):
        raise TypeError(f"{what} must be a str; got {name!r}.")
    if not (name.isidentifier() and name.isascii()) or keyword.iskeyword(name) or name == "auto":
        raise ValueError(
            f"{what} must be made of ASCII letters, digits and underscores, begin with no digit, and be neither 'auto' "
            f"nor a keyword of Python; got {name!r}."
        )


def check_callables(record, *names, optional=()):
    """Raise TypeError where attributes of a record are not functions; optional ones may be None."""
    for name in (*names, *optional):
        value = getattr(record, name)
        if not (callable(value) or (name in optional and value is None)):
            legal = "a function or None" if name in optional else "a function"
            raise TypeError(f"{name} of {type(record).__name__} {record.name!r} must be {legal}; got {value!r}.")


def check_count(record, name):
    """Raise where an attribute of a record is not an integer of at least 0."""
    value = getattr(record, name)
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 0:
        error = ValueError if isinstance(value, Integral) else TypeError
        raise error(
            f"{name} of {type(record).__name__} {record.name!r} must be an integer of at least 0; got {value!r}."
        )


def check_interval(what, value):
    """Raise ValueError for what is not a pair of numbers in ascending order."""
    try:
        low, high = map(float, value)
    except (TypeError, ValueError):
        low = high = float("nan")
    if not low < high:
        raise ValueError(f"{what} must be two numbers, the smaller one first; got {value!r}.")
