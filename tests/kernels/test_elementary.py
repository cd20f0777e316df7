"""exp, log1p_unit and tanh: their accuracy in units in the last place, their clamps, and what becomes of NaN."""

import numpy as np
import pytest
from numba import config

from skae.kernels.elementary import exp, exp32, exp64, log1p_unit, log1p_unit32, log1p_unit64, tanh, tanh32, tanh64

# Legal range of normal numbers, and the bound that each function promises.
EXP = [(exp32, np.float32, -87.0, 88.0, 2.0), (exp64, np.float64, -708.0, 709.0, 2.0)]
LOG1P = [(log1p_unit32, np.float32), (log1p_unit64, np.float64)]


def ulps(values, exact, dtype):
    """Distance from an exact value, held in a wider type, in units in the last place of the narrow type."""
    return np.abs(np.asarray(values).astype(np.longdouble) - exact) / np.spacing(exact.astype(dtype))


@pytest.mark.parametrize("function, dtype, low, high, bound", EXP)
def test_exp_is_within_two_units_in_the_last_place(function, dtype, low, high, bound):
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [rng.uniform(low, high, 4000), rng.uniform(-2, 2, 4000), np.arange(-60, 61) * np.log(2) / 2, [0.0, low, high]]
    ).astype(dtype)
    got = [function(value) for value in x]
    assert ulps(got, np.exp(x.astype(np.longdouble)), dtype).max() <= bound


@pytest.mark.parametrize("function, dtype, low, high, bound", EXP)
def test_exp_is_clamped_to_normal_numbers(function, dtype, low, high, bound):
    for x, edge in ((-1e4, low), (-np.inf, low), (1e4, high), (np.inf, high)):
        assert function(dtype(x)) == function(dtype(edge))
    assert np.isfinite(function(dtype(high)))
    assert function(dtype(low)) >= np.finfo(dtype).tiny


@pytest.mark.parametrize("function, dtype, low, high, bound", EXP)
def test_exp_of_nan_is_seen(function, dtype, low, high, bound):
    if config.DISABLE_JIT:
        # Python's own floor refuses NaN.
        with pytest.raises(ValueError, match="NaN"):
            function(dtype(np.nan))
    else:
        assert np.isnan(function(dtype(np.nan)))


@pytest.mark.parametrize("function, dtype", LOG1P)
def test_log1p_unit_is_accurate(function, dtype):
    rng = np.random.default_rng(1)
    e = np.concatenate([rng.uniform(0, 1, 4000), 10.0 ** rng.uniform(-30, 0, 4000), [1.0, np.finfo(dtype).tiny]])
    e = e.astype(dtype)
    got = [function(value) for value in e]
    assert ulps(got, np.log1p(e.astype(np.longdouble)), dtype).max() <= 3.0
    assert function(dtype(0)) == 0


@pytest.mark.parametrize("function, dtype", LOG1P)
def test_log1p_unit_of_nan_is_nan(function, dtype):
    assert np.isnan(function(dtype(np.nan)))


@pytest.mark.parametrize(
    "generic, by_dtype", [(exp, (exp32, exp64)), (log1p_unit, (log1p_unit32, log1p_unit64)), (tanh, (tanh32, tanh64))]
)
def test_generic_functions_keep_the_precision(generic, by_dtype):
    for function, dtype in zip(by_dtype, (np.float32, np.float64)):
        assert generic(dtype(0.3)) == function(dtype(0.3))
    assert generic(np.float32(0.3)) != generic(np.float64(np.float32(0.3)))


@pytest.mark.parametrize("function, dtype", [(tanh32, np.float32), (tanh64, np.float64)])
def test_tanh_is_accurate_from_the_smallest_number_to_saturation(function, dtype):
    rng = np.random.default_rng(2)
    size = np.concatenate([rng.uniform(0, 2, 4000), 10.0 ** rng.uniform(-30, 2, 4000), [0.625, 100.0]])
    x = (size * rng.choice([-1.0, 1.0], size.size)).astype(dtype)
    got = [function(value) for value in x]
    assert ulps(got, np.tanh(x.astype(np.longdouble)), dtype).max() <= 3.0
    assert function(dtype(0)) == 0
    assert np.abs(got).max() <= 1.0
