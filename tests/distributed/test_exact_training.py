"""L-BFGS over partitions is that on one machine, and the same whatever the cluster."""

import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster
from scipy import sparse
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.distributed import fit

SETTINGS = {"solver": "lbfgs", "max_iter": 25, "tol": 0.0, "n_iter_no_change": 25, "random_state": 0}
CASES = {
    "plain": AutoencoderTransformer(4, **SETTINGS),
    "tied, L2": AutoencoderTransformer(4, tied_weights=True, alpha=1e-3, **SETTINGS),
    "deep": AutoencoderTransformer(3, hidden_layer_sizes=(6,), activation="tanh", **SETTINGS),
    "KL": SparseAE(5, sparsity_weight=0.5, **SETTINGS),
    "L1": SparseAE(5, sparsity="l1", activation="tanh", **SETTINGS),
    "nested": SparseAE(5, nested_sizes=(1, 3), sparsity_weight=0.5, **SETTINGS),
    "contractive": ContractiveAE(4, **SETTINGS),
    "deep contractive": ContractiveAE(3, hidden_layer_sizes=(5,), **SETTINGS),
    "held out": SparseAE(4, early_stopping=True, **SETTINGS),
}


def parameters(estimator):
    return np.concatenate([np.ravel(part) for part in estimator.coefs_ + estimator.intercepts_])


def same(one, other, tolerance=1e-8):
    np.testing.assert_allclose(parameters(one), parameters(other), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(one.loss_curve_, other.loss_curve_, rtol=tolerance)
    np.testing.assert_allclose(one.validation_loss_curve_, other.validation_loss_curve_, rtol=tolerance)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "case", ["plain", *(pytest.param(case, marks=pytest.mark.slow) for case in CASES if case != "plain")]
)
def test_equals_training_on_one_machine(case, client, rows, parts):
    estimator = clone(CASES[case])
    assert fit(estimator, parts) is estimator
    same(estimator, clone(CASES[case]).fit(rows))
    assert estimator.n_features_in_ == 10


@pytest.mark.slow
def test_weights_of_rows(client, rows, parts):
    weights = np.random.default_rng(1).uniform(0.2, 2, len(rows))
    # A whole partition, and some rows of others.
    weights[:57] = 0
    weights[::7] = 0
    for given in (weights, client.persist(da.from_array(weights, chunks=100)), list(weights)):
        estimator = fit(clone(CASES["KL"]), parts, client, sample_weight=given)
        same(estimator, clone(CASES["KL"]).fit(rows, sample_weight=weights))


@pytest.mark.slow
def test_cross_entropy_is_chosen_for_binary_rows(client, rows):
    binary = (rows > 0).astype(np.float32)
    estimator = fit(clone(CASES["plain"]), da.from_array(binary, chunks=(100, 4)))
    assert estimator.loss_ == "log_loss"
    one = clone(CASES["plain"]).fit(binary)
    assert estimator.coefs_[0].dtype == one.coefs_[0].dtype == np.float32
    np.testing.assert_allclose(parameters(estimator), parameters(one), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_rows_with_gaps(client, rows):
    holed = np.where(np.random.default_rng(2).random(rows.shape) < 0.1, np.nan, rows)
    estimator = fit(clone(CASES["plain"]).set_params(missing_values="mask"), da.from_array(holed, chunks=(90, 10)))
    one = clone(CASES["plain"]).set_params(missing_values="mask").fit(holed)
    np.testing.assert_allclose(estimator.column_means_, one.column_means_, rtol=1e-12)
    same(estimator, one)


def test_sparse_blocks(client):
    S = sparse.random(300, 600, density=0.01, random_state=0, format="csr")
    blocks = da.from_array(S.toarray(), chunks=(80, 600)).map_blocks(sparse.csr_matrix)
    settings = {**SETTINGS, "max_iter": 5}
    same(fit(AutoencoderTransformer(3, **settings), blocks), AutoencoderTransformer(3, **settings).fit(S))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_number_of_workers_changes_no_bit(client, parts):
    first = fit(clone(CASES["KL"]), parts)
    again = fit(clone(CASES["KL"]), parts)
    with LocalCluster(n_workers=1, threads_per_worker=3, processes=False, dashboard_address=":0") as other:
        with Client(other) as threads:
            elsewhere = fit(clone(CASES["KL"]), parts, threads)
    for estimator in (again, elsewhere):
        np.testing.assert_array_equal(parameters(estimator), parameters(first))
        assert estimator.loss_curve_ == first.loss_curve_


@pytest.mark.slow
def test_noise_is_the_same_in_every_iteration(client, parts):
    ae = DenoisingAE(4, corruption="salt_and_pepper", **SETTINGS)
    estimator = fit(ae, parts)
    assert all(later < earlier for earlier, later in zip(estimator.loss_curve_, estimator.loss_curve_[1:]))
    assert not np.allclose(parameters(estimator), parameters(clone(CASES["plain"]).fit(parts.compute())))


def test_noise_differs_between_partitions(client):
    # Equal blocks, which the same noise would leave equal.
    block = np.random.default_rng(3).uniform(0, 1, (40, 6))
    twice = da.concatenate([da.from_array(block, chunks=(40, 6))] * 2)
    settings = {**SETTINGS, "max_iter": 1}
    both = fit(DenoisingAE(3, noise_level=0.5, **settings), twice)
    one = fit(DenoisingAE(3, noise_level=0.5, **settings), da.from_array(block, chunks=(40, 6)))
    assert both.loss_curve_ != one.loss_curve_


@pytest.mark.slow
def test_warm_start_goes_on(client, rows, parts):
    estimator = clone(CASES["plain"]).set_params(warm_start=True, max_iter=5)
    fit(fit(estimator, parts), parts)
    same(estimator, clone(CASES["plain"]).set_params(warm_start=True, max_iter=5).fit(rows).fit(rows))
    assert estimator.n_iter_ == 10


@pytest.mark.parametrize(
    "dtype",
    [
        "float64",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("Float64", "object", "str", "double[pyarrow]")),
    ],
)
def test_a_frame_is_fitted_by_its_columns(dtype, client, rows):
    dd, pd = pytest.importorskip("dask.dataframe"), pytest.importorskip("pandas")
    frame = pd.DataFrame(rows, columns=[f"c{i}" for i in range(10)]).astype(dtype)
    estimator = fit(clone(CASES["plain"]), dd.from_pandas(frame, npartitions=4))
    assert list(estimator.feature_names_in_) == list(frame.columns)
    same(estimator, clone(CASES["plain"]).fit(frame))


@pytest.mark.slow
def test_empty_partitions_are_passed_over(client, rows, parts):
    holed = da.concatenate([parts[:0], parts[:200], parts[200:200], parts[200:]])
    same(fit(clone(CASES["plain"]), holed), clone(CASES["plain"]).fit(rows))


def test_the_threads_of_blas_change_no_bit():
    X = da.random.default_rng(0).standard_normal((20_000, 100), chunks=(5000, 100))
    ae = AutoencoderTransformer(64, **{**SETTINGS, "max_iter": 3})
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0") as one:
        with Client(one) as client:
            found = []
            for number in (1, 2):
                with threadpool_limits(number):
                    found.append(parameters(fit(clone(ae), X, client)))
    np.testing.assert_array_equal(*found)
