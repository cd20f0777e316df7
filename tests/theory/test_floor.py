"""PCA as the floor of one hidden layer with a linear output, and the defaults as far down as that."""

import numpy as np
import pytest
from settings import compiled
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.kernels.activations import ACTIVATIONS
from skae.training.solvers import SOLVERS

LOADERS = {
    "iris": (load_iris, 2),
    "wine": (load_wine, 5),
    "breast_cancer": (load_breast_cancer, 5),
    "diabetes": (load_diabetes, 5),
    "digits": (load_digits, 16),
}
NEARLY = 0.002
# Where an autoencoder in the units of X would be nearly there too.
CLOSELY = 5e-4


@pytest.fixture(autouse=True)
def one_blas_thread():
    """For thousands of small products more threads only wait for each other."""
    with threadpool_limits(1, user_api="blas"):
        yield


def table(name, standardised=True):
    """Rows of a data set, and the width of its code."""
    load, k = LOADERS[name]
    X = load().data
    return (StandardScaler().fit_transform(X) if standardised else X), k


def pca_score(X, k):
    """Share of the variance in the first k principal directions, by the singular values."""
    X = X.astype(np.float64)
    squares = np.linalg.svd(X - X.mean(axis=0), compute_uv=False) ** 2
    return squares[:k].sum() / squares.sum()


def share(X, reconstruction):
    """Share of the variance that a reconstruction explains."""
    X = X.astype(np.float64)
    return 1 - np.square(X - reconstruction).sum() / np.square(X - X.mean(axis=0)).sum()


# The floor.


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("solver", ["auto", *sorted(SOLVERS)])
@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_no_shallow_fit_is_above_pca(activation, solver, tied):
    X, _ = table("wine")
    for init in ("auto", "glorot"):
        ae = AutoencoderTransformer(
            3, activation=activation, solver=solver, tied_weights=tied, init=init, max_iter=60, random_state=0
        ).fit(X)
        assert share(X, ae.reconstruct(X)) <= pca_score(X, 3) + 1e-9
        assert ae.score(X) <= pca_score(X, 3) + 1e-9


@pytest.mark.parametrize("cls", [DenoisingAE, SparseAE, ContractiveAE])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_no_regulariser_lifts_the_floor(cls):
    X, _ = table("wine")
    assert cls(3, max_iter=60, random_state=0).fit(X).score(X) <= pca_score(X, 3) + 1e-9


def test_reconstructions_less_the_bias_have_the_rank_of_the_code():
    X, k = table("wine")
    ae = AutoencoderTransformer(k, activation="tanh", random_state=0).fit(X)
    values = np.linalg.svd(ae.reconstruct(X) - ae.intercepts_[-1], compute_uv=False)
    assert values[k - 1] > 1e-2 * values[0]
    assert values[k] < 1e-10 * values[0]


@compiled
def test_depth_goes_below_the_floor():
    X, k = table("wine")
    ae = AutoencoderTransformer(k, hidden_layer_sizes=64, random_state=0).fit(X)
    assert share(X, ae.reconstruct(X)) > pca_score(X, k) + 0.05


@compiled
@pytest.mark.parametrize("name, k", [("wine", 5), ("breast_cancer", 5), ("digits", 16), ("digits", 48)])
def test_depth_is_not_below_pca_on_rows_held_out(name, k):
    X, held_out = train_test_split(table(name)[0], random_state=0)
    ae = AutoencoderTransformer(k, hidden_layer_sizes=64, random_state=0).fit(X)
    pca = PCA(k).fit(X)
    reconstruction = pca.inverse_transform(pca.transform(held_out))
    assert share(held_out, ae.reconstruct(held_out)) > share(held_out, reconstruction) - NEARLY


@compiled
def test_a_logistic_output_goes_below_the_floor():
    # The logits of two points far apart on each of two axes: one number tells which point it is.
    t = np.linspace(-6.0, 6.0, 200)
    X = 1 / (1 + np.exp(-np.outer(t, [3.0, 1.0, -0.5]) - [3.0, 0.0, -1.0]))
    ae = AutoencoderTransformer(1, loss="log_loss", random_state=0).fit(X)
    assert share(X, ae.reconstruct(X)) > pca_score(X, 1) + 0.01


# The defaults reach it. Warnings are errors.


@compiled
@pytest.mark.parametrize("name", LOADERS)
def test_defaults_reach_pca(name):
    X, k = table(name)
    assert AutoencoderTransformer(k, random_state=0).fit(X).score(X) >= pca_score(X, k) - NEARLY


@compiled
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("name", ["iris", "wine"])
def test_defaults_reach_pca_with_every_activation(name, activation):
    X, k = table(name)
    ae = AutoencoderTransformer(k, activation=activation, random_state=0).fit(X)
    assert ae.score(X) >= pca_score(X, k) - NEARLY


@compiled
def test_defaults_reach_pca_on_columns_of_different_units():
    X, _ = table("wine", standardised=False)
    assert X.std(axis=0).max() > 1000 * X.std(axis=0).min()
    for k in (1, 3):
        assert AutoencoderTransformer(k, random_state=0).fit(X).score(X) >= pca_score(X, k) - CLOSELY


@compiled
def test_defaults_reach_pca_on_bytes():
    X = np.round(load_digits().data * (255 / 16)).astype(np.uint8)
    assert X.max() == 255
    assert AutoencoderTransformer(16, random_state=0).fit(X).score(X) >= pca_score(X, 16) - CLOSELY


# Neither unit nor offset of X has an influence.


@compiled
@pytest.mark.parametrize("hidden", [(), (16,)], ids=["shallow", "deep"])
@pytest.mark.parametrize("name", ["iris", "wine", "diabetes"])
def test_units_do_not_change_the_score(name, hidden):
    X, k = table(name)
    k = min(k, 2)
    scores = [
        AutoencoderTransformer(k, hidden_layer_sizes=hidden, random_state=0).fit(unit * X).score(unit * X)
        for unit in (1.0, 1000.0, 0.001)
    ]
    assert scores[0] >= pca_score(X, k) - NEARLY
    assert np.ptp(scores) < 1e-3


@compiled
@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer"])
def test_an_offset_in_single_precision_does_not_change_the_score(name):
    X, k = table(name)
    offset = (X + 1e3).astype(np.float32)
    plain = AutoencoderTransformer(k, random_state=0).fit(X).score(X)
    ae = AutoencoderTransformer(k, random_state=0).fit(offset)
    assert ae.score(offset) == pytest.approx(plain, abs=1e-3)
    assert ae.score(offset) >= pca_score(offset, k) - NEARLY


# Several layers start and end no worse than PCA of the width of the code.

WIDTHS = {"digits-16": ("digits", 16), "digits-48": ("digits", 48), "breast_cancer-20": ("breast_cancer", 20)}


@compiled
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("name, k", WIDTHS.values(), ids=WIDTHS)
def test_deep_defaults_reach_pca(name, k, activation):
    X, _ = table(name)
    ae = AutoencoderTransformer(k, hidden_layer_sizes=64, activation=activation, random_state=0).fit(X)
    assert ae.score(X) >= pca_score(X, k) - NEARLY


@compiled
def test_codes_are_of_use_to_a_classifier_without_a_scaler_between():
    X, y = load_wine(return_X_y=True)
    model = make_pipeline(StandardScaler(), AutoencoderTransformer(5, random_state=0), LogisticRegression())
    assert cross_val_score(model, X, y).mean() > 0.85
