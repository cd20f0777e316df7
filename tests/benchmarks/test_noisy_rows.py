"""Rows of the benchmark of noisy rows, and PCA at its best."""

import numpy as np
import pytest

from benchmarks.quality import noisy_rows


@pytest.mark.parametrize("data", noisy_rows.DATA)
def test_rows_have_their_shape_and_vary(data, rng):
    make, noise = noisy_rows.DATA[data]
    clean = make(rng)
    assert clean.shape == (1000, 200) and noise > 0
    assert np.ptp(clean, axis=0).max() > noise


def test_a_peak_is_where_it_should_be():
    rows = noisy_rows.peaks(np.array([[50.0], [60.0]]), np.array([4.0]), np.array([[2.0], [1.0]]))
    np.testing.assert_array_equal(rows.argmax(axis=1), [50, 60])
    assert rows[0, 50] == 2.0 and rows[0, 54] == pytest.approx(2.0 * np.exp(-0.5))


def test_pca_is_best_with_as_many_directions_as_there_are(rng):
    clean = rng.standard_normal((300, 3)) @ rng.standard_normal((3, 60))
    error, k = noisy_rows.best_of_pca(clean + 0.1 * rng.standard_normal(clean.shape), clean)
    assert k == 3
    # Of the noise, three of 60 directions are left.
    assert error == pytest.approx(0.01 * 3 / 60, rel=0.3)
