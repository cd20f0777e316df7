"""Training that goes on from a file: bit for bit with the optimiser, from the same parameters without."""

import numpy as np
import pytest
from model_cases import SETTINGS, rows, same, with_holes

from skae import AutoencoderTransformer, DenoisingAE, SparseAE, load, save
from skae.estimator.base import BaseAutoencoder
from skae.training.monitor import TrainingMonitor

# All that training depends on beside the rows.
TRAININGS = {
    "adam": lambda **s: AutoencoderTransformer(**s),
    "sgd": lambda **s: AutoencoderTransformer(**s, solver="sgd"),
    "kfac": lambda **s: AutoencoderTransformer(**s, solver="kfac"),
    "lbfgs": lambda **s: DenoisingAE(**s, solver="lbfgs"),
    "noise": lambda **s: DenoisingAE(**s, corruption="salt_and_pepper", emphasis=0.5),
    "held rows": lambda **s: DenoisingAE(**s, early_stopping=True, learning_rate="plateau"),
    "revival": lambda **s: SparseAE(**s, sparsity="topk", n_active=1, anneal_epochs=3, revive_dead=True),
    "warm-up": lambda **s: AutoencoderTransformer(**s, warmup_epochs=5, max_grad_norm=0.1),
    "holes": lambda **s: AutoencoderTransformer(**s, missing_values="mask"),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.skae"


def made(name, dtype=np.float64, **parameters):
    estimator = TRAININGS[name](**{**SETTINGS, "warm_start": True, "batch_size": 8, **parameters})
    X = rows(dtype)
    return estimator, with_holes(X) if name == "holes" else X


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", TRAININGS)
def test_fit_goes_on_bit_for_bit(name, dtype, path):
    estimator, X = made(name, dtype)
    save(estimator.fit(X), path, include_optimizer=True)
    assert same(vars(load(path).fit(X)), vars(estimator.fit(X)))


@pytest.mark.parametrize("name", [name for name in TRAININGS if name not in ("lbfgs", "held rows")])
def test_partial_fit_goes_on_bit_for_bit(name, path):
    estimator, X = made(name)
    save(estimator.partial_fit(X[:20]), path, include_optimizer=True)
    assert same(vars(load(path).partial_fit(X[20:])), vars(estimator.partial_fit(X[20:])))


def interrupted_after(epochs, monkeypatch):
    """Let the next training be interrupted at the end of an epoch."""
    end, ended = TrainingMonitor.end_epoch, []

    def end_and_interrupt(monitor, loss):
        end(monitor, loss)
        ended.append(loss)
        if len(ended) == epochs:
            raise KeyboardInterrupt

    monkeypatch.setattr(TrainingMonitor, "end_epoch", end_and_interrupt)


@pytest.mark.parametrize("name", ["adam", "kfac", "held rows", "holes"])
def test_an_interrupted_fit_goes_on_bit_for_bit(name, path, monkeypatch):
    estimator, X = made(name, max_iter=6)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        interrupted_after(3, patch)
        estimator.fit(X)
    assert estimator.n_iter_ == 3
    save(estimator, path, include_optimizer=True)
    loaded = load(path)
    assert same(loaded._fitted.training.progress, estimator._fitted.training.progress)
    assert same(vars(loaded.fit(X)), vars(estimator.fit(X)))
    assert loaded.n_iter_ == 6


@pytest.mark.parametrize("name", TRAININGS)
def test_without_the_optimiser_it_goes_on_with_a_new_one(name, path):
    estimator, X = made(name)
    save(estimator.fit(X), path)
    loaded = load(path)
    assert (
        isinstance(loaded, BaseAutoencoder)
        and loaded._fitted.training.optimizer_state == ()
        and loaded._fitted.training.progress is None
    )
    assert same(loaded._fitted.network, estimator._fitted.network)
    # A training whose optimiser is made to forget is the reference.
    estimator._fitted.training.optimizer_state, estimator._fitted.training.step = (), 0
    assert same(vars(loaded.fit(X)), vars(estimator.fit(X)))
    assert loaded.n_iter_ == estimator.n_iter_


def test_the_optimiser_makes_the_file_larger(path):
    estimator = AutoencoderTransformer(**{**SETTINGS, "n_components": 500}).fit(rows())
    save(estimator, path)
    alone = path.stat().st_size
    save(estimator, path, include_optimizer=True)
    assert path.stat().st_size - alone >= 2 * estimator._fitted.network.theta.nbytes


def test_revived_units_are_counted_on(path):
    X = np.maximum(rows() - 0.5, 0)
    estimator = SparseAE(
        **{**SETTINGS, "n_components": 40, "max_iter": 5}, sparsity="topk", n_active=1, activation="relu",
        sparsity_weight=0.0, revive_dead=True, warm_start=True,
    ).fit(X)  # fmt: skip
    assert estimator.n_revived_ > 0
    save(estimator, path)
    assert load(path).n_revived_ == estimator.n_revived_
