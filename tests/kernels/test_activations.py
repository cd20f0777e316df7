"""Activations: value, backward and both derivatives against plain NumPy and finite differences."""

import numpy as np
import pytest
from numba import config

from skae.kernels.activations import ACTIVATIONS

NAMES = sorted(ACTIVATIONS)
DTYPES = [np.float32, np.float64]
# Absolute: tanh is made from exp, which costs relative accuracy around 0 only.
TOLERANCE = {np.float32: {"rtol": 2e-6, "atol": 5e-7}, np.float64: {"rtol": 1e-14, "atol": 1e-15}}

VALUES = {
    "identity": lambda z: z,
    "logistic": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.where(z > 0, z, 0),
}
DERIVATIVES = {
    "identity": lambda z: np.ones_like(z),
    "logistic": lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
    "tanh": lambda z: 1 / np.cosh(z) ** 2,
    "relu": lambda z: np.where(z > 0, 1.0, 0.0),
}
SECOND_DERIVATIVES = {
    "identity": np.zeros_like,
    "logistic": lambda z: np.exp(-z) * (np.exp(-z) - 1) / (1 + np.exp(-z)) ** 3,
    "tanh": lambda z: -2 * np.tanh(z) / np.cosh(z) ** 2,
    "relu": np.zeros_like,
}


def pre_activations(dtype, shape=(7, 13)):
    """z and bias, and their sum in float64."""
    rng = np.random.default_rng(3)
    z = (3 * rng.standard_normal(shape)).astype(dtype)
    bias = rng.standard_normal(shape[1]).astype(dtype)
    return z, bias, z.astype(np.float64) + bias.astype(np.float64)


def forward(name, z, dtype=np.float64):
    """g(z) of a kernel, out of place."""
    out = np.array(z, dtype, ndmin=2)
    ACTIVATIONS[name].forward(out, np.zeros(out.shape[1], dtype))
    return out


def test_every_activation_has_a_reference():
    assert set(NAMES) == set(VALUES) == set(DERIVATIVES) == set(SECOND_DERIVATIVES)
    assert all(ACTIVATIONS[name].name == name for name in NAMES)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(7, 13), (1, 1), (3, 67)])
@pytest.mark.parametrize("name", NAMES)
def test_forward(name, shape, dtype):
    z, bias, total = pre_activations(dtype, shape)
    ACTIVATIONS[name].forward(z, bias)
    np.testing.assert_allclose(z, VALUES[name](total), **TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_forward_of_extreme_values_stays_in_range(name, dtype):
    z = np.array([[-1e4, -100.0, -1e-30, 0.0, 1e-30, 100.0, 1e4]])
    with np.errstate(over="ignore"):
        expected = VALUES[name](z)
    a = forward(name, z, dtype)
    low, high = ACTIVATIONS[name].range
    assert np.isfinite(a).all()
    assert (a >= low).all() and (a <= high).all()
    np.testing.assert_allclose(a, expected, **TOLERANCE[dtype])


@pytest.mark.parametrize("name", NAMES)
def test_range_is_approached_and_tight(name):
    low, high = ACTIVATIONS[name].range
    least, greatest = forward(name, [[-40.0, 40.0]])[0]
    assert least == (pytest.approx(low, abs=1e-15) if np.isfinite(low) else -40.0)
    assert greatest == (pytest.approx(high, abs=1e-15) if np.isfinite(high) else 40.0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_forward_of_nan_is_seen(name, dtype):
    z = np.array([[1.0, np.nan, 2.0]], dtype)
    if config.DISABLE_JIT and name in ("logistic", "tanh"):
        # Python's own floor refuses NaN.
        with pytest.raises(ValueError, match="NaN"):
            forward(name, z, dtype)
    else:
        assert np.isnan(forward(name, z, dtype)).tolist() == [[False, True, False]]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_derivatives_are_written_from_the_output(name, dtype):
    _, _, total = pre_activations(dtype)
    a = VALUES[name](total).astype(dtype)
    for kernel, reference in (
        (ACTIVATIONS[name].fill_derivative, DERIVATIVES),
        (ACTIVATIONS[name].fill_second_derivative, SECOND_DERIVATIVES),
    ):
        out = np.full_like(a, np.nan)
        kernel(a, out)
        # The output holds few digits of what is left to its bound.
        np.testing.assert_allclose(out, reference[name](total), rtol=1e-6, atol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_are_the_derivatives_of_forward(name):
    step = 1e-3
    z = np.concatenate([np.linspace(-6, -0.05, 40), np.linspace(0.05, 6, 40)])[None]

    def fourth_order(function):
        return (8 * (function(z + step) - function(z - step)) - (function(z + 2 * step) - function(z - 2 * step))) / (
            12 * step
        )

    def derivative_at(points):
        out = np.empty_like(points)
        ACTIVATIONS[name].fill_derivative(forward(name, points), out)
        return out

    a, second = forward(name, z), np.empty_like(z)
    ACTIVATIONS[name].fill_second_derivative(a, second)
    np.testing.assert_allclose(derivative_at(z), fourth_order(lambda points: forward(name, points)), atol=1e-11)
    np.testing.assert_allclose(second, fourth_order(derivative_at), atol=1e-11)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_backward_multiplies_by_the_derivative_and_sums_the_rows(name, dtype):
    _, _, total = pre_activations(dtype)
    a = VALUES[name](total).astype(dtype)
    delta = np.random.default_rng(4).standard_normal(a.shape).astype(dtype)
    derivative, bias_grad, before = np.empty_like(a), np.full(a.shape[1], np.nan, dtype), delta.astype(np.float64)
    ACTIVATIONS[name].fill_derivative(a, derivative)
    ACTIVATIONS[name].backward(delta, a, bias_grad)
    expected = before * derivative.astype(np.float64)
    np.testing.assert_allclose(delta, expected, **TOLERANCE[dtype])
    np.testing.assert_allclose(bias_grad, expected.sum(axis=0), rtol=1e-5 if dtype is np.float32 else 1e-13, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_backward_of_nan_is_nan(name):
    delta, a, bias_grad = np.array([[1.0, np.nan]]), np.array([[0.5, 0.5]]), np.empty(2)
    ACTIVATIONS[name].backward(delta, a, bias_grad)
    assert np.isnan(delta).tolist() == [[False, True]]
    assert np.isnan(bias_grad).tolist() == [False, True]
