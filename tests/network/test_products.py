"""SharedProduct against NumPy, over all entries and over those that are not zero in X."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from threadpoolctl import threadpool_limits

from skae import SparseAE
from skae.kernels import csr
from skae.network import products
from skae.network.architecture import Architecture
from skae.network.initialization import initial_parameters
from skae.network.network import Network
from skae.network.products import SharedProduct
from skae.rows.coordinates import Coordinates, InnerRows
from skae.rows.matrices import CSRMatrix

DTYPES = [np.float32, np.float64]
RTOL = {np.float32: 2e-6, np.float64: 1e-14}

# Nothing a multiple of a vector, more units than a tile of weights has where these are many, and more rows than are
# looked at.
N_ROWS, N_FEATURES, WIDTH = 41, 79, 203


def rows_of(rng, density, dtype, offset=0.0):
    """Rows with so many entries that are not zero, in runs as in images, and with an empty row."""
    x = rng.standard_normal((N_ROWS, N_FEATURES)) + offset
    x *= np.repeat(rng.random((N_ROWS, N_FEATURES // 4 + 1)) < density, 4, axis=1)[:, :N_FEATURES]
    x[3] = 0.0
    return x.astype(dtype)


def product_of(network, x):
    out = np.full((len(x), WIDTH), np.nan, network.dtype)
    SharedProduct(network)(x, network.weights[0], out)
    return out


def network_of(rng, dtype, coordinates=None):
    architecture = Architecture((N_FEATURES, WIDTH), "relu", "identity", False)
    return Network(architecture, initial_parameters(architecture, rng, dtype), coordinates)


def assert_product(out, x, weights):
    wanted = x.astype(np.float64) @ weights.astype(np.float64)
    np.testing.assert_allclose(out, wanted, rtol=0, atol=RTOL[x.dtype.type] * max(1.0, np.abs(wanted).max()))


@pytest.fixture
def count_of_entries(monkeypatch):
    """How many entries each product over single entries went through."""
    counts, original = [], products._of_stored

    def counted(rows, *rest):
        original(rows, *rest)
        counts.append(int((rows.ends - rows.starts).sum()))

    monkeypatch.setattr(products, "_of_stored", counted)
    return counts


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("density", [0.0, 0.1, 0.2, 0.6, 1.0])
def test_rows_as_they_are(density, dtype, rng, count_of_entries):
    x, network = rows_of(rng, density, dtype), network_of(rng, dtype)
    assert_product(product_of(network, x), x, network.weights[0])
    # No zero of X is another number here.
    assert count_of_entries == ([0, np.count_nonzero(x)] if density < 0.3 else [])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("tile", [None, 64])
def test_rows_in_coordinates(tile, dtype, rng, monkeypatch, count_of_entries):
    if tile is not None:
        monkeypatch.setattr(products, "_TILE_BYTES", 0)
        monkeypatch.setattr(products, "_TILE_UNITS", tile)
    X = rows_of(rng, 0.2, dtype, offset=1.0)
    coordinates = Coordinates(X.mean(axis=0, dtype=np.float64), float(X.std()))
    network, x = network_of(rng, dtype, coordinates), X.copy()
    coordinates.inward(x)
    assert_product(product_of(network, x), x, network.weights[0])
    assert count_of_entries[1] == np.count_nonzero(X)


def test_a_large_offset_costs_no_digits(rng, count_of_entries):
    """In a column far from zero nothing is taken off, though it is zero in most rows."""
    X = rows_of(rng, 0.2, np.float32)
    coordinates = Coordinates(np.where(np.arange(N_FEATURES) == 5, 1e6, 0.0), 1.0)
    x = X.copy()
    x[:, 5] = rng.standard_normal(N_ROWS)
    network = network_of(rng, np.float32, coordinates)
    assert_product(product_of(network, x), x, network.weights[0])
    assert count_of_entries[1] == np.count_nonzero(np.delete(X, 5, axis=1)) + N_ROWS


def test_few_units_have_the_dense_product(rng, count_of_entries):
    x, network = rows_of(rng, 0.1, np.float64), network_of(rng, np.float64)
    out, weights = np.empty((N_ROWS, 20)), np.ascontiguousarray(network.weights[0][:, :20])
    SharedProduct(network)(x, weights, out)
    assert_product(out, x, weights)
    assert not count_of_entries


def test_many_entries_in_a_row_have_the_dense_product(rng, monkeypatch, count_of_entries):
    monkeypatch.setattr(products, "_MOST_STORED", 5)
    x, network = rows_of(rng, 0.2, np.float64), network_of(rng, np.float64)
    assert_product(product_of(network, x), x, network.weights[0])
    assert not count_of_entries


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_rows_that_are_gathered_have_their_zeros_found(dtype, rng, count_of_entries):
    """As training reads them, of any type."""
    X = np.round(10 * rows_of(rng, 0.2, np.float64, offset=1.0)).astype(dtype)
    coordinates = Coordinates(X.mean(axis=0, dtype=np.float64), float(X.std()))
    network, x = network_of(rng, np.float32, coordinates), np.empty((N_ROWS, N_FEATURES), np.float32)
    InnerRows(X, coordinates).gather(np.arange(N_ROWS), x)
    assert_product(product_of(network, x), x, network.weights[0])
    assert count_of_entries[1] == np.count_nonzero(X)


@pytest.mark.parametrize("init", ["auto", "glorot"])
def test_fits_as_with_dense_products(init, rng, monkeypatch, count_of_entries):
    X = rows_of(rng, 0.2, np.float64)
    ae = SparseAE(200, sparsity="topk", n_active=6, activation="relu", init=init, learning_rate_init=1e-2, max_iter=3)
    ae.set_params(batch_size=10, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        few = ae.fit(X).loss_curve_
        n_products = len(count_of_entries)
        monkeypatch.setattr(products, "_STORED_SHARE", -1.0)
        np.testing.assert_allclose(few, ae.fit(X).loss_curve_, rtol=1e-10)
    assert n_products > 0 and len(count_of_entries) == n_products


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_stays_so(value, rng):
    x, network = rows_of(rng, 0.1, np.float32), network_of(rng, np.float32)
    x[2, 7] = value
    with np.errstate(invalid="ignore"):
        assert np.array_equal(np.isfinite(product_of(network, x)).all(axis=1), np.arange(N_ROWS) != 2)


@pytest.mark.parametrize("dtype", DTYPES)
def test_batches_of_several_sizes(dtype, rng):
    network = network_of(rng, dtype)
    shared = SharedProduct(network)
    for n_rows in (5, N_ROWS, 1, 12):
        x, out = rows_of(rng, 0.2, dtype)[:n_rows], np.full((n_rows, WIDTH), np.nan, dtype)
        shared(x, network.weights[0], out)
        assert_product(out, x, network.weights[0])


@pytest.mark.parametrize("density", [0.1, 0.9])
def test_threads_make_no_difference(density, rng, monkeypatch):
    monkeypatch.setattr("skae.runtime.workers.WORTH_SHARING", 2**8)
    x, network = rows_of(rng, density, np.float32), network_of(rng, np.float32)
    found = []
    for n_threads in (1, 2, 3):
        with threadpool_limits(n_threads):
            found.append(product_of(network, x))
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])


@pytest.mark.parametrize("dtype", DTYPES)
def test_sparse_rows(dtype, rng):
    x, network = rows_of(rng, 0.2, dtype), network_of(rng, dtype)
    batch = CSRMatrix(sparse.csr_array(x)).stored(slice(2, 30), dtype)
    assert_product(product_of(network, batch), x[2:30], network.weights[0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_changes_are_the_entries_that_differ(dtype, rng):
    x, base = rows_of(rng, 0.3, dtype), np.where(np.arange(N_FEATURES) % 3, 0, 0.5).astype(dtype)
    x[:, 9] = base[9]
    values, columns, ends = np.full(x.size, np.nan, dtype), np.full(x.size, -1, np.int32), np.full(N_ROWS, -1)
    csr.changes(x, base, 4, N_ROWS, values, columns, ends)
    assert (ends[:4] == -1).all()
    for i in range(4, N_ROWS):
        own = slice(i * N_FEATURES, ends[i])
        np.testing.assert_array_equal(columns[own], np.flatnonzero(x[i] != base))
        np.testing.assert_array_equal(values[own], (x[i] - base)[columns[own]])
