"""What solver="auto" is."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import PCA

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.metrics import reconstruction_score
from skae.training.solvers import SOLVERS

MANY, FEW = 4096, 4095


def solver_of(estimator, n_rows=MANY, n_features=12, convert=np.asarray, **fit):
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(n_rows, 3)) @ rng.uniform(size=(3, n_features)) / 3
    return estimator.set_params(max_iter=1, random_state=0).fit(convert(X), **fit).solver_


LOGITS = {"loss": "log_loss", "output_activation": "logistic"}


@pytest.mark.parametrize(
    "estimator",
    [
        AutoencoderTransformer(3, **LOGITS),
        AutoencoderTransformer(30, batch_size=128, **LOGITS),
        DenoisingAE(3),
        DenoisingAE(3, noise_level=0.2),
        SparseAE(3, **LOGITS),
        ContractiveAE(3, **LOGITS),
    ],
    ids=repr,
)
def test_many_rows_in_batches_are_trained_by_the_curvature(estimator):
    assert solver_of(estimator) == "kfac"
    assert solver_of(estimator, FEW) == "adam"


@pytest.mark.parametrize(
    "estimator",
    [
        AutoencoderTransformer(3, learning_rate_init=0.1, **LOGITS),
        AutoencoderTransformer(3, learning_rate="cosine", **LOGITS),
        AutoencoderTransformer(3, batch_size=127, **LOGITS),
        AutoencoderTransformer(3, tied_weights=True, **LOGITS),
        AutoencoderTransformer(2049, **LOGITS),
        SparseAE(6, sparsity="topk", n_active=2),
        SparseAE(6, sparsity="lifetime"),
        SparseAE(3, sparsity_weight=1.0, **LOGITS),
        ContractiveAE(3, contraction_weight=1.0, **LOGITS),
        # Of the squared error that a row far from the others has, a wide code learns that row alone.
        AutoencoderTransformer(30),
        AutoencoderTransformer(2, hidden_layer_sizes=(8,), **LOGITS),
    ],
    ids=repr,
)
def test_what_the_curvature_does_not_suit(estimator):
    assert solver_of(estimator) == "adam"


def test_many_masked_rows_with_cross_entropy_are_trained_by_adam():
    masked = {"corruption": "masking", "noise_level": 0.25}
    assert solver_of(DenoisingAE(3, **masked, **LOGITS), 9_999) == "kfac"
    assert solver_of(DenoisingAE(3, **masked, **LOGITS), 10_000) == "adam"
    for other in (
        {"corruption": "gaussian", "noise_level": 0.1, **LOGITS},
        {**masked, "loss": "squared_error"},
        {**masked, "init": "glorot", **LOGITS},
    ):
        assert solver_of(DenoisingAE(3, **other), 10_000) == "kfac"


def test_stored_rows_and_single_passes_are_trained_by_adam():
    estimator = AutoencoderTransformer(3, **LOGITS)
    assert solver_of(estimator, convert=sparse.csr_array) == "adam"
    assert estimator.partial_fit(np.full((MANY, 12), 0.5)).solver_ == "adam"


@pytest.mark.parametrize(("weight", "solver"), [(90, "kfac"), (110, "adam")])
def test_a_row_that_outweighs_its_batch(weight, solver):
    weights = np.ones(MANY)
    weights[7] = weight
    assert solver_of(AutoencoderTransformer(3, **LOGITS), sample_weight=weights) == solver


@pytest.mark.parametrize("hidden", [(), (32,)])
@pytest.mark.parametrize("activation", ["identity", "relu", "logistic"])
@pytest.mark.parametrize("n_components", [8, 60])
def test_a_default_fit_is_not_ruined_by_one_row(n_components, activation, hidden):
    rng = np.random.default_rng(0)
    X = np.tanh(rng.normal(size=(4500, 8)) @ rng.normal(size=(8, 40))) + 0.1 * rng.normal(size=(4500, 40))
    X[7, 3] = 1e4
    ae = AutoencoderTransformer(n_components, hidden_layer_sizes=hidden, activation=activation, random_state=0)
    assert ae.fit(X).score(X) > 0.99


def test_a_narrow_linear_decoder_is_trained_by_lbfgs_while_it_is_short():
    assert solver_of(AutoencoderTransformer(3)) == "lbfgs"
    assert solver_of(AutoencoderTransformer(3), n_features=690) == "lbfgs"
    assert solver_of(AutoencoderTransformer(3), n_features=700) == "kfac"


def nonlinear_table(n_rows, n_features=30, n_latent=10):
    """Smooth functions of hidden variables, with noise: twelve principal components leave 0.04 of their variance."""
    rng = np.random.default_rng(8)
    hidden = np.tanh(rng.normal(size=(n_rows, n_latent)) @ rng.normal(size=(n_latent, 64)) * 1.5 / n_latent**0.5)
    return hidden @ rng.normal(size=(64, n_features)) / 8 + 0.1 * rng.normal(size=(n_rows, n_features))


def two_layers(n_components=12, **parameters):
    settings = {"n_components": n_components, "hidden_layer_sizes": 64, "random_state": 0}
    return AutoencoderTransformer(**{**settings, **parameters})


@pytest.mark.parametrize("parameters", [{}, {"activation": "tanh"}, {"hidden_layer_sizes": (64, 32)}], ids=repr)
def test_more_layers_go_beyond_principal_components(parameters):
    X = nonlinear_table(6000)
    X, held_out = X[:4800], X[4800:]
    ae, pca = two_layers(**parameters).fit(X), PCA(12).fit(X)
    assert ae.solver_ == "kfac"
    assert reconstruction_score(pca, held_out) + 0.02 < ae.score(held_out)


@pytest.mark.parametrize("activation", ["logistic", "tanh"])
def test_more_layers_stay_at_principal_components_where_there_is_no_more(activation):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(6000, 40)) * 0.8 ** np.arange(40)
    X, held_out = X[:4800], X[4800:]
    ae, pca = two_layers(10, activation=activation).fit(X), PCA(10).fit(X)
    assert ae.solver_ == "kfac"
    assert ae.score(held_out) > reconstruction_score(pca, held_out) - 1e-3


@pytest.mark.parametrize(
    "parameters",
    [
        {"activation": "relu"},
        {"output_activation": "logistic"},
        {"init": "glorot"},
        {"missing_values": "mask"},
        {"tied_weights": True},
        {"alpha": 1e-4},
        {"n_components": 3},
        {"n_components": 3, "activation": "tanh"},
        {"hidden_layer_sizes": (64, 32, 16)},
        {"hidden_layer_sizes": 300},
    ],
    ids=repr,
)
def test_more_layers_that_are_trained_by_adam(parameters):
    """Three components leave more than 0.15; 300 units have more than a tenth as many parameters as X entries."""
    X = nonlinear_table(MANY)
    assert two_layers(**{"max_iter": 1, **parameters}).fit(X).solver_ == "adam"


def test_two_layers_meet_a_row_that_is_far_from_the_others():
    X = nonlinear_table(5000)
    assert two_layers(max_iter=1).fit(X).solver_ == "kfac"
    X[-2] *= 20
    assert two_layers(max_iter=1).fit(X).solver_ == "adam"
    assert two_layers(max_iter=1).fit(np.zeros((MANY, 30))).solver_ == "adam"


@pytest.mark.parametrize("hidden", [(), (24,)])
def test_a_rate_stays_with_its_solver(hidden):
    """The rate of K-FAC, 0.3, is none for the steps of Adam that go on in chunks."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 6)) @ rng.normal(size=(6, 200))
    ae = AutoencoderTransformer(8, hidden_layer_sizes=hidden, max_iter=10, random_state=0).fit(X)
    assert (ae.solver_, ae.learning_rate_) == ("kfac", 0.3)
    ae.partial_fit(X[:200])
    assert ae.solver_ == "adam" and ae.learning_rate_ < 0.1
    assert ae.score(X) > 0.99


@pytest.mark.parametrize(("hidden", "n_steps"), [((), 600), ((8,), 1200)])
def test_epochs_make_few_steps(hidden, n_steps):
    X = np.random.default_rng(0).uniform(size=(20_000, 12))
    ae = AutoencoderTransformer(2, hidden_layer_sizes=hidden, solver="kfac", random_state=0).fit(X)
    # Batches of 512.
    assert ae.n_iter_ == -(-n_steps * 512 // 20_000)
    assert SOLVERS["kfac"].optimizer.rate == ae.learning_rate_
