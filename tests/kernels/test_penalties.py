"""Kernels of the penalties against plain NumPy in float64; all but the overwriting ones add to what is there."""

import numpy as np
import pytest

from skae.kernels import penalties

DTYPES = [np.float32, np.float64]
RTOL = {np.float32: 2e-6, np.float64: 1e-13}
SHAPES = [(5, 9), (1, 1), (3, 67)]


@pytest.fixture(params=DTYPES, ids=lambda dtype: dtype.__name__)
def dtype(request):
    return request.param


@pytest.fixture(params=SHAPES, ids=str)
def shape(request):
    return request.param


@pytest.fixture
def draw(dtype):
    """Positive draws of a shape, so that no sum cancels."""
    rng = np.random.default_rng(7)
    return lambda *shape: rng.uniform(0.5, 2.0, shape).astype(dtype)


def wide(*arrays):
    return [array.astype(np.float64) for array in arrays]


def test_add_l2_gradient(draw, shape, dtype):
    weights, grad = draw(*shape), draw(*shape)
    before, (w, g) = weights.copy(), wide(weights, grad)
    total = penalties.add_l2_gradient(weights, grad, 0.3)
    assert total == pytest.approx((w**2).sum(), rel=RTOL[dtype])
    np.testing.assert_allclose(grad, g + 0.3 * w, rtol=RTOL[dtype])
    np.testing.assert_array_equal(weights, before)


def test_weighted_column_sums(draw, shape, dtype):
    a, row_scale = draw(*shape), draw(shape[0])
    out = np.full(shape[1], np.nan)
    penalties.weighted_column_sums(a, row_scale, out)
    np.testing.assert_allclose(out, row_scale.astype(np.float64) @ a.astype(np.float64), rtol=RTOL[dtype])


@pytest.mark.parametrize("kernel", [penalties.weighted_column_sums, penalties.squared_derivative_sums])
def test_sums_over_rows_accumulate_in_float64(kernel):
    a, row_scale = np.ones((64, 1), np.float32), np.ones(64, np.float32)
    row_scale[0] = 2.0**24
    out = np.empty(1)
    kernel(a, row_scale, out)
    assert out[0] == 2.0**24 + 63


def test_add_outer(draw, shape, dtype):
    delta, row_scale, column = draw(*shape), draw(shape[0]), draw(shape[1])
    d, r, c = wide(delta, row_scale, column)
    penalties.add_outer(delta, row_scale, column)
    np.testing.assert_allclose(delta, d + r[:, None] * c, rtol=RTOL[dtype])


def test_squared_column_norms(draw, shape, dtype):
    weights, out = draw(*shape), np.full(shape[1], np.nan, dtype)
    penalties.squared_column_norms(weights, out)
    np.testing.assert_allclose(out, (weights.astype(np.float64) ** 2).sum(axis=0), rtol=RTOL[dtype])


def test_squared_derivative_sums(draw, shape, dtype):
    slope, row_scale, out = draw(*shape), draw(shape[0]), np.full(shape[1], np.nan)
    s, r = wide(slope, row_scale)
    penalties.squared_derivative_sums(slope, row_scale, out)
    np.testing.assert_allclose(out, r @ s**2, rtol=RTOL[dtype])


def test_add_contraction_delta(draw, shape, dtype):
    slope, bend, norms, row_scale = draw(*shape), draw(*shape), draw(shape[1]), draw(shape[0])
    delta, bias_grad = draw(*shape), draw(shape[1])
    s, b, n, r, d, g = wide(slope, bend, norms, row_scale, delta, bias_grad)
    penalties.add_contraction_delta(slope, bend, norms, row_scale, delta, bias_grad)
    extra = 2 * r[:, None] * s * b * n
    np.testing.assert_allclose(delta, d + extra, rtol=RTOL[dtype])
    np.testing.assert_allclose(bias_grad, g + extra.sum(axis=0), rtol=RTOL[dtype])


def test_add_contraction_delta_is_the_gradient_of_the_contraction():
    """sum_il r_i g'(z_il)^2 ||w_l||^2 by z, with g = tanh, by finite differences."""
    rng = np.random.default_rng(8)
    z, row_scale, norms = rng.standard_normal((4, 3)), rng.uniform(0.1, 1, 4), rng.uniform(0.5, 2, 3)
    a = np.tanh(z)
    delta, bias_grad = np.zeros_like(z), np.zeros(3)
    penalties.add_contraction_delta(1 - a**2, -2 * a * (1 - a**2), norms, row_scale, delta, bias_grad)

    def value(z):
        return row_scale @ (np.cosh(z) ** -4 * norms).sum(axis=1)

    step, direction = 1e-3, rng.standard_normal(z.shape)
    up, down, up2, down2 = (value(z + k * step * direction) for k in (1, -1, 2, -2))
    slope = (8 * (up - down) - (up2 - down2)) / (12 * step)
    assert (delta * direction).sum() == pytest.approx(slope, rel=1e-8)
    np.testing.assert_allclose(bias_grad, delta.sum(axis=0), rtol=1e-13)


def test_add_delta(draw, shape, dtype):
    extra, delta, bias_grad = draw(*shape), draw(*shape), draw(shape[1])
    e, d, g = wide(extra, delta, bias_grad)
    penalties.add_delta(extra, delta, bias_grad)
    np.testing.assert_allclose(delta, d + e, rtol=RTOL[dtype])
    np.testing.assert_allclose(bias_grad, g + e.sum(axis=0), rtol=RTOL[dtype])


def test_add_scaled_columns(draw, shape, dtype):
    weights, scale, grad = draw(*shape), draw(shape[1]), draw(*shape)
    w, s, g = wide(weights, scale, grad)
    penalties.add_scaled_columns(weights, scale, grad)
    np.testing.assert_allclose(grad, g + w * s, rtol=RTOL[dtype])


def test_nan_reaches_the_sums():
    a, ones = np.array([[1.0, np.nan], [1.0, 1.0]]), np.ones(2)
    for kernel, arguments in (
        (penalties.weighted_column_sums, (a, ones)),
        (penalties.squared_derivative_sums, (a, ones)),
        (penalties.squared_column_norms, (a,)),
    ):
        out = np.zeros(2)
        kernel(*arguments, out)
        assert np.isnan(out).tolist() == [False, True]
    assert np.isnan(penalties.add_l2_gradient(a, np.zeros_like(a), 1.0))
