"""Whole fits of all estimators against the slow oracle in plain NumPy."""

import numpy as np
import oracle
import pytest
from settings import FIXED

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.kernels.corruptions import CORRUPTIONS
from skae.kernels.losses import LOSSES
from skae.kernels.optimizers import OPTIMIZERS

CASES = {
    "plain": (AutoencoderTransformer, {}),
    "plain deep": (AutoencoderTransformer, {"hidden_layer_sizes": (4,)}),
    **{
        f"denoising {name}": (DenoisingAE, {"corruption": name, "noise_level": 0.3, "hidden_layer_sizes": ()})
        for name in sorted(CORRUPTIONS)
    },
    "sparse": (SparseAE, {"sparsity_weight": 0.2, "sparsity_target": 0.1}),
    "sparse deep": (SparseAE, {"sparsity_weight": 0.2, "sparsity_target": 0.1, "hidden_layer_sizes": (4,)}),
    "contractive": (ContractiveAE, {"contraction_weight": 0.3}),
    "contractive deep": (ContractiveAE, {"contraction_weight": 0.3, "hidden_layer_sizes": (4,)}),
    "contractive deeper": (ContractiveAE, {"contraction_weight": 0.3, "hidden_layer_sizes": (4, 2)}),
}
N_ROWS, N_FEATURES, N_COMPONENTS = 19, 5, 3
RATE = {"adam": 0.02, "sgd": 0.05}


def data():
    """Rows in [0, 1] with both ends in every column."""
    X = np.random.default_rng(21).uniform(0, 1, (N_ROWS, N_FEATURES))
    X[0], X[1] = 0.0, 1.0
    return X


def compare(cls, own, common, sample_weight=None):
    """Fit both ways and compare all weights, biases and the loss curve."""
    hidden = own.get("hidden_layer_sizes", ())
    own = {key: value for key, value in own.items() if key != "hidden_layer_sizes"}
    settings = oracle.Settings(
        sizes=(N_FEATURES, *hidden, N_COMPONENTS),
        tied=common["tied_weights"],
        epochs=common["max_iter"],
        **{key: value for key, value in common.items() if key not in ("tied_weights", "max_iter", "tol")},
        **own,
    )
    X = data()
    expected = oracle.fit(settings, X, sample_weight)
    parameters = {**FIXED, **own, **common}
    ae = cls(N_COMPONENTS, hidden_layer_sizes=hidden, **parameters).fit(X, sample_weight=sample_weight)
    np.testing.assert_allclose(ae.loss_curve_, expected.loss_curve, rtol=1e-9)
    for got, wanted in zip(ae.coefs_ + ae.intercepts_, expected.weights + expected.biases, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12)
    start = oracle.initial(settings, oracle.generators(settings.random_state)[0])[0]
    assert all(np.abs(w - w0).max() > 1e-3 for w, w0 in zip(ae.coefs_, start))
    np.testing.assert_allclose(
        ae.transform(X), oracle.run(settings, expected.weights, expected.biases, X, last=settings.depth), rtol=1e-9
    )
    return ae


def common(solver, loss, tied, **changes):
    return {
        "solver": solver,
        "loss": loss,
        "output_activation": "logistic" if loss == "log_loss" else "identity",
        "tied_weights": tied,
        "alpha": 0.01,
        "learning_rate_init": RATE[solver],
        "batch_size": 8,
        "max_iter": 3,
        "tol": 0.0,
        "random_state": 5,
        **changes,
    }


@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("solver", sorted(OPTIMIZERS))
@pytest.mark.parametrize("case", sorted(CASES))
def test_three_epochs(case, solver, loss, tied):
    cls, own = CASES[case]
    compare(cls, own, common(solver, loss, tied))


@pytest.mark.parametrize("activation", ["identity", "tanh", "relu"])
@pytest.mark.parametrize("output", ["logistic", "tanh", "relu"])
def test_other_activations(activation, output):
    compare(
        ContractiveAE,
        {"contraction_weight": 0.3, "hidden_layer_sizes": (4,)},
        common("adam", "squared_error", False, activation=activation, output_activation=output),
    )


@pytest.mark.parametrize("case", ["plain", "sparse", "contractive deep"])
def test_sample_weights_and_a_falling_rate(case):
    cls, own = CASES[case]
    sample_weight = np.random.default_rng(22).uniform(0.1, 3, N_ROWS)
    weighted = compare(cls, own, common("sgd", "log_loss", False, learning_rate="cosine"), sample_weight)
    plain = compare(cls, own, common("sgd", "log_loss", False, learning_rate="cosine"))
    assert np.abs(weighted.coefs_[0] - plain.coefs_[0]).max() > 1e-6


def test_the_oracle_can_disagree():
    settings = oracle.Settings(sizes=(N_FEATURES, N_COMPONENTS), epochs=3, random_state=5)
    other = oracle.Settings(sizes=(N_FEATURES, N_COMPONENTS), epochs=3, random_state=5, alpha=1e-3)
    assert np.abs(oracle.fit(settings, data()).weights[0] - oracle.fit(other, data()).weights[0]).max() > 1e-9
