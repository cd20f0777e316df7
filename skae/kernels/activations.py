"""Activation functions: value, derivative and second derivative, the derivatives from the output.

With z the pre-activation and a = g(z):

========  =================  =============  ======================
name      g(z)               derivative     second derivative
========  =================  =============  ======================
identity  z                  1              0
logistic  1 / (1 + exp(-z))  a (1 - a)      a (1 - a) (1 - 2 a)
tanh      tanh(z)            1 - a^2        -2 a (1 - a^2)
relu      max(z, 0)          1 where a > 0  0
========  =================  =============  ======================

The functions take one number, and their constants have its type: ``type(z)(1)``. The loops are generated around them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from . import activation_loops as loops
from . import elementary
from .checks import check_callables, check_interval, check_name
from .outside_functions import loop_around
from .registry import Registry


def one_at(a):
    return type(a)(1)


def zero_at(a):
    return type(a)(0)


def identity(z):
    return z


def logistic(z):
    one = type(z)(1)
    return one / (one + elementary.exp(-z))


def logistic_derivative(a):
    return a * (type(a)(1) - a)


def logistic_second_derivative(a):
    one = type(a)(1)
    return a * (one - a) * (one - a - a)


def tanh(z):
    return elementary.tanh(z)


def tanh_derivative(a):
    return type(a)(1) - a * a


def tanh_second_derivative(a):
    return -type(a)(2) * a * (type(a)(1) - a * a)


def relu(z):
    return max(z, type(z)(0))


def relu_derivative(a):
    return type(a)(1) if a > type(a)(0) else type(a)(0)


def glorot(fan_in, fan_out):
    """Bound of the initial weights after Glorot and Bengio (2010), equation 16."""
    return math.sqrt(6.0 / (fan_in + fan_out))


def he(fan_in, fan_out):
    """Bound of the initial weights after He et al. (2015), if half of the units are inactive."""
    return math.sqrt(6.0 / fan_in)


def operator(name):
    """The ONNX graph of an activation that is a single ONNX operator."""
    return lambda graph, z, dtype: graph.add(name, z)


@dataclass(frozen=True, eq=False)
class Activation:
    """One activation function.

    Parameters
    ----------
    name : str
        Its name as a value of the parameters ``activation`` and ``output_activation``.
    value : callable (z) -> g(z)
        A function of one number, compiled into the loops.
    derivative, second_derivative : callable (a) -> g'(z), g''(z)
        As functions of the output a = g(z).
    range : tuple of float
        Infimum and supremum of g.
    initial_bound : callable (fan_in, fan_out) -> float
        Initial weights are drawn uniformly between minus and plus this bound.
    onnx : callable (graph, z, dtype) -> str, or None
        Adds g(z) to a ``Graph`` of ``skae.export`` and returns the name of the result; z is the name of its input, and
        dtype that of input and result. None if models with this activation cannot be converted.
    """

    name: str
    value: Callable
    derivative: Callable
    second_derivative: Callable
    range: tuple
    initial_bound: Callable = glorot
    onnx: Callable | None = None

    def __post_init__(self):
        check_name("The name of an Activation", self.name)
        check_callables(self, "value", "derivative", "second_derivative", "initial_bound", optional=("onnx",))
        check_interval("range of an Activation", self.range)

    @cached_property
    def forward(self):
        """Kernel (z, bias) -> None: z becomes g(z + bias)."""
        return loop_around(self, "value", partial(loops.forward, self.name))

    @cached_property
    def backward(self):
        """Kernel (delta, a, bias_grad) -> None: delta becomes delta * g'(z); bias_grad the sum of its rows."""
        return loop_around(self, "derivative", partial(loops.backward, self.name))

    @cached_property
    def fill_derivative(self):
        """Kernel (a, out) -> None: out becomes g'(z)."""
        return loop_around(self, "derivative", partial(loops.fill, f"{self.name}_derivative"))

    @cached_property
    def fill_second_derivative(self):
        """Kernel (a, out) -> None: out becomes g''(z)."""
        return loop_around(self, "second_derivative", partial(loops.fill, f"{self.name}_second_derivative"))


_INF = float("inf")

ACTIVATIONS = Registry(
    "activation",
    (
        Activation("identity", identity, one_at, zero_at, (-_INF, _INF), onnx=lambda graph, z, dtype: z),
        Activation(
            "logistic", logistic, logistic_derivative, logistic_second_derivative, (0.0, 1.0), onnx=operator("Sigmoid")
        ),
        Activation("tanh", tanh, tanh_derivative, tanh_second_derivative, (-1.0, 1.0), onnx=operator("Tanh")),
        Activation("relu", relu, relu_derivative, zero_at, (0.0, _INF), he, operator("Relu")),
    ),
)
