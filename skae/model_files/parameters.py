"""Conversion of parameter values to JSON and arrays and back, with their types."""

from __future__ import annotations

from reprlib import repr as shortened

import numpy as np

from ..runtime.numbers import shown
from .container import DTYPES
from .fields import Fields, number, number_field

_N_KEYS = 624


def encoded(value, name, arrays, path):
    """JSON of a value; values that are better stored as arrays are added to the arrays.

    None, bool, int, str and finite floats are stored as they are; any other value is an object with one field, its
    kind.

    Parameters
    ----------
    value : object
    name : str
        Of the parameter.
    arrays : dict of str to ndarray
        Added to.
    path : str
        Prefix of the names of arrays.

    Returns
    -------
    object

    Raises
    ------
    TypeError
        For a value of a type that the format does not support.
    """
    if type(value) in (list, tuple):
        items = [_encoded_item(item, f"{name}/{i}", arrays, path) for i, item in enumerate(value)]
        return {type(value).__name__: items}
    if type(value) is np.ndarray and value.ndim <= 1 and _storable(value):
        arrays[f"{path}{name}"] = value
        return {"numpy": "array"}
    if type(value) is np.random.RandomState and value.get_state(legacy=False)["bit_generator"] == "MT19937":
        _, arrays[f"{path}{name}"], *rest = value.get_state()
        position, has_gauss, gauss = rest
        return {"random_state": {"position": position, "has_gauss": has_gauss, "gauss": number_field(gauss)}}
    return _encoded_item(value, name, arrays, path)


def _encoded_item(value, name, arrays, path):
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return number_field(value)
    if type(value) is np.str_:
        return {"str_": str(value)}
    if isinstance(value, np.generic) and _storable(value):
        arrays[f"{path}{name}"] = np.asarray(value)
        return {"numpy": "scalar"}
    raise TypeError(
        f"A model file holds parameters that are numbers, strings, None, flat lists, tuples and arrays of these, or a "
        f"RandomState; got {name}={shown(value)} of type {type(value).__name__}. Replace it with set_params, by a "
        "tuple of int or by a float for example; what was fitted stays."
    )


def _storable(value):
    return value.dtype.newbyteorder("<").str in DTYPES


def decoded(value, name, arrays, path):
    """The value from the JSON that ``encoded`` made; its array is removed from the arrays.

    Raises
    ------
    ValueError
        For JSON that ``encoded`` never makes.
    """
    kind, content = _kind(value)
    if kind in ("list", "tuple") and isinstance(content, list):
        items = [_decoded_item(item, f"{name}/{i}", arrays, path) for i, item in enumerate(content)]
        return items if kind == "list" else tuple(items)
    if kind == "numpy" and content == "array":
        return Fields({}, arrays, path).any_array(name, (None,))
    if kind == "random_state":
        return _random_state(content, name, arrays, path)
    return _decoded_item(value, name, arrays, path)


def _decoded_item(value, name, arrays, path):
    if value is None or type(value) in (bool, int, float, str):
        return value
    kind, content = _kind(value)
    if kind == "float":
        return number(value, f"{path}{name}")
    if kind == "str_" and isinstance(content, str):
        return np.str_(content)
    if kind == "numpy" and content == "scalar":
        return Fields({}, arrays, path).any_array(name, ())[()]
    raise ValueError(f"{path}{name} has a value of no kind that is known: {shortened(value)}.")


def _kind(value):
    """Name and content of an object with one field."""
    return next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else (None, None)


def _random_state(content, name, arrays, path):
    keys = Fields({}, arrays, path).array(name, (_N_KEYS,), ("<u4",))
    fields = Fields(content, arrays, f"{path}{name}/")
    position, has_gauss = fields.integer("position", 0, _N_KEYS), fields.integer("has_gauss", 0, 1)
    state = np.random.RandomState()
    state.set_state(("MT19937", keys, position, has_gauss, fields.number("gauss")))
    fields.end()
    return state
