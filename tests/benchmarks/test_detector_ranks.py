"""The sets of the comparison of detectors, and the mean of the ranks."""

import numpy as np
import pytest
from sklearn.datasets import load_iris

from benchmarks.quality import detector_ranks
from benchmarks.quality.detector_ranks import SETS, anomalies, labelled, mixture, one, others, ranks


@pytest.mark.parametrize("name", [name for name in SETS if "digits" not in name])
def test_normal_rows_are_split_and_every_anomaly_is_tested(name):
    for part in SETS[name](0):
        normal = len(part.train) + (~part.anomalous).sum()
        assert len(part.train) == normal // 2 and part.anomalous.any()
        assert part.test.shape == (len(part.anomalous), part.train.shape[1])


def test_the_class_is_normal_or_the_anomaly():
    assert [part.anomalous.sum() for part in labelled(load_iris, one)(0)] == [100] * 3
    assert [part.anomalous.sum() for part in labelled(load_iris, others)(0)] == [50] * 3


def test_kinds_of_anomalies(monkeypatch, rng):
    monkeypatch.setattr(detector_ranks, "_ANOMALIES", 20_000)
    X, means, roots = mixture(np.random.default_rng(0))
    X, means, roots = X[:1], means[:1], roots[:1]
    covariance = roots[0].T @ roots[0]
    local = anomalies("local", X, means, roots, rng)
    np.testing.assert_allclose(np.cov(local.T), 5.0 * covariance, atol=0.05 * np.trace(covariance))
    np.testing.assert_allclose(local.mean(axis=0), means[0], atol=0.1)
    np.testing.assert_allclose(anomalies("clustered", X, means, roots, rng).mean(axis=0), 5.0 * means[0], atol=0.1)
    rows = rng.random((50, 3))
    found = anomalies("global", rows, None, np.zeros((50, 3, 3)), rng)
    low, high = rows.min(axis=0), rows.max(axis=0)
    np.testing.assert_allclose(found.min(axis=0), low - 0.05 * (high - low), atol=1e-2)
    found = anomalies("dependency", rows, None, np.zeros((50, 3, 3)), rng)
    assert np.isin(found, rows).all() and len(np.unique(found, axis=0)) > 50


def test_mean_ranks_share_ties():
    results = [{"auc": {"a": 0.9, "b": 0.8, "c": 0.7}}, {"auc": {"a": 1.0, "b": 1.0, "c": 0.5}}]
    assert ranks(results) == {"a": 1.25, "b": 1.75, "c": 3.0}
