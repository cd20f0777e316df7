"""Corruptions: exact application of given draws, their frequencies, and their use of the Generator."""

import math

import numpy as np
import pytest

from skae.kernels.corruptions import CORRUPTIONS

NAMES = sorted(CORRUPTIONS)
DTYPES = [np.float32, np.float64]
N_ROWS, N_COLUMNS = 150, 40


def loops(name, x, draws, level, low, high):
    """What the draws do to x, entry by entry."""
    out = x.copy()
    for i, j in np.ndindex(*x.shape):
        if name == "gaussian":
            out[i, j] = x[i, j] + x.dtype.type(level) * draws[i, j]
            continue
        # The draw is the numerator of a fraction of 2^16.
        threshold = round(level * 2**16)
        if int(draws[i, j]) < threshold:
            extreme = low[j] if int(draws[i, j]) < round(level * 2**15) else high[j]
            out[i, j] = 0 if name == "masking" else extreme
    return out


def corrupted(name, x, level, seed=0):
    """x corrupted by fresh draws, with the draws, and the range of its columns."""
    record = CORRUPTIONS[name]
    draws = np.empty(x.shape, record.draw_dtype or x.dtype)
    out = np.full_like(x, np.nan)
    low, high = x.min(axis=0), x.max(axis=0)
    record.draw(np.random.default_rng(seed), draws)
    record.apply(x, draws, level, low, high, out)
    return out, draws, low, high


def within(count, n, p):
    """Whether a count is within five standard deviations of a binomial's mean."""
    return abs(count - n * p) <= 5 * math.sqrt(n * p * (1 - p))


def data(dtype, n_rows=N_ROWS, n_columns=N_COLUMNS):
    """Values in (1, 2), none of them 0."""
    return np.random.default_rng(9).uniform(1.0, 2.0, (n_rows, n_columns)).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("level", [0.0, 0.1, 0.37, 1.0])
@pytest.mark.parametrize("name", NAMES)
def test_given_draws_are_applied_exactly(name, level, dtype):
    x = data(dtype, 9, 21)
    before = x.copy()
    out, draws, low, high = corrupted(name, x, level)
    expected = loops(name, x, draws, level, low, high)
    if name == "gaussian":
        # The compiled kernel may contract x + sigma e into one rounding.
        np.testing.assert_allclose(out, expected, rtol=0, atol=4 * np.finfo(dtype).eps)
    else:
        np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("name", ["masking", "salt_and_pepper"])
def test_the_threshold_is_strict(name):
    x = np.full((1, 5), 5.0)
    low, high = np.full(5, -1.0), np.full(5, 9.0)
    draws = np.array([[0, 2**13 - 1, 2**13, 2**14 - 1, 2**14]], np.uint16)
    out = np.empty_like(x)
    CORRUPTIONS[name].apply(x, draws, 0.25, low, high, out)
    expected = [0, 0, 0, 0, 5] if name == "masking" else [-1, -1, 9, 9, 5]
    assert out[0].tolist() == expected


@pytest.mark.parametrize("name", NAMES)
def test_level_zero_changes_nothing_and_a_level_does(name):
    x = data(np.float64, 20, 10)
    np.testing.assert_array_equal(corrupted(name, x, 0.0)[0], x)
    assert (corrupted(name, x, 0.5)[0] != x).mean() > 0.3


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("level", [0.05, 0.25, 0.8])
def test_masking_sets_a_fraction_to_zero(level, dtype):
    x = data(dtype)
    zero = corrupted("masking", x, level, seed=1)[0] == 0
    assert within(zero.sum(), zero.size, level)
    # Independent of its neighbours, in the row and in the column.
    for first, second in ((zero[:, :-1], zero[:, 1:]), (zero[:-1], zero[1:])):
        assert within((first & second).sum(), first.size, level**2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("level", [0.1, 0.6])
def test_salt_and_pepper_are_equally_likely(level, dtype):
    x = data(dtype)
    inner = x[1:-1]
    low, high = np.zeros(N_COLUMNS, dtype), np.full(N_COLUMNS, 3, dtype)
    draws, out = np.empty(inner.shape, np.uint16), np.empty_like(inner)
    CORRUPTIONS["salt_and_pepper"].draw(np.random.default_rng(2), draws)
    CORRUPTIONS["salt_and_pepper"].apply(inner, draws, level, low, high, out)
    assert within((out == 0).sum(), out.size, level / 2)
    assert within((out == 3).sum(), out.size, level / 2)
    np.testing.assert_array_equal(out[(out != 0) & (out != 3)], inner[(out != 0) & (out != 3)])


@pytest.mark.parametrize("dtype", DTYPES)
def test_gaussian_noise_has_the_moments_of_its_level(dtype):
    x = data(dtype)
    noise = (corrupted("gaussian", x, 0.5, seed=3)[0].astype(np.float64) - x) / 0.5
    n = noise.size
    # Standard errors of the mean, the variance and the fourth moment of N(0, 1).
    assert abs(noise.mean()) < 5 / math.sqrt(n)
    assert abs(noise.var() - 1) < 5 * math.sqrt(2 / n)
    assert abs((noise**4).mean() - 3) < 5 * math.sqrt(96 / n)


@pytest.mark.parametrize("name", ["masking", "salt_and_pepper"])
def test_integer_draws_are_uniform(name):
    draws = np.empty((128, 512), CORRUPTIONS[name].draw_dtype)
    CORRUPTIONS[name].draw(np.random.default_rng(4), draws)
    counts = np.bincount(draws.ravel() >> 12, minlength=16)
    expected = draws.size / 16
    # Chi-squared with 15 degrees of freedom: 50 has a probability of 1e-5.
    assert ((counts - expected) ** 2 / expected).sum() < 50


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_draws_are_those_of_the_generator_alone(name, dtype):
    x = data(dtype, 6, 7)
    global_state = np.random.get_state()  # noqa: NPY002
    first, again, other = (corrupted(name, x, 0.5, seed)[0] for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    for before, after in zip(global_state, np.random.get_state()):  # noqa: NPY002
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("name", NAMES)
def test_level_range_holds_probabilities_or_all_scales(name):
    assert CORRUPTIONS[name].level_range == ((0.0, math.inf) if name == "gaussian" else (0.0, 1.0))


def test_nan_is_passed_on():
    x = np.array([[1.0, np.nan]])
    for name, record in CORRUPTIONS.items():
        draws = np.full(x.shape, 2**15, record.draw_dtype or x.dtype)
        out = np.zeros_like(x)
        record.apply(x, draws, 0.25, np.zeros(2), np.ones(2), out)
        assert np.isnan(out).tolist() == [[False, True]], name
