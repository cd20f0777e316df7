"""``python -m skae fit``: the model is that of the estimator in Python, and nothing is lost when it fails."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

import skae.commands.running
from skae import AutoencoderOutlierDetector, AutoencoderTransformer, load
from skae.__main__ import main
from skae.commands.parameters import ESTIMATORS
from skae.runtime.messages import marked
from skae.training.callbacks import Callback, use_callback

FEATURES = ["a", "b", "c", "d"]
SHORT = ["--n-components", "3", "--max-iter", "3", "--seed", "0"]
ADAM = ["--init", "glorot", "--solver", "adam", "--learning-rate-init", "0.001"]


def _main(*arguments):
    return main([str(argument) for argument in arguments])


@pytest.fixture
def no_work(monkeypatch):
    """The training must not start."""

    def fit(*arguments, **options):
        raise AssertionError("the work was started")

    monkeypatch.setattr(AutoencoderTransformer, "fit", fit)


# The model.


@pytest.mark.parametrize("key", ESTIMATORS)
def test_the_model_is_that_of_the_estimator(key, folder, X, tmp_path):
    path = tmp_path / "model.skae"
    assert _main("fit", folder / "rows.npy", "--output", path, "--estimator", key, *SHORT, "--alpha", "0.01") == 0
    model = load(path)
    expected = ESTIMATORS[key](3, max_iter=3, random_state=0, alpha=0.01).fit(X)
    assert type(model) is type(expected) and model.get_params() == expected.get_params()
    np.testing.assert_array_equal(model.transform(X), expected.transform(X))
    assert not hasattr(model, "feature_names_in_")


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize(
    "choice, names",
    [("--exclude=id,label", FEATURES), ("--columns=c,a", ["c", "a"]), ('--columns="c", "a"', ["c", "a"])],
)
def test_columns_are_chosen_by_name(ending, choice, names, folder, frame, tmp_path):
    path = tmp_path / "model.skae"
    assert _main("fit", folder / f"rows{ending}", "--output", path, choice, *SHORT) == 0
    model = load(path)
    assert list(model.feature_names_in_) == names
    expected = AutoencoderTransformer(3, max_iter=3, random_state=0).fit(frame[names])
    np.testing.assert_allclose(model.transform(frame[names]), expected.transform(frame[names]), rtol=1e-12)


def test_a_file_without_names_gives_a_model_without(folder, X, unnamed, tmp_path):
    for name, header in [("plain.csv", ["--no-header"]), ("rows.npz", [])]:
        assert _main("fit", folder / name, *header, "--output", tmp_path / "m.skae", *SHORT) == 0
        model = load(tmp_path / "m.skae")
        assert not hasattr(model, "feature_names_in_")
        np.testing.assert_allclose(model.transform(X), unnamed.transform(X), rtol=1e-12)


def test_columns_of_an_array_are_chosen_by_their_numbers(folder, X, tmp_path):
    assert _main("fit", folder / "rows.npy", "--exclude", "x1", "--output", tmp_path / "m.skae", *SHORT) == 0
    expected = AutoencoderTransformer(3, max_iter=3, random_state=0).fit(X[:, [0, 2, 3]])
    np.testing.assert_array_equal(load(tmp_path / "m.skae").coefs_[0], expected.coefs_[0])


def test_single_precision_is_kept(X, tmp_path):
    np.save(tmp_path / "X.npy", X.astype(np.float32))
    assert _main("fit", tmp_path / "X.npy", "--output", tmp_path / "m.skae", *SHORT) == 0
    assert load(tmp_path / "m.skae").coefs_[0].dtype == np.float32


def test_rows_with_gaps_are_trained_on_where_asked(frame, tmp_path):
    gaps = frame[FEATURES].mask(frame[FEATURES] < 0.2)
    gaps.to_csv(tmp_path / "gaps.csv", index=False)
    asked = ["--missing-values", "mask"]
    assert _main("fit", tmp_path / "gaps.csv", "--output", tmp_path / "m.skae", *SHORT, *asked) == 0
    np.testing.assert_allclose(load(tmp_path / "m.skae").column_means_, gaps.mean())


def test_columns_of_flags_and_of_whole_numbers_are_numbers(tmp_path):
    frame = pd.DataFrame({"flag": [True, False, True], "count": [1, 2, 3], "share": [0.5, 0.25, 0.0]})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    frame.astype({"count": "Int64"}).to_parquet(tmp_path / "rows.parquet")
    for ending in (".csv", ".parquet"):
        assert _main("fit", tmp_path / f"rows{ending}", "--output", tmp_path / f"m{ending}.skae", *SHORT) == 0
    codes = [load(tmp_path / f"m{ending}.skae").transform(frame) for ending in (".csv", ".parquet")]
    np.testing.assert_array_equal(*codes)


# What is told.


class _Bar:
    """A progress bar that notes what it is told."""

    told = []

    def __init__(self, stream, enabled=True):
        assert stream is sys.stderr
        self.enabled = enabled

    def __enter__(self):
        self.told.clear()
        return self

    def __exit__(self, *exception):
        pass

    def __call__(self, done, total, label):
        if self.enabled:
            self.told.append((done, total, label))


def test_progress_is_an_epoch_with_its_loss(folder, X, tmp_path, monkeypatch):
    monkeypatch.setattr(skae.commands.running, "ProgressBar", _Bar)
    path = tmp_path / "m.skae"
    assert _main("fit", folder / "rows.npy", "--output", path, *SHORT, "--early-stopping") == 0
    reading, *epochs = _Bar.told
    assert reading == (0, 3, f"reading {folder / 'rows.npy'}")
    model = load(path)
    curves = zip(model.loss_curve_, model.validation_loss_curve_)
    assert epochs == [(i, 3, f"loss {a:.4g} ({b:.4g} held out)") for i, (a, b) in enumerate(curves, start=1)]


@pytest.mark.filterwarnings("always::sklearn.exceptions.ConvergenceWarning")
def test_a_warning_is_one_line_and_the_result_another(folder, tmp_path, capsys):
    path = tmp_path / "m.skae"
    assert _main("fit", folder / "rows.npy", "--output", path, *SHORT, *ADAM) == 0
    captured = capsys.readouterr()
    warning, written = captured.err.splitlines()
    assert captured.out == ""
    assert warning.startswith("python -m skae fit: warning: AutoencoderTransformer stopped at --max-iter=3 before")
    for option in (
        "--solver='lbfgs'",
        "--learning-rate-init=0.001",
        "--learning-rate='cosine'",
        "or raise --max-iter.",
    ):
        assert option in warning
    assert "tol" not in warning
    loss = load(path).loss_curve_[-1]
    assert written == f"written: {path} (AutoencoderTransformer, 4 columns to 3, 3 epochs, loss {loss:.6g})"


@pytest.mark.filterwarnings("always::sklearn.exceptions.ConvergenceWarning")
def test_quiet_says_nothing(folder, tmp_path, capsys):
    assert _main("fit", folder / "rows.npy", "--output", tmp_path / "m.skae", *SHORT, "--quiet") == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_a_block_listens_to_every_training_in_it(X):
    heard = []

    class Hears(Callback):
        def __init__(self, name, max_iter, n_rows):
            self.head = (name, max_iter, n_rows)

        def end(self, epoch, loss, validation_loss):
            heard.append((*self.head, epoch))
            return False

    plain = AutoencoderTransformer(2, max_iter=2, random_state=0)
    with use_callback(Hears):
        plain.fit(X)
        AutoencoderOutlierDetector(plain, calibration="training").fit(X[:20])
    plain.fit(X)
    assert heard == [("AutoencoderTransformer", 2, n, epoch) for n in (30, 20) for epoch in (1, 2)]


# What is refused.


@pytest.mark.parametrize(
    "arguments, words",
    [
        (
            ["rows.txt"],
            "argument INPUT: must end in .csv or .tsv or .csv.gz or .tsv.gz or .parquet or .npy or .npz; got",
        ),
        (["rows.csv", "--columns", "a,a"], "argument --columns: must be names of columns, separated by commas"),
        (["rows.csv", "--columns", ""], "argument --columns: must be names"),
        (["rows.csv", "--columns", "a", "--exclude", "b"], "not allowed with argument --columns"),
        (["rows.csv", "--n-components", "0"], "'--n-components' parameter of AutoencoderTransformer"),
        (["rows.csv", "--noise-level", "0.1"], "--noise-level is no parameter of --estimator plain"),
        (["rows.csv", "--estimator", "deep"], "argument --estimator: invalid choice: 'deep'"),
        (["nothing.csv", "--hidden-layer-sizes", "5,0"], "'--hidden-layer-sizes' parameter of AutoencoderTransformer"),
        (["nothing.csv", "--loss", "log_loss", "--output-activation", "relu"], "needs --output-activation='logistic'"),
        (
            ["rows.npy", "--n-components", str(10**12)],
            "error: --n-components=1000000000000 and --hidden-layer-sizes=()",
        ),
        (["rows.npy", "--hidden-layer-sizes", str(10**30)], "and --hidden-layer-sizes=(1000000000000"),
    ],
)
def test_wrong_usage_is_told_before_the_work(arguments, words, folder, tmp_path, refused, no_work):
    refused(2, words, "fit", folder / arguments[0], *arguments[1:], "--output", tmp_path / "m.skae")
    assert not list(tmp_path.iterdir())


def test_a_model_must_be_named(folder, refused):
    refused(2, "the following arguments are required: --output", "fit", folder / "rows.csv")


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["nothing.csv"], "No such file or directory"),
        (
            ["rows.csv", "--no-standardize"],
            "rows.csv has no numbers in 'label': name the columns to use with --columns",
        ),
        (["rows.csv", "--columns", "a,z,y"], "--columns: {folder}/rows.csv has no 'z', 'y'; its columns are 'id', 'a'"),
        (["rows.csv", "--exclude", "z"], "--exclude: {folder}/rows.csv has no 'z'"),
        (["rows.npy", "--exclude", "x0,x1,x2,x3"], "rows.npy has no column left beside 'x0'"),
        (["rows.npy", "--columns", "a"], "has no 'a'; its columns are 'x0', 'x1', 'x2', 'x3'"),
    ],
)
def test_what_is_wrong_with_the_rows_is_told_before_the_work(arguments, words, folder, tmp_path, refused, no_work):
    words = words.format(folder=folder)
    refused(1, words, "fit", folder / arguments[0], *arguments[1:], "--output", tmp_path / "new" / "m.skae")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".npy", ".npz"])
@pytest.mark.parametrize(
    "value, options, words",
    [
        (
            np.nan,
            ["--no-standardize"],
            "missing values in {} (the first in row 7, counted from 0): fill them, leave these columns out with",
        ),
        (
            np.inf,
            [],
            "infinite values in {} (the first in row 7, counted from 0): replace them, or leave these columns",
        ),
        (-np.inf, ["--missing-values", "mask"], "infinite values in {} (the first in row 7, counted from 0): replace"),
    ],
)
def test_what_is_not_finite_is_told_by_column_and_row(
    value, options, words, ending, X, tmp_path, refused, no_work, monkeypatch
):
    monkeypatch.setattr("skae.rows.blocks.BLOCK_BYTES", 64)
    values = X.copy()
    values[9, 1] = values[7, 3] = value
    path = tmp_path / f"rows{ending}"
    frame = pd.DataFrame(values, columns=FEATURES)
    {
        ".csv": lambda: frame.to_csv(path, index=False),
        ".parquet": lambda: frame.to_parquet(path),
        ".npy": lambda: np.save(path, values),
        ".npz": lambda: np.savez(path, values),
    }[ending]()
    words = words.format("'b', 'd'" if ending in (".csv", ".parquet") else "'x1', 'x3'")
    refused(1, f"{path} has {words}", "fit", path, "--output", tmp_path / "new" / "m.skae", *options)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, ">f8", np.longdouble])
def test_the_sum_of_values_that_are_finite_may_not_be(dtype, tmp_path):
    values = np.full((3, 4), 5e4 if dtype == np.float16 else 1.0, dtype)
    np.save(tmp_path / "rows.npy", values)
    assert _main("fit", tmp_path / "rows.npy", "--output", tmp_path / "m.skae", *SHORT, "--quiet") == 0


def test_a_memory_error_is_not_about_the_file(folder, tmp_path, refused, monkeypatch):
    def fit(*arguments):
        raise MemoryError(marked("Lower {n_components} or raise the limit."))

    monkeypatch.setattr(AutoencoderTransformer, "fit", fit)
    words = "fit: error: Lower --n-components or raise"
    refused(1, words, "fit", folder / "rows.npy", "--output", tmp_path / "new" / "m.skae")
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("always::sklearn.exceptions.ConvergenceWarning", "always::UserWarning")
def test_the_name_of_a_file_stays_as_it_is(tmp_path, capsys):
    path = tmp_path / "max_iter, tol=None.csv"
    path.write_text("0.5,0.25\n0.1,0.2\n0.3,0.4\n")
    assert _main("fit", path, "--output", tmp_path / "m.skae", *SHORT, *ADAM) == 0
    names, stopped, _ = capsys.readouterr().err.splitlines()
    assert f"the first line of {path} holds numbers" in names and "at --max-iter=3 before" in stopped
    path.write_text("0.5,0.25\n1.0,7\n1.5,3\n")
    assert _main("fit", path, "--no-header", "--loss", "log_loss", "--output", tmp_path / "m.skae") == 1
    assert f"fit: error: {path}: --loss='log_loss' needs values" in capsys.readouterr().err
    arguments = ["fit", path, "--no-header", "--early-stopping", "--validation-fraction", "0.99"]
    assert _main(*arguments, "--output", tmp_path / "m.skae") == 1
    error = capsys.readouterr().err
    assert f"fit: error: {path}: --early-stopping with --validation-fraction=0.99 " in error
    assert error.endswith("or --no-early-stopping.\n")


def test_many_names_are_cut_short(tmp_path, refused):
    pd.DataFrame([["word"] * 20], columns=[f"w{j}" for j in range(20)]).to_csv(tmp_path / "words.csv", index=False)
    words = "no numbers in 'w0', 'w1', 'w2', 'w3', 'w4', 'w5', 'w6', 'w7' and 12 more"
    refused(1, words, "fit", tmp_path / "words.csv", "--no-standardize", "--output", tmp_path / "m.skae")


@pytest.mark.parametrize(
    "values, options, words",
    [
        ([[0.5, 3.0], [0.1, 0.2]], ["--loss", "log_loss"], "X.npy: --loss='log_loss' needs values of X in [0, 1]"),
        (np.eye(9) * 1e9, ["--solver", "sgd", "--learning-rate-init", "1e9"], "Lower --learning-rate-init"),
    ],
)
def test_an_error_of_the_training_names_the_file_and_the_options(values, options, words, tmp_path, refused):
    np.save(tmp_path / "X.npy", np.array(values))
    (tmp_path / "m.skae").write_text("older")
    refused(1, words, "fit", tmp_path / "X.npy", "--output", tmp_path / "m.skae", *options)
    assert (tmp_path / "m.skae").read_text() == "older"


def test_a_place_that_cannot_be_written_is_told_before_the_work(folder, tmp_path, refused, no_work):
    rows = tmp_path / "rows.npy"
    rows.write_bytes((folder / "rows.npy").read_bytes())
    refused(2, "argument --output: is a model file, not one of", "fit", rows, "--output", rows)
    (tmp_path / "link.skae").symlink_to(rows)
    refused(
        1,
        f"--output: {tmp_path / 'link.skae'} is the file that is read",
        "fit",
        rows,
        "--output",
        tmp_path / "link.skae",
    )
    refused(1, f"--output: {tmp_path} is not a file", "fit", rows, "--output", tmp_path)
    refused(1, f"--output: {os.devnull} is not a file", "fit", rows, "--output", os.devnull)
    refused(1, "No file can be written in the folder", "fit", rows, "--output", rows / "m.skae")
    np.testing.assert_array_equal(np.load(rows), np.load(folder / "rows.npy"))


def test_a_place_that_cannot_be_made_is_told_before_the_work(folder, tmp_path, refused, no_work):
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    (tmp_path / "file").write_text("older")
    for name in ("broken", "file"):
        words = f"No file can be written in the folder '{tmp_path / name}'"
        for below in ("m.skae", "new/m.skae"):
            refused(1, words, "fit", folder / "rows.npy", "--output", tmp_path / name / below)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken", "file"]


def test_the_folder_of_the_model_is_made(folder, tmp_path):
    assert _main("fit", folder / "rows.npy", "--output", tmp_path / "new" / "m.skae", *SHORT) == 0
    assert load(tmp_path / "new" / "m.skae").n_components == 3


def test_an_interrupt_leaves_the_old_model(folder, tmp_path, monkeypatch, capsys):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    (tmp_path / "m.skae").write_text("older")
    monkeypatch.setattr(AutoencoderTransformer, "fit", interrupted)
    assert _main("fit", folder / "rows.npy", "--output", tmp_path / "m.skae") == 130
    assert capsys.readouterr().err == "" and (tmp_path / "m.skae").read_text() == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["m.skae"]


# ``python -m skae`` that makes a file at the end of the first epoch.
_MARKED_FIT = """
import pathlib, sys
from skae.__main__ import main
from skae.training.callbacks import EpochBar
EpochBar.end = lambda self, *told: pathlib.Path({mark!r}).touch()
sys.exit(main())
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals to a process are POSIX's")
def test_control_c_ends_a_long_fit(folder, tmp_path):
    endless = ["--max-iter", "1000000", "--tol", "0", "--n-iter-no-change", "1000000"]
    arguments = ["fit", folder / "rows.npy", "--output", tmp_path / "new" / "m.skae", *endless]
    started = subprocess.Popen(
        [sys.executable, "-c", _MARKED_FIT.format(mark=str(tmp_path / "mark")), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell without job control starts its children with SIGINT ignored, and they would hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        deadline = time.monotonic() + 120
        while not (tmp_path / "mark").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert (tmp_path / "mark").exists()
        started.send_signal(signal.SIGINT)
        out, error = started.communicate(timeout=60)
    finally:
        if started.poll() is None:
            started.kill()
    assert (started.returncode, out, error) == (130, "", "")
    assert [path.name for path in tmp_path.iterdir()] == ["mark"]


@pytest.mark.parametrize("name", ["old.csv", "old.PARQUET", "old.npy", "old.npz"])
def test_a_table_is_not_replaced_by_a_model(name, tmp_path, capsys):
    np.save(tmp_path / "x.npy", np.ones((4, 2)))
    (tmp_path / name).write_text("a table")
    with pytest.raises(SystemExit) as ended:
        main(["fit", str(tmp_path / "x.npy"), "--output", str(tmp_path / name)])
    assert ended.value.code == 2 and "is a model file, not one of" in capsys.readouterr().err
    assert (tmp_path / name).read_text() == "a table"
