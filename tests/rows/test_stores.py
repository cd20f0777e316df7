"""Matrices on disk, read by blocks: h5py, zarr, AnnData, Parquet, Dask and xarray give what arrays in memory give."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, DenoisingAE
from skae.rows import stored_rows, stores
from skae.rows.stored_rows import StoredCSR, StoredRows, epoch_order

N, WIDTH = 1500, 12
SETTINGS = dict(max_iter=2, batch_size=50, shuffle=False, random_state=0)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture
def small_windows(monkeypatch):
    """Windows that hold a small part of the rows."""
    monkeypatch.setattr(stored_rows, "WINDOW_BYTES", 2**14)
    monkeypatch.setattr(stores, "_SEGMENT_BYTES", 2**11)
    monkeypatch.setattr(stores, "_MOST_SEGMENT_BYTES", 2**13)


def matrix(dtype=np.float32):
    rng = np.random.default_rng(0)
    return (rng.normal(size=(N, 3)) @ rng.normal(size=(3, WIDTH)) + 0.1 * rng.normal(size=(N, WIDTH))).astype(dtype)


def package(name):
    return pytest.importorskip(name, reason=f"{name} is not installed", exc_type=ImportError)


def in_hdf5(X, path, **options):
    h5py = package("h5py")
    with h5py.File(path / "X.h5", "w") as file:
        file.create_dataset("X", data=X, **options)
    return h5py.File(path / "X.h5")["X"]


def in_zarr(X, path):
    zarr = package("zarr")
    array = zarr.open(str(path / "X.zarr"), mode="w", shape=X.shape, dtype=X.dtype, chunks=(70, 5))
    array[...] = X
    return zarr.open(str(path / "X.zarr"), mode="r")


def backed(X, path):
    anndata = package("anndata")
    anndata.AnnData(X).write_h5ad(path / "X.h5ad")
    return anndata.read_h5ad(path / "X.h5ad", backed="r").X


def table(X):
    return package("pyarrow").table({f"c{j}": X[:, j] for j in range(X.shape[1])})


def in_parquet(X, path, rows=400):
    parquet = package("pyarrow.parquet")
    parquet.write_table(table(X), path / "X.parquet", row_group_size=rows)
    return parquet.ParquetFile(path / "X.parquet")


def in_data_set(X, path):
    parquet, dataset = package("pyarrow.parquet"), package("pyarrow.dataset")
    for name, rows in {"a": slice(0, 500), "b": slice(500, None)}.items():
        parquet.write_table(table(X[rows]), path / f"{name}.parquet", row_group_size=300)
    return dataset.dataset([str(path / "a.parquet"), str(path / "b.parquet")])


def in_feather(X, path):
    package("pyarrow.feather").write_feather(table(X), path / "X.feather", chunksize=130)
    return package("pyarrow.dataset").dataset(str(path / "X.feather"), format="feather")


class Slices:
    """The least that a matrix on disk can offer."""

    def __init__(self, X):
        self._X, self.shape, self.dtype = X, X.shape, X.dtype
        self.most = 0

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        self.most = max(self.most, self._X[rows].shape[0])
        return self._X[rows]


DENSE = {
    "the least": lambda X, path: Slices(X),
    "HDF5": lambda X, path: in_hdf5(X, path, chunks=(100, WIDTH)),
    "HDF5 in one piece": in_hdf5,
    "HDF5 by columns": lambda X, path: in_hdf5(X, path, chunks=(N, 1)),
    "HDF5, big-endian": lambda X, path: in_hdf5(X.astype(X.dtype.newbyteorder(">")), path),
    "zarr": in_zarr,
    "AnnData": backed,
    "Dask": lambda X, path: package("dask.array").from_array(X, chunks=((130, 1, 9, 1000, 360), (5, 7))),
    "xarray": lambda X, path: package("xarray").DataArray(X),
    "Parquet": in_parquet,
    "Parquet in one group": lambda X, path: in_parquet(X, path, N),
    "a data set": in_data_set,
    "Feather": in_feather,
}
STORES = pytest.mark.parametrize("kind", DENSE)
PARAMETERS = {
    "adam": dict(solver="adam", init="glorot", learning_rate_init=1e-2),
    "auto": {},
    "rate": dict(solver="adam"),
    "early stopping": dict(solver="adam", early_stopping=True),
    "lbfgs": dict(solver="lbfgs"),
}


def assert_equal_fits(fitted, twin, X, source):
    for ours, theirs in zip((*fitted.coefs_, *fitted.intercepts_), (*twin.coefs_, *twin.intercepts_), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for method in ("transform", "reconstruct", "score_samples", "reconstruction_error"):
        np.testing.assert_array_equal(getattr(fitted, method)(source), getattr(twin, method)(X))
    assert fitted.score(source) == twin.score(X)


@STORES
@pytest.mark.parametrize("parameters", PARAMETERS)
def test_the_same_weights_as_from_memory(kind, parameters, small_windows, tmp_path):
    X = matrix()
    source = DENSE[kind](X, tmp_path)
    settings = {**SETTINGS, **PARAMETERS[parameters]}
    twin, fitted = (AutoencoderTransformer(3, **settings).fit(rows) for rows in (X, source))
    assert_equal_fits(fitted, twin, X, source)


@STORES
@pytest.mark.parametrize("dtype", ["f8", "f2", "i2", "u1", "?"])
def test_every_type_of_numbers(kind, dtype, small_windows, tmp_path):
    X = matrix().astype(dtype) if dtype != "u1" else np.abs(matrix() * 20).astype("u1")
    try:
        source = DENSE[kind](X, tmp_path)
    except NotImplementedError:
        # Feather never has, and Parquet has them in later versions of Arrow.
        assert dtype == "f2"
        pytest.skip(f"{kind} has no half floats")
    # Columns of Arrow become float64, if they are no floats.
    settings = {**SETTINGS, **PARAMETERS["adam"], "loss": "squared_error"}
    twin, fitted = (AutoencoderTransformer(3, **settings).fit(rows) for rows in (X, source))
    assert_equal_fits(fitted, twin, X, source)


@STORES
def test_a_pass_of_partial_fit(kind, small_windows, tmp_path):
    X = matrix()
    source = DENSE[kind](X, tmp_path)
    twin, fitted = (DenoisingAE(3, solver="adam", random_state=0).partial_fit(X) for X in (X, source))
    for _ in range(2):
        twin.partial_fit(X)
        fitted.partial_fit(source)
    assert_equal_fits(fitted, twin, X, source)


@STORES
def test_within_one_window_the_shuffled_order_is_that_of_memory(kind, tmp_path):
    X = matrix()
    source = DENSE[kind](X, tmp_path)
    settings = {**SETTINGS, **PARAMETERS["adam"], "shuffle": True}
    twin, fitted = (AutoencoderTransformer(3, **settings).fit(rows) for rows in (X, source))
    assert_equal_fits(fitted, twin, X, source)


@STORES
def test_missing_values(kind, small_windows, tmp_path):
    X = matrix()
    X[np.random.default_rng(1).random(X.shape) < 0.1] = np.nan
    source = DENSE[kind](X, tmp_path)
    with pytest.raises(ValueError, match=r"Input X contains NaN"):
        AutoencoderTransformer(3, **SETTINGS).fit(source)
    twin, fitted = (AutoencoderTransformer(3, **SETTINGS, missing_values="mask").fit(rows) for rows in (X, source))
    np.testing.assert_array_equal(fitted.transform(source), twin.transform(X))
    np.testing.assert_array_equal(fitted.reconstruct(source), twin.reconstruct(X))
    assert fitted.score(source) == twin.score(X)


@pytest.mark.parametrize("density, width", [(0.02, 600), (0.2, 60)])
@pytest.mark.parametrize("parameters", [*PARAMETERS, "zero sampling", "log loss"])
@pytest.mark.parametrize("kind", ["AnnData", "the least"])
def test_sparse_rows(kind, parameters, density, width, small_windows, tmp_path):
    X = sparse.random(600, width, density, format="csr", dtype=np.float32, random_state=0)
    source = backed(X, tmp_path) if kind == "AnnData" else Slices(X)
    further = {"zero sampling": dict(solver="adam", zero_sampling=0.3), "log loss": dict(loss="log_loss")}
    settings = {**SETTINGS, **{**PARAMETERS, **further}[parameters]}
    twin, fitted = (AutoencoderTransformer(3, **settings).fit(rows) for rows in (X, source))
    assert_equal_fits(fitted, twin, X, source)


def test_sparse_rows_are_read_like_those_in_memory(small_windows):
    X = sparse.random(900, 50, 0.1, format="csr", random_state=0)
    dense, checked = X.toarray(), []
    rows = StoredCSR(stores.opened(Slices(X)), checked.append)
    assert sum(part.shape[0] for part in checked) == 900 and rows.nnz == X.nnz
    assert len(rows.window.sizes) > 2 * rows.window.n_slots
    rng = np.random.default_rng(0)
    for indices in (np.arange(900), rng.permutation(900), rng.integers(0, 900, 40), np.array([5]), np.array([], int)):
        np.testing.assert_array_equal(rows[indices], dense[indices])
        values = np.concatenate([np.empty(0), *rows.stored_values(indices)])
        np.testing.assert_array_equal(np.sort(values), np.sort(dense[indices][dense[indices] != 0]))
    np.testing.assert_array_equal(rows[100:200], dense[100:200])


@STORES
def test_rows_in_any_order(kind, small_windows, tmp_path):
    X = matrix()
    store = stores.opened(DENSE[kind](X, tmp_path))
    rows, rng = StoredRows(store), np.random.default_rng(0)
    assert len(store.starts) - 1 == len(store.runs) > 2 * rows.window.n_slots
    assert store.starts[0] == 0 and store.starts[-1] == N and (np.diff(store.starts) > 0).all()
    for indices in (rng.permutation(N), np.arange(N), rng.integers(0, N, 70), np.arange(N)[::-1], np.array([], int)):
        np.testing.assert_array_equal(rows[indices], X[indices])
        np.testing.assert_array_equal(rows[indices], X[indices])
        out = np.empty((len(indices), WIDTH))
        rows.gather(indices, out)
        np.testing.assert_array_equal(out, X[indices])
        np.testing.assert_array_equal(rows.held(indices), X[indices])
    np.testing.assert_array_equal(rows[3:1400:2], X[3:1400:2])


# The order of an epoch.


class CountedReads:
    """A store that notes which segments are read."""

    def __init__(self, store):
        self._store, self.read_segments = store, []

    def __getattr__(self, name):
        return getattr(self._store, name)

    def read(self, segment):
        self.read_segments.append(int(segment))
        return self._store.read(segment)


@STORES
def test_an_epoch_has_every_row_once_and_reads_every_segment_once(kind, small_windows, tmp_path):
    store = CountedReads(stores.opened(DENSE[kind](matrix(), tmp_path)))
    rows = StoredRows(store)
    rng = np.random.default_rng(0)
    for _ in range(3):
        order = epoch_order(rows, np.arange(N), rng)
        np.testing.assert_array_equal(np.sort(order), np.arange(N))
        store.read_segments.clear()
        for first in range(0, N, 25):
            rows[order[first : first + 25]]
        # A few are there from the epoch before.
        assert len(set(store.read_segments)) == len(store.read_segments) >= len(store.runs) - rows.window.n_slots


def test_a_run_is_read_in_its_order(small_windows, tmp_path):
    """So that a row group of Parquet is decoded once a window, not once a segment."""
    store = CountedReads(stores.opened(in_parquet(matrix(), tmp_path, N)))
    rows = StoredRows(store)
    order = epoch_order(rows, np.arange(N), np.random.default_rng(0))
    for first in range(0, N, 25):
        rows[order[first : first + 25]]
    assert store.read_segments == sorted(store.read_segments)


def test_parts_of_the_rows_are_shuffled_too(small_windows):
    rows = StoredRows(stores.opened(Slices(matrix())))
    some = np.arange(0, N, 3)
    order = epoch_order(rows, some, np.random.default_rng(0))
    np.testing.assert_array_equal(np.sort(order), some)


def test_every_row_is_as_likely_at_every_time(small_windows):
    """Over many epochs the mean place of a row is the middle, and all places are taken."""
    rows = StoredRows(stores.opened(Slices(matrix())))
    rng, n_epochs = np.random.default_rng(0), 400
    places = np.empty((n_epochs, N))
    for epoch in range(n_epochs):
        places[epoch, epoch_order(rows, np.arange(N), rng)] = np.arange(N)
    error = N / np.sqrt(12 * n_epochs)
    # The last segment may be short, and with it its window.
    assert np.abs(places.mean(axis=0) - (N - 1) / 2).max() < 5 * error
    assert (places.min(axis=0) < N / 5).all() and (places.max(axis=0) > 4 * N / 5).all()


def test_an_order_of_windows_mixes_rows_of_many_segments(small_windows):
    rows = StoredRows(stores.opened(Slices(matrix())))
    order = epoch_order(rows, np.arange(N), np.random.default_rng(0))
    segments = rows.window.segments(order[: rows.window.n_rows])
    assert len(set(segments)) == rows.window.n_slots > 4
    # Neighbours come from different segments as often as chance has it.
    assert (np.diff(segments) != 0).mean() > 0.6


def test_training_on_shuffled_windows_ends_as_well(small_windows):
    X = matrix()
    settings = dict(max_iter=30, batch_size=50, random_state=0, solver="adam", init="glorot", learning_rate_init=1e-2)
    twin, fitted = (AutoencoderTransformer(3, **settings).fit(rows) for rows in (X, Slices(X)))
    assert not np.array_equal(fitted.coefs_[0], twin.coefs_[0])
    assert fitted.score(X) == pytest.approx(twin.score(X), abs=0.01)


# What is read, and what is not.


def test_a_store_is_never_read_as_a_whole(small_windows):
    source = Slices(matrix())
    ae = AutoencoderTransformer(3, **{**SETTINGS, "shuffle": True}).fit(source)
    ae.score(source), ae.transform(source), ae.score_samples(source), ae.partial_fit(source)
    assert source.most <= 2**13 // (4 * WIDTH)


class Counted:
    """A matrix that counts how often its rows are read."""

    def __init__(self, X):
        self.X, self.shape, self.dtype = X, X.shape, X.dtype
        self.counts = np.zeros(len(X), int)

    def __getitem__(self, rows):
        self.counts[rows] += 1
        return self.X[rows]


@pytest.mark.parametrize("method", ["score", "score_samples", "transform", "reconstruct", "reconstruction_error"])
def test_scores_and_codes_read_every_row_once(method, small_windows):
    X = matrix()
    ae = AutoencoderTransformer(3, **SETTINGS).fit(X)
    counted = Counted(X)
    np.testing.assert_allclose(getattr(ae, method)(counted), getattr(ae, method)(X), rtol=1e-6)
    # The first row tells what the slices are.
    assert set(counted.counts[1:]) == {1}
    X[700, 3] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        getattr(ae, method)(Counted(X))


def test_a_detector(small_windows):
    X = matrix()
    twin, fitted = (AutoencoderOutlierDetector(AutoencoderTransformer(3, **SETTINGS)).fit(s) for s in (X, Slices(X)))
    assert fitted.offset_ == twin.offset_
    np.testing.assert_array_equal(fitted.predict(Slices(X)), twin.predict(X))


def test_names_of_columns_are_those_of_the_table(tmp_path):
    X = matrix()
    of_file = AutoencoderTransformer(3, **SETTINGS).fit(in_parquet(X, tmp_path))
    of_table = AutoencoderTransformer(3, **SETTINGS).fit(table(X))
    assert list(of_file.feature_names_in_) == list(of_table.feature_names_in_) == [f"c{j}" for j in range(WIDTH)]
    of_file.transform(table(X))
    other = table(X).rename_columns([f"d{j}" for j in range(WIDTH)])
    parquet = package("pyarrow.parquet")
    parquet.write_table(other, tmp_path / "other.parquet")
    with pytest.raises(ValueError, match=r"feature names should match"):
        of_file.transform(parquet.ParquetFile(tmp_path / "other.parquet"))


def test_gaps_and_decimals_of_parquet(tmp_path):
    pa, parquet = package("pyarrow"), package("pyarrow.parquet")
    columns = {"a": [1, None, 3] * 20, "b": [0.5, 1.5, None] * 20, "c": [True, False, True] * 20}
    columns["d"] = pa.array([1, 2, 3] * 20).cast(pa.decimal128(25, 2))
    parquet.write_table(pa.table(columns), tmp_path / "X.parquet")
    rows = StoredRows(stores.opened(parquet.ParquetFile(tmp_path / "X.parquet")))
    nan = np.nan
    np.testing.assert_array_equal(rows[:3], [[1, 0.5, 1, 1], [nan, 1.5, 0, 2], [3, nan, 1, 3]])


def test_columns_that_are_no_numbers_are_named(tmp_path):
    pa, parquet = package("pyarrow"), package("pyarrow.parquet")
    import datetime

    for values in ([datetime.date(2020, 1, 1)] * 9, ["word"] * 9, [b"1"] * 9, [datetime.timedelta(1)] * 9):
        parquet.write_table(pa.table({"a": np.arange(9.0), "when": pa.array(values)}), tmp_path / "X.parquet")
        with pytest.raises(ValueError, match="X must hold numbers; column 'when' has dtype"):
            AutoencoderTransformer(1).fit(parquet.ParquetFile(tmp_path / "X.parquet"))


def test_what_has_other_values_or_another_shape_is_refused(tmp_path):
    for X, message in {
        "dates": (np.zeros((6, 3), "M8[s]"), "X must hold numbers; got dtype datetime64"),
        "complex": (np.zeros((6, 3), complex), "Complex data not supported"),
        "no rows": (np.zeros((0, 3)), r"Found array with 0 sample\(s\)"),
        "no columns": (np.zeros((3, 0)), r"Found array with 0 feature\(s\)"),
        "infinite": (np.full((6, 3), np.inf), "Input X contains infinity"),
    }.values():
        source = Slices(X)
        source.__class__ = type("Readable", (Slices,), {"__array__": lambda self, dtype=None, copy=None: self._X})
        with pytest.raises(ValueError, match=message):
            AutoencoderTransformer(1).fit(source)
    fitted = AutoencoderTransformer(1, **SETTINGS).fit(matrix())
    with pytest.raises(ValueError, match=f"X has 3 features, but AutoencoderTransformer is expecting {WIDTH} features"):
        fitted.transform(Slices(np.zeros((6, 3))))
    with pytest.raises(TypeError, match=r"stored by columns, in csc format.*Store it in CSR format"):
        fitted.transform(Slices(sparse.csc_matrix(np.eye(WIDTH))))
    gaps = sparse.csr_matrix(np.diag([np.nan] * WIDTH))
    with pytest.raises(ValueError, match=r"missing_values='mask' needs a dense X"):
        AutoencoderTransformer(1, missing_values="mask").fit(Slices(gaps))
    with pytest.raises(ValueError, match="Input X contains NaN"):
        AutoencoderTransformer(1).fit(Slices(gaps))


def test_an_anndata_names_what_to_pass():
    class AnnData:
        X, layers, obsm, shape = np.zeros((4, 2)), {}, {}, (4, 2)

    with pytest.raises(TypeError, match=r"X must be a matrix; got .* AnnData, .*Pass its \.X, or one of its \.layers"):
        AutoencoderTransformer(1).fit(AnnData())
    anndata = package("anndata")
    with pytest.raises(TypeError, match=r"Pass its \.X, or one of its \.layers"):
        AutoencoderTransformer(1).fit(anndata.AnnData(matrix()))


LIMITED = """
import resource, sys, warnings
import numpy as np
from skae import AutoencoderTransformer

warnings.simplefilter("ignore")
path = sys.argv[1]
settings = dict(init="glorot", solver="adam", learning_rate_init=1e-3, batch_size=256, max_iter=1, random_state=0)
# What is compiled and imported before does not count.
AutoencoderTransformer(4, **settings).fit(np.random.default_rng(0).random((500, 256), np.float32))


class Drawn:
    shape, dtype = (1_000_000, 256), np.dtype(np.float32)

    def __getitem__(self, rows):
        start, stop, _ = rows.indices(self.shape[0])
        return np.random.default_rng(start).random((stop - start, 256), np.float32)


X = Drawn()
if path:
    import h5py
    X = h5py.File(path)["X"]
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
bound = X.shape[0] * 256 * 4 // 4
resource.setrlimit(resource.RLIMIT_AS, (used + bound, resource.RLIM_INFINITY))
ae = AutoencoderTransformer(4, **settings).fit(X)
ae.score(X), ae.transform(X)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is kept to on Linux")
@pytest.mark.parametrize("kind", ["drawn", "HDF5"])
def test_data_four_times_as_large_as_the_memory(kind, tmp_path):
    path = ""
    if kind == "HDF5":
        path = str(tmp_path / "X.h5")
        with package("h5py").File(path, "w") as file:
            # Rows that are not written are zeros, and take no room on disk.
            X = file.create_dataset("X", shape=(1_000_000, 256), dtype="f4", chunks=(1024, 256))
            X[:10_000] = np.random.default_rng(0).random((10_000, 256), np.float32)
    done = subprocess.run([sys.executable, "-c", LIMITED, path], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
