"""Graph: ONNX operations on named values and constants, from which a model is built."""

from __future__ import annotations

from numbers import Integral
from typing import NamedTuple

import numpy as np

# The operators that are used have the same form in all versions from this one on.
LEAST_OPSET = 11

# Most bytes of the constants: protobuf stores at most 2 GiB; a little of it is left for everything else.
_MOST_BYTES = 2**31 - 2**20

# ``TensorProto.DataType``.
ELEMENT_TYPES = {np.dtype(np.float32): 1, np.dtype(np.int64): 7, np.dtype(np.float64): 11}


class Operation(NamedTuple):
    """One ONNX operator with the names of its inputs and outputs."""

    operator: str
    inputs: list
    outputs: list
    attributes: dict


class Graph:
    """Operations in the order in which they are carried out.

    Attributes
    ----------
    operations : list of Operation
    constants : dict of ndarray by name
    """

    def __init__(self):
        self.operations = []
        self.constants = {}

    def constant(self, name, value):
        """Add a constant by name, which is stored once however often it is used; returns the name."""
        self.constants.setdefault(name, np.asarray(value))
        return name

    def add(self, operator, *inputs, unused=0, **attributes):
        """Apply an operator to values and constants, given by name; returns the name of the result.

        For an operator with several results this is the first; ``unused`` is the number of the others.
        """
        output = f"{operator}_{len(self.operations)}"
        outputs = [output, *(f"{output}_unused_{i}" for i in range(unused))]
        self.operations.append(Operation(operator, list(inputs), outputs, attributes))
        return output

    def cast(self, value, dtype):
        """A value as another type, float32, float64 or int64."""
        return self.add("Cast", value, to=ELEMENT_TYPES[np.dtype(dtype)])

    def named(self, name_of):
        """Yield the operations with all values and constants renamed to name_of(name)."""
        for operator, inputs, outputs, attributes in self.operations:
            yield Operation(operator, list(map(name_of, inputs)), list(map(name_of, outputs)), attributes)

    def checked_constants(self):
        """The constants; raises ValueError if they are too large for a model."""
        n_bytes = sum(value.nbytes for value in self.constants.values())
        if n_bytes > _MOST_BYTES:
            raise ValueError(
                f"An ONNX model holds at most 2 GiB; the parameters of this network take {n_bytes / 2**30:.2f} GiB. "
                "Train with X in float32 instead of float64, with tied_weights=True, or with fewer or smaller "
                "layers."
            )
        return self.constants


def check_opset(target_opset, greatest):
    """Raise ValueError if a version of the operators is not an integer from ``LEAST_OPSET`` to ``greatest``."""
    if not (isinstance(target_opset, Integral) and LEAST_OPSET <= target_opset <= greatest):
        raise ValueError(
            f"target_opset must be an integer from {LEAST_OPSET} to {greatest}, the newest that the installed onnx "
            f"knows; got {target_opset!r}."
        )
