"""Columns of files that are numbers in another guise, and values among numbers that are none: for all commands."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from skae import AutoencoderTransformer, load, save
from skae.__main__ import main
from skae.commands.columns import training_rows
from skae.commands.tables import read

COMMANDS = ["transform", "reconstruct", "score"]
SHORT = ["--n-components", "2", "--max-iter", "2", "--seed", "0", "--quiet"]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def _main(*arguments):
    return main([str(argument) for argument in arguments])


@pytest.fixture
def rows(rng):
    """Three columns of decimals, of true and false, and of floats, with and without gaps; the values that they are."""

    def make(path, gaps):
        cents = [Decimal(int(value)).scaleb(-2) for value in rng.integers(-999, 999, 40)]
        flags = [bool(value) for value in rng.random(40) < 0.5]
        floats = rng.random(40).tolist()
        if gaps:
            cents[3] = cents[17] = flags[5] = floats[3] = None
        if path.suffix == ".parquet":
            kinds = {"cents": pa.decimal128(7, 2), "flag": pa.bool_(), "float": pa.float64()}
            columns = [pa.array(values, kind) for values, kind in zip((cents, flags, floats), kinds.values())]
            pyarrow.parquet.write_table(pa.table(columns, names=list(kinds)), path)
        else:
            pd.DataFrame({"cents": cents, "flag": flags, "float": floats}, dtype=object).to_csv(path, index=False)
        wanted = [[np.nan if value is None else float(value) for value in column] for column in (cents, flags, floats)]
        return np.array(wanted).T

    return make


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("ending", [".parquet", ".csv", ".csv.gz", ".tsv"])
def test_decimals_and_booleans_are_numbers(ending, gaps, rows, tmp_path, capsys):
    path = tmp_path / f"rows{ending}"
    if ending == ".tsv":
        wanted = rows(tmp_path / "rows.csv", gaps)
        pd.read_csv(tmp_path / "rows.csv", dtype=str).to_csv(path, sep="\t", index=False)
    else:
        wanted = rows(path, gaps)
    mask = ["--missing-values", "mask"] if gaps else ["--no-standardize"]
    assert _main("fit", path, "--output", tmp_path / "m.skae", *SHORT, *mask) == 0
    model = load(tmp_path / "m.skae")
    assert list(model.feature_names_in_) == ["cents", "flag", "float"]
    missing = "mask" if gaps else "error"
    twin = AutoencoderTransformer(2, max_iter=2, random_state=0, missing_values=missing).fit(wanted)
    np.testing.assert_array_equal(model.coefs_[0], twin.coefs_[0])
    assert _main("transform", tmp_path / "m.skae", path, "--output", tmp_path / "code.npy", "--quiet") == 0
    np.testing.assert_array_equal(np.load(tmp_path / "code.npy"), twin.transform(wanted))
    assert _main("score", tmp_path / "m.skae", path, "--per-row", "--output", tmp_path / "s.npy", "--quiet") == 0
    np.testing.assert_allclose(np.load(tmp_path / "s.npy")[:, 0], twin.score_samples(wanted), rtol=1e-12)


def test_decimals_that_go_through_stay_as_they_are(rows, tmp_path):
    rows(tmp_path / "rows.parquet", False)
    assert _main("fit", tmp_path / "rows.parquet", "--output", tmp_path / "m.skae", *SHORT) == 0
    for ending in (".csv", ".parquet"):
        output = ["--keep", "cents,flag", "--output", tmp_path / f"out{ending}", "--quiet"]
        assert _main("transform", tmp_path / "m.skae", tmp_path / "rows.parquet", *output) == 0
    cents = pd.read_parquet(tmp_path / "rows.parquet")["cents"]
    assert list(pd.read_csv(tmp_path / "out.csv", dtype=str)["cents"]) == list(map(str, cents))
    assert list(pd.read_parquet(tmp_path / "out.parquet")["cents"]) == list(cents)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([True, None, False], dtype="boolean"),
        pd.Series([True, None, False], dtype=pd.ArrowDtype(pa.bool_())),
        pd.Series([1, None, 0], dtype="Int64"),
        pd.Series([1, None, 0], dtype=pd.ArrowDtype(pa.int8())),
        pd.Series([1.0, None, 0.0], dtype="Float32"),
        pd.Series([Decimal("1.00"), None, Decimal(0)], dtype=pd.ArrowDtype(pa.decimal128(5, 2))),
        pd.Series([Decimal("1.00"), None, Decimal(0)], dtype=object),
    ],
    ids=lambda column: str(column.dtype),
)
def test_numbers_of_every_type_of_pandas(column, tmp_path):
    frame = pd.DataFrame({"a": column, "b": [0.5, 1.5, 2.5]})
    frame.to_parquet(tmp_path / "rows.parquet")
    table = read(tmp_path / "rows.parquet")
    X = training_rows(table, AutoencoderTransformer(missing_values="mask"))
    np.testing.assert_array_equal(X.to_numpy(float, na_value=np.nan), [[1, 0.5], [np.nan, 1.5], [0, 2.5]])
    with pytest.raises(ValueError, match=r"has missing values in 'a' \(the first in row 1"):
        training_rows(table, AutoencoderTransformer())


def test_a_column_without_any_value_is_missing(tmp_path):
    pyarrow.parquet.write_table(pa.table({"a": pa.nulls(2), "b": [1.0, 2.0]}), tmp_path / "rows.parquet")
    table = read(tmp_path / "rows.parquet")
    with pytest.raises(ValueError, match=r"has missing values in 'a' \(the first in row 0"):
        training_rows(table, AutoencoderTransformer())
    assert np.isnan(training_rows(table, AutoencoderTransformer(missing_values="mask"))["a"]).all()


@pytest.mark.parametrize(
    "values",
    [
        pa.array([datetime.date(2020, 1, 1)] * 40),
        pa.array([datetime.datetime(2020, 1, 1)] * 40),
        pa.array([datetime.timedelta(1)] * 40),
        pa.array([datetime.time(1)] * 40),
        pa.array([datetime.date(2020, 1, 1)] * 40).dictionary_encode(),
    ],
    ids=lambda values: str(values.type),
)
def test_dates_are_named_by_every_command(values, rng, tmp_path, refused):
    numbers = rng.random(40)
    pyarrow.parquet.write_table(pa.table({"a": numbers, "when": numbers}), tmp_path / "rows.parquet")
    assert _main("fit", tmp_path / "rows.parquet", "--output", tmp_path / "m.skae", *SHORT) == 0
    path = tmp_path / "dates.parquet"
    pyarrow.parquet.write_table(pa.table({"a": numbers, "when": values}), path)
    words = f"{path} has no numbers in 'when'"
    advice = ": name the columns to use with --columns, or those to leave out with --exclude"
    refused(1, words + advice, "fit", path, "--output", tmp_path / "n.skae")
    for command in COMMANDS:
        refused(1, words, command, tmp_path / "m.skae", path)


# A value that is no number.


def _with_word(path, word, row=7, column="b", others=(), kind=float):
    values = {name: [str(kind(i % 2)) for i in range(20)] for name in ("a", "b", "c")}
    values[column][row] = word
    for name in others:
        values[name] = ["word"] * 20
    frame = pd.DataFrame(values)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if ".tsv" in path.name else ",")
    return path


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".csv.gz", ".parquet"])
@pytest.mark.parametrize("word", ["-", "?", "1.2.3", "12 cm"])
def test_a_value_among_numbers_is_told_with_its_row(word, ending, tmp_path, refused):
    path = _with_word(tmp_path / f"rows{ending}", word)
    # The other columns of the parquet file are words throughout to a reader of types.
    columns = [] if ending != ".parquet" else ["--columns", "b"]
    words = (
        f"{path} has values that are no numbers in 'b' (the first is {word!r} in row 7, counted from 0): replace such "
        "values by numbers, or leave them empty"
    )
    refused(1, words, "fit", path, "--output", tmp_path / "m.skae", *columns)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_value_among_numbers_is_told_by_every_command(command, tmp_path, refused):
    ae = AutoencoderTransformer(2, max_iter=2, random_state=0).fit(pd.DataFrame(np.eye(3), columns=list("abc")))
    save(ae, tmp_path / "m.skae")
    path = _with_word(tmp_path / "rows.csv", "?")
    words = (
        f"{path} has values that are no numbers in 'b' (the first is '?' in row 7, counted from 0): replace such "
        "values by numbers, or leave them empty for a model fitted with --missing-values mask"
    )
    refused(1, words, command, tmp_path / "m.skae", path)
    output = ["--output", tmp_path / "code.png"]
    refused(1, words, "plot", tmp_path / "m.skae", path, "--kind", "activations", *output)


def test_a_word_among_true_and_false_is_told(tmp_path, refused):
    path = _with_word(tmp_path / "rows.csv", "?", kind=bool)
    refused(1, "(the first is '?' in row 7, counted from 0)", "fit", path, "--output", tmp_path / "m.skae")


def test_of_several_columns_it_is_said_which(tmp_path, refused):
    path = _with_word(tmp_path / "rows.csv", "?", others=["label", "name"])
    text = pd.read_csv(path, dtype=str)
    text.loc[2, "c"] = "-"
    text.to_csv(path, index=False)
    words = (
        f"{path} has no numbers in 'label', 'name': name the columns to use with --columns, or those to leave out with "
        "--exclude; it has values that are no numbers in 'b', 'c' (the first is '?' in row 7 of 'b', counted from 0): "
    )
    refused(1, words, "fit", path, "--output", tmp_path / "m.skae")
    words = f"{path} has values that are no numbers in 'b', 'c' (the first is '?' in row 7 of 'b', counted from 0): "
    refused(1, words, "fit", path, "--output", tmp_path / "m.skae", "--exclude", "label,name")


def test_a_single_column_with_one_word_is_told(tmp_path, refused):
    (tmp_path / "rows.csv").write_text("a\n1\n?\n3\n")
    words = "has values that are no numbers in 'a' (the first is '?' in row 1, counted from 0)"
    refused(1, words, "fit", tmp_path / "rows.csv", "--output", tmp_path / "m.skae")


def test_dates_and_categories_are_no_numbers(tmp_path, refused):
    frame = pd.DataFrame({"a": [1.0, 2.0], "day": pd.to_datetime(["2020-01-01", "2020-01-02"]), "kind": ["1", "2"]})
    frame["kind"] = frame["kind"].astype("category")
    frame["date"] = frame["day"].dt.date
    frame.to_parquet(tmp_path / "rows.parquet")
    words = "has no numbers in 'day', 'date': name the columns"
    columns = ["--columns", "a,day,date"]
    refused(1, words, "fit", tmp_path / "rows.parquet", "--output", tmp_path / "m.skae", *columns)
