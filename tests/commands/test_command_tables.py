"""Files of rows: what is read, what is written, and what is refused."""

import gzip
import importlib
import io
import os
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from scipy import sparse

from skae import load
from skae.__main__ import main
from skae.commands.tables import READERS, WRITERS, read, write

FEATURES = ["a", "b", "c", "d"]
TEXT = [".csv", ".tsv", ".csv.gz", ".tsv.gz"]
NAMES = ["id", *FEATURES, "label"]


# Reading.


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX's")
@pytest.mark.parametrize("ending", READERS)
def test_a_pipe_is_refused_before_it_is_opened(ending, tmp_path):
    pipe = tmp_path / f"rows{ending}"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="is a device or a pipe, which cannot be read more than once; save it to a file"):
        read(pipe)


@pytest.mark.parametrize("ending", READERS)
def test_every_format_is_read_with_its_values(ending, folder, X):
    table = read(folder / f"rows{ending}")
    has_names = ending not in (".npy", ".npz")
    assert table.named is has_names
    assert table.names == (NAMES if has_names else ["x0", "x1", "x2", "x3"])
    np.testing.assert_allclose(table.part(FEATURES if has_names else table.names), X, rtol=1e-15)


def test_the_case_of_an_ending_does_not_count(folder, tmp_path, X):
    (tmp_path / "ROWS.NPY").write_bytes((folder / "rows.npy").read_bytes())
    np.testing.assert_array_equal(read(tmp_path / "ROWS.NPY").data, X)
    (tmp_path / "ROWS.CSV.GZ").write_bytes((folder / "rows.csv.gz").read_bytes())
    np.testing.assert_allclose(read(tmp_path / "ROWS.CSV.GZ").part(FEATURES), X, rtol=1e-15)


def test_an_array_stays_a_memory_map_of_its_type(tmp_path):
    np.save(tmp_path / "X.npy", np.ones((3, 2), np.float32))
    data = read(tmp_path / "X.npy").data
    assert isinstance(data, np.memmap) and data.dtype == np.float32 and not data.flags.writeable


@pytest.mark.parametrize("name, header", [("rows.csv", True), ("rows.npy", True), ("plain.csv", False)])
def test_part_is_in_the_order_that_is_asked_for(name, header, folder, X):
    table = read(folder / name, header=header)
    names = ["c", "a"] if table.named else ["x2", "x0"]
    np.testing.assert_allclose(table.part(names), X[:, [2, 0]], rtol=1e-15)
    assert list(table.frame(names).columns) == names
    np.testing.assert_allclose(table.frame(names).astype(float), X[:, [2, 0]], rtol=1e-15)


def test_a_file_without_names_has_those_of_scikit_learn(folder, X):
    table = read(folder / "plain.csv", header=False)
    assert table.names == ["x0", "x1", "x2", "x3"] and len(table.data) == len(X)


@pytest.mark.parametrize("ending", TEXT)
def test_columns_of_text_that_go_through_are_text(ending, folder):
    kept = read(folder / f"rows{ending}").frame(["label", "id"])
    assert list(kept.columns) == ["label", "id"]
    assert list(kept.iloc[1]) == ["no, never", "001"] and kept["label"][0] == "NA"


def test_the_index_of_a_parquet_file_is_no_column(tmp_path):
    pd.DataFrame({"a": [1.0, 2.0]}, index=pd.Index([7, 8], name="number")).to_parquet(tmp_path / "rows.parquet")
    assert read(tmp_path / "rows.parquet").names == ["a"]


def test_names_must_differ(tmp_path):
    columns = [pyarrow.array([1.0]), pyarrow.array([2.0])]
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays(columns, names=["a", "a"]), tmp_path / "rows.parquet")
    with pytest.raises(ValueError, match="cannot be read as a table: several columns have the name 'a': rename them"):
        read(tmp_path / "rows.parquet")
    (tmp_path / "rows.csv").write_text('a,"b, c",a,"b, c",d\n1,2,3,4,5\n')
    with pytest.raises(ValueError, match="several columns have the name 'a', 'b, c': rename them, or pass --no-"):
        read(tmp_path / "rows.csv")


def test_columns_without_names_and_names_like_those_of_pandas_are_read(tmp_path):
    (tmp_path / "rows.csv").write_text("\ufeffa.1,a,\n1,2,3\n", encoding="utf-8")
    with pytest.warns(UserWarning, match="without a name"):
        assert read(tmp_path / "rows.csv").names == ["a.1", "a", "Unnamed: 2"]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("values", [["1.5", "2.5"], ["1,5", "2,5"], ["word", "2"]])
@pytest.mark.parametrize("header", [True, False])
def test_another_separator_is_found(separator, values, header, tmp_path):
    lines = [["a", "b"]] * header + [values, values]
    (tmp_path / "rows.csv").write_text("".join(separator.join(line) + "\n" for line in lines))
    if not header and "1,5" in values:
        # Commas are there, as in a file of commas.
        assert read(tmp_path / "rows.csv", header).data.shape == (2, 3)
        return
    table = read(tmp_path / "rows.csv", header)
    assert table.data.shape == (2, 2) and table.names == (["a", "b"] if header else ["x0", "x1"])
    if separator == ";" and "1,5" in values:
        assert table.data.to_numpy().tolist() == [[1.5, 2.5]] * 2


def test_a_separator_that_is_given_is_taken(tmp_path):
    (tmp_path / "rows.csv").write_text("a, b/c\n1,5/2\n3,5/4\n")
    assert read(tmp_path / "rows.csv", True, "/").names == ["a, b", "c"]


def test_a_matrix_of_scipy_is_read(tmp_path):
    X = sparse.random(20, 6, 0.3, format="csc", random_state=0)
    sparse.save_npz(tmp_path / "rows.npz", X)
    table = read(tmp_path / "rows.npz")
    assert table.names == [f"x{j}" for j in range(6)] and (table.data != X).nnz == 0
    assert main(["fit", str(tmp_path / "rows.npz"), "--output", str(tmp_path / "m"), "--n-components", "2"]) == 0
    for command in (["transform"], ["score"], ["reconstruct", "--errors", "rows"]):
        assert main([command[0], str(tmp_path / "m"), str(tmp_path / "rows.npz"), *command[1:]]) == 0
    X.data[3] = np.nan
    sparse.save_npz(tmp_path / "rows.npz", X)
    assert main(["score", str(tmp_path / "m"), str(tmp_path / "rows.npz")]) == 1


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_is_read(pack, frame, named_file, tmp_path):
    text = pack(frame.to_csv(index=False).encode())
    arguments = [sys.executable, "-m", "skae", "transform", str(named_file), "-", "--keep", "id"]
    run = subprocess.run(arguments, input=text, capture_output=True, timeout=120)
    assert run.returncode == 0, run.stderr
    expected = load(named_file).transform(frame[list("abcd")])
    found = pd.read_csv(io.BytesIO(run.stdout), dtype={"id": str})
    assert list(found["id"]) == list(frame["id"])
    np.testing.assert_allclose(found.iloc[:, 1:], expected, rtol=1e-5)


def test_one_column_of_words_is_no_table(tmp_path):
    (tmp_path / "rows.csv").write_text("a\nb\nc\n")
    with pytest.raises(ValueError, match=r"it has one column, which holds no numbers$"):
        read(tmp_path / "rows.csv")
    (tmp_path / "rows.csv").write_text("a;b\n1\n2\n")
    assert read(tmp_path / "rows.csv").names == ["a;b"]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
@pytest.mark.parametrize("text", ["gr\u00f6\u00dfe,b\n1,2\n", "a,b\n1,\u00e4\n"])
def test_another_encoding_is_told(encoding, text, tmp_path):
    (tmp_path / "rows.csv").write_bytes(text.encode(encoding))
    with pytest.raises(ValueError, match="cannot be read as a table: its text is not in UTF-8, save it in that"):
        read(tmp_path / "rows.csv")


NO_TABLES = [
    ("x.csv", b"", "No columns"),
    ("x.csv", b"a,b\n", "it has 0 rows and 2 columns"),
    ("x.csv", b"a,b\n1,2,3\n4,5,6\n", "lines with more values than the first one has names"),
    ("x.csv", b"a,b\n1,2\n4,5,6\n", "Expected 2 fields in line 3, saw 3"),
    ("x.csv", b"a\n\xff\xfe\n", "utf-8"),
    ("x.csv.gz", b"a,b\n1,2\n", "Not a gzipped file"),
    ("x.csv.gz", gzip.compress(b"a,b\n1,2\n" * 500, mtime=0)[:-20], "ended before"),
    ("x.tsv", b"", "No columns"),
    ("x.tsv", b"a\tb\n1\t2\n4\t5\t6\n", "Expected 2 fields in line 3, saw 3"),
    ("x.parquet", b"no parquet", "cannot be read"),
    ("x.parquet", b"", "cannot be read"),
    ("x.npy", b"", "magic string"),
    ("x.npy", pickle.dumps([1.0]), "magic string"),
    ("x.npz", b"PK\x03\x04torn", "not a zip file"),
    ("x.npz", b"", "not a zip file"),
    ("x.npz", pickle.dumps([1.0]), "not a zip file"),
]


@pytest.mark.parametrize("name, content, words", NO_TABLES)
def test_what_is_no_table_is_named_with_the_reason(name, content, words, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=words) as raised:
        read(tmp_path / name)
    assert str(raised.value).startswith(f"{tmp_path / name} cannot be read as a table: ")
    assert "\n" not in str(raised.value)


NO_MATRICES = [
    (np.zeros(4), "1 dimensions, shape (4,)"),
    (np.zeros((2, 8, 8)), "3 dimensions, shape (2, 8, 8)"),
    (np.zeros((0, 3)), "it has 0 rows and 3 columns"),
    (np.array([["a"]]), "dtype <U1, not of numbers"),
    (np.zeros((2, 2), complex), "dtype complex128"),
    (np.array([[None]]), "objects"),
]


@pytest.mark.parametrize("array, words", NO_MATRICES)
def test_an_array_that_is_no_matrix_of_numbers_is_refused(array, words, tmp_path):
    np.save(tmp_path / "x.npy", array, allow_pickle=True)
    with pytest.raises(ValueError) as raised:
        read(tmp_path / "x.npy")
    assert words in str(raised.value)


def test_an_archive_must_hold_one_array(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.ones((2, 2)), b=np.ones((2, 2)))
    with pytest.raises(ValueError, match="must hold one array; it holds 2: a, b"):
        read(tmp_path / "x.npz")
    (tmp_path / "x.npz").rename(tmp_path / "x.npy")
    with pytest.raises(ValueError, match="magic string is not correct"):
        read(tmp_path / "x.npy")


class _Marks:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_a_pickle_is_not_run(tmp_path):
    (tmp_path / "x.npy").write_bytes(pickle.dumps(_Marks(tmp_path / "mark")))
    with pytest.raises(ValueError, match="magic string"):
        read(tmp_path / "x.npy")
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("ending", READERS)
def test_a_file_that_is_not_there_is_an_oserror(ending, tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        read(tmp_path / f"nothing{ending}")
    (tmp_path / f"folder{ending}").mkdir()
    with pytest.raises(IsADirectoryError, match="folder"):
        read(tmp_path / f"folder{ending}")


@pytest.mark.parametrize(
    "content, words",
    [
        ("0.5,1\n2,3\n", "holds numbers, taken for names; pass --no-header"),
        (",a\n0,2\n", "without a name, 'Unnamed: 0'"),
    ],
)
def test_odd_names_are_warned_of(content, words, tmp_path):
    (tmp_path / "x.csv").write_text(content)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        with pytest.warns(UserWarning, match=words):
            read(tmp_path / "x.csv")


def test_columns_that_are_numbered_from_0_are_not_warned_of(tmp_path):
    (tmp_path / "x.csv").write_text("0,1\n2,3\n")
    assert read(tmp_path / "x.csv").names == ["0", "1"]


# Writing.


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_what_is_written_is_read_with_the_same_numbers(ending, dtype, tmp_path, rng):
    values = rng.standard_normal((5, 2)).astype(dtype)
    write(tmp_path / f"out{ending}", ["u", "v"], values)
    table = read(tmp_path / f"out{ending}")
    np.testing.assert_allclose(np.asarray(table.data, dtype), values, rtol=1e-15 if dtype == np.float64 else 1e-7)
    if ending == ".npy":
        assert table.data.dtype == dtype
    else:
        assert table.names == ["u", "v"]


@pytest.mark.parametrize("ending", TEXT)
def test_text_is_what_pandas_writes_and_the_same_every_time(ending, tmp_path, rng):
    values = rng.standard_normal((5, 2))
    for name in ("one", "two"):
        write(tmp_path / f"{name}{ending}", ["u", "v"], values)
    content = (tmp_path / f"one{ending}").read_bytes()
    assert content == (tmp_path / f"two{ending}").read_bytes()
    text = gzip.decompress(content) if ending.endswith(".gz") else content
    separator = "\t" if "tsv" in ending else ","
    assert text.decode() == pd.DataFrame(values, columns=["u", "v"]).to_csv(index=False, sep=separator)


def test_csv_has_every_digit(tmp_path, rng):
    values = rng.standard_normal((50, 3)) * 10.0 ** rng.integers(-30, 30, (50, 3))
    write(tmp_path / "out.csv", ["u", "v", "w"], values)
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0] == "u,v,w"
    np.testing.assert_array_equal([[float(text) for text in line.split(",")] for line in lines[1:]], values)


@pytest.mark.parametrize("ending", [*TEXT, ".parquet"])
def test_columns_that_are_kept_stand_before_the_others(ending, frame, folder, tmp_path):
    kept = read(folder / "rows.csv").frame(["id", "label"])
    write(tmp_path / f"out{ending}", ["u"], np.ones((len(kept), 1)), kept)
    if ending in TEXT:
        separator = "\t" if "tsv" in ending else ","
        written = pd.read_csv(tmp_path / f"out{ending}", dtype=str, keep_default_na=False, sep=separator)
    else:
        written = pd.read_parquet(tmp_path / "out.parquet")
    assert list(written.columns) == ["id", "label", "u"]
    assert list(written["id"]) == list(frame["id"]) and list(written["label"]) == list(frame["label"])


def test_without_a_path_rows_go_to_standard_output(capsys):
    write(None, ["u", "v"], np.array([[0.1, 2.0]]))
    assert capsys.readouterr().out == "u,v\n0.1,2.0\n"


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "out.csv").write_text("older")

    def fails(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fails)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "out.csv", ["u"], np.ones((3, 1)))
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert (tmp_path / "out.csv").read_text() == "older"


# What is not installed.

_WITHOUT_PANDAS = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name in ("pandas", "pyarrow"):
            raise ImportError(name)
sys.meta_path.insert(0, Blocker())
from skae.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    "ending, missing", [(".csv", "pandas"), (".tsv.gz", "pandas"), (".parquet", "pyarrow"), (".parquet", "pandas")]
)
def test_what_a_format_needs_is_told_in_one_line(ending, missing, folder, named_file, refused, monkeypatch):
    def import_module(name):
        if name == missing:
            raise ImportError(name)
        return importlib.__import__(name)

    monkeypatch.setattr("skae.commands.tables.importlib.import_module", import_module)
    path = folder / f"rows{ending}"
    refused(1, f"{path} needs {missing}: pip install 'skae[cli]'", "score", named_file, path)


@pytest.mark.slow
def test_arrays_need_numpy_alone(folder, unnamed, unnamed_file, tmp_path, X):
    path = tmp_path / "code.npy"
    command = [sys.executable, "-c", _WITHOUT_PANDAS, "transform", unnamed_file, folder / "rows.npy", "--output", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(np.load(path), unnamed.transform(X))


@pytest.mark.parametrize(
    "output, words",
    [
        ([], "CSV on standard output needs pandas: pip install 'skae[cli]'"),
        (["code.csv"], "code.csv needs pandas: pip install 'skae[cli]'"),
        (["code.PARQUET"], "code.PARQUET needs pandas: pip install 'skae[cli]'"),
        (["code.tsv"], "code.tsv needs pandas: pip install 'skae[cli]'"),
        (["code.CSV.GZ"], "code.CSV.GZ needs pandas: pip install 'skae[cli]'"),
    ],
)
def test_what_an_output_needs_is_told_before_the_work(output, words, unnamed_file, tmp_path, refused, monkeypatch):
    monkeypatch.setattr("skae.commands.tables.importlib.import_module", _nothing)
    options = ["--output", tmp_path / "new" / output[0]] if output else []
    refused(1, words, "transform", unnamed_file, tmp_path / "nothing.npy", *options)
    assert not list(tmp_path.iterdir())


def _nothing(name):
    raise ImportError(name)


def test_npy_is_written_as_numpy_does():
    content = io.BytesIO()
    WRITERS[".npy"](content, ["u"], np.ones((2, 1)), None)
    content.seek(0)
    np.testing.assert_array_equal(np.load(content, allow_pickle=False), np.ones((2, 1)))
