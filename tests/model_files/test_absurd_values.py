"""Values that no fitted estimator has, in files that are whole: refused with the path and the name of the value."""

from functools import cache, reduce
from reprlib import repr as shortened

import numpy as np
import pytest
from model_bytes import repacked
from model_cases import CASES, SETTINGS, rows, with_holes
from scipy.sparse import csr_array

from skae import DenoisingAE, SparseAE, save
from skae.training.state import FitProgress


def interrupted(X):
    """An autoencoder in the middle of a fit, with all that a file holds of one."""
    estimator = DenoisingAE(
        **SETTINGS, early_stopping=True, corruption="salt_and_pepper", missing_values="mask", warm_start=True
    ).fit(with_holes(X))
    theta = estimator._fitted.network.theta
    estimator._fitted.training.progress = FitProgress(
        epoch=1, best=1.0, best_theta=theta, theta=theta, data=(4, 6, 4, "f", 5)
    )
    return estimator


_TIED = {"sparsity": "topk", "n_active": 1, "activation": "relu", "tied_weights": True}

MODELS = {
    "interrupted": interrupted,
    "tied, sparse rows": lambda X: SparseAE(**SETTINGS, **_TIED).fit(csr_array(X)),
    **{name: CASES[name] for name in ("detector", "imputer", "linear imputer", "normalizer", "plain")},
}

NAN, INFINITE = {"float": "nan"}, {"float": "inf"}

# Where the value is in the JSON, one that is absurd, and what is said of it.
FIELDS = [
    ("detector", "fitted offset", NAN, "offset must be finite"),
    ("detector", "fitted offset", INFINITE, "offset must be finite"),
    ("detector", "fitted offset", 10**400, "offset must be a float"),
    ("detector", "parameters contamination", 10**400, "'contamination' parameter"),
    ("imputer", "fitted n_samples_seen", -1, "n_samples_seen must be"),
    ("imputer", "fitted n_samples_seen", True, "n_samples_seen must be"),
    ("imputer", "fitted n_samples_seen", "40", "n_samples_seen must be"),
    ("imputer", "fitted n_samples_seen", 10**400, "n_samples_seen must be"),
    ("imputer", "parameters estimator", "pca", "'estimator' parameter"),
    ("normalizer", "fitted n_samples_seen", 0, "n_samples_seen must be"),
    ("normalizer", "fitted n_samples_seen", 10**400, "n_samples_seen must be"),
    ("tied, sparse rows", "fitted training step_scale", 0.0, "step_scale must be a positive number"),
    ("tied, sparse rows", "fitted training step_in_one_unit", 1, "step_in_one_unit"),
    ("tied, sparse rows", "fitted training step_in_one_unit", False, "step_in_one_unit must be true for weights"),
    ("interrupted", "fitted training reference", NAN, "reference must be finite"),
    ("interrupted", "fitted training reference", INFINITE, "reference must be finite"),
    ("interrupted", "fitted training run best", NAN, "best must be a number"),
    ("interrupted", "fitted training run held_best", NAN, "held_best must be a number"),
    ("interrupted", "fitted training run cuts", 4, "cuts must be an integer from 0 to 3"),
    ("interrupted", "fitted training shuffle_rng state", [1, 2], "increment of PCG64 must be odd"),
    ("interrupted", "fitted training epoch", 2**70, "epoch must be"),
    ("interrupted", "fitted architecture encoder_sizes", [6] + [1] * 1001, "from 2 to 1001 sizes"),
    ("interrupted", "fitted architecture encoder_sizes", [6, 2**53], "'theta' has"),
    *[
        ("plain", f"parameters {name}", value, f"'{name}' parameter")
        for name in ("alpha", "learning_rate_init", "max_grad_norm", "tol", "warmup_epochs", "n_components", "max_iter")
        for value in (10**400, -(10**400), NAN, INFINITE)
    ],
]

# Arrays, one value in them that is absurd, and what is said of it.
ARRAYS = [
    ("imputer", "fitted/scale", 0.0, "greater than 0"),
    ("imputer", "fitted/scale", -1.0, "greater than 0"),
    ("imputer", "fitted/scale", np.nan, "not finite"),
    ("imputer", "fitted/mean", np.inf, "not finite"),
    ("imputer", "fitted/variance", -1.0, "at least 0, and finite"),
    ("imputer", "fitted/variance", np.nan, "at least 0, and finite"),
    ("imputer", "fitted/variance", np.inf, "at least 0, and finite"),
    ("imputer", "fitted/linear_weights", -0.1, "from 0 to 1"),
    ("imputer", "fitted/linear_weights", 1.1, "from 0 to 1"),
    ("imputer", "fitted/linear_weights", np.nan, "not finite"),
    ("linear imputer", "fitted/linear_weights", 0.5, "linear_weights must be 1 without"),
    ("imputer", "fitted/linear_noise", 0.0, "greater than 0"),
    ("imputer", "fitted/linear_noise", np.nan, "not finite"),
    ("imputer", "fitted/linear_means", np.inf, "not finite"),
    ("imputer", "fitted/linear_loadings", np.nan, "not finite"),
    ("imputer", "fitted/n_samples_seen", -1, "n_samples_seen must be"),
    ("normalizer", "fitted/mean", np.nan, "not finite"),
    ("interrupted", "fitted/theta", np.inf, "not finite"),
    ("interrupted", "fitted/column_means", np.nan, "not finite"),
    ("interrupted", "fitted/observed_sums", np.inf, "not finite"),
    ("interrupted", "fitted/observed_weights", -1.0, "at least 0"),
    ("interrupted", "fitted/least", 2.0, "at most the greatest"),
    ("interrupted", "fitted/loss_curve", np.nan, "must be finite"),
    ("interrupted", "fitted/training/memory_0", np.nan, "must be numbers"),
    ("interrupted", "fitted/training/run/theta", np.nan, "not finite"),
    ("interrupted", "fitted/training/run/best_theta", np.inf, "not finite"),
]


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The file of a model, by its name."""
    folder = tmp_path_factory.mktemp("whole")

    @cache
    def of(name):
        save(MODELS[name](rows()), folder / name, include_optimizer=True)
        return (folder / name).read_bytes()

    return of


@pytest.mark.parametrize("name", MODELS)
def test_without_a_change_they_are_loaded(name, content, loaded):
    whole = repacked(content(name), lambda model, arrays: None)
    assert whole == content(name)
    loaded(whole)


@pytest.mark.parametrize(("name", "path", "value", "match"), FIELDS, ids=shortened)
def test_fields(name, path, value, match, content, loaded):
    def change(model, arrays):
        *parents, field = path.split()
        reduce(dict.__getitem__, parents, model)[field] = value
        if field == "n_samples_seen":
            arrays.pop("fitted/n_samples_seen", None)

    with pytest.raises(ValueError, match=match):
        loaded(repacked(content(name), change))


@pytest.mark.parametrize(("name", "array", "value", "match"), ARRAYS)
def test_arrays(name, array, value, match, content, loaded):
    def change(model, arrays):
        arrays[array].flat[0] = value

    with pytest.raises(ValueError, match=match):
        loaded(repacked(content(name), change))


def test_coordinates_of_steps_as_they_were_saved_first(content, loaded):
    def change(model, arrays):
        assert model["fitted"]["training"].pop("step_in_one_unit") is True

    whole, before = (loaded(repacked(content("tied, sparse rows"), one)) for one in (lambda *_: None, change))
    assert before._fitted.training.step_coordinates[1:] == whole._fitted.training.step_coordinates[1:]


def test_more_losses_on_held_rows_than_epochs(content, loaded):
    def change(model, arrays):
        arrays["fitted/validation_loss_curve"] = np.ones(3)

    with pytest.raises(ValueError, match="losses of 2 epochs, but of 3"):
        loaded(repacked(content("interrupted"), change))


def test_what_overflows_in_a_training_is_no_reason_to_refuse(content, loaded):
    def change(model, arrays):
        arrays["fitted/training/memory_1"][0] = np.inf
        arrays["fitted/validation_loss_curve"][0] = np.inf
        model["fitted"]["training"]["run"]["held_best"] = INFINITE

    loaded(repacked(content("interrupted"), change))
