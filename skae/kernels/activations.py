"""Activation functions in place: value with its bias, backward, slope and bend, all from the output.

With z the pre-activation and a = g(z), every derivative is written in terms of a:

========  =================  ==============  =====================
name      g(z)               slope g'(z)     bend g''(z)
========  =================  ==============  =====================
identity  z                  1               0
logistic  1 / (1 + exp(-z))  a (1 - a)       a (1 - a) (1 - 2 a)
tanh      tanh(z)            1 - a^2         -2 a (1 - a^2)
relu      max(z, 0)          1 where a > 0   0
========  =================  ==============  =====================
"""

from collections.abc import Callable
from typing import NamedTuple

from ..runtime.compiler import kernel
from .elementary import exp, tanh


@kernel
def identity_forward(z, bias):
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            z[i, j] += bias[j]


@kernel
def identity_backward(delta, a, bias_grad):
    bias_grad[:] = 0
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            bias_grad[j] += delta[i, j]


@kernel
def identity_slope(a, out):
    out[:] = 1


@kernel
def no_bend(a, out):
    out[:] = 0


@kernel
def logistic_forward(z, bias):
    one = z.dtype.type(1)
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            z[i, j] = one / (one + exp(-(z[i, j] + bias[j])))


@kernel
def logistic_backward(delta, a, bias_grad):
    one = a.dtype.type(1)
    bias_grad[:] = 0
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            d = delta[i, j] * (a[i, j] * (one - a[i, j]))
            delta[i, j] = d
            bias_grad[j] += d


@kernel
def logistic_slope(a, out):
    one = a.dtype.type(1)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j] * (one - a[i, j])


@kernel
def logistic_bend(a, out):
    one = a.dtype.type(1)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j] * (one - a[i, j]) * (one - a[i, j] - a[i, j])


@kernel
def tanh_forward(z, bias):
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            z[i, j] = tanh(z[i, j] + bias[j])


@kernel
def tanh_backward(delta, a, bias_grad):
    one = a.dtype.type(1)
    bias_grad[:] = 0
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            d = delta[i, j] * (one - a[i, j] * a[i, j])
            delta[i, j] = d
            bias_grad[j] += d


@kernel
def tanh_slope(a, out):
    one = a.dtype.type(1)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = one - a[i, j] * a[i, j]


@kernel
def tanh_bend(a, out):
    one = a.dtype.type(1)
    two = a.dtype.type(2)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = -two * a[i, j] * (one - a[i, j] * a[i, j])


@kernel
def relu_forward(z, bias):
    zero = z.dtype.type(0)
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            z[i, j] = max(z[i, j] + bias[j], zero)


@kernel
def relu_backward(delta, a, bias_grad):
    zero = a.dtype.type(0)
    bias_grad[:] = 0
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            d = delta[i, j] if a[i, j] > zero else zero
            delta[i, j] = d
            bias_grad[j] += d


@kernel
def relu_slope(a, out):
    zero = a.dtype.type(0)
    one = a.dtype.type(1)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = one if a[i, j] > zero else zero


class Activation(NamedTuple):
    """One activation function.

    Attributes
    ----------
    name : str
        scikit-learn's name of the function.
    forward : callable (z, bias) -> None
        z becomes g(z + bias).
    backward : callable (delta, a, bias_grad) -> None
        delta becomes delta * g'(z); bias_grad becomes the sum of its rows.
    slope, bend : callable (a, out) -> None
        out becomes g'(z), g''(z).
    range : tuple of float
        Infimum and supremum of g.
    """

    name: str
    forward: Callable
    backward: Callable
    slope: Callable
    bend: Callable
    range: tuple


_INF = float("inf")

ACTIVATIONS = {
    record.name: record
    for record in (
        Activation("identity", identity_forward, identity_backward, identity_slope, no_bend, (-_INF, _INF)),
        Activation("logistic", logistic_forward, logistic_backward, logistic_slope, logistic_bend, (0.0, 1.0)),
        Activation("tanh", tanh_forward, tanh_backward, tanh_slope, tanh_bend, (-1.0, 1.0)),
        Activation("relu", relu_forward, relu_backward, relu_slope, no_bend, (0.0, _INF)),
    )
}
