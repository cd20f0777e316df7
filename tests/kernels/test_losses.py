"""Losses: value by row and gradient against plain loops, extreme logits, what becomes of NaN, and the forms for entries
that are weighted or stored.
"""

import math

import numpy as np
import pytest
from numba import config
from scipy import sparse

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


# Weighted entries.


KINDS = FUSED + [(name, None) for name in FROM_OUTPUT]


def run(kind, z, bias, target, scale, form="", buffers=()):
    """Value, loss of each row, gradient and its row sums of a kernel in one of its forms, out of place.

    The kernels from the output have no bias; the row sums of their gradient are taken here.
    """
    name, output = kind
    record = LOSSES[name]
    row_loss, bias_grad = np.full(len(z), np.nan, z.dtype), np.full(len(bias), np.nan, z.dtype)
    delta = z.copy()
    if output is None:
        delta[:] = np.nan
        value = getattr(record, f"{form}from_output")(z, *target, *buffers, scale, row_loss, delta)
        bias_grad = delta.sum(axis=0)
    else:
        value = getattr(record, f"{form}fused")[output](delta, bias, *target, *buffers, scale, row_loss, bias_grad)
    return value, row_loss, delta, bias_grad


def assert_alike(got, expected, dtype, terms=1.0):
    """The same value, losses and gradients, but for the rounding of sums in another order."""
    eps = float(np.finfo(dtype).eps)
    assert got[0] == pytest.approx(expected[0], rel=RTOL[dtype], abs=eps * terms)
    for one, other in zip(got[1:], expected[1:]):
        np.testing.assert_allclose(one, other, rtol=2 * RTOL[dtype], atol=20 * eps * terms)


def test_every_kernel_has_all_forms():
    for record in LOSSES.values():
        assert record.fused.keys() == record.weighted_fused.keys() == record.stored_fused.keys()
        others = {record.from_output is None, record.weighted_from_output is None, record.stored_from_output is None}
        assert len(others) == 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(6, 11), (1, 1), (2, 67)])
@pytest.mark.parametrize("kind", KINDS)
def test_entries_that_all_count_once_are_the_plain_loss(kind, shape, dtype):
    z, bias, x, scale = batch(dtype, shape)
    got = run(kind, z, bias, (x, np.ones_like(x)), scale, "weighted_")
    assert_alike(got, run(kind, z, bias, (x,), scale), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_weights_of_entries_against_one_column_at_a_time(kind, dtype):
    z, bias, x, scale = batch(dtype)
    weights = np.random.default_rng(6).uniform(0, 3, x.shape).astype(dtype)
    weights[1], weights[2, ::2] = 0, 0
    value, row_loss, delta, bias_grad = run(kind, z, bias, (x, weights), scale, "weighted_")
    rows, gradient = np.zeros(len(x)), np.zeros(x.shape)
    for j in range(x.shape[1]):
        column = [np.ascontiguousarray(a) for a in (z[:, j : j + 1], bias[j : j + 1], x[:, j : j + 1])]
        _, losses, slopes, _ = run(kind, *column[:2], column[2:], scale)
        rows += weights[:, j].astype(float) * losses
        gradient[:, j] = weights[:, j] * slopes[:, 0]
    assert_alike((value, row_loss, delta, bias_grad), (scale @ rows, rows, gradient, gradient.sum(axis=0)), dtype)
    assert row_loss[1] == 0 and (delta[1] == 0).all() and (delta[2, ::2] == 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_under_a_weight_of_zero_is_without_effect(kind):
    z, bias, x, scale = batch(np.float64)
    weights = np.ones_like(x)
    weights[2, 3] = weights[4, :] = 0
    other = np.where(weights > 0, x, 0.123)
    for one, two in zip(*(run(kind, z, bias, (target, weights), scale, "weighted_") for target in (x, other))):
        np.testing.assert_array_equal(one, two)


# Stored entries.


def sparse_batch(dtype, n_rows=7, n_columns=33):
    """z, bias, sparse x, weights of rows: an empty row, a full one, an explicit zero, and a row without weight."""
    rng = np.random.default_rng(8)
    x = rng.uniform(0, 1, (n_rows, n_columns)) * (rng.random((n_rows, n_columns)) < 0.2)
    x[2], x[3] = 0.0, rng.uniform(0.1, 1, n_columns)
    csr = sparse.csr_array(x)
    csr.data[4] = 0.0
    scale = rng.uniform(0.5, 1.5, n_rows) / n_rows
    scale[5] = 0.0
    z, bias = 2 * rng.standard_normal((n_rows, n_columns)), rng.standard_normal(n_columns)
    entries = (csr.data.astype(dtype), csr.indices.astype(np.int32), csr.indptr.astype(np.int64))
    arrays = [np.ascontiguousarray(a, dtype) for a in (z, bias, csr.toarray(), scale)]
    return *arrays, entries


def stored(kind, z, bias, entries, zero_weights, scale):
    """A kernel on stored entries."""
    buffers = (np.full_like(zero_weights, np.nan), np.full_like(entries[0], np.nan))
    given = [a.copy() for a in (z, zero_weights)]
    result = run(kind, z, bias, (*entries, zero_weights), scale, "stored_", buffers)
    # What is put aside is put back.
    np.testing.assert_array_equal(z, given[0])
    np.testing.assert_array_equal(zero_weights, given[1])
    return result


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_stored_entries_give_the_loss_of_the_dense_rows(kind, dtype):
    z, bias, x, scale, entries = sparse_batch(dtype)
    got = stored(kind, z, bias, entries, np.ones(x.shape[1], dtype), scale)
    assert_alike(got, run(kind, z, bias, (x,), scale), dtype)
    assert (got[2][5] == 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_weights_of_zeros_leave_what_is_stored_alone(kind, dtype):
    z, bias, x, scale, entries = sparse_batch(dtype)
    zero_weights = np.random.default_rng(9).uniform(0, 3, x.shape[1]).astype(dtype)
    zero_weights[::3] = 0
    weights = np.tile(zero_weights, (len(x), 1))
    weights[np.repeat(np.arange(len(x)), np.diff(entries[2])), entries[1]] = 1
    expected = run(kind, z, bias, (x, weights), scale, "weighted_")
    assert_alike(stored(kind, z, bias, entries, zero_weights, scale), expected, dtype)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_from_the_middle_of_the_stored_entries(kind):
    # A batch is a part of a larger block: its row starts do not begin at 0, and its entries go on after it.
    z, bias, x, scale, (values, columns, starts) = sparse_batch(np.float64)
    part = slice(3, 6)
    ones = np.ones(x.shape[1])
    got = stored(kind, z[part], bias, (values, columns, starts[3:7]), ones, scale[part])
    assert_alike(got, run(kind, z[part], bias, (x[part],), scale[part]), np.float64)


@pytest.mark.parametrize("kind", KINDS)
def test_no_stored_entries_at_all(kind):
    z, bias, x, scale, _ = sparse_batch(np.float64)
    nothing = (np.empty(0), np.empty(0, np.int32), np.zeros(len(x) + 1, np.int64))
    got = stored(kind, z, bias, nothing, np.ones(x.shape[1]), scale)
    assert_alike(got, run(kind, z, bias, (np.zeros_like(x),), scale), np.float64)


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_reconstruction_of_stored_entries_keeps_its_digits(kind):
    # The loss is far below the squares, or the logits, that go into it, and float32 has few digits to lose.
    rng = np.random.default_rng(10)
    x = (rng.random((5, 400)) < 0.7).astype(np.float32)
    if kind[0] == "log_loss":
        z = np.where(x > 0, 5.0, -5.0).astype(np.float32)
    else:
        x *= 30
        z = x + np.float32(0.03) * rng.standard_normal(x.shape).astype(np.float32)
    csr, ones, bias = sparse.csr_array(x), np.ones(400, np.float32), np.zeros(400, np.float32)
    entries = (csr.data, csr.indices.astype(np.int32), csr.indptr.astype(np.int64))
    _, got, _, _ = stored(kind, z, bias, entries, ones, ones[:5])
    _, expected, _, _ = run(kind, z, bias, (x,), ones[:5])
    np.testing.assert_allclose(got, expected, rtol=1e-5)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("where", ["stored", "zero"])
@pytest.mark.parametrize("form", ["weighted", "stored"])
@pytest.mark.parametrize("kind", KINDS)
def test_nan_is_seen_in_every_form(kind, form, where, dtype):
    z, bias, x, scale, entries = sparse_batch(dtype)
    column = int(np.flatnonzero(x[1] if where == "stored" else x[1] == 0)[0])
    z[1, column] = np.nan
    ones = np.ones(x.shape[1], dtype)

    def call():
        if form == "stored":
            return stored(kind, z, bias, entries, ones, scale)
        return run(kind, z, bias, (x, np.tile(ones, (len(x), 1))), scale, "weighted_")

    if config.DISABLE_JIT and kind[0] == "log_loss":
        # Python's own floor refuses NaN.
        with pytest.raises(ValueError, match="NaN"):
            call()
        return
    value, row_loss, delta, bias_grad = call()
    assert math.isnan(value)
    assert np.flatnonzero(np.isnan(row_loss)).tolist() == [1]
    assert np.argwhere(np.isnan(delta)).tolist() == [[1, column]]
    assert np.flatnonzero(np.isnan(bias_grad)).tolist() == [column]
