"""Several layers that are trained by cross-entropy: how they begin, at which rate, and what new rows say of it."""

import numpy as np
import pytest
from scipy import sparse
from settings import compiled
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.estimator import logit_layers
from skae.estimator.logit_layers import logit_start, rate_of_drawn_weights
from skae.metrics import reconstruction_score
from skae.network.architecture import Architecture
from skae.rows.sample import Sample


def network(n_rows, k, hidden=(20,), loss="log_loss", output="logistic", cls=AutoencoderTransformer, **parameters):
    """What its start is by, on rows of 30 columns, half of which are ones unless told otherwise."""
    one_pass, tied = parameters.pop("one_pass", False), parameters.get("tied_weights", False)
    X = np.zeros((n_rows, 30))
    X[:, : parameters.pop("ones", 15)] = 1.0
    architecture = Architecture((30, *hidden, k), parameters.get("activation", "logistic"), output, tied)
    settings = {"solver": "adam", "max_iter": 200, "batch_size": 32, **parameters}
    return cls(k, hidden_layer_sizes=hidden, **settings), Sample.of(X), architecture, loss, one_pass


def start_of(*sizes, **parameters):
    return logit_start(*network(*sizes, **parameters))


@pytest.mark.parametrize(
    "n_rows, k, start",
    [
        (79 * 4, 4, "straight"),
        (80 * 4, 4, "drawn"),
        (80 * 16, 16, "drawn"),
        (249 * 17, 17, "straight"),
        (250 * 17, 17, None),
        (10**5, 17, None),
    ],
)
def test_by_the_rows_for_each_unit_and_the_width_of_the_code(n_rows, k, start):
    assert start_of(n_rows, k) == start
    assert start_of(n_rows, k, hidden=(25, 20)) == start


@pytest.mark.parametrize("n_rows", [100, 10_000])
@pytest.mark.parametrize(
    "parameters",
    [
        {"hidden": ()},
        {"loss": "squared_error"},
        {"loss": "squared_error", "output": "identity"},
        {"one_pass": True},
        {"tied_weights": True},
        {"init": "glorot"},
        {"learning_rate_init": 1e-2},
        {"solver": "kfac"},
        {"solver": "lbfgs"},
        {"cls": DenoisingAE, "corruption": "masking", "noise_level": 0.3},
        {"cls": SparseAE},
        {"cls": SparseAE, "sparsity": "topk", "activation": "relu"},
        {"cls": ContractiveAE},
    ],
    ids=repr,
)
def test_other_networks_begin_as_they_did(parameters, n_rows):
    assert start_of(n_rows, 4, **parameters) is None
    assert rate_of_drawn_weights(*network(n_rows, 4, **parameters)) == np.inf


def test_by_the_ones_in_a_column():
    # 69 and 72 in each of 30 columns.
    assert start_of(1035, 4, ones=2) == "straight"
    assert start_of(1080, 4, ones=2) == "drawn"


@pytest.mark.parametrize("max_iter, batch_size, start", [(59, 100, "straight"), (60, 100, "drawn"), (75, 125, "drawn")])
def test_by_the_steps_of_the_training(max_iter, batch_size, start):
    assert start_of(1000, 4, max_iter=max_iter, batch_size=batch_size) == start


def test_a_penalty_on_the_weights_begins_with_small_ones():
    assert start_of(100, 4, alpha=1e-3) == "drawn"


@pytest.mark.parametrize("activation, most", [("logistic", 1.1), ("tanh", 0.35), ("relu", 0.35)])
def test_the_greatest_rate_is_by_the_mean_sum_of_a_row(activation, most):
    given = {"activation": activation}
    assert rate_of_drawn_weights(*network(1000, 4, **given)) == pytest.approx(most / 15.0)
    assert rate_of_drawn_weights(*network(1000, 4, hidden=(20, 10), **given)) == pytest.approx(most / 30.0)
    estimator, sample, *others = network(1000, 4, **given)
    # Twice as many ones in rows that count three times.
    X, weights = np.zeros((1000, 30)), np.ones(1000)
    X[:, :5] = X[::2, 5:10] = 1.0
    weights[::2] = 3.0
    assert rate_of_drawn_weights(estimator, Sample.of(X), *others) == pytest.approx(most / 7.5)
    assert rate_of_drawn_weights(estimator, Sample.of(X, weights), *others) == pytest.approx(most / 8.75)
    X[:, 0] = np.nan
    assert rate_of_drawn_weights(estimator, Sample.of(X), *others) == pytest.approx(most / 6.5)


@pytest.mark.parametrize("sizes", [(100, 4), (1000, 17), (5000, 17)])
def test_other_starts_have_no_greatest_rate(sizes):
    assert rate_of_drawn_weights(*network(*sizes)) == np.inf


@pytest.mark.parametrize("alpha", [0.0, 1e-3])
def test_rows_without_ones_have_no_greatest_rate(alpha):
    assert rate_of_drawn_weights(*network(1000, 4, ones=0, alpha=alpha)) == np.inf


@compiled
@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_array])
def test_the_rate_that_is_found_is_no_greater(convert):
    X = (load_digits().data > 7).astype(np.float64)
    ae = AutoencoderTransformer(8, hidden_layer_sizes=64, max_iter=20, random_state=0).fit(convert(X))
    assert ae.learning_rate_ <= 1.1 / X.sum(axis=1).mean()


def test_single_passes_have_no_greatest_rate(monkeypatch):
    X, seen = (np.random.default_rng(0).random((400, 12)) < 0.4).astype(np.float64), []

    def spied(*given):
        seen.append(rate_of_drawn_weights(*given))
        return seen[-1]

    monkeypatch.setattr(logit_layers, "rate_of_drawn_weights", spied)
    ae = AutoencoderTransformer(2, hidden_layer_sizes=4, max_iter=50, random_state=0)
    ae.fit(X)
    clone(ae).partial_fit(X)
    assert seen == [pytest.approx(1.1 / X.sum(axis=1).mean()), np.inf]


def test_rows_of_many_ones_have_a_rate_too():
    X = (np.random.default_rng(0).random((160, 6000)) < 0.9).astype(np.float32)
    ae = AutoencoderTransformer(2, hidden_layer_sizes=4, max_iter=1, random_state=0).fit(X)
    assert 0.0 < ae.learning_rate_ <= 3e-4


def one_hot(n_rows, n_columns, n_values, n_classes, concentration, seed):
    """Categories that depend on classes; on nothing where there is one class."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(n_classes, size=n_rows)
    shares = rng.dirichlet(np.full(n_values, concentration), size=(n_classes, n_columns))
    values = [[rng.choice(n_values, p=shares[c, j]) for j in range(n_columns)] for c in classes]
    return np.eye(n_values)[np.array(values)].reshape(n_rows, -1)


def low_rank(n_rows, n_columns, rank, seed):
    rng = np.random.default_rng(seed)
    log_odds = 1.5 * rng.standard_normal((n_rows, rank)) @ rng.standard_normal((rank, n_columns))
    return (rng.random((n_rows, n_columns)) < 1.0 / (1.0 + np.exp(-log_odds))).astype(np.float64)


def independent():
    return np.eye(6)[np.random.default_rng(4).integers(6, size=(500, 5))].reshape(500, -1)


def topics(n_rows, n_columns, n_topics, length, seed):
    """Words of texts on a few topics each: few ones in a row and in a column."""
    rng = np.random.default_rng(seed)
    words = rng.dirichlet(np.full(n_columns, 0.05), size=n_topics)
    shares = rng.dirichlet(np.full(n_topics, 0.2), size=n_rows)
    return (rng.random((n_rows, n_columns)) < 1.0 - np.exp(-length * shares @ words)).astype(np.float64)


TABLES = {
    "topics": (lambda: topics(1400, 200, 8, 6, 2), (3,)),
    "rare levels": (lambda: one_hot(2000, 6, 40, 4, 0.4, 9), (5,)),
    "classes": (lambda: one_hot(500, 6, 5, 3, 0.4, 0), (4, 16)),
    "few": (lambda: one_hot(600, 20, 4, 4, 0.4, 15), (4, 12)),
    "independent": (independent, (5, 10)),
    "low rank": (lambda: low_rank(1000, 30, 4, 5), (4, 10)),
    "digits": (lambda: (load_digits().data > 7).astype(np.float64), (20, 40)),
}


@compiled
@pytest.mark.parametrize("name, k", [(name, k) for name, (_, widths) in TABLES.items() for k in widths])
def test_new_rows_of_zeros_and_ones_are_explained_no_worse_than_by_pca(name, k):
    X, new = train_test_split(TABLES[name][0](), test_size=0.25, random_state=0)
    ae, pca = AutoencoderTransformer(k, hidden_layer_sizes=64, random_state=0).fit(X), PCA(k).fit(X)
    assert ae.loss_ == "log_loss"
    assert reconstruction_score(ae, new) >= reconstruction_score(pca, new)
