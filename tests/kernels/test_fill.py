"""Holes: what fills them, and where they were."""

import numpy as np
import pytest

from skae.kernels import missing


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fill(dtype):
    x = np.random.default_rng(24).standard_normal((5, 7)).astype(dtype)
    x[1, 2] = x[3] = x[:, 6] = np.nan
    before = x.copy()
    means = np.arange(7).astype(dtype)
    out, observed = np.full_like(x, -1), np.full_like(x, -1)
    missing.fill(x, means, out, observed)
    np.testing.assert_array_equal(out, np.where(np.isnan(before), means, before))
    np.testing.assert_array_equal(observed, ~np.isnan(before))
    np.testing.assert_array_equal(x, before)


def test_infinite_values_are_no_holes():
    x = np.array([[np.inf, -np.inf, np.nan]])
    out, observed = np.empty_like(x), np.empty_like(x)
    missing.fill(x, np.zeros(3), out, observed)
    assert out.tolist() == [[np.inf, -np.inf, 0.0]] and observed.tolist() == [[1.0, 1.0, 0.0]]
