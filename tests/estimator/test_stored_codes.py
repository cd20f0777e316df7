"""Codes as CSR: those of the dense transform, never dense as a whole, and taken wherever codes are taken."""

import tracemalloc
import warnings

import numpy as np
import pytest
import sklearn
from scipy import sparse
from settings import FIXED, compiled
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.fixes import parse_version
from threadpoolctl import threadpool_limits

import skae
from skae import AutoencoderTransformer, SparseAE
from skae.metrics import reconstruction_score
from skae.runtime import workers

SETTINGS = {**FIXED, "max_iter": 2, "tol": 0.0, "random_state": 0}
PROVIDERS = ["CPUExecutionProvider"]
TOP_K = {"sparsity": "topk", "n_active": 3}
CASES = {
    "relu": {**TOP_K, "activation": "relu"},
    "logistic, tied": {**TOP_K, "tied_weights": True},
    "more in transform": {**TOP_K, "n_active_transform": 7, "activation": "tanh"},
    "many stay on": {**TOP_K, "n_active_transform": 40, "activation": "identity"},
    "deep": {**TOP_K, "hidden_layer_sizes": (20,), "activation": "relu"},
    "batch": {"sparsity": "batchtopk", "n_active": 3, "activation": "relu"},
    "batch, logistic, tied": {"sparsity": "batchtopk", "n_active": 3, "tied_weights": True},
    "lifetime": {"sparsity": "lifetime", "activation": "relu"},
    "l1": {"sparsity": "l1", "activation": "relu"},
}


@pytest.fixture
def X(rng):
    return rng.random((90, 30))


@pytest.fixture
def fitted(X):
    with pytest.warns(sklearn.exceptions.ConvergenceWarning):
        return SparseAE(60, sparse_output=True, **TOP_K, **SETTINGS).fit(X)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_as_the_dense_code(case, dtype, X, rng):
    X = X.astype(dtype)
    ae = SparseAE(60, sparse_output=True, **case, **SETTINGS).fit(X)
    code, dense = ae.transform(X), clone(ae).set_params(sparse_output=False).fit(X).transform(X)
    assert sparse.issparse(code) and code.format == "csr" and code.dtype == dtype
    assert code.has_canonical_format and code.nnz == np.count_nonzero(dense)
    np.testing.assert_array_equal(code.toarray(), dense)
    back = ae.inverse_transform(code)
    assert isinstance(back, np.ndarray) and back.dtype == dtype
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    for other in (ae.inverse_transform(dense), ae.reconstruct(X)):
        np.testing.assert_allclose(back, other, rtol=tolerance, atol=tolerance)
    of_sparse = ae.transform(sparse.csr_array(X))
    np.testing.assert_allclose(of_sparse.toarray(), dense, rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("case", ["relu", "deep", "batch", "l1"])
@pytest.mark.parametrize("stored", [False, True])
def test_threads_that_share_the_rows_change_no_bit(stored, case, monkeypatch, rng):
    X = rng.random((1100, 160)).astype(np.float32)
    X = sparse.csr_array(np.where(X < 0.95, 0.0, X).astype(np.float32)) if stored else X
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ae = SparseAE(200, sparse_output=True, **CASES[case], **SETTINGS).fit(X[:300])
        alone = ae.transform(X)
        monkeypatch.setattr(workers, "blas_threads", lambda: 3)
        monkeypatch.setattr(workers, "WORTH_SHARING", 1)
        together, dense = ae.transform(X), ae.set_params(sparse_output=False).transform(X)
    assert together.has_canonical_format and (together != alone).nnz == 0
    np.testing.assert_array_equal(together.toarray(), dense)


@pytest.mark.parametrize("case", [*CASES.values(), {**TOP_K, "n_active_transform": 60}], ids=str)
def test_the_dense_code_has_the_same_threads_of_blas(case, rng):
    X = rng.standard_normal((600, 160)).astype(np.float32)
    settings = {**SETTINGS, "activation": "relu", "max_iter": 1, **case}
    with threadpool_limits(2), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ae = SparseAE(200, sparse_output=True, **settings).fit(X[:128])
        for n_rows in (1, 50, 512, 513, 600):
            code = ae.set_params(sparse_output=True).transform(X[:n_rows])
            np.testing.assert_array_equal(code.toarray(), ae.set_params(sparse_output=False).transform(X[:n_rows]))


def test_missing_values(X, rng):
    X[rng.random(X.shape) < 0.1] = np.nan
    ae = SparseAE(60, sparse_output=True, missing_values="mask", **TOP_K, **SETTINGS).fit(X)
    np.testing.assert_array_equal(ae.transform(X).toarray(), ae.set_params(sparse_output=False).transform(X))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@compiled
def test_the_dense_code_never_exists(rng):
    X = rng.random((8000, 10), dtype=np.float32)
    ae = SparseAE(8192, sparse_output=True, sparsity="topk", n_active=4, **SETTINGS).fit(X[:64])
    # Compiled before.
    ae.inverse_transform(ae.transform(X[:64]))
    tracemalloc.start()
    code = ae.transform(X)
    ae.inverse_transform(code)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # The dense code takes 262 MB, a block of it 4 MiB, and what is asked for before the first product 101 MB.
    assert code.nnz == 4 * len(X) and peak < 130e6


def test_any_sparse_format_is_decoded_by_any_autoencoder(rng):
    X = rng.random((40, 8))
    with pytest.warns(sklearn.exceptions.ConvergenceWarning):
        ae = AutoencoderTransformer(5, hidden_layer_sizes=(6,), **SETTINGS).fit(X)
    codes = sparse.random(12, 5, density=0.4, random_state=rng, format="coo")
    for kind in ("csr", "csc", "coo", "lil"):
        np.testing.assert_allclose(
            ae.inverse_transform(codes.asformat(kind)), ae.inverse_transform(codes.toarray()), rtol=1e-12
        )


def test_sparse_codes_are_checked(fitted):
    codes = sparse.csr_array(np.ones((4, 60)))
    with pytest.raises(ValueError, match=r"X has 59 features, but SparseAE.inverse_transform is expecting 60"):
        fitted.inverse_transform(codes[:, :59])
    broken = codes.copy()
    broken.indices[3] = 60
    with pytest.raises(ValueError, match="X is no valid sparse matrix in csr format"):
        fitted.inverse_transform(broken)
    codes.data[5] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        fitted.inverse_transform(codes)


def test_frames_cannot_hold_them(fitted, X):
    fitted.set_output(transform="pandas")
    with pytest.raises(ValueError, match=r"Pandas output does not support sparse data.*Set sparse_output=False"):
        fitted.transform(X)
    assert fitted.set_params(sparse_output=False).transform(X).shape == (90, 60)
    fitted.set_params(sparse_output=True).set_output(transform="default")
    assert sparse.issparse(fitted.transform(X))


def test_a_code_without_zeros_is_refused(fitted, X):
    message = r"of sparsity='topk', 'batchtopk' or activation='relu'; got activation='"
    for settings in ({}, {"sparsity": "lifetime"}, {"sparsity": "l1", "activation": "tanh"}):
        with pytest.raises(ValueError, match=message):
            SparseAE(5, sparse_output=True, **settings).fit(X)
    with pytest.warns(sklearn.exceptions.ConvergenceWarning):
        dense = SparseAE(5, **SETTINGS).fit(X).set_params(sparse_output=True)
    with pytest.raises(ValueError, match=message):
        dense.transform(X)


def test_the_row_that_overflows_is_named(rng):
    X = rng.random((3000, 10)).astype(np.float32)
    with pytest.warns(sklearn.exceptions.ConvergenceWarning):
        ae = SparseAE(2000, sparse_output=True, activation="identity", **TOP_K, **SETTINGS).fit(X[:100])
    X[2345] = 3e38
    with pytest.raises(ValueError, match="The code of row 2345 of X is beyond the range of float32"):
        ae.transform(X)


def test_a_sparse_code_beyond_the_precision_is_refused(rng):
    X = rng.random((100, 10)).astype(np.float32)
    with pytest.warns(sklearn.exceptions.ConvergenceWarning):
        ae = SparseAE(60, activation="relu", **TOP_K, **SETTINGS).fit(X)
    with pytest.raises(ValueError, match="The reconstruction of row 1 of X is beyond the range of float32"):
        ae.inverse_transform(sparse.csr_array(([1e200], ([1], [2])), shape=(3, 60)))


@pytest.mark.skipif(parse_version(sklearn.__version__) < parse_version("1.9.dev0"), reason="has no sparse_interface")
@pytest.mark.parametrize("interface, kind", [("sparray", sparse.csr_array), ("spmatrix", sparse.csr_matrix)])
def test_the_interface_is_that_of_the_configuration(interface, kind, fitted, X):
    with sklearn.config_context(sparse_interface=interface):
        assert type(fitted.transform(X)) is kind


def test_a_classifier_takes_them(X):
    y = X[:, 0] > 0.5
    ae = SparseAE(60, sparse_output=True, **TOP_K, **SETTINGS)
    with pytest.warns(sklearn.exceptions.ConvergenceWarning):
        assert make_pipeline(ae, LogisticRegression()).fit(X, y).predict(X).shape == (90,)


def test_saved_with_the_model(fitted, X, tmp_path):
    skae.save(fitted, tmp_path / "model.skae")
    loaded = skae.load(tmp_path / "model.skae")
    assert loaded.sparse_output is True
    np.testing.assert_array_equal(loaded.transform(X).toarray(), fitted.transform(X).toarray())


def test_scores_do_not_depend_on_it(fitted, X):
    scores = []
    for stored in (True, False):
        fitted.set_params(sparse_output=stored)
        scores.append([fitted.score(X), reconstruction_score(fitted, X), *fitted.score_samples(X)])
    np.testing.assert_allclose(*scores, rtol=1e-10)


def test_displays_take_them(fitted, X):
    pytest.importorskip("matplotlib").use("agg")
    from matplotlib import pyplot

    from skae.plotting import ActivationDisplay, CodeDisplay

    codes = []
    for stored in (True, False):
        fitted.set_params(sparse_output=stored)
        codes.append(ActivationDisplay.from_estimator(fitted, X).code)
        CodeDisplay.from_estimator(fitted, X)
    pyplot.close("all")
    np.testing.assert_array_equal(*codes)


def test_dask_gives_dense_blocks(fitted, X):
    array = pytest.importorskip("dask.array")
    from skae.distributed import transform

    found = transform(fitted, array.from_array(X, chunks=(40, 30))).compute(scheduler="synchronous")
    np.testing.assert_allclose(found, fitted.transform(X).toarray(), rtol=1e-12)


def test_onnx_gives_dense_codes(fitted, X):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    from skae.export import to_onnx

    session = runtime.InferenceSession(to_onnx(fitted, part="encoder").SerializeToString(), providers=PROVIDERS)
    (code,) = session.run(None, {session.get_inputs()[0].name: X})
    np.testing.assert_allclose(code, fitted.transform(X).toarray(), rtol=1e-6, atol=1e-12)
