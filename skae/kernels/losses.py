"""Reconstruction losses of a row, each defined by a function of one entry that returns value and derivative.

Both are sums over the features of a row:

=============  =====================================================  =====================
name           l(x, x_hat)                                            fits
=============  =====================================================  =====================
squared_error  sum_j (x_hat_j - x_j)^2                                every output
log_loss       -sum_j [x_j log x_hat_j + (1 - x_j) log(1 - x_hat_j)]  logistic output,
               = sum_j [softplus(z_j) - x_j z_j]                      from its logits z
=============  =====================================================  =====================
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from . import loss_loops as loops
from .checks import check_callables, check_interval, check_name
from .elementary import ARTANH_DEGREE, LEAST_EXPONENT, exp, log1p_unit
from .outside_functions import loop_around
from .registry import Registry


def squared_error(x_hat, x):
    difference = x_hat - x
    return difference * difference, difference + difference


def squared_error_onnx(graph, x_hat, x, dtype):
    difference = graph.add("Sub", x_hat, x)
    return graph.add("Mul", difference, difference)


def log_loss(z, x):
    zero = type(z)(0)
    one = type(z)(1)
    e = exp(-abs(z))
    near = one / (one + e)
    x_hat = near if z >= zero else one - near
    # No difference of large numbers, so that the loss of a saturated unit that is right keeps its digits.
    return (one - x if z >= zero else -x) * z + log1p_unit(e), x_hat - x


def squared_error_curvature(x_hat):
    return 2.0


def log_loss_curvature(x_hat):
    return x_hat * (1.0 - x_hat)


def log_loss_onnx(graph, z, x, dtype):
    """(1 - x if z >= 0 else -x) z + log(1 + exp(-|z|)), as ``log_loss``, by operators that all runtimes have alike.

    onnxruntime's Sigmoid and Softplus lose the digits of saturated units in float32, as Log(1 + e) does for small e.
    """
    one, zero, two = (graph.constant(name, dtype.type(value)) for name, value in (("one", 1), ("zero", 0), ("two", 2)))
    outside = graph.add("Where", graph.add("Less", z, zero), graph.add("Neg", x), graph.add("Sub", one, x))
    size = graph.add("Min", graph.add("Abs", z), graph.constant("greatest_logit", dtype.type(LEAST_EXPONENT[dtype])))
    e = graph.add("Exp", graph.add("Neg", size))
    # log(1 + e) = 2 artanh(s) for s = e / (2 + e), by its series.
    s = graph.add("Div", e, graph.add("Add", two, e))
    t = graph.add("Mul", s, s)
    *degrees, last = range(1, ARTANH_DEGREE[dtype] + 1, 2)
    series = graph.constant(f"artanh_{last}", dtype.type(1 / last))
    for degree in reversed(degrees):
        coefficient = graph.constant(f"artanh_{degree}", dtype.type(1 / degree))
        series = graph.add("Add", graph.add("Mul", series, t), coefficient)
    return graph.add("Add", graph.add("Mul", outside, z), graph.add("Mul", graph.add("Mul", two, s), series))


def loss_of_zeros(n_features, mean_squares):
    """Squared error of a row that is reconstructed as all zeros."""
    return mean_squares


def loss_of_halves(n_features, mean_squares):
    """Log loss of a row that is reconstructed as all 1/2."""
    return n_features * math.log(2.0)


@dataclass(frozen=True, eq=False)
class Loss:
    """One reconstruction loss: the sum of a function of each entry.

    Parameters
    ----------
    name : str
        Its name as a value of the parameter ``loss``.
    units : str
        Units of the loss of a row.
    entry : callable (x_hat, x) -> (value, derivative by x_hat), or None
        The loss of one entry as a function of the output, with any output activation. It takes numbers, and is compiled
        into the loops.
    fused_entry : callable (z, x) -> (value, derivative by z), or None
        The same as a function of the pre-activation, for the output activation ``default_output``, if that is more
        accurate or cheaper. A loss without ``entry`` can be used with that output activation only.
    default_output : str
        Output activation for ``output_activation="auto"``.
    data_range : tuple of float or None
        Values of X for which the loss is defined; None for all.
    range_hint : str
        What to do about values outside of ``data_range``, a sentence for an error message, which goes on with the loss
        that takes any.
    baseline : callable (n_features, mean_squares) -> float
        Loss of a row under an uninformative reconstruction; mean_squares is the mean over the rows of X of their sum of
        squares. Training whose loss is far above the baseline has diverged.
    onnx : callable (graph, output, x, dtype) -> str, or None
        Adds the loss of each entry to a ``Graph`` of ``skae.export`` and returns the name of the result; output is the
        name of x_hat, or of z for a loss without ``entry``. None where models cannot be converted.
    squares : bool
        Whether it is a square of the difference: l(c x_hat + d, c x + d) = c^2 l(x_hat, x). Networks may then be
        trained on centred and scaled rows.
    curvature : callable (x_hat) -> ndarray or float, or None
        Second derivative of ``entry`` by x_hat, or of ``fused_entry`` by z for a loss without ``entry``, as a function
        of an array of outputs. None where it is not known: ``solver="kfac"`` then takes the squares of the derivatives.
    """

    name: str
    units: str
    entry: Callable | None = None
    fused_entry: Callable | None = None
    default_output: str = "identity"
    data_range: tuple | None = None
    range_hint: str = ""
    baseline: Callable = loss_of_zeros
    onnx: Callable | None = None
    squares: bool = False
    curvature: Callable | None = None

    def __post_init__(self):
        check_name("The name of a Loss", self.name)
        check_name(f"default_output of Loss {self.name!r}", self.default_output)
        check_callables(self, "baseline", optional=("entry", "fused_entry", "onnx", "curvature"))
        if self.entry is None and self.fused_entry is None:
            raise TypeError(f"Loss {self.name!r} must have an entry, a fused_entry or both; got neither.")
        if self.data_range is not None:
            check_interval("data_range of a Loss", self.data_range)

    def __reduce__(self):
        # By name: compiled functions do not travel.
        return _loss_named, (self.name,)

    @cached_property
    def _entries(self):
        """Which attribute has the function of one entry, by the output activation with which it is fused."""
        entries = {} if self.entry is None else {"identity": "entry"}
        if self.fused_entry is not None:
            entries[self.default_output] = "fused_entry"
        return entries

    def _fused(self, make):
        return {
            output: loop_around(self, entry, partial(make, f"{self.name}_{output}"))
            for output, entry in self._entries.items()
        }

    def _from_output(self, make):
        return None if self.entry is None else loop_around(self, "entry", partial(make, self.name))

    # Kernels; their arguments are in ``loss_loops``.

    @cached_property
    def fused(self):
        """Mapping from the name of an output activation to the kernel that takes its pre-activation."""
        return self._fused(loops.fused)

    @cached_property
    def from_output(self):
        """Kernel that takes the output, for all other output activations; None if no other can be used."""
        return self._from_output(loops.from_output)

    @cached_property
    def weighted_fused(self):
        """``fused`` for entries with weights."""
        return self._fused(loops.weighted_fused)

    @cached_property
    def weighted_from_output(self):
        """``from_output`` for entries with weights."""
        return self._from_output(loops.weighted_from_output)

    @cached_property
    def stored_fused(self):
        """``fused`` for sparse rows."""
        return self._fused(loops.stored_fused)

    @cached_property
    def stored_from_output(self):
        """``from_output`` for sparse rows."""
        return self._from_output(loops.stored_from_output)


LOSSES = Registry(
    "loss",
    (
        Loss(
            "squared_error",
            "squared units of X",
            squared_error,
            onnx=squared_error_onnx,
            squares=True,
            curvature=squared_error_curvature,
        ),
        Loss(
            "log_loss",
            "nats",
            fused_entry=log_loss,
            default_output="logistic",
            data_range=(0.0, 1.0),
            range_hint="Scale X to [0, 1] (MinMaxScaler(clip=True)).",
            baseline=loss_of_halves,
            onnx=log_loss_onnx,
            curvature=log_loss_curvature,
        ),
    ),
)


def _loss_named(name):
    return LOSSES[name]
