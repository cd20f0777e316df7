"""The handwriting experiment: the function, its table, its files, and the command line."""

import csv
import html.parser
import inspect
import io
import json
import os
import signal
import struct
import subprocess
import sys
import time
from dataclasses import asdict, replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, cross_val_score

import skae.handwriting.command
import skae.handwriting.files
from skae import AutoencoderTransformer
from skae.__main__ import main
from skae.datasets import load_digits_unit
from skae.handwriting import Comparison, Result, compare, save, wilson_interval
from skae.handwriting.data import load_split, stratified_part
from skae.handwriting.representations import REPRESENTATIONS
from skae.handwriting.settings import DEFAULTS, settings_for
from skae.runtime.progress import ProgressBar, progress_line

SMALL = {"samples": 60, "n_components": 4, "max_iter": 2, "cv": 2}
SMALL_OPTIONS = ["--samples", "60", "--components", "4", "--epochs", "2", "--cv", "2", "--jobs", "1"]
LABELS = [record.label for record in REPRESENTATIONS.values()]


@pytest.fixture(scope="module")
def table():
    """All representations on few rows."""
    return compare(**SMALL)


@pytest.fixture(scope="module")
def folder(table, tmp_path_factory):
    """The files of the table, in a folder that had to be made."""
    pytest.importorskip("matplotlib")
    folder = tmp_path_factory.mktemp("files") / "in" / "here"
    save(table, folder)
    return folder


# The function.


def test_every_representation_has_a_row(table):
    assert [row.representation for row in table.rows] == LABELS
    assert list(table.estimators) == list(REPRESENTATIONS)
    assert [row.width for row in table.rows] == [64] + [4] * (len(LABELS) - 1)


def test_no_writer_of_a_test_row_wrote_a_training_row(table, digits):
    X, y = (values.astype(np.float32) for values in digits)
    groups = load_digits_unit(return_groups=True).groups
    writer = {row.tobytes(): group for row, group in zip(X, groups)}
    assert len(writer) == len(X), "rows tell their writers"
    whole = load_split(settings_for())
    train, test = ([writer[row.tobytes()] for row in rows] for rows in (whole.X_train, whole.X_test))
    assert (len(train), len(test)) == (1149, 648) and not set(train) & set(test)
    assert len(set(test)) == 5 and len(set(train)) == 9
    np.testing.assert_array_equal(whole.groups, train)
    np.testing.assert_array_equal(table.split.X_test, whole.X_test)
    assert [writer[row.tobytes()] for row in table.split.X_train] == table.split.groups.tolist()
    shares = np.bincount(table.split.y_train, minlength=10) / 60 - np.bincount(whole.y_train, minlength=10) / 1149
    assert np.abs(shares).max() < 1 / 60, "the part is not stratified"
    seen = whole.shuffled
    assert (len(seen.X_train), len(seen.X_test)) == (1149, 648)
    assert {writer[row.tobytes()] for row in seen.X_test} == set(range(14))
    # The rows are all rows, once each, with their labels.
    kinds = dict(zip(writer, y))
    for split in (whole, seen):
        rows = [row.tobytes() for row in (*split.X_train, *split.X_test)]
        assert sorted(rows) == sorted(writer)
        np.testing.assert_array_equal([kinds[row] for row in rows], [*split.y_train, *split.y_test])


@pytest.mark.parametrize("name", ["pca", "masking-0.5"])
def test_the_shuffled_accuracy_is_that_of_the_same_settings(table, name):
    row, seen = dict(zip(table.estimators, table.rows))[name], table.split.shuffled
    assert len(seen.X_train) == 60 and row.accuracy_first_half is None is row.accuracy_last_half
    fitted = clone(table.estimators[name]).fit(seen.X_train, seen.y_train)
    assert row.accuracy_shuffled == np.mean(fitted.predict(seen.X_test) == seen.y_test)


def test_figures_are_those_of_the_fitted_pipelines(table):
    X, y = table.split.X_test, table.split.y_test
    spread = ((X - X.mean(axis=0, dtype=np.float64)) ** 2).sum()
    for row, (name, pipeline) in zip(table.rows, table.estimators.items()):
        assert row.accuracy == np.mean(pipeline.predict(X) == y)
        assert (row.accuracy_low, row.accuracy_high) == wilson_interval(round(row.accuracy * len(y)), len(y))
        if name == "raw":
            assert row.reconstruction_score == 1.0
        else:
            transformer = pipeline.named_steps["representation"]
            error = ((X - transformer.inverse_transform(transformer.transform(X)).astype(np.float64)) ** 2).sum()
            assert row.reconstruction_score == pytest.approx(1 - error / spread, abs=1e-6)
        assert row.search_seconds > 0 and row.fit_seconds > 0


@pytest.mark.parametrize("name", ["pca", "masking-0.5", "sparse"])
def test_search_accuracy_is_that_of_the_training_rows(table, name):
    row = dict(zip(table.estimators, table.rows))[name]
    assert getattr(table.estimators[name].named_steps["classifier"], "C") == row.C  # noqa: B009
    split = table.split
    scores = cross_val_score(
        clone(table.estimators[name]), split.X_train, split.y_train, groups=split.groups, cv=GroupKFold(2)
    )
    assert row.cv_accuracy == pytest.approx(scores.mean(), abs=1e-12)
    assert row.strength_value in REPRESENTATIONS[name].values["digits"]


def test_each_autoencoder_is_the_one_that_its_label_names(table):
    steps = {name: pipeline.named_steps["representation"] for name, pipeline in table.estimators.items()}
    assert steps["tied"].tied_weights and not steps["plain"].tied_weights
    assert steps["linear"].activation == "identity" == steps["linear"].output_activation_
    assert (steps["masking-0.25"].corruption, steps["masking-0.25"].noise_level) == ("masking", 0.25)
    assert (steps["masking-0.5"].corruption, steps["masking-0.5"].noise_level) == ("masking", 0.5)
    assert steps["gaussian"].corruption == "gaussian"
    assert all(len(steps[name].loss_curve_) == 2 for name in list(steps)[2:])


def test_a_representation_is_fitted_once_for_all_values_of_c(monkeypatch):
    fits = []
    fit = AutoencoderTransformer.fit
    monkeypatch.setattr(AutoencoderTransformer, "fit", lambda self, X, y=None: fits.append(len(X)) or fit(self, X))
    compare(**SMALL, representations=["plain"])
    split = load_split(settings_for(**SMALL))
    folds = [len(train) for train, _ in GroupKFold(2).split(split.X_train, groups=split.groups)]
    assert sorted(fits) == sorted(folds * 3 + [60] * 2), "three strengths by two folds, the last fit, the shuffled one"


def test_same_seed_same_figures(table):
    again = compare(**SMALL, representations=["masking-0.5"]).rows[0]
    row = dict(zip(table.estimators, table.rows))["masking-0.5"]
    times = {"search_seconds": 0.0, "fit_seconds": 0.0}
    assert replace(again, **times) == replace(row, **times)


def test_progress_is_told(table):
    told = []
    compare(**SMALL, representations=["raw", "pca"], progress=lambda *state: told.append(state))
    assert told == [(0, 2, "raw pixels"), (1, 2, "PCA"), (2, 2, "")]


def test_pca_takes_no_more_components_than_it_can_have():
    split = load_split(settings_for(samples=40, cv=2))
    smallest = min(len(train) for train, _ in GroupKFold(2).split(split.X_train, groups=split.groups))
    assert compare(samples=40, n_components=500, cv=2, representations="pca").rows[0].width == smallest < 40
    assert compare(samples=200, n_components=500, cv=2, representations="pca").rows[0].width == 64


def test_no_warning_and_no_cache_is_left(tmp_path, monkeypatch, recwarn):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = compare(**SMALL, representations=["plain"])
    assert not recwarn.list and not list(tmp_path.iterdir())
    assert result.estimators["plain"].memory is None


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"data": "letters"}, r"data must be one of \['digits', 'mnist'\], or a folder of IDX files; got 'letters'"),
        ({"data": 3}, r"data must be one of \['digits', 'mnist'\], or a folder of IDX files; got 3"),
        ({"samples": 59}, r"samples must be an integer in \[60, 1149\] with cv=3; got 59"),
        ({"samples": 1150}, r"samples must be an integer in \[60, 1149\]"),
        ({"cv": 1}, r"cv must be an integer in \[2, 9\]; got 1"),
        ({"n_components": 0}, "n_components must be an integer of at least 1; got 0"),
        ({"max_iter": 1.5}, "max_iter must be an integer of at least 1; got 1.5"),
        ({"seed": -1}, "seed must be an integer in"),
        ({"seed": True}, "seed must be an integer in"),
        ({"representations": ["pca", "tsne"]}, r"representations must be names out of \['raw', 'pca'"),
        ({"representations": []}, "representations must be names out of"),
    ],
)
def test_wrong_parameters_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        compare(**wrong)


@pytest.mark.slow
@pytest.mark.mnist
def test_mnist():
    if not os.environ.get("SKAE_DATA"):
        pytest.skip("SKAE_DATA names no folder with MNIST")
    result = compare("mnist", samples=100, cv=2, n_components=20, representations=["pca"])
    assert result.split.X_train.shape == (100, 784) and result.split.X_test.shape == (10_000, 784)
    np.testing.assert_array_equal(np.bincount(result.split.y_test)[:2], [980, 1135])
    (row,) = result.rows
    assert 0.5 < row.accuracy_low < row.accuracy < row.accuracy_high < 0.9 and row.accuracy_shuffled is None
    right = result.estimators["pca"].predict(result.split.X_test) == result.split.y_test
    assert (row.accuracy_first_half, row.accuracy_last_half) == (right[:5000].mean(), right[5000:].mean())
    assert "first half %  last half %" in str(result) and "shuffled" not in str(result)


def _saved(path, array):
    """An IDX file of unsigned bytes."""
    path.write_bytes(struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes())


@pytest.fixture
def images(tmp_path, digits):
    """A folder with digits of 8 x 8 pixels as a set of the family of MNIST, its labels from 1."""
    folder = tmp_path / "images" / "raw"
    folder.mkdir(parents=True)
    X, y = digits
    for part, rows in {"train": slice(0, 100), "t10k": slice(100, 150)}.items():
        _saved(folder / f"{part}-images.idx3-ubyte", (X[rows] * 255).astype(np.uint8).reshape(-1, 8, 8))
        _saved(folder / f"{part}-labels.idx1-ubyte", (y[rows] + 1).astype(np.uint8))
    return folder.parent


def test_images_of_a_folder(images, capsys, digits, tmp_path):
    result = compare(images, n_components=4, max_iter=2, cv=2, representations=["raw", "pca", "plain"])
    assert result.settings.samples == 100 and result.settings.data == str(images)
    np.testing.assert_array_equal(result.split.y_test, digits[1][100:150] + 1)
    assert result.split.image_shape == (8, 8) and result.rows[0].accuracy > 0.7
    assert main(["handwriting", "--data", str(images), *SMALL_OPTIONS, "--no-plots", "--quiet"]) == 0
    assert capsys.readouterr().out.startswith(f"{images}: 60 training rows")
    with pytest.raises(SystemExit):
        main(["handwriting", "--data", str(tmp_path), *SMALL_OPTIONS])
    assert "folder with images and labels in IDX files" in capsys.readouterr().err


def test_one_of_the_sets_of_a_folder(images):
    for path in (images / "raw").iterdir():
        kept = path.read_bytes()
        for prefix in ("emnist-letters-", "emnist-digits-"):
            path.with_name(f"{prefix}{path.name}".replace("t10k", "test")).write_bytes(kept)
    upright = compare(images / "emnist-letters-", samples=60, cv=2, representations="raw").split
    stored = compare(images, samples=60, cv=2, representations="raw").split
    turned = stored.X_test.reshape(-1, 8, 8).transpose(0, 2, 1).reshape(-1, 64)
    np.testing.assert_array_equal(upright.X_test, turned)
    for path in (images / "raw").glob("t*"):
        path.unlink()
    with pytest.raises(ValueError, match=r"data must be .*/emnist-digits- or .*/emnist-letters-; got .* several"):
        settings_for(images)
    for name in ("test-images.idx3-ubyte", "test-labels.idx1-ubyte"):
        (images / "raw" / f"emnist-letters-{name}").unlink()
    with pytest.raises(ValueError, match=r"data must hold training and test rows, and .* holds only those of train"):
        settings_for(images / "emnist-letters-")


# The table.


@pytest.mark.parametrize("correct, total", [(0, 7), (3, 7), (7, 7), (614, 629)])
def test_wilson_bounds_solve_their_equation(correct, total):
    low, high = wilson_interval(correct, total)
    p = correct / total
    assert 0 <= low <= p <= high <= 1
    for bound in {low, high} - {0.0, 1.0}:
        assert (p - bound) ** 2 == pytest.approx(1.959963984540054**2 * bound * (1 - bound) / total)
    assert (low == 0) == (correct == 0) and (high == 1) == (correct == total)


@pytest.mark.parametrize("correct, total", [(-1, 3), (4, 3), (0, 0)])
def test_wilson_refuses_what_is_no_proportion(correct, total):
    with pytest.raises(ValueError, match="correct must lie in"):
        wilson_interval(correct, total)


def test_text_is_aligned(table):
    title, _, header, rule, *body = str(table).splitlines()
    assert title == "digits: 60 training rows of other writers, 2-fold search, 4 components, 2 epochs, seed 0"
    rows, verdict = body[: len(LABELS)], body[-1]
    ends = [i for i, (a, b) in enumerate(zip(rule, rule[1:] + " ")) if a == "-" and b == " "]
    starts = [0] + [end + 3 for end in ends[:-1]]
    cells = [[line[start : end + 1].strip() for start, end in zip(starts, ends)] for line in [header, *rows]]
    assert cells[0][:5] == ["representation", "width", "test accuracy %", "95 % interval", "shuffled %"]
    for row, line in zip(table.rows, cells[1:]):
        assert line[0] == row.representation
        assert float(line[2]) == round(100 * row.accuracy, 2)
        assert float(line[4]) == round(100 * row.accuracy_shuffled, 2)
        assert (
            line[7] == f"{row.strength}={row.strength_value}" or float(line[7].partition("=")[2]) == row.strength_value
        )
    best = max(table.rows, key=lambda row: row.cv_accuracy)
    assert verdict == f"best by the search: {best.representation}, {100 * best.accuracy:.2f} % of the test rows right"
    assert repr(table) == str(table)


class _Cells(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.cells = [], []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1] == "td":
            self.cells.append(data)


def test_html_has_the_cells_escaped(table):
    odd = Comparison([replace(table.rows[0], representation="<b>&"), *table.rows[1:]], table.settings, table.versions)
    parser = _Cells()
    parser.feed(odd._repr_html_())
    assert not parser.open and parser.cells[::11] == ["<b>&", *LABELS[1:]]


def _typed(record):
    """A row of the CSV file with the types of ``Result``."""
    numbers = {
        name: float(text) if text else None
        for name, text in record.items()
        if name not in ("representation", "strength", "width")
    }
    return {**record, **numbers, "width": int(record["width"])}


def test_csv_and_json_equal_the_table(table, folder):
    with open(folder / "handwriting.csv", newline="") as file:
        texts = list(csv.DictReader(file))
    for text, row in zip(texts, table.rows, strict=True):
        flag = {"True": 1.0, "False": 0.0}
        text["strength_value"] = flag.get(text["strength_value"], text["strength_value"])
        assert _typed(text) == asdict(row)
    content = json.loads((folder / "handwriting.json").read_text())
    assert [Result(**row) for row in content["rows"]] == table.rows
    assert content["settings"] == asdict(table.settings) and content["settings"]["seed"] == 0
    assert content["versions"].keys() == {"skae", "python", "numpy", "scipy", "scikit-learn", "numba"}
    assert (folder / "handwriting.csv").read_text() == table.to_csv()


def test_tables_are_written_where_asked(table, tmp_path):
    assert table.to_csv(tmp_path / "t.csv") is None and table.to_json(tmp_path / "t.json") is None
    assert (tmp_path / "t.csv").read_text() == table.to_csv()
    assert json.loads((tmp_path / "t.json").read_text()) == json.loads(table.to_json())


# The files.


@pytest.mark.parametrize(
    "name, width, height",
    [("filters", 2208, 642), ("reconstructions", 1800, 744), ("loss_curves", 1800, 660), ("kl_curve", 1560, 600)],
)
def test_figures_are_drawn(folder, name, width, height):
    from matplotlib.image import imread

    pixels = imread(folder / f"{name}.png")
    assert pixels.shape[:2] == (height, width)
    ink = (pixels[..., :3] < 0.99).any(axis=2)
    assert ink.mean() > 0.01
    halves = [ink[:, : width // 2], ink[:, width // 2 :], ink[: height // 2], ink[height // 2 :]]
    assert min(half.mean() for half in halves) > 0.005, "a half of the figure is empty"


def test_figures_show_the_table(table):
    pytest.importorskip("matplotlib")
    from skae.handwriting import figures

    titles = [ax.get_title() for ax in figures.filters(table).axes]
    assert [title.splitlines()[0] for title in titles] == [
        "plain",
        "denoising, masking 0.25",
        "denoising, masking 0.5",
        "denoising, Gaussian",
    ]
    curves = {line.get_label(): line.get_ydata() for ax in figures.loss_curves(table).axes for line in ax.lines}
    assert list(curves) == [label for label in LABELS[2:] if label != "linear"] + ["linear"]
    assert all(len(curve) == 2 and (np.asarray(curve) > 0).all() for curve in curves.values())
    curve, minimum = figures.kl_curve(table).axes[0].lines
    assert minimum.get_xdata()[0] == 0.05
    assert abs(curve.get_xdata()[np.argmin(curve.get_ydata())] - 0.05) < 1e-3


def test_figures_are_left_out_where_there_is_nothing_to_show(table, tmp_path):
    pytest.importorskip("matplotlib")
    raw = replace(table, rows=table.rows[:1], estimators={"raw": table.estimators["raw"]})
    assert [path.name for path in save(raw, tmp_path)] == ["handwriting.csv", "handwriting.json"]


def test_a_failed_run_leaves_older_files_whole(table, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    from skae.handwriting import figures

    for name in ("handwriting.csv", "filters.png"):
        (tmp_path / name).write_text("older")

    def fails(*arguments, **options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setitem(figures.FIGURES, "kl_curve", fails)
        with pytest.raises(OSError):
            save(table, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fails)
        with pytest.raises(OSError):
            save(table, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["filters.png", "handwriting.csv"]
    assert all(path.read_text() == "older" for path in tmp_path.iterdir())


def test_save_without_matplotlib(table, tmp_path, monkeypatch):
    monkeypatch.setattr(skae.handwriting.files, "plots_available", lambda: False)
    with pytest.raises(ImportError, match=r"pip install 'skae\[plots\]'"):
        save(table, tmp_path)
    assert len(save(table, tmp_path, figures=False)) == 2


# The command line.


def _run(*arguments, **options):
    command = [sys.executable, "-m", "skae", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)


@pytest.mark.slow
def test_command_prints_the_table_and_writes_the_files(tmp_path):
    pytest.importorskip("matplotlib")
    done = _run("handwriting", *SMALL_OPTIONS, "--output", "made/here", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line.split("  ")[0] for line in done.stdout.splitlines()[4:-2]] == LABELS
    assert done.stderr.strip().startswith("written: ") and len(done.stderr.strip().splitlines()) == 1
    written = {path.name for path in (tmp_path / "made" / "here").iterdir()}
    assert written == {"handwriting.csv", "handwriting.json"} | {
        f"{name}.png" for name in ("filters", "reconstructions", "loss_curves", "kl_curve")
    }


def test_help_says_all_of_it(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["handwriting", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert stop.value.code == 0
    for option in "data samples components epochs cv seed jobs output no-plots quiet".split():
        described = text.partition("options:")[2].partition("files written")[0].partition(f" --{option} ")[2]
        assert "(default: " in described.partition(" --")[0], option
    for name in (
        "handwriting.csv",
        "handwriting.json",
        "filters.png",
        "reconstructions.png",
        "python -m skae handwriting",
    ):
        assert name in text
    assert f"default: {DEFAULTS['digits'].n_components}" in text and "skae[plots]" in text


def test_compare_documents_its_defaults():
    for name in ("n_components", "max_iter", "cv"):
        assert f"None for {getattr(DEFAULTS['digits'], name)}" in inspect.getdoc(compare)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "COMMAND"),
        (["painting"], "invalid choice: 'painting'"),
        (["handwriting", "--data", "letters"], "or a folder of IDX files; got 'letters'"),
        (["handwriting", "--nothing"], "unrecognized arguments: --nothing"),
        (["handwriting", "--samples", "many"], "invalid int value: 'many'"),
        (["handwriting", "--samples", "3"], "--samples must be an integer in [60, 1149] with --cv=3; got 3"),
        (["handwriting", "--components", "0"], "--components must be an integer of at least 1; got 0"),
        (["handwriting", "--epochs", "-1"], "--epochs must be"),
        (["handwriting", "--jobs", "0"], "must be at least 1, or -1"),
        (["handwriting", "--cv", "1"], "--cv must be"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(arguments, words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    error = capsys.readouterr().err
    assert stop.value.code == 2 and error.count("\n") == 1 and words in error


@pytest.fixture
def no_work(monkeypatch):
    """The long work must not start."""

    def compare(*arguments, **options):
        raise AssertionError("the work was started")

    monkeypatch.setattr(skae.handwriting.command, "compare", compare)


def test_missing_matplotlib_is_told_before_the_work(tmp_path, monkeypatch, capsys, no_work):
    monkeypatch.setattr(skae.handwriting.command, "plots_available", lambda: False)
    assert main(["handwriting", "--output", str(tmp_path / "x")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "pip install 'skae[plots]'" in error and "--no-plots" in error
    assert not (tmp_path / "x").exists()
    with pytest.raises(AssertionError, match="started"):
        main(["handwriting", "--no-plots", "--output", str(tmp_path / "x")])


def test_a_folder_that_cannot_be_written_is_told_before_the_work(tmp_path, capsys, no_work):
    (tmp_path / "file").write_text("")
    assert main(["handwriting", "--no-plots", "--output", str(tmp_path / "file")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "No file can be written in the folder" in error


def test_missing_mnist_is_one_line(monkeypatch, capsys):
    monkeypatch.delenv("SKAE_DATA", raising=False)

    def offline(*arguments, **options):
        raise ConnectionError("no\nnetwork")

    monkeypatch.setattr("skae.datasets.fetch_openml", offline)
    assert main(["handwriting", "--data", "mnist"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "MNIST was not found" in error and "Traceback" not in error


def test_quiet_writes_nothing_on_stderr(capsys, tmp_path, monkeypatch):
    small = compare(**SMALL, representations=["raw"])
    monkeypatch.setattr(skae.handwriting.command, "compare", lambda **options: small)
    assert main(["handwriting", "--quiet", "--no-plots", "--output", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert captured.err == "" and captured.out == f"{small}\n"


def test_without_a_standard_error_only_the_table_is_printed(capsys, tmp_path, monkeypatch):
    small = compare(**SMALL, representations=["raw"])
    monkeypatch.setattr(skae.handwriting.command, "compare", lambda **options: small)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", None)
        assert main(["handwriting", "--no-plots", "--output", str(tmp_path)]) == 0
    assert capsys.readouterr() == (f"{small}\n", "")


# ``python -m skae`` that makes a file when the third search begins.
_MARKED = """
import os, pathlib, sys
from skae.__main__ import main
from skae.runtime.progress import ProgressBar
ProgressBar.__call__ = lambda self, done, *told: done == 2 and pathlib.Path(os.environ["TMPDIR"], "third").touch()
sys.exit(main())
"""


def _fitting(folder):
    return (folder / "third").exists() and any(folder.glob("skae-*/**/pipeline/*"))


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals to a process group are POSIX's")
def test_interrupt_ends_quietly(tmp_path):
    started = subprocess.Popen(
        [sys.executable, "-c", _MARKED, "handwriting", "--jobs", "2", "--epochs", "100000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        start_new_session=True,
        # A shell without job control starts its children with SIGINT ignored, and they would hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        deadline = time.monotonic() + 120
        # The third search is that of an autoencoder; its cache has a folder from the first fit on.
        while not _fitting(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert _fitting(tmp_path)
        os.killpg(started.pid, signal.SIGINT)
        out, error = started.communicate(timeout=60)
    finally:
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGKILL)
    assert started.returncode == 130 and out == "" and error == ""


@pytest.mark.slow
def test_the_library_does_not_import_matplotlib():
    code = "import sys, skae.__main__, skae.handwriting; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0


# The bar.


class _Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_line():
    assert progress_line(0, 10, "PCA", 0.0, 3.2) == "[------------------------] 0/10  0:03  PCA"
    assert progress_line(5, 10, "PCA", 60.0, 61.0) == "[############------------] 5/10  1:01, about 0:59 left  PCA"
    assert "1:00:00" in progress_line(1, 2, "x", 10.0, 3600.0)


def test_bar_is_drawn_on_a_terminal_and_cleared(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    terminal = _Terminal()
    with ProgressBar(terminal) as bar:
        bar(0, 2, "a long label " * 9)
        deadline = time.monotonic() + 30
        while "0/2" not in terminal.getvalue() and time.monotonic() < deadline:
            time.sleep(0.05)
    lines = terminal.getvalue().split("\r")
    assert "0/2  0:0" in lines[1] and max(map(len, lines)) == 59
    assert lines[-2].strip() == "" and lines[-1] == ""


@pytest.mark.parametrize("stream, enabled", [(io.StringIO(), True), (_Terminal(), False)])
def test_bar_is_not_drawn_elsewhere(stream, enabled):
    with ProgressBar(stream, enabled=enabled) as bar:
        bar(0, 1, "x")
        # What would draw it.
        assert not bar._thread.is_alive()
    assert stream.getvalue() == ""


def test_settings_keep_what_is_given():
    settings = settings_for("mnist", samples=500, seed=7)
    assert settings == replace(DEFAULTS["mnist"], samples=500, seed=7)


@pytest.mark.parametrize("n_rows", [60, 500, 1159, 1167, 1168])
def test_the_stratified_part_has_each_class_with_its_share(n_rows, digits):
    y = digits[1][:1168]
    part = stratified_part(y, n_rows, seed=0)
    assert len(part) == len(set(part.tolist())) == n_rows
    shares = np.bincount(y) * n_rows / len(y)
    assert (np.abs(np.bincount(y[part], minlength=10) - shares) < 1).all()
    assert not np.array_equal(part, np.sort(part))
    np.testing.assert_array_equal(part, stratified_part(y, n_rows, seed=0))


def test_no_progress_where_there_is_no_stream():
    with ProgressBar(None) as bar:
        bar(1, 2, "half")
    assert not bar.shown
