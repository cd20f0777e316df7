"""Determinism: the seed alone decides, not the number of BLAS threads nor NumPy's global random state."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.kernels.corruptions import CORRUPTIONS
from skae.training.solvers import SOLVERS

ESTIMATORS = [
    AutoencoderTransformer(),
    *(DenoisingAE(corruption=name) for name in sorted(CORRUPTIONS)),
    SparseAE(),
    ContractiveAE(),
]


def fitted(estimator, solver, seed=0, shape=(64, 9), **changes):
    """A short fit of a copy of an estimator."""
    X = np.random.default_rng(81).uniform(0, 1, shape)
    parameters = {
        "n_components": 5,
        "solver": solver,
        "max_iter": 3,
        "batch_size": 16,
        "early_stopping": True,
        "random_state": seed,
        **changes,
    }
    return type(estimator)(**{**estimator.get_params(), **parameters}).fit(X)


def same(one, other, rtol=0.0, atol=0.0):
    for first, second in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_allclose(first, second, rtol=rtol, atol=atol)
    np.testing.assert_allclose(one.loss_curve_, other.loss_curve_, rtol=rtol)
    np.testing.assert_allclose(one.validation_loss_curve_, other.validation_loss_curve_, rtol=rtol)


@pytest.mark.parametrize("solver", sorted(SOLVERS))
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
def test_the_same_seed_gives_the_same_weights(estimator, solver):
    first, again, other = (fitted(estimator, solver, seed) for seed in (0, 0, 1))
    same(first, again)
    assert (first.coefs_[0] != other.coefs_[0]).any()


@pytest.mark.parametrize("solver", sorted(SOLVERS))
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
def test_the_number_of_blas_threads_does_not_matter(estimator, solver):
    if not any(library["user_api"] == "blas" for library in threadpool_info()):
        pytest.skip("no BLAS whose threads can be counted")
    # Products large enough for BLAS to divide among its threads.
    size = {"shape": (160, 100), "n_components": 64, "batch_size": 128}
    results = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, user_api="blas"):
            results.append(fitted(estimator, solver, **size))
    same(*results, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("solver", sorted(SOLVERS))
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
def test_numpys_global_random_state_is_untouched(estimator, solver):
    np.random.seed(82)  # noqa: NPY002
    before = np.random.get_state()  # noqa: NPY002
    first = fitted(estimator, solver)
    for one, other in zip(before, np.random.get_state()):  # noqa: NPY002
        np.testing.assert_array_equal(one, other)
    np.random.seed(83)  # noqa: NPY002
    same(first, fitted(estimator, solver))


def test_a_random_state_object_is_advanced():
    source = np.random.RandomState(84)
    one, two = (fitted(AutoencoderTransformer(), "adam", source) for _ in range(2))
    assert (one.coefs_[0] != two.coefs_[0]).any()
    same(one, fitted(AutoencoderTransformer(), "adam", np.random.RandomState(84)))
