"""A refit leaves nothing of the fit before it, and until its end the estimator is what it was."""

import itertools

import joblib
import numpy as np
import pandas as pd
import pytest
from numba import config
from scipy import sparse
from sklearn.base import clone

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.estimator.input import known_rows
from skae.impute import AutoencoderImputer
from skae.training.callbacks import Callback, use_callback

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ANY = [
    {},
    {"solver": "lbfgs", "tied_weights": True},
    {"solver": "sgd", "early_stopping": True},
    {"solver": "kfac", "early_stopping": True},
    {"missing_values": "mask", "hidden_layer_sizes": (3,)},
    {"learning_rate": "plateau", "loss": "squared_error"},
]
NOISY = [
    {"corruption": "salt_and_pepper", "noise_level": 0.2},
    {"corruption": "masking", "noise_level": 0.3, "emphasis": 0.5},
    {"noise_level": 0.0},
]
SPARSE = [
    {"sparsity": "topk", "n_active": 1, "activation": "relu", "revive_dead": True},
    {"sparsity": "lifetime", "activation": "relu"},
]
SETTINGS = {
    AutoencoderTransformer: ANY,
    DenoisingAE: ANY + NOISY,
    ContractiveAE: ANY + NOISY,
    SparseAE: ANY + NOISY + SPARSE,
}


def rows():
    """Rows of several kinds and widths."""
    rng = np.random.default_rng(0)
    return {
        "array": 100.0 * rng.random((30, 6)),
        "binary": (rng.random((20, 4)) > 0.5).astype(float),
        "frame": pd.DataFrame(rng.random((20, 4)), columns=list("abcd")),
        "sparse": sparse.random(20, 300, 0.02, "csr", random_state=0),
    }


def fitted_state(ae):
    return {name: joblib.hash(value) for name, value in vars(ae).items()}


FIRST, *OTHERS = SETTINGS


@pytest.mark.parametrize("kind", [FIRST, *(pytest.param(kind, marks=pytest.mark.slow) for kind in OTHERS)])
def test_nothing_is_left_of_the_fit_before(kind):
    first, kinds = kind(2, max_iter=2, random_state=0), rows()
    cases = [(settings, name) for settings in SETTINGS[kind] for name in kinds]
    alone = [fitted_state(clone(first).set_params(**settings).fit(kinds[name])) for settings, name in cases]
    pairs = list(itertools.permutations(range(len(cases)), 2))
    # As plain Python the kernels take seconds for a pair.
    for i, j in pairs[:: max(1, len(pairs) // (8 if config.DISABLE_JIT else 150))]:
        ae = clone(first).set_params(**cases[i][0]).fit(kinds[cases[i][1]])
        ae.set_params(**{**first.get_params(), **cases[j][0]}).fit(kinds[cases[j][1]])
        assert fitted_state(ae) == alone[j], f"{cases[j]} after {cases[i]}"


class Uses(Callback):
    """Uses an estimator in the middle of its own training, as another thread may."""

    def __init__(self, use):
        self.use = use
        self.seen = []

    def end(self, epoch, loss, validation_loss):
        self.seen.append(self.use())
        return False


def holed(X):
    return np.where(np.arange(X.size).reshape(X.shape) % 7 == 0, np.nan, X)


REAL = np.random.default_rng(1).normal(size=(20, 4))
REFITS = {
    "other loss": (AutoencoderTransformer(2, max_iter=3, random_state=0), REAL, (REAL > 0).astype(float)),
    "other loss back": (AutoencoderTransformer(2, max_iter=3, random_state=0), (REAL > 0).astype(float), REAL),
    "other width": (DenoisingAE(2, max_iter=3, random_state=0), REAL, REAL[:, :3]),
    "names": (AutoencoderTransformer(2, max_iter=3, random_state=0), pd.DataFrame(REAL, columns=list("abcd")), REAL),
    "other means": (
        DenoisingAE(2, max_iter=3, missing_values="mask", random_state=0),
        holed(REAL),
        holed(REAL) + 1000.0,
    ),
    "lbfgs": (AutoencoderTransformer(2, solver="lbfgs", max_iter=3, random_state=0), REAL, 2 * REAL[:, 1:]),
}


@pytest.mark.parametrize("case", REFITS)
def test_until_the_end_the_first_fit_stands(case):
    ae, X, other = REFITS[case]
    ae = clone(ae).fit(X)

    def use():
        return ae.transform(X), ae.score_samples(X), ae.n_features_in_, ae.get_feature_names_out()

    expected, report = use(), Uses(use)
    with use_callback(lambda *_: report):
        ae.fit(other)
    assert len(report.seen) == 3
    for results in report.seen:
        np.testing.assert_equal(results, expected)
    assert ae.n_features_in_ == other.shape[1]
    assert fitted_state(ae) == fitted_state(clone(ae).fit(other))


def test_until_the_end_of_its_fit_an_imputer_is_what_it_was():
    imputer = AutoencoderImputer(DenoisingAE(2, missing_values="mask", max_iter=3, random_state=0)).fit(holed(REAL))
    expected = imputer.transform(holed(REAL))
    report = Uses(lambda: imputer.transform(holed(REAL)))
    with use_callback(lambda *_: report):
        imputer.fit(holed(REAL[:, :3]) + 1000.0)
    assert len(report.seen) == 3
    for results in report.seen:
        np.testing.assert_array_equal(results, expected)


@pytest.mark.parametrize("method", ["transform", "score_samples", "reconstruct", "score", "reconstruction_error"])
def test_a_method_that_a_fit_overtakes_reads_the_first_fit(method, monkeypatch):
    ae = AutoencoderTransformer(2, max_iter=3, random_state=0).fit(REAL)
    expected, overtaken = getattr(ae, method)(REAL), []

    def overtaking(*args):
        X = known_rows(*args)
        if not overtaken:
            overtaken.append(True)
            ae.fit(REAL[:, :3] + 10.0)
        return X

    monkeypatch.setattr("skae.estimator.prediction.known_rows", overtaking)
    np.testing.assert_array_equal(getattr(ae, method)(REAL), expected)
    assert ae.n_features_in_ == 3


def test_parameters_that_are_set_during_a_fit_stay():
    ae = AutoencoderTransformer(2, max_iter=3, random_state=0)
    with use_callback(lambda *_: Uses(lambda: ae.set_params(alpha=0.5))):
        ae.fit(REAL)
    assert ae.alpha == 0.5
    np.testing.assert_array_equal(
        ae.coefs_[0], AutoencoderTransformer(2, max_iter=3, random_state=0).fit(REAL).coefs_[0]
    )


@pytest.mark.parametrize("estimator", [AutoencoderTransformer(3), SparseAE(8, sparsity="topk", n_active=2)], ids=repr)
@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_array])
def test_a_first_chunk_of_one_row_does_not_decide_the_units(estimator, convert, rng):
    X = 50.0 + 20.0 * rng.standard_normal((200, 4)) @ rng.standard_normal((4, 12))
    ae = estimator.set_params(random_state=0, learning_rate_init=1e-2).partial_fit(convert(X[:1]))
    assert ae._fitted.training.step_coordinates is None
    ae.partial_fit(convert(X))
    assert np.isfinite(ae.score(X))


@pytest.mark.parametrize("n_first, least", [(1, 0.4), (3, 0.3), (10, 0.9), (50, 0.9)])
@pytest.mark.parametrize("settings", [{}, {"tied_weights": True}, {"activation": "relu"}], ids=repr)
def test_few_rows_in_a_first_chunk_are_learnt_from_and_gone_beyond(n_first, least, settings):
    rng = np.random.default_rng(0)
    X = 5.0 + rng.standard_normal((600, 6)) @ rng.standard_normal((6, 60)) + 0.1 * rng.standard_normal((600, 60))
    scores = []
    for unit in (1.0, 1024.0):
        ae = AutoencoderTransformer(6, random_state=0, **settings).partial_fit(unit * X[:n_first])
        for _ in range(10):
            for start in range(0, 600, 50):
                ae.partial_fit(unit * X[start : start + 50])
        scores.append(ae.score(unit * X))
    assert scores[0] > least
    assert scores[1] == pytest.approx(scores[0], abs=1e-3)
