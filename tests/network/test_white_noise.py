"""The noise that rows show in the spectrum of their covariance."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.preprocessing import StandardScaler

from skae.network.white_noise import _distribution, white_noise


def signal(rng, n_rows, n_features, rank=3):
    return rng.standard_normal((n_rows, rank)) @ rng.standard_normal((rank, n_features))


@pytest.mark.parametrize("shape", [(70, 70), (100, 60), (400, 120), (60, 1000), (300, 300)])
@pytest.mark.parametrize("noise", ["normal", "uniform"])
def test_the_noise_that_was_added(shape, noise, rng):
    drawn = rng.standard_normal(shape) if noise == "normal" else rng.uniform(-(3**0.5), 3**0.5, shape)
    assert white_noise(signal(rng, *shape) + 0.3 * drawn) == pytest.approx(0.3, rel=0.05)


@pytest.mark.parametrize("ratio", [0.05, 0.5, 1.0])
def test_eigenvalues_of_noise_alone_are_distributed_so(ratio, rng):
    n_rows, n_features = 500, int(500 * ratio)
    drawn = rng.standard_normal((n_rows, n_features))
    values = np.linalg.eigvalsh(drawn.T @ drawn / n_rows)
    shares = (np.arange(n_features) + 0.5) / n_features
    assert np.abs(_distribution(values, ratio) - shares).max() < 3.5 / n_features
    edges = (1.0 + np.array([-1.0, 1.0]) * np.sqrt(ratio)) ** 2
    np.testing.assert_allclose(_distribution(edges, ratio), [0.0, 1.0], atol=1e-12)


def answers(rng, n_levels):
    """Items that have half of their variance in common with those of their group, as numbers from zero on."""
    group = np.arange(80) % 4 == np.arange(4)[:, None]
    values = 0.5**0.5 * (rng.standard_normal((400, 4)) @ group + rng.standard_normal((400, 80)))
    return np.clip(np.round((values + 2.5) / 5.0 * (n_levels - 1)), 0, n_levels - 1)


def test_readings_of_an_instrument_show_their_noise_and_answers_do_not(rng):
    readings = answers(rng, 200)
    assert white_noise(readings) == pytest.approx(0.5**0.5 * 199 / 5, rel=0.05)
    assert white_noise(answers(rng, 5)) == white_noise(StandardScaler().fit_transform(answers(rng, 5))) == 0.0


TABLES = {
    "iris": lambda rng: load_iris().data,
    "wine": lambda rng: load_wine().data,
    "diabetes": lambda rng: load_diabetes().data,
    "breast_cancer": lambda rng: load_breast_cancer().data,
    "digits": lambda rng: load_digits().data,
    "few digits": lambda rng: load_digits().data[:80],
    "one-hot": lambda rng: np.eye(6)[rng.integers(6, size=(500, 20))].reshape(500, -1),
    "counts": lambda rng: rng.poisson(np.exp(0.5 * signal(rng, 500, 100))),
    "noise alone": lambda rng: rng.standard_normal((400, 100)),
    "directions alone": lambda rng: signal(rng, 400, 100),
    "the same in float32": lambda rng: signal(rng, 400, 100).astype(np.float32),
    "noise that differs": lambda rng: rng.uniform(0.1, 2.0, 100) * (signal(rng, 400, 100) + rng.random((400, 100))),
    "noise that goes together": lambda rng: signal(rng, 400, 100) + rng.standard_normal((400, 100)).cumsum(axis=1),
    "answers": lambda rng: answers(rng, 5),
    "answers on a scale of eleven": lambda rng: answers(rng, 11),
    "few columns": lambda rng: signal(rng, 400, 40) + rng.standard_normal((400, 40)),
    "one row": lambda rng: rng.standard_normal((1, 100)),
    "the same rows": lambda rng: np.ones((100, 100)),
    "gaps in all rows": lambda rng: np.where(np.eye(100) > 0, np.nan, signal(rng, 100, 100)),
}


@pytest.mark.parametrize("table", TABLES)
def test_other_tables_show_none(table, rng):
    X = np.asarray(TABLES[table](rng), np.float64)
    assert white_noise(X) == 0.0
    if table not in ("noise that differs", "gaps in all rows"):
        assert white_noise(StandardScaler().fit_transform(X)) == 0.0


@pytest.mark.parametrize("unit", [1e-150, 1e150])
def test_in_any_unit(unit, rng):
    X = signal(rng, 200, 80) + rng.standard_normal((200, 80))
    assert white_noise(unit * X) == pytest.approx(unit * white_noise(X))
    assert white_noise(X) > 0.0
