"""Sparse X: the same models and numbers as from dense rows, on stored entries or by blocks; the sampled loss."""

import itertools
import pickle

import numpy as np
import pytest
from scipy import sparse
from scipy.special import expit
from settings import FIXED, compiled, fixed_strength

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.kernels.losses import LOSSES
from skae.network.architecture import Architecture
from skae.network.network import Network
from skae.objective.l2 import L2
from skae.objective.objective import Objective
from skae.rows.blocks import Reader
from skae.rows.matrices import CSRBatch, CSRMatrix

ESTIMATORS = [AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE]
every_estimator = pytest.mark.parametrize("cls", ESTIMATORS)
RTOL = {np.float32: 1e-5, np.float64: 1e-10}
# Of the parameters that FIXED sets.
DEFAULTS = {name: AutoencoderTransformer().get_params()[name] for name in FIXED}
every_start = pytest.mark.parametrize("start", [FIXED, DEFAULTS], ids=["fixed", "defaults"])
METHODS = ("transform", "reconstruct", "score_samples", "reconstruction_error", "score")

# Below and above the share of entries from which on rows are worked on dense.
REGIMES = {"densified": (30, 0.25), "stored": (540, 0.02)}


def rows(regime="stored", dtype=np.float64, n_rows=40, seed=61):
    """Rows in [0, 1], one of them empty, as an array."""
    n_columns, density = REGIMES[regime]
    rng = np.random.default_rng(seed)
    X = rng.uniform(0.1, 1, (n_rows, n_columns)) * (rng.random((n_rows, n_columns)) < density)
    X[3] = 0.0
    X = X.astype(dtype)
    assert CSRMatrix(sparse.csr_array(X)).worth_keeping == (regime == "stored")
    return X


def fitted(cls, X, sample_weight=None, **parameters):
    settings = {
        **FIXED,
        **fixed_strength(cls),
        "max_iter": 3,
        "batch_size": 16,
        "tol": 0.0,
        "random_state": 0,
        **parameters,
    }
    return cls(4, **{**settings, **parameters}).fit(X, sample_weight=sample_weight)


def assert_same_models(one, other, rtol):
    np.testing.assert_allclose(one.loss_curve_, other.loss_curve_, rtol=rtol)
    np.testing.assert_allclose(one.validation_loss_curve_, other.validation_loss_curve_, rtol=rtol)
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * np.abs(b).max())


# The same as dense rows.


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("regime", sorted(REGIMES))
@every_estimator
def test_fit_and_all_methods(cls, regime, dtype):
    X = rows(regime, dtype)
    S, rtol = sparse.csr_array(X), RTOL[dtype]
    ae, expected = fitted(cls, S), fitted(cls, X)
    assert_same_models(ae, expected, rtol)
    for method in METHODS:
        got, wanted = getattr(ae, method)(S), getattr(expected, method)(X)
        np.testing.assert_allclose(got, wanted, rtol=10 * rtol, atol=rtol, err_msg=method)
        assert np.asarray(got).dtype == np.asarray(wanted).dtype
    np.testing.assert_allclose(
        ae.reconstruction_error(S, per_feature=True), np.square(X - ae.reconstruct(X).astype(float)), atol=rtol
    )
    weights = np.linspace(0, 2, len(X))
    assert ae.score(S, sample_weight=weights) == pytest.approx(ae.score(X, sample_weight=weights), rel=10 * rtol)


@pytest.mark.parametrize("trained_on", ["sparse", "dense"])
@pytest.mark.parametrize("regime", sorted(REGIMES))
@every_estimator
def test_methods_of_models_with_the_defaults(cls, regime, trained_on):
    X = rows(regime)
    S = sparse.csr_array(X)
    ae = fitted(cls, X if trained_on == "dense" else S, **DEFAULTS)
    assert (ae._fitted.network.coordinates is None) == (trained_on == "sparse")
    for method in METHODS:
        got, wanted = getattr(ae, method)(S), getattr(ae, method)(X)
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12, err_msg=method)
    code = expit(X @ ae.coefs_[0] + ae.intercepts_[0])
    np.testing.assert_allclose(ae.transform(S), code, rtol=1e-9)
    np.testing.assert_allclose(ae.reconstruct(S), code @ ae.coefs_[1] + ae.intercepts_[1], rtol=1e-9, atol=1e-12)


VARIANTS = {
    "tied": {"tied_weights": True},
    "deep": {"hidden_layer_sizes": (7,), "activation": "tanh", "loss": "squared_error"},
    "deep and tied": {"hidden_layer_sizes": (7,), "tied_weights": True, "alpha": 0.01},
    "log_loss": {"loss": "log_loss"},
    "logistic output": {"output_activation": "logistic", "loss": "squared_error"},
    "relu output": {"output_activation": "relu", "loss": "squared_error", "tied_weights": True},
    "sgd": {"solver": "sgd", "learning_rate": "cosine"},
    "lbfgs": {"solver": "lbfgs", "max_iter": 4},
    "lbfgs, log_loss": {"solver": "lbfgs", "loss": "log_loss", "max_iter": 4},
    "early_stopping": {"early_stopping": True},
    "in order": {"shuffle": False, "batch_size": 7},
    "clipped": {"max_grad_norm": 0.1, "warmup_epochs": 1.5},
    "all zeros drawn": {"zero_sampling": 1.0},
}


@pytest.mark.parametrize("regime", sorted(REGIMES))
@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_variants(name, regime):
    X = rows(regime)
    weights = np.random.default_rng(62).uniform(0, 2, len(X))
    weights[5] = 0.0
    for sample_weight in (None, weights):
        ae = fitted(AutoencoderTransformer, sparse.csr_array(X), sample_weight, **VARIANTS[name])
        expected = fitted(AutoencoderTransformer, X, sample_weight, **VARIANTS[name])
        assert_same_models(ae, expected, 1e-10 if "lbfgs" not in name else 1e-7)


@pytest.mark.parametrize("regime", sorted(REGIMES))
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("corruption", ["masking", "gaussian", "salt_and_pepper"])
def test_corruptions_draw_as_for_dense_rows(corruption, solver, regime):
    X = rows(regime)
    parameters = {"corruption": corruption, "noise_level": 0.4, "solver": solver, "early_stopping": solver == "adam"}
    ae, expected = fitted(DenoisingAE, sparse.csr_array(X), **parameters), fitted(DenoisingAE, X, **parameters)
    assert_same_models(ae, expected, 1e-10 if solver == "adam" else 1e-7)


@pytest.mark.parametrize("regime", sorted(REGIMES))
@every_estimator
def test_partial_fit(cls, regime):
    X = rows(regime)
    one, other = (cls(4, batch_size=16, random_state=0, **FIXED, **fixed_strength(cls)) for _ in range(2))
    for start in range(0, 40, 16):
        one.partial_fit(sparse.csr_array(X[start : start + 16]))
        other.partial_fit(X[start : start + 16])
    assert_same_models(one, other, 1e-10)


@compiled
@pytest.mark.parametrize("regime", sorted(REGIMES))
@every_start
def test_binary_data_and_its_loss(start, regime):
    X = (rows(regime) > 0).astype(float)
    S = sparse.csr_array(X)
    for data in (S, S.astype(bool), S.astype(np.int8)):
        ae = fitted(AutoencoderTransformer, data, **start)
        assert (ae.loss_, ae.output_activation_) == ("log_loss", "logistic")
        assert_same_models(ae, fitted(AutoencoderTransformer, X, **start), 1e-10)
    S.data[0] = 0.5
    assert fitted(AutoencoderTransformer, S, **start).loss_ == "squared_error"


@pytest.mark.parametrize("regime", sorted(REGIMES))
@every_start
def test_rows_without_weight_are_as_if_left_out(start, regime):
    X = (rows(regime) > 0).astype(float)
    X[-1, :2] = 9.0
    weights = np.r_[np.ones(39), 0.0]
    ae = fitted(AutoencoderTransformer, sparse.csr_array(X), weights, **start)
    assert ae.loss_ == "log_loss"
    assert_same_models(ae, fitted(AutoencoderTransformer, sparse.csr_array(X[:-1]), **start), 1e-13)


def test_several_blocks_are_one(monkeypatch):
    X = rows()
    S = sparse.csr_array(X)
    expected = fitted(SparseAE, S, solver="lbfgs")
    results = [getattr(expected, method)(S) for method in METHODS]
    for module in ("rows.blocks", "rows.sample", "network.architecture", "network.network", "training.descent"):
        monkeypatch.setattr(f"skae.{module}.block_rows", lambda *_: 7)
    assert_same_models(fitted(SparseAE, S, solver="lbfgs"), expected, 1e-9)
    for method, wanted in zip(METHODS, results):
        np.testing.assert_allclose(getattr(expected, method)(S), wanted, rtol=1e-12)


@pytest.mark.parametrize("gathered_bytes", [1, 3 * 16 * 540 * 8, 2**20], ids=["batch", "between", "all"])
def test_batches_of_a_larger_block(gathered_bytes, monkeypatch):
    X = rows(n_rows=70)
    monkeypatch.setattr("skae.training.descent._GATHER_BYTES", gathered_bytes)
    for cls, parameters in ((DenoisingAE, {"noise_level": 0.4}), (SparseAE, {"zero_sampling": 1.0})):
        assert_same_models(fitted(cls, sparse.csr_array(X), **parameters), fitted(cls, X, **parameters), 1e-10)


# Forms of sparse matrices.


def unsorted(X):
    """CSR with the entries of each row backwards, and every value in two halves."""
    csr = sparse.csr_array(X)
    values, columns, starts = [], [], [0]
    for first, last in itertools.pairwise(csr.indptr):
        values += [*csr.data[first:last][::-1] / 2, *csr.data[first:last] / 2]
        columns += [*csr.indices[first:last][::-1], *csr.indices[first:last]]
        starts.append(len(values))
    out = sparse.csr_array((np.array(values), np.array(columns), np.array(starts)), X.shape)
    assert not out.has_canonical_format
    return out


def wide_indices(X):
    csr = sparse.csr_array(X)
    csr.indices, csr.indptr = csr.indices.astype(np.int64), csr.indptr.astype(np.int64)
    return csr


def explicit_zeros(X):
    """CSR in which the first five columns of every row are stored, zeros too."""
    mask = X != 0
    mask[:, :5] = True
    rows_, columns = np.nonzero(mask)
    out = sparse.csr_array((X[rows_, columns], (rows_, columns)), X.shape)
    assert out.nnz > np.count_nonzero(X)
    return out


FORMS = {
    "csr_matrix": sparse.csr_matrix,
    "csr_array": sparse.csr_array,
    "csc_matrix": sparse.csc_matrix,
    "csc_array": sparse.csc_array,
    "coo_matrix": sparse.coo_matrix,
    "coo_array": sparse.coo_array,
    "lil_array": sparse.lil_array,
    "64-bit indices": wide_indices,
    "unsorted with duplicates": unsorted,
    "explicit zeros": explicit_zeros,
}


def parts(S):
    """Copies of all arrays that make a sparse matrix."""
    names = ("data", "indices", "indptr", "coords", "row", "col", "rows")
    return {name: np.array(getattr(S, name), copy=True) for name in names if hasattr(S, name)}


@pytest.mark.parametrize("regime", sorted(REGIMES))
@pytest.mark.parametrize("form", sorted(FORMS))
@every_start
def test_forms_give_the_same_model_and_stay_as_they_are(start, form, regime):
    X = rows(regime)
    S = FORMS[form](X)
    before, arrays = parts(S), {name: getattr(S, name) for name in ("data", "indices") if hasattr(S, name)}
    # With the defaults an array is centred, and a sparse matrix is not.
    same = X if start is FIXED else sparse.csr_array(X)
    ae, expected = fitted(AutoencoderTransformer, S, **start), fitted(AutoencoderTransformer, same, **start)
    assert_same_models(ae, expected, 1e-10)
    for method in METHODS:
        np.testing.assert_allclose(getattr(ae, method)(S), getattr(expected, method)(X), rtol=1e-9, err_msg=method)
    for name, array in before.items():
        np.testing.assert_array_equal(getattr(S, name), array)
    if form.startswith("cs"):
        assert all(getattr(S, name) is array for name, array in arrays.items())


@every_estimator
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("regime", sorted(REGIMES))
@every_start
def test_a_matrix_of_zeros(start, regime, solver, cls):
    S = sparse.csr_array((30, REGIMES[regime][0]))
    for loss in ("squared_error", "log_loss"):
        ae = fitted(cls, S, **{**start, "solver": solver}, loss=loss)
        assert ae.transform(S).shape == (30, 4)
        assert np.isfinite(ae.loss_curve_).all() and np.isfinite(ae.score_samples(S)).all()
        assert np.isfinite(ae.score(S))


@pytest.mark.parametrize("regime", sorted(REGIMES))
@pytest.mark.parametrize("value, word", [(np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity")])
@pytest.mark.parametrize("missing_values", ["error", "mask"])
def test_values_that_are_not_finite_are_refused(missing_values, value, word, regime):
    good, bad = (sparse.csr_array(rows(regime)) for _ in range(2))
    bad.data[7] = value
    with pytest.raises(ValueError, match=word):
        AutoencoderTransformer(4, missing_values=missing_values).fit(bad)
    with pytest.raises(ValueError, match=word):
        AutoencoderTransformer(4, missing_values=missing_values).partial_fit(bad)
    ae = fitted(AutoencoderTransformer, good, missing_values=missing_values)
    for method in METHODS:
        with pytest.raises(ValueError, match=word):
            getattr(ae, method)(bad)


@pytest.mark.parametrize("regime", sorted(REGIMES))
def test_holes_are_only_in_arrays(regime):
    # With "mask", sparse rows have no holes, and are those of the plain model.
    X = rows(regime)
    ae = fitted(AutoencoderTransformer, sparse.csr_array(X), missing_values="mask")
    np.testing.assert_allclose(ae.column_means_, X.mean(axis=0), rtol=1e-12)
    assert_same_models(ae, fitted(AutoencoderTransformer, X), 1e-10)
    holes = X.copy()
    holes[0, 1] = np.nan
    filled = np.where(np.isnan(holes), ae.column_means_, holes)
    np.testing.assert_allclose(ae.transform(holes), ae.transform(sparse.csr_array(filled)), rtol=1e-10)


def test_other_errors_are_those_of_dense_rows():
    S = sparse.csr_array(rows())
    ae = fitted(AutoencoderTransformer, S)
    for method in METHODS:
        with pytest.raises(ValueError, match="X has 9 features, but AutoencoderTransformer is expecting 540 features"):
            getattr(ae, method)(S[:, :9])
    with pytest.raises(ValueError, match=r"\[0, 1\]; they lie in \[-3, 1\]"):
        S.data[:] = 1.0
        S.data[5] = -3.0
        fitted(AutoencoderTransformer, S, loss="log_loss")
    with pytest.raises(ValueError, match="diverged"):
        fitted(AutoencoderTransformer, S, learning_rate_init=1e10, solver="sgd", activation="identity", max_iter=50)


def test_columns_of_frames():
    X = rows("densified")
    ae = fitted(AutoencoderTransformer, sparse.csr_array(X)).set_output(transform="pandas")
    H, errors = ae.transform(sparse.csr_array(X)), ae.reconstruction_error(sparse.csr_array(X), per_feature=True)
    assert H.columns[0] == "autoencodertransformer0" and H.shape == (40, 4)
    assert errors.columns[-1] == "x29" and errors.shape == X.shape


# Never dense as a whole.


@pytest.mark.parametrize("regime", sorted(REGIMES))
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("cls", [DenoisingAE, SparseAE])
@every_start
def test_x_is_dense_by_blocks_only(start, cls, solver, regime, monkeypatch):
    # Rows that start values are taken from.
    monkeypatch.setattr("skae.estimator.start_rows.START_ROWS", 8)
    largest = [0]
    dense, gather = CSRMatrix.__getitem__, CSRMatrix.gather

    def counted(self, rows):
        out = dense(self, rows)
        largest[0] = max(largest[0], len(out))
        return out

    def counted_gather(self, rows, out):
        largest[0] = max(largest[0], len(out))
        gather(self, rows, out)

    monkeypatch.setattr(CSRMatrix, "__getitem__", counted)
    monkeypatch.setattr(CSRMatrix, "gather", counted_gather)
    for module in ("rows.blocks", "rows.sample", "network.architecture", "network.network", "training.descent"):
        monkeypatch.setattr(f"skae.{module}.block_rows", lambda *_: 8)
    monkeypatch.setattr("skae.estimator.automatic._STRENGTH_ROWS", 8)
    monkeypatch.setattr("skae.estimator.start_rows.START_ROWS", 8)
    monkeypatch.setattr("skae.estimator.outcome._ROWS", 8)
    S = sparse.csr_array(rows(regime))
    whole, toarray = [], sparse.csr_array.toarray
    monkeypatch.setattr(sparse.csr_array, "toarray", lambda self: whole.append(self.shape[0]) or toarray(self))
    parameters = {"corruption": "salt_and_pepper"} if cls is DenoisingAE else {}
    for missing_values in ("error", "mask"):
        settings = {**start, "solver": solver, "batch_size": 8, "missing_values": missing_values, **parameters}
        ae = fitted(cls, S, **settings)
        for method in METHODS:
            getattr(ae, method)(S)
    assert 0 < largest[0] <= 8
    assert 0 < max(whole) <= 8


def test_rows_come_as_they_are_stored_where_it_pays():
    S = CSRMatrix(sparse.csr_array(rows()))
    block = Reader(S, np.float64, 16)(np.array([5, 3, 9]))
    assert isinstance(block, CSRBatch) and block.shape == (3, 540)
    assert isinstance(Reader(S, np.float64, 16, keep_sparse=False)(np.array([5, 3, 9])), np.ndarray)
    part = block[1:]
    dense = np.zeros((2, 540))
    for i in range(2):
        entries = slice(part.row_starts[i], part.row_starts[i + 1])
        dense[i, part.columns[entries]] = part.values[entries]
    np.testing.assert_array_equal(dense, rows()[[3, 9]])


@pytest.mark.parametrize("n_columns, n_stored, worth", [(512, 153, True), (512, 154, False), (511, 10, False)])
def test_where_stored_entries_pay(n_columns, n_stored, worth):
    S = sparse.csr_array((np.ones(n_stored), (np.arange(n_stored) % 10, np.arange(n_stored))), (10, n_columns))
    assert CSRMatrix(S).worth_keeping == worth


# The sampled loss.


class Draws:
    """A source of noise whose choice of columns is given."""

    def __init__(self, columns):
        self.columns = np.array(columns)

    def choice(self, n, size, replace, shuffle):
        assert len(self.columns) == size and not replace
        return self.columns


OUTPUTS = [
    ("squared_error", "identity"),
    ("squared_error", "logistic"),
    ("squared_error", "tanh"),
    ("squared_error", "relu"),
    ("log_loss", "logistic"),
]
N_COLUMNS = 11


def small_objective(loss, output, tied, hidden, zero_sampling):
    architecture = Architecture((N_COLUMNS, *hidden, 3), "tanh", output, tied)
    theta = 0.7 * np.random.default_rng(63).standard_normal(architecture.n_parameters)
    return Objective(Network(architecture, theta), LOSSES[loss], [L2(0.02)], zero_sampling=zero_sampling)


def small_rows():
    """A block of stored rows, of which the batch is a part, and the batch as an array."""
    rng = np.random.default_rng(64)
    X = rng.uniform(0.2, 1, (7, N_COLUMNS)) * (rng.random((7, N_COLUMNS)) < 0.3)
    X[3] = 0.0
    return CSRMatrix(sparse.csr_array(X)).stored(np.arange(7), np.float64)[1:6], X[1:6]


@pytest.mark.parametrize("n_drawn", [1, 2])
@pytest.mark.parametrize("hidden", [(), (4,)], ids=["shallow", "deep"])
@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
@pytest.mark.parametrize("loss, output", OUTPUTS)
def test_the_mean_over_all_draws_is_the_full_loss_and_its_gradient(loss, output, tied, hidden, n_drawn):
    stored, dense = small_rows()
    scale = np.random.default_rng(65).uniform(0.5, 1.5, len(dense)) / len(dense)
    exact = small_objective(loss, output, tied, hidden, None)
    value = exact.value_and_gradient(dense, scale)
    sampled = small_objective(loss, output, tied, hidden, n_drawn / N_COLUMNS)
    values, gradients, row_losses = [], [], []
    for columns in itertools.combinations(range(N_COLUMNS), n_drawn):
        values.append(sampled.value_and_gradient(stored, scale, Draws(columns)))
        gradients.append(sampled.grad.copy())
        row_losses.append(sampled.batch(len(dense)).row_loss.copy())
        assert sampled.value(stored, scale, Draws(columns)) == pytest.approx(values[-1], rel=1e-13)
    assert np.mean(values) == pytest.approx(value, rel=1e-10)
    np.testing.assert_allclose(np.mean(gradients, axis=0), exact.grad, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(np.mean(row_losses, axis=0), exact.batch(len(dense)).row_loss, rtol=1e-10)
    assert np.ptp(values) > 0.1 * value, "the draws must differ for the mean to say anything"


@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
@pytest.mark.parametrize("loss, output", OUTPUTS)
def test_all_columns_drawn_are_the_full_loss(loss, output, tied):
    stored, dense = small_rows()
    exact, sampled = (small_objective(loss, output, tied, (), share) for share in (None, 1.0))
    value = exact.value_and_gradient(stored)
    assert sampled.value_and_gradient(stored, rng=np.random.default_rng(0)) == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(sampled.grad, exact.grad, rtol=1e-10, atol=1e-14)
    assert exact.value_and_gradient(dense) == pytest.approx(value, rel=1e-13)


def test_dense_rows_are_taken_in_full():
    _, dense = small_rows()
    exact, sampled = (small_objective("log_loss", "logistic", False, (), share) for share in (None, 0.1))
    assert sampled.value_and_gradient(dense) == exact.value_and_gradient(dense)
    np.testing.assert_array_equal(sampled.grad, exact.grad)


@pytest.mark.parametrize("n_columns, share, n_drawn", [(10, 0.3, 3), (10, 1e-9, 1), (10, 0.96, 10), (3, 1.0, 3)])
def test_the_share_is_of_whole_columns(n_columns, share, n_drawn):
    network = Network(Architecture((n_columns, 2), "tanh", "identity", False), np.zeros(5 * n_columns + 2))
    J = Objective(network, LOSSES["squared_error"], zero_sampling=share)
    drawn = []

    class Recorder(Draws):
        def choice(self, n, size, **_):
            drawn.append((n, size))
            return np.arange(size)

    J.value(CSRBatch(np.empty(0), np.empty(0, np.int32), np.zeros(3, np.int64), n_columns), rng=Recorder([]))
    assert drawn == [(n_columns, n_drawn)]


@every_estimator
@pytest.mark.parametrize("zero_sampling", [0.05, 0.5])
def test_training_on_a_sample_of_the_zeros(zero_sampling, cls):
    S = sparse.csr_array(rows(n_rows=120))
    parameters = {"zero_sampling": zero_sampling, "max_iter": 15, "learning_rate_init": 0.01}
    ae, again = (fitted(cls, S, **parameters) for _ in range(2))
    np.testing.assert_array_equal(ae.coefs_[0], again.coefs_[0])
    exact = fitted(cls, S, **{**parameters, "zero_sampling": None})
    assert ae.loss_curve_[0] != exact.loss_curve_[0]
    before = fitted(cls, S, **{**parameters, "max_iter": 1}).score_samples(S).sum()
    # What is reported after the training is the full loss.
    np.testing.assert_allclose(ae.score_samples(S), ae.score_samples(S.toarray()), rtol=1e-9)
    assert ae.score_samples(S).sum() > before


def test_held_rows_meet_the_same_draws_every_time():
    S = sparse.csr_array(rows())
    ae = fitted(
        AutoencoderTransformer, S, zero_sampling=0.1, early_stopping=True, learning_rate_init=1e-300, solver="sgd"
    )
    assert len(set(ae.validation_loss_curve_)) == 1 and len(set(ae.loss_curve_)) == 3


def test_sampled_partial_fit_over_the_batches_is_one_epoch():
    S = sparse.csr_array(rows(n_rows=48))
    whole = fitted(DenoisingAE, S, zero_sampling=0.2, shuffle=False, max_iter=1)
    parts_ = DenoisingAE(4, zero_sampling=0.2, batch_size=16, random_state=0, **FIXED)
    for start in range(0, 48, 16):
        parts_.partial_fit(S[start : start + 16])
    np.testing.assert_array_equal(parts_.coefs_[0], whole.coefs_[0])


def test_lbfgs_needs_a_function():
    with pytest.raises(
        ValueError, match=r"zero_sampling=0.1 draws anew .*'adam' or 'kfac' or 'sgd'; got solver='lbfgs'"
    ):
        fitted(AutoencoderTransformer, sparse.csr_array(rows()), solver="lbfgs", zero_sampling=0.1)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.5, "all"])
def test_the_share_is_validated(share):
    with pytest.raises(ValueError, match="The 'zero_sampling' parameter of AutoencoderTransformer must be"):
        fitted(AutoencoderTransformer, sparse.csr_array(rows()), zero_sampling=share)


@every_start
def test_pickled_estimators_train_on_alike(start):
    S = sparse.csr_array(rows())
    ae = fitted(DenoisingAE, S, zero_sampling=0.2, **start)
    copy = pickle.loads(pickle.dumps(ae))
    np.testing.assert_array_equal(ae.partial_fit(S).coefs_[0], copy.partial_fit(S).coefs_[0])


@every_start
def test_the_estimator_keeps_nothing_of_x(start):
    S = sparse.csr_array(rows())
    for cls in ESTIMATORS:
        values = vars(fitted(cls, S, **start)).values()
        assert not [value for value in values if sparse.issparse(value) or isinstance(value, CSRMatrix)]
