"""PCANormalizer: scikit-learn's contract, the identity that it is for, and its inverse."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.utils.estimator_checks import parametrize_with_checks

from skae import AutoencoderTransformer
from skae.preprocessing import PCANormalizer


@parametrize_with_checks([PCANormalizer()])
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.fixture(params=[np.float64, np.float32])
def X(request, rng):
    return (rng.normal(size=(50, 4)) * [1, 10, 0.1, 3] + [0, 5, -2, 100]).astype(request.param)


def test_product_is_the_covariance(X):
    before = X.copy()
    Z = PCANormalizer().fit_transform(X)
    tolerance = 1e-12 if X.dtype == np.float64 else 1e-4
    np.testing.assert_allclose(Z.T @ Z, np.cov(X.T.astype(np.float64), bias=True), rtol=tolerance, atol=tolerance)
    np.testing.assert_array_equal(X, before)
    assert Z.dtype == X.dtype


def test_other_rows_are_scaled_by_the_training_rows(X):
    normalizer = PCANormalizer().fit(X)
    expected = (X[:3] - X.mean(axis=0, dtype=np.float64)) / np.sqrt(50)
    np.testing.assert_allclose(normalizer.transform(X[:3]), expected, rtol=1e-5, atol=1e-5)
    assert normalizer.n_samples_seen_ == 50


def test_inverse(X):
    normalizer = PCANormalizer().fit(X)
    Z = normalizer.transform(X)
    before = Z.copy()
    back = normalizer.inverse_transform(Z)
    np.testing.assert_allclose(back, X, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(Z, before)
    assert back.dtype == X.dtype


def test_in_place(X):
    normalizer = PCANormalizer(copy=False).fit(X)
    Z = normalizer.transform(X)
    assert np.shares_memory(Z, X) and np.shares_memory(normalizer.inverse_transform(Z), X)


def test_inverse_of_the_wrong_width(X):
    with pytest.raises(ValueError, match="X has 3 features, but PCANormalizer is expecting 4 features"):
        PCANormalizer().fit(X).inverse_transform(X[:, :3])


def test_least_loss_of_a_linear_autoencoder_is_the_smallest_eigenvalues(rng):
    X = rng.normal(size=(60, 4)) * [3, 2, 1, 0.5]
    Z = PCANormalizer().fit_transform(X)
    ae = AutoencoderTransformer(
        2, activation="identity", loss="squared_error", solver="lbfgs", max_iter=500, tol=1e-12, random_state=0
    ).fit(Z)
    eigenvalues = PCA().fit(X).explained_variance_ * 59 / 60
    # The loss is a mean over rows, the sum of squares of Z its m-fold.
    assert ae.loss_curve_[-1] * 60 == pytest.approx(eigenvalues[2:].sum(), rel=1e-4)
