"""Scores of AutoencoderOutlierDetector by the distance of residuals, against plain formulas."""

import pickle
import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, DenoisingAE, load, save

INNER = {"init": "glorot", "solver": "lbfgs", "max_iter": 30, "random_state": 0}


@pytest.fixture
def X(rng):
    return rng.normal(size=(120, 3)) @ rng.normal(size=(3, 8)) + 0.1 * rng.normal(size=(120, 8)) * np.arange(1, 9)


def precision_by_formula(residuals):
    """P of the docstring."""
    n_rows, n_features = residuals.shape
    share = min(1.0, 0.5 + n_features / n_rows)
    covariance = np.einsum("ni,nj->ij", residuals, residuals) / n_rows
    variance = np.mean(np.diag(covariance))
    return variance * np.linalg.inv((1 - share) * covariance + share * variance * np.eye(n_features))


def distances(residuals, precision):
    return np.array([r @ precision @ r for r in residuals])


@pytest.mark.parametrize("n_rows", [120, 40, 9, 5])
def test_score_is_minus_the_distance_by_residuals_of_the_training_rows(X, n_rows):
    X = X[:n_rows]
    inner = AutoencoderTransformer(2, **INNER)
    detector = AutoencoderOutlierDetector(inner, distance="mahalanobis").fit(X)
    own = X - clone(inner).fit(X).reconstruct(X)
    precision = precision_by_formula(own)
    np.testing.assert_allclose(detector.precision_, precision, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(-detector.score_samples(X), distances(own, precision), rtol=1e-6)
    if n_rows == 5:
        np.testing.assert_allclose(precision, np.eye(8), atol=1e-12)


def test_offset_is_that_of_distances_of_rows_that_were_held_out(X):
    """By clones, each with the residuals of the rows that it was trained on."""
    inner = AutoencoderTransformer(2, **INNER)
    detector = AutoencoderOutlierDetector(inner, contamination=0.1, calibration="cross-fit", distance="mahalanobis")
    detector.fit(X)
    part, held = np.empty(len(X), int), np.empty(len(X))
    part[np.argsort(-detector.score_samples(X))] = np.arange(len(X)) % 5
    for k in range(5):
        fitted = clone(inner).fit(X, sample_weight=(part != k).astype(float))
        residuals = X - fitted.reconstruct(X)
        held[part == k] = distances(residuals[part == k], precision_by_formula(residuals[part != k]))
    # ceil(121 * 0.9) = 109.
    assert -detector.offset_ == pytest.approx(np.sort(held)[108], rel=1e-6)


def test_even_residuals_have_the_distance_of_their_loss(rng):
    # Of one unit that is constant the residuals are the deviations from the mean, here with one variance.
    X = rng.normal(size=(20_000, 3)).astype(np.float32)
    inner = AutoencoderTransformer(1, alpha=1e3, **INNER)
    detector = AutoencoderOutlierDetector(inner, distance="mahalanobis").fit(X)
    np.testing.assert_allclose(detector.score_samples(X), detector.estimator_.score_samples(X), rtol=0.05)
    assert detector.score_samples(X).dtype == np.float32


def test_what_auto_is(X, rng):
    assert AutoencoderOutlierDetector(random_state=0).fit(X).precision_.shape == (8, 8)
    for parameters in ({"distance": "loss"}, {"estimator": DenoisingAE(2, **{**INNER, "solver": "adam"})}):
        detector = AutoencoderOutlierDetector(random_state=0).set_params(**parameters).fit(X)
        assert detector.precision_ is None
        np.testing.assert_array_equal(detector.score_samples(X), detector.estimator_.score_samples(X))
    wide = AutoencoderOutlierDetector(random_state=0, calibration="training").fit(rng.normal(size=(30, 513)))
    assert wide.precision_ is None


def test_the_autoencoder_is_the_same_whatever_the_distance(X):
    fitted = [AutoencoderOutlierDetector(random_state=0, distance=name).fit(X) for name in ("loss", "mahalanobis")]
    np.testing.assert_array_equal(*(detector.estimator_.transform(X) for detector in fitted))
    errors = [detector.reconstruction_error(X, per_feature=True) for detector in fitted]
    np.testing.assert_array_equal(*errors)


@pytest.mark.parametrize("unit", [2.0**-20, 2.0**10, 2.0**100])
def test_distances_have_squared_units_of_the_rows(X, unit):
    detector = AutoencoderOutlierDetector(random_state=0, contamination=0.1)
    own, scaled = clone(detector).fit(X), clone(detector).fit(X * unit)
    np.testing.assert_allclose(scaled.score_samples(X * unit) / unit**2, own.score_samples(X), rtol=1e-6)
    np.testing.assert_array_equal(scaled.predict(X * unit), own.predict(X))


def test_a_small_error_where_there_are_none_counts(rng):
    """Two columns that are equal, and ten of noise: a row in which they differ by less than the noise is found."""
    noise = rng.normal(size=(400, 10))
    of_both = rng.normal(size=(400, 1))
    X = np.hstack([of_both + 0.01 * rng.normal(size=(400, 2)), noise])
    odd = X[:50].copy()
    odd[:, 0] += 1.0
    found = {}
    for name in ("loss", "mahalanobis"):
        detector = AutoencoderOutlierDetector(random_state=0, distance=name).fit(X[50:])
        scores = np.concatenate([detector.score_samples(X[:50]), detector.score_samples(odd)])
        found[name] = roc_auc_score(np.arange(100) >= 50, -scores)
    assert found["mahalanobis"] > found["loss"] + 0.03


def test_breast_cancer_is_found_better_than_by_the_loss():
    X, y = load_breast_cancer(return_X_y=True)
    benign = X[y == 1]
    scaler = StandardScaler().fit(benign[::2])
    test = scaler.transform(np.vstack([benign[1::2], X[y == 0]]))
    anomalous = np.arange(len(test)) >= len(benign[1::2])
    found = []
    for name in ("loss", "auto"):
        detector = AutoencoderOutlierDetector(random_state=0, distance=name).fit(scaler.transform(benign[::2]))
        found.append(roc_auc_score(anomalous, -detector.score_samples(test)))
    assert found[1] > found[0] + 0.005


def test_weights_of_rows_are_repetitions(X, rng):
    weights = rng.integers(0, 4, size=len(X))
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(2, **INNER), distance="mahalanobis")
    weighted = clone(detector).fit(X, sample_weight=weights)
    repeated = clone(detector).fit(np.repeat(X, weights, axis=0))
    np.testing.assert_allclose(weighted.precision_, repeated.precision_, rtol=1e-4, atol=1e-4)


def test_entries_that_are_missing_have_no_part_in_it(X):
    inner = AutoencoderTransformer(2, missing_values="mask", **{**INNER, "solver": "adam"})
    detector = AutoencoderOutlierDetector(inner, distance="mahalanobis").fit(X)
    row = X[:1].copy()
    row[0, 4] = np.nan
    residual = np.nan_to_num(row - detector.estimator_.reconstruct(row))[0]
    assert -detector.score_samples(row)[0] == pytest.approx(residual @ detector.precision_ @ residual, rel=1e-6)


def test_sparse_rows_are_the_dense_ones(X):
    X = np.where(X > 0.5, X, 0.0)
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(2, **INNER), distance="mahalanobis")
    dense, stored = clone(detector).fit(X), clone(detector).fit(sparse.csr_array(X))
    np.testing.assert_allclose(stored.precision_, dense.precision_, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(dense.score_samples(sparse.csr_array(X)), dense.score_samples(X), rtol=1e-9)


def test_offsets_of_columns_cost_no_digits(X):
    detector = AutoencoderOutlierDetector(random_state=0)
    near = clone(detector).fit(X.astype(np.float32))
    far = clone(detector).fit((X + 1000.0).astype(np.float32))
    np.testing.assert_allclose(far.score_samples((X + 1000.0).astype(np.float32)), near.score_samples(X), rtol=0.3)


def test_rows_that_are_reconstructed_exactly_have_losses():
    X = np.zeros((40, 5))
    detector = AutoencoderOutlierDetector(random_state=0).fit(X)
    assert detector.precision_ is None
    assert (detector.predict(X) == 1).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_number_of_distinct_rows_is_exact(dtype, rng):
    X = rng.standard_normal((3000, 20)).astype(dtype)
    inner = AutoencoderTransformer(2, **INNER)
    detector = AutoencoderOutlierDetector(inner, calibration="training", distance="mahalanobis")
    own = X - clone(inner).fit(X).reconstruct(X)
    np.testing.assert_allclose(detector.fit(X).precision_, precision_by_formula(own), rtol=1e-3, atol=1e-4)
    repeated = clone(detector).fit(np.repeat(X[:50], 3, axis=0)).precision_
    np.testing.assert_allclose(repeated, clone(detector).fit(X[:50]).precision_, rtol=0.05, atol=0.05)


def test_rows_of_no_weight_have_no_part_in_it(X):
    far = np.vstack([X, np.full((1, 8), 1e160)])
    weights = np.r_[np.ones(len(X)), 0.0]
    inner = AutoencoderTransformer(2, **INNER)
    detector = AutoencoderOutlierDetector(inner, distance="mahalanobis")
    own, other = clone(detector).fit(X).precision_, clone(detector).fit(far, sample_weight=weights).precision_
    np.testing.assert_allclose(other, own, rtol=1e-3, atol=1e-3)


def test_memory_of_scores_does_not_grow_with_the_rows(X):
    detector, peaks = AutoencoderOutlierDetector(random_state=0).fit(X), []
    for times in (1000, 3000):
        many = np.tile(X, (times, 1))
        tracemalloc.start()
        detector.score_samples(many)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The scores themselves are an eighth of the rows.
    assert peaks[1] - peaks[0] < many.nbytes / 4


def test_even_errors_are_found_nearly_as_often_as_by_the_loss(rng):
    """Five hidden variables in 30 columns with noise: anomalies have more of it."""
    columns = rng.standard_normal((5, 30))
    X, normal, odd = (
        rng.standard_normal((n, 5)) @ columns + 0.5 * rng.standard_normal((n, 30)) for n in (200, 400, 400)
    )
    odd += 0.6 * rng.standard_normal(odd.shape)
    scaler = StandardScaler().fit(X)
    test, anomalous = scaler.transform(np.vstack([normal, odd])), np.arange(800) >= 400
    found = []
    for name in ("loss", "auto"):
        detector = AutoencoderOutlierDetector(random_state=0, contamination=0.05, distance=name)
        found.append(roc_auc_score(anomalous, -detector.fit(scaler.transform(X)).score_samples(test)))
    assert found[1] > found[0] - 0.015


def test_through_files_and_pickles(X, tmp_path):
    detector = AutoencoderOutlierDetector(random_state=0).fit(X)
    save(detector, tmp_path / "detector.skae")
    for again in (load(tmp_path / "detector.skae"), pickle.loads(pickle.dumps(detector)), clone(detector).fit(X)):
        np.testing.assert_array_equal(again.precision_, detector.precision_)
        np.testing.assert_array_equal(again.score_samples(X), detector.score_samples(X))


class Foreign(BaseEstimator):
    """What the detector asks of its estimator, and no more."""

    fits = 0

    def fit(self, X, y=None, sample_weight=None):
        Foreign.fits += 1
        self.n_features_in_ = X.shape[1]
        return self

    def score_samples(self, X):
        return -np.square(X).sum(axis=1)

    def reconstruction_error(self, X, per_feature=False):
        return np.square(X) if per_feature else np.square(X).sum(axis=1)


def test_an_estimator_of_another_library_has_losses_alone(X):
    assert AutoencoderOutlierDetector(Foreign()).fit(X).precision_ is None
    before = Foreign.fits
    with pytest.raises(ValueError, match=r"distance.*'mahalanobis'"):
        AutoencoderOutlierDetector(Foreign(), distance="mahalanobis").fit(X)
    # Before anything was trained.
    assert Foreign.fits == before
