"""Products and copies over stored entries against the same on dense rows."""

import numpy as np
import pytest
from scipy import sparse

from skae.kernels import csr
from skae.kernels.corruptions import CORRUPTIONS

DTYPES = [np.float32, np.float64]
RTOL = {np.float32: 1e-5, np.float64: 1e-13}


def entries(dtype, first=0):
    """Sparse rows with empty ones among them, dense and as kernels take them, from a row on."""
    rng = np.random.default_rng(21)
    x = rng.standard_normal((9, 14)) * (rng.random((9, 14)) < 0.3)
    x[[0, 4, 8]] = 0.0
    csr = sparse.csr_array(x.astype(dtype))
    return csr.toarray()[first:], (csr.data, csr.indices.astype(np.int32), csr.indptr.astype(np.int64)[first:])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("first", [0, 3])
@pytest.mark.parametrize("order", "CF")
def test_products(order, first, dtype):
    x, parts = entries(dtype, first)
    rng = np.random.default_rng(22)
    weights = np.array(rng.standard_normal((14, 5)), dtype, order=order)
    delta = np.array(rng.standard_normal((len(x), 5)), dtype, order=order)
    out, grad = np.full((len(x), 5), np.nan, dtype), np.full((14, 5), np.nan, dtype)
    csr.product(*parts, weights, out)
    csr.transposed_product(*parts, delta, grad)
    np.testing.assert_allclose(out, x @ weights, rtol=RTOL[dtype], atol=RTOL[dtype])
    np.testing.assert_allclose(grad, x.T @ delta, rtol=RTOL[dtype], atol=RTOL[dtype])
    assert (out[(x == 0).all(axis=1)] == 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("first", [0, 3])
def test_scatter(first, dtype):
    x, parts = entries(dtype, first)
    out = np.full_like(x, np.nan)
    csr.scatter(*parts, out)
    np.testing.assert_array_equal(out, x)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("first", [0, 3])
@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
def test_masking_of_stored_entries_is_masking_of_the_rows(level, first, dtype):
    x, (values, columns, starts) = entries(dtype, first)
    record = CORRUPTIONS["masking"]
    draws = np.empty(x.shape, record.draw_dtype)
    record.draw(np.random.default_rng(23), draws)
    dense, kept, out = np.empty_like(x), np.zeros_like(values), np.empty_like(x)
    nothing = np.empty(0, dtype)
    record.apply(x, draws, level, nothing, nothing, dense)
    record.apply_stored(values, columns, starts, draws, level, kept)
    csr.scatter(kept, columns, starts, out)
    np.testing.assert_array_equal(out, dense)
    assert level != 0.3 or 0 < (out != 0).sum() < (x != 0).sum()


def test_only_corruptions_that_leave_zeros_work_on_stored_entries():
    x, draws = np.zeros((1, 4)), np.zeros((1, 4), np.uint16)
    for name, record in CORRUPTIONS.items():
        out = np.full_like(x, np.nan)
        noise = np.ones((1, 4)) if record.draw_dtype is None else draws
        record.apply(x, noise, 1.0, np.full(4, -1.0), np.full(4, 1.0), out)
        assert (record.apply_stored is not None) == (out == 0).all(), name
