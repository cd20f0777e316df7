"""Files, groups, paths and readers in place of a matrix: refused with what to pass in their place."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skae import AutoencoderTransformer
from skae.impute import AutoencoderImputer

X = np.random.default_rng(0).random((20, 4))
ESTIMATORS = [AutoencoderTransformer(2, max_iter=1), AutoencoderImputer("linear")]


def package(name):
    return pytest.importorskip(name, reason=f"{name} is not installed", exc_type=ImportError)


@pytest.fixture
def hdf5(tmp_path):
    with package("h5py").File(tmp_path / "X.h5", "w") as file:
        file["X"], file["deep/Y"], file["labels"] = X, X[:, :2], X[:, 0]
        file.create_group("empty")
        yield file


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_file_of_hdf5_names_the_matrices_in_it(estimator, hdf5):
    with pytest.raises(TypeError, match=r"X must be a matrix; got a File.*: X\['X'\], X\['deep/Y'\]\.$"):
        estimator.fit(hdf5)
    with pytest.raises(TypeError, match=r"got a Group.*: X\['Y'\]\.$"):
        estimator.fit(hdf5["deep"])
    with pytest.raises(TypeError, match=r"got a Group.*It has no matrix in it\.$"):
        estimator.fit(hdf5["empty"])


def test_a_closed_file_is_named(hdf5):
    data = hdf5["X"]
    hdf5.close()
    for closed in (hdf5, data):
        with pytest.raises(ValueError, match=f"got a {type(closed).__name__} of a closed file"):
            ESTIMATORS[0].fit(closed)


def test_a_group_of_zarr_names_the_matrices_in_it(tmp_path):
    group = package("zarr").open_group(str(tmp_path / "X.zarr"), mode="w")
    array = group.create_group("deep").create_array("Y", shape=X.shape, dtype=X.dtype)
    array[...] = X
    with pytest.raises(TypeError, match=r"got a Group.*: X\['deep/Y'\]\.$"):
        ESTIMATORS[0].fit(group)


@pytest.mark.parametrize("path", ["X.parquet", b"X.parquet", Path("X.parquet")])
def test_a_path_says_how_it_is_opened(path):
    with pytest.raises(TypeError, match=r"got the path b?'X.parquet'. Open it: pyarrow.parquet.ParquetFile\(path\)"):
        ESTIMATORS[0].fit(path)


def test_readers_that_can_be_read_once():
    table = package("pyarrow").table({"a": X[:, 0], "b": X[:, 1]})
    scanner = package("pyarrow.dataset").dataset(table).scanner()
    for reader, method in ((scanner, "to_table"), (table.to_reader(), "read_all")):
        with pytest.raises(TypeError, match=rf"which can be read once alone.*or X\.{method}\(\)\.$"):
            ESTIMATORS[0].fit(reader)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pd.period_range("2020", periods=20, freq="D"), "dtype period.*to days since a date"),
        (pd.interval_range(0, 20), r"dtype interval.*its middle \.array\.mid"),
    ],
)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_columns_of_periods_and_intervals_are_named(estimator, column, words):
    frame = pd.DataFrame({"a": X[:, 0], "span": column})
    with pytest.raises(ValueError, match=f"column 'span' has {words}"):
        estimator.fit(frame)
