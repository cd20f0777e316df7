"""Losses: value by row and gradient against plain loops, extreme logits, and what becomes of NaN."""

import math

import numpy as np
import pytest
from numba import config

from skae.kernels.losses import LOSSES

DTYPES = [np.float32, np.float64]
RTOL = {np.float32: 3e-6, np.float64: 1e-13}
FUSED = [(name, output) for name, record in sorted(LOSSES.items()) for output in sorted(record.fused)]
FROM_OUTPUT = sorted(name for name, record in LOSSES.items() if record.from_output is not None)


def squared(z, x):
    """Loss and its derivative for one entry with an identity output."""
    return (z - x) ** 2, 2 * (z - x)


def cross_entropy(z, x):
    """Loss and its derivative for one entry with a logistic output, from log(x_hat) and log(1 - x_hat)."""
    log_x_hat = -math.log1p(math.exp(-z)) if z > -700 else z
    log_rest = -math.log1p(math.exp(z)) if z < 700 else -z
    x_hat = 1 / (1 + math.exp(-z)) if z > -700 else 0.0
    return -(x * log_x_hat + (1 - x) * log_rest), x_hat - x


REFERENCE = {("squared_error", "identity"): squared, ("log_loss", "logistic"): cross_entropy}


def batch(dtype, shape=(6, 11)):
    """z, bias, x and weights of rows; x in [0, 1] with both ends."""
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 1, shape)
    x[0], x[-1] = 0.0, 1.0
    z, bias = 2 * rng.standard_normal(shape), rng.standard_normal(shape[1])
    scale = rng.uniform(0.5, 1.5, shape[0]) / shape[0]
    return [np.ascontiguousarray(a, dtype) for a in (z, bias, x, scale)]


def fused(key, z, bias, x, scale):
    """Value, loss of each row, gradient and its row sums of a fused kernel, out of place."""
    delta, row_loss, bias_grad = z.copy(), np.full(len(z), np.nan, z.dtype), np.full(len(bias), np.nan, z.dtype)
    value = LOSSES[key[0]].fused[key[1]](delta, bias, x, scale, row_loss, bias_grad)
    return value, row_loss, delta, bias_grad


def test_every_fused_kernel_has_a_reference():
    assert set(FUSED) == set(REFERENCE)
    assert all(LOSSES[name].name == name for name in LOSSES)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(6, 11), (1, 1), (2, 67)])
@pytest.mark.parametrize("key", FUSED)
def test_fused_against_loops(key, shape, dtype):
    z, bias, x, scale = batch(dtype, shape)
    value, row_loss, delta, bias_grad = fused(key, z, bias, x, scale)
    wide_z, wide_bias, wide_x, wide_scale = (a.astype(np.float64) for a in (z, bias, x, scale))
    rows, gradient = np.zeros(shape[0]), np.zeros(shape)
    for i in range(shape[0]):
        for j in range(shape[1]):
            entry, slope = REFERENCE[key](wide_z[i, j] + wide_bias[j], wide_x[i, j])
            rows[i] += entry
            gradient[i, j] = wide_scale[i] * slope
    eps = np.finfo(dtype).eps
    assert isinstance(value, float)
    np.testing.assert_allclose(row_loss, rows, rtol=RTOL[dtype])
    assert value == pytest.approx(wide_scale @ rows, rel=RTOL[dtype])
    np.testing.assert_allclose(delta, gradient, rtol=RTOL[dtype], atol=4 * eps)
    np.testing.assert_allclose(bias_grad, gradient.sum(axis=0), rtol=RTOL[dtype], atol=20 * eps)


@pytest.mark.parametrize("key", FUSED)
def test_fused_gradient_against_finite_differences(key):
    z, bias, x, scale = batch(np.float64)
    _, _, delta, _ = fused(key, z, bias, x, scale)
    step = 1e-3
    for i, j in np.ndindex(*z.shape):
        values = []
        for k in (1, -1, 2, -2):
            moved = z.copy()
            moved[i, j] += k * step
            values.append(fused(key, moved, bias, x, scale)[0])
        slope = (8 * (values[0] - values[1]) - (values[2] - values[3])) / (12 * step)
        assert delta[i, j] == pytest.approx(slope, rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FROM_OUTPUT)
def test_from_output_against_loops(name, dtype):
    x_hat, _, x, scale = batch(dtype)
    row_loss, delta = np.full(len(x), np.nan, dtype), np.full_like(x, np.nan)
    value = LOSSES[name].from_output(x_hat, x, scale, row_loss, delta)
    rows = [sum((float(p) - float(q)) ** 2 for p, q in zip(*pair)) for pair in zip(x_hat, x)]
    np.testing.assert_allclose(row_loss, rows, rtol=RTOL[dtype])
    assert value == pytest.approx(sum(float(s) * row for s, row in zip(scale, rows)), rel=RTOL[dtype])
    np.testing.assert_allclose(delta, 2 * scale[:, None] * (x_hat - x), rtol=RTOL[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("logit", [100.0, -100.0, 1e4, -1e4])
@pytest.mark.parametrize("x", [0.0, 0.25, 1.0])
def test_log_loss_at_extreme_logits(x, logit, dtype):
    arrays = [np.array(a, dtype) for a in ([[logit]], [0.0], [[x]], [1.0])]
    value, row_loss, delta, bias_grad = fused(("log_loss", "logistic"), *arrays)
    # The cross-entropy is linear there: softplus(z) = max(z, 0).
    expected = max(logit, 0.0) - x * logit
    slope = (1.0 if logit > 0 else 0.0) - x
    near = {"rel": 2 * float(np.finfo(dtype).eps), "abs": 1e-30}
    assert value == pytest.approx(expected, **near)
    assert row_loss[0] == pytest.approx(expected, **near)
    assert delta[0, 0] == pytest.approx(slope, **near)
    assert bias_grad[0] == delta[0, 0]


@pytest.mark.parametrize("dtype", DTYPES)
def test_log_loss_is_least_at_the_logit_of_x(dtype):
    x = np.array([[0.1, 0.5, 0.9]])
    z = np.log(x / (1 - x))
    arrays = [np.ascontiguousarray(a, dtype) for a in (z, np.zeros(3), x, np.ones(1))]
    value, _, delta, _ = fused(("log_loss", "logistic"), *arrays)
    assert value == pytest.approx(-(x * np.log(x) + (1 - x) * np.log(1 - x)).sum(), rel=RTOL[dtype])
    np.testing.assert_allclose(delta, 0, atol=2 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("key", FUSED)
def test_nan_makes_the_value_nan(key, dtype):
    z, bias, x, scale = batch(dtype)
    z[2, 3] = np.nan
    if config.DISABLE_JIT and key == ("log_loss", "logistic"):
        # Python's own floor refuses NaN.
        with pytest.raises(ValueError, match="NaN"):
            fused(key, z, bias, x, scale)
        return
    value, row_loss, delta, bias_grad = fused(key, z, bias, x, scale)
    assert math.isnan(value)
    assert np.flatnonzero(np.isnan(row_loss)).tolist() == [2]
    assert np.argwhere(np.isnan(delta)).tolist() == [[2, 3]]
    assert np.flatnonzero(np.isnan(bias_grad)).tolist() == [3]


def test_value_is_accumulated_in_float64():
    # 2^24 + 1 is not a float32: a sum in float32 would lose every small row after the first.
    n_rows = 64
    x = np.zeros((n_rows, 1), np.float32)
    z = np.ones((n_rows, 1), np.float32)
    z[0] = 2.0**12
    _, bias, _, _ = batch(np.float32, (1, 1))
    value, _, _, _ = fused(("squared_error", "identity"), z, 0 * bias, x, np.ones(n_rows, np.float32))
    assert value == 2.0**24 + n_rows - 1
