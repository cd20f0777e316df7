"""scikit-learn's common checks over all estimators and their variants."""

import numpy as np
import pytest
from settings import FIXED
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE

ESTIMATORS = [AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE]
QUICK = {"max_iter": 30}
VARIANTS = [
    {"tied_weights": True, **QUICK},
    {"hidden_layer_sizes": (7,), **QUICK},
    {"solver": "lbfgs", **QUICK},
    {"solver": "sgd", "batch_size": 5, "learning_rate_init": 1e-4, **QUICK},
    {"output_activation": "logistic", "alpha": 0.01, **QUICK},
]
# The same with start values that are drawn.
VARIANTS += [{**FIXED, **variant} for variant in VARIANTS]

WEIGHT_CHECKS = [f"check_sample_weight_equivalence_on_{kind}_data" for kind in ("dense", "sparse")]


def expected_failures(estimator):
    if isinstance(estimator, DenoisingAE) and estimator.noise_level != 0:
        reason = "two copies of a row meet different noise, a row of weight two meets one: they agree in expectation"
        return dict.fromkeys(WEIGHT_CHECKS, reason)
    if estimator.solver == "sgd":
        return dict.fromkeys(WEIGHT_CHECKS, "batches of 5 rows hold other rows when rows are repeated")
    return {}


@parametrize_with_checks(
    [cls(**settings) for settings in ({}, FIXED) for cls in ESTIMATORS], expected_failed_checks=expected_failures
)
def test_common_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(
    [cls(**variant) for cls in ESTIMATORS for variant in VARIANTS], expected_failed_checks=expected_failures
)
def test_common_checks_of_variants(estimator, check):
    check(estimator)


@parametrize_with_checks(
    [DenoisingAE(noise_level=0.0, **settings, **QUICK) for settings in ({}, FIXED)],
    expected_failed_checks=expected_failures,
)
def test_common_checks_without_noise(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.parametrize("cls", ESTIMATORS)
@pytest.mark.parametrize("settings", [FIXED, {}], ids=["fixed", "defaults"])
def test_no_check_of_the_defaults_fails(settings, cls):
    estimator = cls(**settings)
    results = check_estimator(estimator, expected_failed_checks=expected_failures(estimator), on_skip=None)
    assert [result["check_name"] for result in results if result["status"] == "failed"] == []
    assert sum(result["status"] == "passed" for result in results) >= 45


@pytest.mark.parametrize("cls", ESTIMATORS)
@pytest.mark.parametrize("settings", [FIXED, {}], ids=["fixed", "defaults"])
def test_log_loss_on_suitable_data(settings, cls, rng):
    # The common checks bring data outside [0, 1], so that this combination has a check of its own.
    X = rng.random((40, 6))
    estimator = cls(3, loss="log_loss", max_iter=5, random_state=0, **settings).fit(X)
    assert estimator.transform(X).shape == (40, 3)
    assert estimator.output_activation_ == "logistic"
    assert np.isfinite(estimator.score_samples(X)).all()
