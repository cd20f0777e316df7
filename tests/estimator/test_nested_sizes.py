"""Nested dictionaries: what the parameter takes, what fits and reports with it are, and what it is for."""

import numpy as np
import pytest
from scipy import sparse
from settings import FIXED, compiled
from sklearn.base import clone

from skae import SparseAE, load, save
from skae.estimator import nested_sizes
from skae.metrics import mean_max_cosine

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

TOP_K = {"sparsity": "topk", "n_active": 3, "activation": "relu"}
CASES = {
    "kl": {},
    "l1": {"sparsity": "l1", "activation": "relu"},
    "topk": TOP_K,
    "batchtopk": {**TOP_K, "sparsity": "batchtopk"},
    "lifetime": {"sparsity": "lifetime", "activation": "relu"},
    "aux": {**TOP_K, "aux_weight": 0.5},
    "tied": {**TOP_K, "tied_weights": True, "revive_dead": True},
    "noise": {**TOP_K, "noise_level": 0.2, "alpha": 1e-3},
    "logistic": {**TOP_K, "loss": "log_loss"},
    "held out": {**TOP_K, "early_stopping": True},
}


def made(case="topk", **settings):
    return SparseAE(40, **{**FIXED, "max_iter": 3, "tol": 0.0, "random_state": 0, **CASES[case], **settings})


def parameters(ae):
    return ae._fitted.network.theta


def same(one, other):
    return one.dtype == other.dtype and np.array_equal(one, other)


def nested_loss(ae, X, sizes):
    """The mean over the sizes of the squared error, from public methods alone."""
    code, losses = ae.transform(X), []
    for size in [*sizes, code.shape[1]]:
        first = code * (np.arange(code.shape[1]) < size)
        losses.append(np.square(X - ae.inverse_transform(first)).sum(axis=1).mean())
    return np.mean(losses)


@pytest.fixture
def X(rng):
    return rng.random((90, 30))


@pytest.mark.parametrize("sizes", [(), [], np.array([], int)])
def test_no_sizes_change_nothing(sizes, X):
    ae, plain = made(nested_sizes=sizes).fit(X), made().fit(X)
    assert same(parameters(ae), parameters(plain)) and ae.loss_curve_ == plain.loss_curve_
    assert "nested_explained_variance" not in ae.sparsity_report(X)


@pytest.mark.parametrize("case", CASES)
def test_training_goes_on_as_if_it_had_not_stopped(case, X, tmp_path):
    settings = {"learning_rate": "constant", "shuffle": False, "batch_size": 20}
    whole = made(case, nested_sizes=[5, 12], max_iter=4, **settings).fit(X)
    part = made(case, nested_sizes=[5, 12], max_iter=2, warm_start=True, **settings).fit(X)
    save(part, tmp_path / "model.skae", include_optimizer=True)
    again = load(tmp_path / "model.skae").fit(X)
    assert again.nested_sizes == [5, 12] and same(parameters(again), parameters(whole))
    assert again.loss_curve_ == whole.loss_curve_ and np.isfinite(whole.loss_curve_).all()
    assert not same(parameters(whole), parameters(made(case, max_iter=4, **settings).fit(X)))
    assert same(parameters(clone(whole).fit(X)), parameters(whole))


@pytest.mark.parametrize("case", ["kl", "topk", "batchtopk", "noise"])
def test_sparse_rows_weights_and_gaps(case, X, rng):
    X = X * (rng.random(X.shape) < 0.4)
    dense, stored = (made(case, nested_sizes=[5, 12]).fit(given) for given in (X, sparse.csr_array(X)))
    # Steps on sparse rows are taken in other coordinates, their sums in another order.
    assert np.isfinite(stored.loss_curve_).all() and stored.score(X) > dense.score(X) - 0.1
    doubled = made(case, nested_sizes=[5, 12], batch_size=90).fit(X, sample_weight=np.full(len(X), 2.0))
    assert same(parameters(doubled), parameters(made(case, nested_sizes=[5, 12], batch_size=90).fit(X)))
    gaps = np.where(rng.random(X.shape) < 0.1, np.nan, X)
    ae = made(case, nested_sizes=[5, 12], missing_values="mask").fit(gaps.astype(np.float32))
    assert np.isfinite(ae.loss_curve_).all() and parameters(ae).dtype == np.float32


@pytest.mark.parametrize("case", ["kl", "l1"])
def test_lbfgs_minimises_the_same_objective(case, X):
    ae = made(case, nested_sizes=(5, 12), solver="lbfgs", init="auto", sparsity_weight=0.0, max_iter=40).fit(X)
    assert ae.loss_curve_[-1] == pytest.approx(nested_loss(ae, X, (5, 12)), rel=1e-6)
    assert ae.loss_curve_[-1] < 0.9 * ae.loss_curve_[0]


def test_the_validation_loss_is_nested_too(X):
    ae = made(nested_sizes=(5, 12), early_stopping=True, validation_fraction=0.5, shuffle=False, max_iter=1).fit(X)
    held = np.random.default_rng(ae._fitted.training.validation_seed.sequence()).permutation(len(X))[:45]
    assert ae.validation_loss_curve_[-1] == pytest.approx(nested_loss(ae, X[held], (5, 12)), rel=1e-9)


@pytest.mark.parametrize("kind", ["dense", "sparse", "missing"])
@pytest.mark.parametrize("case", ["kl", "topk", "batchtopk"])
def test_the_report_has_the_explained_variance_of_each_size(case, kind, X, rng, monkeypatch):
    # Several blocks of rows.
    monkeypatch.setattr(nested_sizes, "block_rows", lambda width, dtype: 17)
    settings, given = {}, X
    if kind == "missing":
        given = np.where(rng.random(X.shape) < 0.1, np.nan, X)
        settings["missing_values"] = "mask"
    if kind == "sparse":
        X = given = X * (rng.random(X.shape) < 0.4)
    given = sparse.csr_array(given) if kind == "sparse" else given
    ae = made(case, nested_sizes=(5, 12), **settings).fit(given)
    report, code = ae.sparsity_report(given), ae.transform(given)
    x = X if kind == "sparse" else given
    wanted = []
    for size in (5, 12, 40):
        x_hat = ae.inverse_transform(code * (np.arange(40) < size))
        wanted.append(1 - np.nansum((x - x_hat) ** 2) / np.nansum((x - np.nanmean(x, axis=0)) ** 2))
    np.testing.assert_allclose(report["nested_explained_variance"], wanted, rtol=1e-9, atol=1e-12)
    assert report["nested_explained_variance"][-1] == pytest.approx(report["explained_variance"], rel=1e-9)


def test_the_report_is_of_the_code_that_was_trained(rng):
    X = rng.standard_normal((60, 6))
    ae = SparseAE(8, sparsity="topk", n_active=2, nested_sizes=(2, 4), max_iter=2, random_state=0).fit(X)
    wanted = ae.sparsity_report(X)["nested_explained_variance"]
    ae.set_params(n_components=32, nested_sizes=(2, 4, 20))
    np.testing.assert_array_equal(ae.sparsity_report(X)["nested_explained_variance"], wanted)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"nested_sizes": 5}, "'nested_sizes' parameter of SparseAE must be an array-like or None. Got 5"),
        (
            {"nested_sizes": (0, 5)},
            r"must hold ascending integers of at least 1; got nested_sizes=\(0, 5\)",
        ),
        ({"nested_sizes": (5, 5)}, r"ascending .* got nested_sizes=\(5, 5\)\. Give each size once, the least first"),
        ({"nested_sizes": (5.0,)}, "ascending integers of at least 1"),
        ({"nested_sizes": (True, 5)}, "ascending integers of at least 1"),
        ({"nested_sizes": np.array(4)}, "ascending integers of at least 1"),
        ({"nested_sizes": np.ones((1, 2), int)}, "ascending integers of at least 1"),
        ({"nested_sizes": (5, 40)}, r"sizes below n_components=40, .*; got nested_sizes=\(5, 40\)\. Leave out"),
        ({"hidden_layer_sizes": (7,)}, r"nested_sizes=\(5, 12\) needs hidden_layer_sizes=\(\); got"),
        ({"zero_sampling": 0.5}, "needs zero_sampling=None; got zero_sampling=0.5. Set it so, or nested_sizes=None"),
        ({"solver": "kfac"}, "needs solver='auto' or 'adam' or 'sgd'; got solver='kfac'"),
        ({"solver": "kfac", "sparsity": "l1"}, "needs solver='auto' or 'adam' or 'lbfgs' or 'sgd'; got solver='kfac'"),
    ],
)
def test_what_is_not_legal(settings, message, X):
    with pytest.raises(ValueError, match=message):
        made(**{"nested_sizes": (5, 12), **settings}).fit(X)


def test_auto_chooses_a_solver_that_can(rng):
    X = rng.random((5000, 30))
    settings = {"solver": "auto", "learning_rate_init": "auto", "init": "auto", "max_iter": 1, "batch_size": 1000}
    assert made("kl", loss="log_loss", **settings).fit(X).solver_ == "kfac"
    assert made("kl", loss="log_loss", nested_sizes=(5, 12), **settings).fit(X).solver_ == "adam"
    assert made("topk", nested_sizes=(5, 12), **settings).fit(X).solver_ == "adam"
    assert made("kl", nested_sizes=(5,), **settings).set_params(n_components=8).fit(X[:200]).solver_ == "lbfgs"


@compiled
def test_units_of_children_are_not_those_of_children_with_their_parents(rng):
    """72 atoms are on only with their parent, one of 12; 3.4 of all are on in a row, and 3 units. A plain code
    saves units by such as stand for a child with its parent, less so if the first 12 units are to reconstruct X too."""
    n_parents, n_children, shape = 12, 6, (4000, 2)
    atoms = rng.standard_normal((n_parents * (1 + n_children), 48))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    parents = np.argsort(rng.random((shape[0], n_parents)), axis=1)[:, : shape[1]]
    children = n_parents + n_children * parents + rng.integers(n_children, size=shape)
    weights, rows = rng.uniform(0.5, 1.5, shape), np.arange(shape[0])[:, None]
    codes = np.zeros((shape[0], len(atoms)))
    codes[rows, parents] = weights
    codes[rows, children] = weights * (rng.random(shape) < 0.7)
    X, found, explained = (codes @ atoms).astype(np.float32), {}, {}
    settings = {"sparsity": "batchtopk", "n_active": 3, "activation": "relu", "revive_dead": True, "random_state": 0}
    settings |= {"learning_rate_init": 1e-2, "learning_rate": "cosine", "batch_size": 128, "max_iter": 25, "tol": 0.0}
    for sizes in (None, (12,)):
        ae = SparseAE(len(atoms), nested_sizes=sizes, **settings).fit(X)
        found[sizes] = [mean_max_cosine(ae.coefs_[-1], part) for part in (atoms[:n_parents], atoms[n_parents:])]
        explained[sizes] = ae.set_params(nested_sizes=(12,)).sparsity_report(X)["nested_explained_variance"]
    assert found[(12,)][1] > found[None][1] + 0.05
    assert min(found[(12,)]) > 0.87
    assert explained[(12,)][0] > 2 * explained[None][0] and explained[(12,)][1] > 0.9
