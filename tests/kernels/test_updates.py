"""Updates: trajectories of several steps against the papers' formulas in NumPy; clipping."""

import numpy as np
import pytest

from skae.kernels.optimizers import OPTIMIZERS, clip_norm

DTYPES = [np.float32, np.float64]
RTOL = {np.float32: 1e-5, np.float64: 1e-12}
N_STEPS, N_PARAMETERS = 12, 37


def gradient(theta):
    """Of sum_i c_i theta_i^2 / 2 + sin(theta_i), with curvatures over four orders of magnitude."""
    curvature = np.logspace(-2, 2, len(theta)).astype(theta.dtype)
    return curvature * theta + np.cos(theta)


def start(dtype):
    return np.random.default_rng(11).standard_normal(N_PARAMETERS).astype(dtype)


def adam_by_the_paper(theta, rates):
    """Kingma and Ba (2015), algorithm 1, with its default constants."""
    m = v = np.zeros_like(theta)
    for t, rate in enumerate(rates, 1):
        g = gradient(theta)
        m = 0.9 * m + (1 - 0.9) * g
        v = 0.999 * v + (1 - 0.999) * g**2
        m_hat = m / (1 - 0.9**t)
        v_hat = v / (1 - 0.999**t)
        theta = theta - rate * m_hat / (np.sqrt(v_hat) + 1e-8)
        yield theta, (m, v)


def nesterov_by_the_paper(theta, rates):
    """Sutskever et al. (2013), equations 3 and 4; what is yielded is the looked-ahead point.

    With the rate of a step constant the point theta + mu v is that at which the gradient of the next step is taken.
    """
    v = np.zeros_like(theta)
    for rate in rates:
        v_next = 0.9 * v - rate * gradient(theta + 0.9 * v)
        theta, v = theta + v_next, v_next
        yield theta + 0.9 * v, (v,)


PAPERS = {"adam": adam_by_the_paper, "sgd": nesterov_by_the_paper}
RATES = {"constant": np.full(N_STEPS, 3e-3), "falling": 3e-3 * np.cos(np.linspace(0, 1.5, N_STEPS))}


def test_every_update_has_a_reference():
    assert set(OPTIMIZERS) == set(PAPERS)
    assert all(OPTIMIZERS[name].name == name for name in OPTIMIZERS)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rates", sorted(RATES))
@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_trajectory(name, rates, dtype):
    update, theta = OPTIMIZERS[name], start(dtype)
    memory = tuple(np.zeros_like(theta) for _ in range(update.n_state_vectors))
    expected = PAPERS[name](start(np.float64), RATES[rates])
    for t, (rate, (point, remembered)) in enumerate(zip(RATES[rates], expected), 1):
        grad = gradient(theta)
        before = grad.copy()
        update.step(theta, grad, memory, float(rate), t)
        np.testing.assert_array_equal(grad, before)
        np.testing.assert_allclose(theta, point, rtol=RTOL[dtype], atol=RTOL[dtype])
        for held, wanted in zip(memory, remembered, strict=True):
            np.testing.assert_allclose(held, wanted, rtol=20 * RTOL[dtype], atol=20 * RTOL[dtype])
    assert np.abs(theta - start(dtype)).max() > 1e-2


@pytest.mark.parametrize("dtype", DTYPES)
def test_first_step_of_adam_has_the_length_of_the_rate(dtype):
    theta = np.zeros(5, dtype)
    grad = np.array([1e-3, -1.0, 1e3, 0.0, -1e6], dtype)
    OPTIMIZERS["adam"].step(theta, grad, (np.zeros_like(theta), np.zeros_like(theta)), 0.01, 1)
    np.testing.assert_allclose(theta, [-0.01, 0.01, -0.01, 0.0, 0.01], rtol=2e-5)


def test_epsilon_of_adam_stands_outside_the_corrected_root():
    """With a gradient as small as epsilon the two places of the correction differ."""
    theta, grad = np.zeros(1), np.array([1e-8])
    OPTIMIZERS["adam"].step(theta, grad, (np.zeros(1), np.zeros(1)), 1.0, 1)
    assert theta[0] == pytest.approx(-0.5, rel=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_nan_reaches_the_parameters(name, dtype):
    theta, grad = np.zeros(3, dtype), np.array([1.0, np.nan, 1.0], dtype)
    OPTIMIZERS[name].step(
        theta, grad, tuple(np.zeros_like(theta) for _ in range(OPTIMIZERS[name].n_state_vectors)), 0.1, 1
    )
    assert np.isnan(theta).tolist() == [False, True, False]


# Clipping.


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0, 1e12])
def test_clipping_shortens_to_the_limit_and_keeps_the_direction(factor, dtype):
    grad = start(dtype)
    limit = factor * float(np.linalg.norm(grad.astype(np.float64)))
    before = grad.copy()
    clip_norm(grad, limit)
    if factor > 1:
        np.testing.assert_array_equal(grad, before)
        return
    np.testing.assert_allclose(grad, factor * before, rtol=RTOL[dtype])
    assert np.linalg.norm(grad.astype(np.float64)) == pytest.approx(limit, rel=RTOL[dtype])


def test_the_norm_to_clip_is_taken_in_float64():
    # The squares overflow float32.
    grad = np.full(4, 1e30, np.float32)
    clip_norm(grad, 1.0)
    np.testing.assert_allclose(grad, 0.5, rtol=1e-6)


def test_clipping_leaves_zero_alone_and_hands_nan_on():
    grad = np.zeros(3)
    clip_norm(grad, 1e-300)
    assert (grad == 0).all()
    grad = np.array([1.0, np.nan])
    clip_norm(grad, 1e-3)
    assert np.isnan(grad[1])
