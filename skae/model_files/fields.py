"""Fields: one JSON object of a model file with the arrays that belong to it, read strictly."""

from __future__ import annotations

import math
from reprlib import repr as shortened

import numpy as np

from ..runtime import buffers
from .container import DTYPES

FLOATS = ("<f4", "<f8")

# Largest integer: JSON parsers agree on integers up to it, and counters that start from it do not overflow.
_GREATEST = 2**53

_NOT_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


def number_field(value):
    """A float as JSON, with strings for non-finite values, which JSON does not have."""
    value = float(value)
    return value if math.isfinite(value) else {"float": repr(value)}


def number(value, what):
    """The float that ``number_field`` wrote."""
    if type(value) is float:
        return value
    name = value.get("float") if isinstance(value, dict) and len(value) == 1 else None
    if isinstance(name, str) and name in _NOT_FINITE:
        return _NOT_FINITE[name]
    raise ValueError(f"{what} must be a float; the file has {shortened(value)}.")


class Fields:
    """The fields of one JSON object; each is taken once, and its value is checked then.

    Parameters
    ----------
    values : dict
        The JSON object; ValueError for any other type.
    arrays : dict of str to ndarray
        All arrays of the file, from which those of this object are taken.
    path : str, default=""
        Path of the object in the file, which is the prefix of the names of its arrays.

    Raises
    ------
    ValueError
        By every method, for a field that is missing or has an illegal value; the message names the field.
    """

    def __init__(self, values, arrays, path=""):
        if not isinstance(values, dict):
            raise ValueError(f"{path or 'the model'} must be a JSON object; the file has {shortened(values)}.")
        self.path = path
        self.arrays = arrays
        self._values = dict(values)

    def take(self, name):
        """The value of a field, unchecked."""
        if name not in self._values:
            raise ValueError(f"{self.path}{name} is missing.")
        return self._values.pop(name)

    def rest(self):
        """Names of the fields that were not taken yet."""
        return list(self._values)

    def end(self):
        """Raise ValueError if a field has not been taken."""
        if self._values:
            raise ValueError(f"the field {shortened(self.path + self.rest()[0])} is not known to this version.")

    def fields(self, name):
        """The object in a field."""
        return Fields(self.take(name), self.arrays, f"{self.path}{name}/")

    def optional_fields(self, name):
        """The object in a field, or None for null."""
        value = self.take(name)
        return None if value is None else Fields(value, self.arrays, f"{self.path}{name}/")

    def choice(self, name, legal, remedy=""):
        """One of some strings, or None where that is legal; the remedy is a sentence for the error."""
        value = self.take(name)
        if not (value is None or isinstance(value, str)) or value not in legal:
            text = f"{self.path}{name} must be one of {list(legal)}; the file has {shortened(value)}. {remedy}"
            raise ValueError(text.rstrip())
        return value

    def flag(self, name):
        """True or False."""
        value = self.take(name)
        if type(value) is not bool:
            raise ValueError(f"{self.path}{name} must be true or false; the file has {shortened(value)}.")
        return value

    def integer(self, name, low=0, high=_GREATEST):
        """An integer within bounds, both included."""
        return self._integer(self.take(name), name, low, high)

    def optional_integer(self, name, low, high):
        """The same, or None."""
        value = self.take(name)
        return None if value is None else self._integer(value, name, low, high)

    def integers(self, name, low=0, high=_GREATEST):
        """A list of integers, as a tuple."""
        values = self.take(name)
        if not isinstance(values, list):
            raise ValueError(f"{self.path}{name} must be a list; the file has {shortened(values)}.")
        return tuple(self._integer(value, name, low, high) for value in values)

    def _integer(self, value, name, low, high):
        if type(value) is not int or not low <= value <= high:
            raise ValueError(
                f"{self.path}{name} must be an integer from {low} to {high}; the file has {shortened(value)}."
            )
        return value

    def number(self, name, finite=True):
        """A float that is not NaN, and is finite if ``finite``."""
        return self._number(self.take(name), name, finite)

    def optional_number(self, name):
        """A finite float, or None."""
        value = self.take(name)
        return None if value is None else self._number(value, name, finite=True)

    def _number(self, value, name, finite):
        found = number(value, f"{self.path}{name}")
        if math.isnan(found) or (finite and math.isinf(found)):
            raise ValueError(f"{self.path}{name} must be {'finite' if finite else 'a number'}; the file has {found}.")
        return found

    def has_array(self, name):
        """Whether the file has an array that belongs to this object."""
        return f"{self.path}{name}" in self.arrays

    def array(self, name, shape, dtypes=FLOATS, finite=False):
        """An array, as a copy that begins at a cache line, in the byte order of this machine.

        Parameters
        ----------
        name : str
        shape : tuple of int or None
            With None for an axis of any size.
        dtypes : tuple of str
        finite : bool
            Whether all values must be finite.
        """
        array = self.view(name, shape, dtypes)
        copy = buffers.empty(array.shape, array.dtype.newbyteorder("="))
        copy[...] = array
        if finite and not np.isfinite(copy).all():
            raise ValueError(f"the array '{self.path}{name}' holds values that are not finite.")
        return copy

    def view(self, name, shape, dtypes):
        """An array as it is in the file: read-only, little-endian and not aligned."""
        name = f"{self.path}{name}"
        if name not in self.arrays:
            raise ValueError(f"the array {name!r} is missing.")
        array = self.arrays.pop(name)
        fits = len(array.shape) == len(shape) and all(
            wanted in (None, size) for size, wanted in zip(array.shape, shape)
        )
        dtype = array.dtype.newbyteorder("<").str
        if not fits or dtype not in dtypes:
            raise ValueError(
                f"the array {name!r} must have the shape {shape} and one of the dtypes {', '.join(dtypes)}; it has the "
                f"shape {array.shape} and the dtype {dtype}."
            )
        return array

    def refuse_where(self, wrong, name, what):
        """Raise ValueError if some values of an array that was taken are illegal.

        Parameters
        ----------
        wrong : ndarray of bool
            The shape of the array.
        name : str
        what : str
            Condition that all values must meet, as the end of a sentence.
        """
        if wrong.any():
            raise ValueError(f"the values of the array '{self.path}{name}' must be {what}; {wrong.sum()} are not.")

    def any_array(self, name, shape):
        """An array of numbers of any dtype that a file may hold."""
        return self.array(name, shape, DTYPES)
