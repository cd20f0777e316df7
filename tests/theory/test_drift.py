"""Sums over very many float32 rows keep their digits: of a few rows, repeated, they are those of the few in float64."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from numba import config
from settings import FIXED
from sklearn.exceptions import ConvergenceWarning

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, ContractiveAE, SparseAE
from skae.kernels.losses import LOSSES
from skae.objective.objective import Objective
from skae.outlier import _weighted_quantile
from skae.preprocessing import PCANormalizer
from skae.rows import blocks
from skae.rows.reconstruction_errors import feature_errors
from skae.rows.sample import Sample, mean_and_scale

PATTERN = np.random.default_rng(0).random((64, 2), dtype=np.float32)
WEIGHTS = np.random.default_rng(1).uniform(0.5, 1.5, 64)
# Half a million rows of the pattern make one block. As plain Python the kernels take a second for some thousand.
MOST_ROWS, MANY_ROWS = (2**12, 2**11) if config.DISABLE_JIT else (2**20, 2**18)
# What a result in float32, or made of some tens of numbers in float32, may be off by.
ROUNDING = 2e-6

AUTOENCODERS = {
    "squared_error": AutoencoderTransformer(1, loss="squared_error"),
    "squared_error of another output": AutoencoderTransformer(1, loss="squared_error", output_activation="tanh"),
    "log_loss": AutoencoderTransformer(1, loss="log_loss"),
    "missing values": AutoencoderTransformer(1, missing_values="mask"),
    "KL sparsity": SparseAE(3, sparsity_weight=1.0),
    "L1 sparsity": SparseAE(3, sparsity="l1", sparsity_weight=1.0),
    "contraction": ContractiveAE(3, contraction_weight=10.0),
    "deep contraction": ContractiveAE(2, hidden_layer_sizes=(2,), contraction_weight=10.0),
}


@pytest.fixture(
    scope="module", params=[(MOST_ROWS, None), (MANY_ROWS, PATTERN.nbytes)], ids=["large blocks", "many blocks"]
)
def n_rows(request):
    """Number of rows, with the blocks in which they are taken: of half a million rows, or of one pattern each.

    The first are for what is summed within a block, the second for what is summed over blocks.
    """
    number, block_bytes = request.param
    with pytest.MonkeyPatch.context() as patch:
        if block_bytes is not None:
            patch.setattr(blocks.block_rows, "__defaults__", (block_bytes,))
        yield number


@pytest.fixture(scope="module")
def X(n_rows):
    return repeated(PATTERN, n_rows)


def repeated(pattern, n_rows):
    return np.tile(pattern, (n_rows // len(pattern),) + (1,) * (pattern.ndim - 1))


def fitted(name, **parameters):
    """An autoencoder with parameters in float32, and the same one with the same parameters in float64."""
    settings = {**FIXED, "max_iter": 1, "random_state": 0, **parameters}
    ae = copy.deepcopy(AUTOENCODERS[name]).set_params(**settings)
    with pytest.warns(ConvergenceWarning):
        ae.fit(PATTERN)
    exact = copy.deepcopy(ae)
    exact._fitted = replace(exact._fitted, network=ae._fitted.network.in_precision(np.float64))
    exact._fitted.training.optimizer_state = ()
    return ae, exact


def objective(ae):
    fitted = ae._fitted
    penalties = ae._penalties(fitted.network.architecture)
    return Objective(fitted.network, LOSSES[fitted.loss], penalties, fill_values=fitted.statistics.means)


PLAIN, *OTHERS = AUTOENCODERS


@pytest.mark.parametrize("name", [PLAIN, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)])
def test_objective(name, X):
    ae, exact = fitted(name)
    expected = objective(exact).full_value(Sample.of(PATTERN.astype(np.float64)))
    np.testing.assert_allclose(objective(ae).full_value(Sample.of(X)), expected, rtol=ROUNDING)


@pytest.mark.slow
def test_objective_with_its_gradient_of_weighted_rows(X, n_rows):
    ae, exact = fitted("KL sparsity")
    expected = objective(exact).full(Sample.of(PATTERN.astype(np.float64), WEIGHTS))
    np.testing.assert_allclose(objective(ae).full(Sample.of(X, repeated(WEIGHTS, n_rows))), expected, rtol=ROUNDING)


@pytest.mark.parametrize("batch_size", [64, MANY_ROWS])
@pytest.mark.parametrize("name", ["squared_error", "log_loss", "KL sparsity", "contraction"])
def test_loss_of_an_epoch(name, batch_size):
    # The learning rate is too small to change any parameter.
    ae, exact = fitted(name, learning_rate_init=1e-300, batch_size=batch_size)
    loss = ae.partial_fit(repeated(PATTERN, MANY_ROWS)).loss_curve_[-1]
    np.testing.assert_allclose(loss, exact.partial_fit(PATTERN.astype(np.float64)).loss_curve_[-1], rtol=ROUNDING)


@pytest.mark.parametrize("weighted", [False, True])
def test_column_statistics(weighted, X, n_rows):
    weights = WEIGHTS if weighted else np.ones(64)
    sample = Sample.of(X, repeated(weights, n_rows) if weighted else None)
    wide = PATTERN.astype(np.float64)
    mean = np.average(wide, axis=0, weights=weights)
    scale = np.sqrt(np.average((wide - mean) ** 2, axis=0, weights=weights).mean())
    for value, expected in zip(mean_and_scale(*sample.moments()), (mean, scale)):
        np.testing.assert_allclose(value, expected, rtol=1e-10)
    sums, counts = sample.column_sums()
    np.testing.assert_allclose(sums / n_rows, mean, rtol=1e-10)
    np.testing.assert_allclose(counts, n_rows, rtol=1e-10)
    np.testing.assert_allclose(sample.sum_of_squares() / n_rows, (wide**2).sum() / 64, rtol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("weighted", [False, True])
def test_score(weighted, X, n_rows):
    ae, exact = fitted("squared_error")
    weights = (repeated(WEIGHTS, n_rows), WEIGHTS) if weighted else (None, None)
    # The part that is not explained, whose digits a score near one would hide.
    unexplained = 1.0 - ae.score(X, sample_weight=weights[0])
    assert unexplained == pytest.approx(1.0 - exact.score(PATTERN, sample_weight=weights[1]), rel=ROUNDING)


@pytest.mark.slow
def test_errors_of_rows_and_features(X):
    ae, exact = fitted("squared_error")
    np.testing.assert_allclose(ae.reconstruction_error(X)[-64:], exact.reconstruction_error(PATTERN), rtol=1e-5)
    expected = feature_errors(exact.reconstruct, PATTERN)
    np.testing.assert_allclose(feature_errors(ae.reconstruct, X), expected, rtol=ROUNDING)


def test_losses_of_rows_are_those_of_few(X):
    ae, _ = fitted("log_loss")
    # Some kernels of BLAS (AVX-512) sum in another order where rows are few: the last digits of float32 may differ.
    few = ae.score_samples(X[-64:])
    np.testing.assert_allclose(ae.score_samples(X)[-64:], few, rtol=4 * np.finfo(few.dtype).eps)


def test_mean_activation(X):
    ae, exact = fitted("KL sparsity")
    expected = exact.sparsity_report(PATTERN)["mean_activation"]
    np.testing.assert_allclose(ae.sparsity_report(X)["mean_activation"], expected, rtol=ROUNDING)


def test_column_means_of_missing_values(X):
    holed = X.copy()
    holed[::64] = np.nan
    # Of one pass; the parameters do not matter.
    ae = AutoencoderTransformer(1, missing_values="mask", batch_size=2**16, random_state=0).partial_fit(holed)
    np.testing.assert_allclose(ae.column_means_, PATTERN[1:].mean(axis=0, dtype=np.float64), rtol=1e-10)


def test_normalizer(X):
    mean = PCANormalizer().fit(X).mean_
    np.testing.assert_allclose(mean, PATTERN.mean(axis=0, dtype=np.float64), rtol=np.finfo(np.float32).eps)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5])
def test_quantile_of_many_weights(share, n_rows):
    values = np.arange(n_rows, dtype=np.float32)
    # Not a sum of powers of two, so that a float32 sum would drift.
    found = _weighted_quantile(values, np.full(n_rows, 0.1), share)
    assert found == pytest.approx(share * n_rows, abs=1)


@pytest.mark.parametrize("contamination", ["auto", 0.1])
def test_offset_of_outliers(contamination, X, n_rows):
    settings = {**FIXED, "learning_rate_init": 1e-300, "max_iter": 1, "random_state": 0}
    network = AutoencoderTransformer(1, loss="squared_error", **settings)
    detector = AutoencoderOutlierDetector(network, contamination=contamination)
    offsets = []
    for rows, weights, batch_size in ((PATTERN, WEIGHTS, 64), (X, repeated(WEIGHTS, n_rows), 2**16)):
        detector.set_params(estimator__batch_size=batch_size)
        with pytest.warns(ConvergenceWarning):
            offsets.append(detector.fit(rows, sample_weight=weights).offset_)
    assert offsets[1] == pytest.approx(offsets[0], rel=1e-5)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_lbfgs_goes_on_in_float64(monkeypatch):
    # In float32 its line search is lost in the rounding of the loss.
    used, full = set(), Objective.full
    monkeypatch.setattr(Objective, "full", lambda self, *given: used.add(self.network.dtype.name) or full(self, *given))
    ae = AutoencoderTransformer(1, solver="lbfgs", max_iter=3, tol=0.0, warm_start=True, random_state=0)
    for _ in range(3):
        assert ae.fit(PATTERN).transform(PATTERN).dtype == np.float32
    assert used == {"float64"}
