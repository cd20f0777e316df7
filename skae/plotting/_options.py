"""Checks of the data and the options of displays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..runtime.numbers import is_integer


def check_count(name, value, none=None):
    """Raise ValueError if a value is not an integer of at least 1.

    Parameters
    ----------
    name : str
    value : object
    none : str, default=None
        Meaning of None if it is legal.

    Returns
    -------
    int or None
        The value.
    """
    if not (is_integer(value) and value >= 1) and not (value is None and none is not None):
        rest = "" if none is None else f", or None for {none}"
        raise ValueError(f"{name} must be an integer of at least 1{rest}; got {value!r}.")
    return value


def check_choice(name, value, legal):
    """Raise ValueError if a value is not one of the legal strings, or None if that is legal too."""
    if not (value is None or isinstance(value, str)) or value not in legal:
        *others, last = map(repr, legal)
        raise ValueError(f"{name} must be {', '.join(others)} or {last}; got {value!r}.")


def checked_numbers(name, value, shape):
    """An array of numbers of some shape.

    Parameters
    ----------
    name : str
    value : array-like
    shape : tuple of str or int
        For each axis the required size, or the name of a size that may be any number from 1 on.

    Returns
    -------
    ndarray
        Of integers or floats.

    Raises
    ------
    ValueError
        For another shape, and for values that are not numbers.
    """
    wanted = f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
    try:
        array = np.asarray(value)
        if array.dtype.kind in "bO":
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers, in the shape {wanted}; got {type(value).__name__}.") from error
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name} must hold numbers, in the shape {wanted}; got dtype {array.dtype}.")
    sizes_fit = all(isinstance(size, str) or size == found for size, found in zip(shape, array.shape))
    if array.ndim != len(shape) or array.size == 0 or not sizes_fit:
        raise ValueError(f"{name} must be of shape {wanted}, with one value or more; got {array.shape}.")
    return array


def checked_by_name(name, value, shape):
    """A dict of at least one array by name, each checked by ``checked_numbers``; raises TypeError for another type."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a dict of arrays by name; got {type(value).__name__}.")
    if not value:
        raise ValueError(f"{name} must hold at least one array; got {value!r}.")
    return {key: checked_numbers(f"{name}[{key!r}]", numbers, shape) for key, numbers in value.items()}


def artist_options(name, value, artist):
    """Options of a matplotlib artist by their full names: "linewidth" for "lw".

    Parameters
    ----------
    name : str
        Of the parameter that holds them.
    value : dict or None
    artist : type

    Returns
    -------
    dict

    Raises
    ------
    TypeError
        For a value that is not a dict, and for an option that is given under two names.
    """
    from matplotlib.cbook import normalize_kwargs

    if not (value is None or isinstance(value, Mapping)):
        raise TypeError(f"{name} must be a dict of options of {artist.__name__}, or None; got {value!r}.")
    return normalize_kwargs(None if value is None else dict(value), artist)
