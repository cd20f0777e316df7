"""Pipelines through skops, with the list of the types that it has to trust."""

import numpy as np
import pytest
from model_cases import CASES, SETTINGS, fitted, outputs, rows, same
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skae import DenoisingAE, SparseAE
from skae.model_files import SKOPS_TRUSTED_TYPES
from skae.training.state import FitProgress, Seed, fixed_seed

skops = pytest.importorskip("skops.io")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CASES)
def test_a_pipeline_computes_the_same_bits(name, dtype):
    X = rows(dtype)
    scalers = make_pipeline(StandardScaler(), MinMaxScaler((0.1, 0.9))).fit(X)
    pipeline = make_pipeline(*scalers, CASES[name](scalers.transform(X)))
    loaded = skops.loads(skops.dumps(pipeline), trusted=SKOPS_TRUSTED_TYPES)
    expected = outputs(pipeline, X)
    assert expected and same(outputs(loaded, X), expected)


def test_an_interrupted_fit():
    estimator = SparseAE(**SETTINGS, warm_start=True).fit(rows())
    estimator._fitted.training.progress = FitProgress(epoch=1, order=np.arange(40), data=(40, 6, 40, "float64", 5))
    loaded = skops.loads(skops.dumps(estimator), trusted=SKOPS_TRUSTED_TYPES)
    assert same(loaded._fitted.training.progress, estimator._fitted.training.progress)
    assert same(loaded.fit(rows())._fitted.network, estimator.fit(rows())._fitted.network)


def test_training_with_held_rows_goes_on():
    X, settings = rows(), {**SETTINGS, "early_stopping": True, "warm_start": True, "noise_level": 0.2}
    estimator = DenoisingAE(**settings).fit(X)
    estimator._fitted.training.progress = FitProgress(
        validation_noise=Seed.of(fixed_seed(np.random.default_rng(0))), data=(1,)
    )
    loaded = skops.loads(skops.dumps(estimator), trusted=SKOPS_TRUSTED_TYPES)
    assert same(loaded._fitted.training, estimator._fitted.training)
    assert same(loaded.fit(X)._fitted.network, estimator.fit(X)._fitted.network)


def perceptrons(X, **parameters):
    """One of each kind that starts from an encoder, fitted."""
    encoder, y = fitted("deep, tied", X.dtype.name), np.arange(len(X)) % 2
    return [
        encoder.to_mlp(kind, max_iter=2, random_state=0, **parameters).fit(X, y) for kind in ("classifier", "regressor")
    ]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_perceptrons_that_start_from_an_encoder(solver):
    X = rows()
    for perceptron in perceptrons(X, solver=solver):
        loaded = skops.loads(skops.dumps(perceptron), trusted=SKOPS_TRUSTED_TYPES)
        assert same(loaded.predict(X), perceptron.predict(X))
        # From the encoder, as its copy does.
        y = np.arange(len(X)) % 2
        assert same(loaded.fit(X, y).predict(X), clone(perceptron).fit(X, y).predict(X))


def test_a_perceptron_that_was_not_fitted_yet():
    started = fitted("plain", "float64").to_mlp()
    loaded = skops.loads(skops.dumps(started), trusted=SKOPS_TRUSTED_TYPES)
    assert same(loaded.coefs_, started.coefs_)


def test_the_list_is_what_skops_asks_for_and_nothing_more():
    interrupted = SparseAE(**SETTINGS).fit(rows())
    interrupted._fitted.training.progress = FitProgress()
    asked = set()
    started = [*perceptrons(rows(), solver="adam"), *perceptrons(rows(), solver="sgd")]
    for estimator in [interrupted, *started, *(fitted(name, "float64") for name in CASES)]:
        asked |= set(skops.get_untrusted_types(data=skops.dumps(estimator)))
    assert asked == set(SKOPS_TRUSTED_TYPES)
    assert len(SKOPS_TRUSTED_TYPES) == len(asked)
