"""exp, log1p and tanh as polynomials without branches or calls, so that the loops around them vectorise."""

import math

import numpy as np
from numba import types
from numba.extending import overload

from .compiler import kernel

# By dtype: minus the least argument of exp, and the degree of the series of artanh in log1p_unit.
LEAST_EXPONENT = {np.dtype(np.float32): 87.0, np.dtype(np.float64): 708.0}
ARTANH_DEGREE = {np.dtype(np.float32): 17, np.dtype(np.float64): 35}


@kernel(reassociate=False)
def exp32(x):
    """exp of a float32, to 2 units in the last place; clamped to the range of normal numbers.

    exp(x) = 2^n exp(r) with n = floor(x / ln 2 + 1/2); the coefficients are those of Cephes' ``expf``.
    """
    x = min(max(x, np.float32(-87.0)), np.float32(88.0))
    n = np.float32(math.floor(x * np.float32(1.4426950408889634) + np.float32(0.5)))
    r = x - n * np.float32(0.693359375) + n * np.float32(2.12194440e-4)
    p = np.float32(1.9875691500e-4)
    p = p * r + np.float32(1.3981999507e-3)
    p = p * r + np.float32(8.3334519073e-3)
    p = p * r + np.float32(4.1665795894e-2)
    p = p * r + np.float32(1.6666665459e-1)
    p = p * r + np.float32(5.0000001201e-1)
    p = p * r * r + r + np.float32(1.0)
    exponent = np.int32(np.int32(np.int32(n) + np.int32(127)) << np.int32(23))
    return p * exponent.view(np.float32)


@kernel(reassociate=False)
def exp64(x):
    """exp of a float64, to 2 units in the last place; clamped to the range of normal numbers.

    The Taylor polynomial of degree 13 on |r| <= ln(2)/2, whose remainder is below 2e-17.
    """
    x = min(max(x, -708.0), 709.0)
    n = math.floor(x * 1.4426950408889634 + 0.5)
    r = x - n * 6.93145751953125e-1 - n * 1.42860682030941723212e-6
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r * r + r + 1.0
    exponent = np.int64((np.int64(np.int32(n)) + np.int64(1023)) << np.int64(52))
    return p * exponent.view(np.float64)


def exp(x):
    """exp of a float32 or float64, in its own precision."""
    return exp32(x) if isinstance(x, np.float32) else exp64(x)


@overload(exp)
def _exp(x):
    if x == types.float32:
        return lambda x: exp32(x)
    return lambda x: exp64(x)


@kernel
def log1p_unit32(e):
    """log(1 + e) for a float32 e in [0, 1], as 2 artanh(e / (2 + e))."""
    s = e / (np.float32(2.0) + e)
    t = s * s
    p = np.float32(1.0 / 17.0)
    p = p * t + np.float32(1.0 / 15.0)
    p = p * t + np.float32(1.0 / 13.0)
    p = p * t + np.float32(1.0 / 11.0)
    p = p * t + np.float32(1.0 / 9.0)
    p = p * t + np.float32(1.0 / 7.0)
    p = p * t + np.float32(1.0 / 5.0)
    p = p * t + np.float32(1.0 / 3.0)
    p = p * t + np.float32(1.0)
    return np.float32(2.0) * s * p


@kernel
def log1p_unit64(e):
    """log(1 + e) for a float64 e in [0, 1], as 2 artanh(e / (2 + e))."""
    s = e / (2.0 + e)
    t = s * s
    p = 1.0 / 35.0
    p = p * t + 1.0 / 33.0
    p = p * t + 1.0 / 31.0
    p = p * t + 1.0 / 29.0
    p = p * t + 1.0 / 27.0
    p = p * t + 1.0 / 25.0
    p = p * t + 1.0 / 23.0
    p = p * t + 1.0 / 21.0
    p = p * t + 1.0 / 19.0
    p = p * t + 1.0 / 17.0
    p = p * t + 1.0 / 15.0
    p = p * t + 1.0 / 13.0
    p = p * t + 1.0 / 11.0
    p = p * t + 1.0 / 9.0
    p = p * t + 1.0 / 7.0
    p = p * t + 1.0 / 5.0
    p = p * t + 1.0 / 3.0
    p = p * t + 1.0
    return 2.0 * s * p


def log1p_unit(e):
    """log(1 + e) for e in [0, 1], in its own precision."""
    return log1p_unit32(e) if isinstance(e, np.float32) else log1p_unit64(e)


@overload(log1p_unit)
def _log1p_unit(e):
    if e == types.float32:
        return lambda e: log1p_unit32(e)
    return lambda e: log1p_unit64(e)


@kernel
def tanh32(x):
    """tanh of a float32: a polynomial below 0.625 (Cephes' ``tanhf``), 1 - 2 / (exp(2 |x|) + 1) above."""
    size = abs(x)
    t = min(size, np.float32(0.625)) * min(size, np.float32(0.625))
    p = np.float32(-5.70498872745e-3)
    p = p * t + np.float32(2.06390887954e-2)
    p = p * t + np.float32(-5.37397155531e-2)
    p = p * t + np.float32(1.33314422036e-1)
    p = p * t + np.float32(-3.33332819422e-1)
    near = x + x * t * p
    far = np.float32(1.0) - np.float32(2.0) / (exp32(size + size) + np.float32(1.0))
    far = far if x >= np.float32(0.0) else -far
    return near if size < np.float32(0.625) else far


@kernel
def tanh64(x):
    """tanh of a float64: a rational function below 0.625 (Cephes' ``tanh``), 1 - 2 / (exp(2 |x|) + 1) above."""
    size = abs(x)
    t = min(size, 0.625) * min(size, 0.625)
    p = (-9.64399179425052238628e-1 * t - 9.92877231001918586564e1) * t - 1.61468768441708447952e3
    q = ((t + 1.12811678491632931402e2) * t + 2.23548839060100448583e3) * t + 4.84406305325125486048e3
    near = x + x * t * (p / q)
    far = 1.0 - 2.0 / (exp64(size + size) + 1.0)
    far = far if x >= 0.0 else -far
    return near if size < 0.625 else far


def tanh(x):
    """tanh of a float32 or float64, in its own precision."""
    return tanh32(x) if isinstance(x, np.float32) else tanh64(x)


@overload(tanh)
def _tanh(x):
    if x == types.float32:
        return lambda x: tanh32(x)
    return lambda x: tanh64(x)
