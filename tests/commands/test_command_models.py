"""The commands that use a model: ``transform``, ``reconstruct`` and ``score``."""

import os
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, DenoisingAE, load, save
from skae.__main__ import main
from skae.commands.tables import WRITERS, read
from skae.impute import AutoencoderImputer
from skae.kernels.losses import LOSSES

FEATURES = ["a", "b", "c", "d"]
COMMANDS = ["transform", "reconstruct", "score"]
CODE = ["autoencodertransformer0", "autoencodertransformer1", "autoencodertransformer2"]


def _main(*arguments):
    return main([str(argument) for argument in arguments])


@pytest.fixture
def written(tmp_path):
    """The rows, as a table, that a command writes with some arguments."""

    def run(*arguments, ending=".csv"):
        path = tmp_path / f"out{ending}"
        assert _main(*arguments, "--output", path, "--quiet") == 0
        return read(path)

    return run


def _expected(model, X):
    """Arguments of a command, with the names of the columns and the values that it is to write."""
    return [
        (["transform"], CODE, model.transform(X)),
        (["reconstruct"], FEATURES, model.reconstruct(X)),
        (["reconstruct", "--errors", "rows"], ["squared_error"], model.reconstruction_error(X)[:, np.newaxis]),
        (["reconstruct", "--errors", "entries"], FEATURES, model.reconstruction_error(X, per_feature=True)),
        (["score", "--per-row"], ["score"], model.score_samples(X)[:, np.newaxis]),
    ]


# What is written.


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("source", [".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet"])
def test_rows_with_names_give_what_the_model_gives(source, ending, folder, frame, named, named_file, written):
    for (command, *options), names, values in _expected(named, frame[FEATURES]):
        table = written(command, named_file, folder / f"rows{source}", *options, ending=ending)
        assert table.names == names if ending != ".npy" else not table.named
        np.testing.assert_allclose(np.asarray(table.data), np.asarray(values), rtol=1e-12)


@pytest.mark.parametrize("source, options", [("rows.npy", []), ("rows.npz", []), ("plain.csv", ["--no-header"])])
def test_rows_without_names_are_taken_by_their_place(source, options, folder, X, unnamed, unnamed_file, written):
    numbered = {"a": "x0", "b": "x1", "c": "x2", "d": "x3"}
    for (command, *more), names, values in _expected(unnamed, X):
        table = written(command, unnamed_file, folder / source, *more, *options)
        assert table.names == [numbered.get(name, name) for name in names]
        np.testing.assert_allclose(np.asarray(table.data), values, rtol=1e-12)


def test_an_array_comes_back_bit_for_bit(folder, X, unnamed, unnamed_file, written):
    table = written("transform", unnamed_file, folder / "rows.npy", ending=".npy")
    np.testing.assert_array_equal(table.data, unnamed.transform(X))


def test_without_output_rows_are_csv_on_standard_output(folder, frame, named, named_file, capsys):
    assert _main("transform", named_file, folder / "rows.csv") == 0
    captured = capsys.readouterr()
    head, *lines = captured.out.splitlines()
    assert head.split(",") == CODE and captured.err == ""
    values = [[float(text) for text in line.split(",")] for line in lines]
    np.testing.assert_allclose(values, named.transform(frame[FEATURES]), rtol=1e-12)


def test_score_prints_two_figures(folder, frame, named, named_file, capsys):
    assert _main("score", named_file, folder / "rows.csv") == 0
    explained, loss = capsys.readouterr().out.splitlines()
    X = frame[FEATURES]
    assert explained == f"explained variance  {named.score(X):.6g}"
    units = LOSSES["squared_error"].units
    assert loss == f"mean loss           {-named.score_samples(X).mean():.6g} ({units}, a row)"


def test_the_loss_of_bits_is_in_nats(tmp_path, rng, capsys):
    X = (rng.random((20, 4)) < 0.5).astype(float)
    np.save(tmp_path / "X.npy", X)
    save(AutoencoderTransformer(2, max_iter=2, random_state=0).fit(X), tmp_path / "m.skae")
    assert _main("score", tmp_path / "m.skae", tmp_path / "X.npy") == 0
    assert capsys.readouterr().out.endswith(" (nats, a row)\n")


def test_what_is_written_is_told(folder, named_file, tmp_path, capsys):
    assert _main("transform", named_file, folder / "rows.csv", "--output", tmp_path / "new" / "out.csv") == 0
    assert capsys.readouterr().err == f"written: {tmp_path / 'new' / 'out.csv'}\n"


def test_what_set_output_asks_for_does_not_matter(folder, X, unnamed, tmp_path, written):
    model = AutoencoderTransformer(3, max_iter=3, random_state=0).fit(X).set_output(transform="pandas")
    save(model, tmp_path / "m.skae")
    for (command, *options), _, values in _expected(unnamed, X):
        table = written(command, tmp_path / "m.skae", folder / "rows.npy", *options, ending=".npy")
        np.testing.assert_array_equal(table.data, values)


# Which columns.


def test_names_are_found_in_any_order_beside_others(frame, named, named_file, tmp_path, written):
    frame[["d", "label", "a", "c", "id", "b"]].assign(more=np.nan).to_csv(tmp_path / "mixed.csv", index=False)
    table = written("transform", named_file, tmp_path / "mixed.csv")
    np.testing.assert_allclose(np.asarray(table.data), named.transform(frame[FEATURES]), rtol=1e-12)


def test_a_model_without_names_takes_columns_by_their_place(folder, X, unnamed, unnamed_file, written):
    rows = folder / "rows.csv"
    for choice in (["--columns", "a,b,c,d"], ["--exclude", "id,label"], ["--keep", "id,label"]):
        table = written("transform", unnamed_file, rows, *choice)
        np.testing.assert_allclose(table.part(CODE), unnamed.transform(X), rtol=1e-12)
    table = written("transform", unnamed_file, rows, "--columns", "d,c,b,a")
    np.testing.assert_allclose(table.data, unnamed.transform(X[:, ::-1]), rtol=1e-12)


@pytest.mark.filterwarnings("always::UserWarning")
def test_an_array_for_a_model_with_names_is_warned_of(folder, X, unnamed, named_file, tmp_path, capsys):
    assert _main("transform", named_file, folder / "rows.npy", "--output", tmp_path / "h.npy") == 0
    warning, _ = capsys.readouterr().err.splitlines()
    assert warning.startswith("python -m skae transform: warning: X does not have valid feature names")
    np.testing.assert_array_equal(np.load(tmp_path / "h.npy"), unnamed.transform(X))


@pytest.mark.parametrize("command", [["transform"], ["reconstruct"], ["score", "--per-row"]])
@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_kept_columns_stand_first_as_they_were(command, ending, folder, frame, named_file, tmp_path):
    path = tmp_path / f"out{ending}"
    assert (
        _main(command[0], named_file, folder / f"rows{ending}", *command[1:], "--keep", "label,id", "--output", path)
        == 0
    )
    if ending == ".csv":
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    else:
        rows = pd.read_parquet(path)
    assert list(rows.columns[:2]) == ["label", "id"] and rows.shape[1] > 2
    assert list(rows["label"]) == list(frame["label"]) and list(rows["id"]) == list(frame["id"])


def test_columns_of_an_array_can_be_kept(folder, X, tmp_path):
    model = AutoencoderTransformer(2, max_iter=2, random_state=0).fit(X[:, 1:])
    save(model, tmp_path / "m.skae")
    assert (
        _main("transform", tmp_path / "m.skae", folder / "rows.npy", "--keep", "x0", "--output", tmp_path / "o.csv")
        == 0
    )
    rows = pd.read_csv(tmp_path / "o.csv")
    np.testing.assert_allclose(rows["x0"], X[:, 0], rtol=1e-12)
    np.testing.assert_allclose(rows.iloc[:, 1:], model.transform(X[:, 1:]), rtol=1e-12)


def test_rows_with_gaps_go_through_a_model_that_takes_them(frame, tmp_path, written):
    gaps = frame[FEATURES].mask(frame[FEATURES] < 0.2)
    gaps.to_csv(tmp_path / "gaps.csv", index=False)
    model = AutoencoderTransformer(3, max_iter=2, missing_values="mask", random_state=0).fit(gaps)
    save(model, tmp_path / "m.skae")
    table = written("reconstruct", tmp_path / "m.skae", tmp_path / "gaps.csv", "--errors", "entries", ending=".csv")
    np.testing.assert_allclose(table.data, model.reconstruction_error(gaps, per_feature=True), rtol=1e-9)


# Rows without any value.


@pytest.fixture
def masked_file(frame, tmp_path):
    model = AutoencoderTransformer(3, max_iter=2, missing_values="mask", random_state=0)
    save(model.fit(frame[FEATURES].mask(frame[FEATURES] < 0.2)), tmp_path / "masked.skae")
    return tmp_path / "masked.skae"


@pytest.mark.filterwarnings("always::UserWarning", "ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("ending", [".csv", ".npy"])
def test_an_empty_row_has_no_score(ending, frame, masked_file, tmp_path, capsys):
    rows, model = frame[FEATURES].copy(), load(masked_file)
    rows.iloc[[2, 5]] = np.nan
    rows.iloc[3, 1:] = np.nan
    path = tmp_path / f"rows{ending}"
    if ending == ".csv":
        rows.to_csv(path, index=False)
    else:
        np.save(path, rows.to_numpy())
    rest = model.score_samples(rows.drop([2, 5]))
    assert _main("score", masked_file, path) == 0
    captured = capsys.readouterr()
    warned = "2 of 30 rows hold no value and have no score\n"
    assert captured.out.splitlines()[1].split()[:3] == ["mean", "loss", f"{-rest.mean():.6g}"]
    assert warned in captured.err
    assert _main("score", masked_file, path, "--per-row", "--output", tmp_path / "scores.csv") == 0
    assert warned in capsys.readouterr().err
    scores = pd.read_csv(tmp_path / "scores.csv", skip_blank_lines=False)["score"]
    assert list(np.flatnonzero(scores.isna())) == [2, 5]
    np.testing.assert_allclose(scores.dropna(), rest, rtol=1e-9)


def test_a_table_of_empty_rows_has_no_figures(frame, masked_file, tmp_path, refused):
    (frame[FEATURES] * np.nan).to_csv(tmp_path / "rows.csv", index=False)
    words = f"{tmp_path / 'rows.csv'}: no row holds a value, so there is nothing to score"
    refused(1, words, "score", masked_file, tmp_path / "rows.csv")


def test_rows_that_are_reconstructed_exactly_have_no_negative_loss(tmp_path, capsys):
    X = np.zeros((5, 2))
    save(AutoencoderTransformer(1, loss="squared_error", activation="tanh", max_iter=2).fit(X), tmp_path / "m.skae")
    np.save(tmp_path / "X.npy", X)
    model = load(tmp_path / "m.skae")
    assert not model.score_samples(X).any()
    assert _main("score", tmp_path / "m.skae", tmp_path / "X.npy") == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:3] == ["mean", "loss", "0"]


# Other estimators.


def test_scores_of_a_detector_have_their_decision(folder, X, tmp_path, written, capsys):
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(2, max_iter=3, random_state=0)).fit(X)
    save(detector, tmp_path / "m.skae")
    table = written("score", tmp_path / "m.skae", folder / "rows.npy", "--per-row")
    assert table.names == ["score", "decision"]
    np.testing.assert_allclose(table.data["score"], detector.score_samples(X), rtol=1e-12)
    np.testing.assert_allclose(table.data["decision"], detector.decision_function(X), rtol=1e-9, atol=1e-12)
    assert _main("score", tmp_path / "m.skae", folder / "rows.npy") == 0
    assert capsys.readouterr().out.startswith("mean loss ")


def test_an_imputer_fills_gaps(frame, tmp_path, written, refused):
    gaps = frame[FEATURES].mask(frame[FEATURES] < 0.2)
    gaps.to_csv(tmp_path / "gaps.csv", index=False)
    imputer = AutoencoderImputer(DenoisingAE(2, max_iter=3, missing_values="mask", random_state=0)).fit(gaps)
    save(imputer, tmp_path / "m.skae")
    table = written("transform", tmp_path / "m.skae", tmp_path / "gaps.csv")
    assert table.names == FEATURES
    np.testing.assert_allclose(table.data, imputer.transform(gaps), rtol=1e-9)
    words = "m.skae holds AutoencoderImputer, which has no reconstruct."
    refused(1, words, "reconstruct", tmp_path / "m.skae", tmp_path / "gaps.csv")


# What is refused.


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "content, words", [(None, "No such file or directory"), (b"", "model.skae: "), (b"nothing", "model.skae: ")]
)
def test_what_is_no_model_is_named(command, content, words, folder, tmp_path, refused):
    if content is not None:
        (tmp_path / "model.skae").write_bytes(content)
    refused(1, words, command, tmp_path / "model.skae", folder / "rows.csv")


@pytest.mark.parametrize("command", COMMANDS)
def test_columns_that_cannot_be_used_are_named(command, frame, named_file, tmp_path, refused):
    path = tmp_path / "rows.csv"
    for changed, words in [
        (frame[["id", "c", "a"]], "lacks columns that the model was fitted with: 'b', 'd'"),
        (frame.assign(b="word"), "has no numbers in 'b'"),
        (frame.assign(b=np.nan), "has missing values in 'b' (the first in row 0, counted from 0): fill them, or fit a"),
        (frame.assign(d=np.inf), "has infinite values in 'd' (the first in row 0, counted from 0): replace them"),
    ]:
        changed.to_csv(path, index=False)
        refused(1, f"{path} {words}", command, named_file, path)
    frame.to_csv(path, index=False)
    refused(1, "--columns and --exclude are for a model", command, named_file, path, "--exclude", "id")


@pytest.mark.parametrize("command", COMMANDS)
def test_another_number_of_columns_is_told(command, folder, unnamed_file, refused):
    words = "rows.csv: 6 columns, and the model was fitted with 4: choose among them with --columns or --exclude"
    refused(1, words, command, unnamed_file, folder / "rows.csv")


def test_gaps_of_an_array_are_named(X, unnamed_file, tmp_path, refused):
    gaps = X.copy()
    gaps[4, 2] = np.nan
    np.save(tmp_path / "gaps.npy", gaps)
    words = (
        f"{tmp_path / 'gaps.npy'} has missing values in 'x2' (the first in row 4, counted from 0): fill them, or fit"
    )
    refused(1, words, "transform", unnamed_file, tmp_path / "gaps.npy", "--output", tmp_path / "new" / "code.npy")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("options", [[], ["--per-row"]])
def test_an_error_of_the_model_names_the_rows_and_a_remedy(options, X, tmp_path, refused):
    save(AutoencoderTransformer(2, loss="log_loss", max_iter=2, random_state=0).fit(X), tmp_path / "m.skae")
    np.save(tmp_path / "loss.npy", 2 * X)
    words = f"{tmp_path / 'loss.npy'}: --loss='log_loss' needs values of X in [0, 1]; they lie in "
    refused(1, words, "score", tmp_path / "m.skae", tmp_path / "loss.npy", *options)
    words = "For other values fit anew with --loss='squared_error'."
    refused(1, words, "score", tmp_path / "m.skae", tmp_path / "loss.npy", *options)


@pytest.mark.parametrize(
    "command, status, options, words",
    [
        (
            "transform",
            2,
            ["--output", "code.txt"],
            "argument --output: must end in .csv or .tsv or .csv.gz or .tsv.gz or .parquet or .npy",
        ),
        ("transform", 2, ["--keep", "id", "--output", "code.npy"], "--keep: code.npy holds numbers without names"),
        ("transform", 1, ["--keep", "nothing"], "has no 'nothing'; its columns are 'id', 'a', 'b', 'c', 'd', 'label'"),
        ("reconstruct", 1, ["--keep", "id,a"], "--keep: 'a' would be there twice"),
        ("reconstruct", 2, ["--errors", "all"], "argument --errors: invalid choice: 'all'"),
        ("score", 2, ["--keep", "id"], "--keep is for the score of each row: add --per-row"),
        ("score", 2, ["--output", "score.csv"], "--output is for the score of each row: add --per-row"),
    ],
)
def test_wrong_options_are_told(command, status, options, words, folder, named_file, refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(status, words, command, named_file, folder / "rows.csv", *options)
    assert not list(tmp_path.iterdir())


def test_files_that_are_read_are_not_written_over(folder, named_file, tmp_path, refused):
    rows = tmp_path / "rows.csv"
    rows.write_bytes((folder / "rows.csv").read_bytes())
    refused(1, f"--output: {rows} is the file that is read", "transform", named_file, rows, "--output", rows)
    (tmp_path / "model.csv").write_bytes(named_file.read_bytes())
    model = tmp_path / "model.csv"
    refused(1, f"--output: {model} is the file that is read", "transform", model, rows, "--output", model)
    assert load(model) and rows.read_bytes() == (folder / "rows.csv").read_bytes()


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_left_of_rows_that_cannot_be_used(command, frame, named_file, tmp_path, refused):
    frame[["a"]].to_csv(tmp_path / "rows.csv", index=False)
    options = ["--per-row"] if command == "score" else []
    output = ["--output", tmp_path / "new" / "deep" / "out.csv"]
    refused(1, "lacks columns that the model", command, named_file, tmp_path / "rows.csv", *options, *output)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


# Without streams.


@pytest.mark.parametrize("command", [["transform"], ["reconstruct"], ["score"], ["score", "--per-row"]])
def test_a_missing_standard_output_is_told_before_the_work(command, named_file, monkeypatch, capsys):
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", None)
        assert _main(command[0], named_file, "nothing.csv", *command[1:]) == 1
    assert "error: there is no standard output to write to: redirect it" in capsys.readouterr().err


def test_without_a_standard_error_nothing_is_told(folder, named_file, tmp_path, monkeypatch, capsys):
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", None)
        assert _main("transform", named_file, folder / "rows.csv", "--output", tmp_path / "out.csv") == 0
        assert _main("transform", named_file, tmp_path / "nothing.csv", "--output", tmp_path / "out.csv") == 1
    assert capsys.readouterr() == ("", "")


# As a process.


@pytest.mark.slow
def test_the_commands_work_together(folder, tmp_path):
    def run(*arguments):
        command = [sys.executable, "-m", "skae", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path)

    short = ["--n-components", "2", "--max-iter", "3", "--seed", "0"]
    fitted = run("fit", folder / "rows.csv", "--exclude", "id,label", "--output", "m.skae", *short)
    assert fitted.returncode == 0 and fitted.stdout == ""
    warning, written = fitted.stderr.splitlines()
    assert "warning" in warning and written.startswith("written: m.skae (AutoencoderTransformer, 4 columns to 2")
    coded = run("transform", "m.skae", folder / "rows.parquet", "--keep", "id")
    assert coded.returncode == 0 and coded.stderr == ""
    assert coded.stdout.startswith("id,autoencodertransformer0,autoencodertransformer1\n000,0.")
    assert [path.name for path in tmp_path.iterdir()] == ["m.skae"]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="head is POSIX's")
def test_a_reader_that_leaves_is_no_error(unnamed_file, X, tmp_path):
    np.save(tmp_path / "many.npy", np.tile(X, (2000, 1)))
    command = f"{sys.executable} -m skae transform {unnamed_file} {tmp_path / 'many.npy'} | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120)
    assert done.stdout == ",".join(CODE) + "\n" and done.stderr == ""


@pytest.mark.skipif(os.name != "posix" or shutil.which("bash") is None, reason="a shell that has every status")
@pytest.mark.parametrize("command", ["transform", "reconstruct", "score --per-row"])
def test_a_command_whose_reader_leaves_ends_as_others_do(command, unnamed_file, X, tmp_path):
    name, *options = command.split()
    np.save(tmp_path / "many.npy", np.tile(X, (2000, 1)))
    ours = [sys.executable, "-m", "skae", name, str(unnamed_file), str(tmp_path / "many.npy"), *options]
    statuses = []
    for line in (shlex.join(ours), "yes"):
        script = f"{line} | head -n 1 > {tmp_path / 'first'}; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120)
        assert done.stderr == ""
        statuses.append(done.stdout)
    assert statuses == ["141\n", "141\n"]
