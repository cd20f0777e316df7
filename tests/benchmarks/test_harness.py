"""What all benchmarks share: turns, medians and ratios, options, tables, and results as JSON."""

import json
import platform
import sys
from functools import partial
from importlib import metadata

import numpy as np
import pytest

from benchmarks import harness
from benchmarks.harness import launcher, report


class FakeMachine:
    """A clock that only contenders move, and what has run so far."""

    def __init__(self):
        self.now = 0.0
        self.ran = []

    def clock(self):
        return self.now

    def contender(self, name, durations):
        durations = iter(durations)

        def run():
            self.ran.append(name)
            self.now += next(durations)
            return f"{name} {len(self.ran)}"

        return run

    def alternate(self, contenders, rounds, **settings):
        return harness.alternate(contenders, rounds, measure=partial(harness.timed, clock=self.clock), **settings)


@pytest.fixture
def machine():
    return FakeMachine()


def test_contenders_run_in_turn_and_first_rounds_are_not_recorded(machine):
    contenders = {name: machine.contender(name, [100.0, 1.0, 2.0]) for name in ("b", "a")}
    timings = machine.alternate(contenders, 2, unrecorded=1)
    assert machine.ran == ["b", "a"] * 3
    assert timings.seconds == {"b": [1.0, 2.0], "a": [1.0, 2.0]}
    assert timings.values == {"b": ["b 3", "b 5"], "a": ["a 4", "a 6"]}


def test_ratio_is_the_median_of_the_rounds_and_not_that_of_the_medians(machine):
    fast, slow = [1.0, 2.0, 8.0], [4.0, 4.0, 8.0]
    timings = machine.alternate({"fast": machine.contender("fast", fast), "slow": machine.contender("slow", slow)}, 3)
    assert timings.median("fast") == 2.0
    assert timings.median("slow") == 4.0
    # 4, 2 and 1; the other way round 1/4, 1/2 and 1.
    assert timings.ratio("slow", "fast") == 2.0
    assert timings.ratio("fast", "slow") == 0.5
    # 10/1, 2/2 and 4/4, where the medians have the ratio of 4/2.
    assert harness.median_ratio([10.0, 2.0, 4.0], [1.0, 2.0, 4.0]) == 1.0


def test_pause_stands_before_every_run_and_outside_of_its_seconds(machine, monkeypatch):
    def sleep(seconds):
        machine.ran.append(f"pause {seconds}")
        machine.now += seconds

    monkeypatch.setattr("time.sleep", sleep)
    contenders = {name: machine.contender(name, [1.0]) for name in "ab"}
    assert machine.alternate(contenders, 1, pause=0.5).seconds == {"a": [1.0], "b": [1.0]}
    assert machine.ran == ["pause 0.5", "a", "pause 0.5", "b"]


def test_a_measure_of_its_own_gives_the_seconds():
    timings = harness.alternate({"a": 3}, 2, measure=lambda contender: (contender / 2, contender))
    assert (timings.seconds, timings.values) == ({"a": [1.5, 1.5]}, {"a": [3, 3]})


def test_spread_is_the_deviation_of_a_sample():
    assert harness.spread([1.0, 2.0, 4.0]) == pytest.approx(np.std([1.0, 2.0, 4.0], ddof=1))
    assert harness.spread([3.0]) == 0.0


def measured(options):
    return {"seed": options.seed, "rows": options.rows}


@pytest.fixture
def made():
    return harness.benchmark(
        harness.option("--rows", 1000, "of X", quick=10),
        harness.option("--widths", [64, 256]),
        harness.seed(),
        harness.rounds(7),
        check=lambda results: ["too many rows"] if results["rows"] > 5000 else [],
    )(measured)


def test_quick_changes_defaults_and_not_what_is_given(made):
    usual, quick = made.parse([]), made.parse(["--quick"])
    assert (usual.rows, usual.rounds, usual.widths) == (1000, 7, [64, 256])
    assert (quick.rows, quick.rounds, quick.widths) == (10, 1, [64, 256])
    given = made.parse(["--quick", "--rows", "20", "--widths", "3", "4"])
    assert (given.rows, given.rounds, given.widths) == (20, 1, [3, 4])


def test_help_names_the_command_and_the_defaults(made, capsys):
    with pytest.raises(SystemExit):
        made.parse(["--help"])
    text = capsys.readouterr().out
    assert text.startswith("usage: python -m benchmarks test_harness")
    assert "of X (default: 1000)" in text
    assert "(default: 64 256)" in text


def test_json_holds_results_options_with_the_seed_and_versions(made, tmp_path):
    path = tmp_path / "results.json"
    path.write_text("an earlier file")
    assert made(["--seed", "3", "--output", str(path)]) == 0
    content = json.loads(path.read_text())
    assert content["results"] == {"seed": 3, "rows": 1000}
    assert content["options"] == {"rows": 1000, "widths": [64, 256], "seed": 3, "rounds": 7, "quick": False}
    assert content["versions"]["python"] == platform.python_version()
    assert content["versions"]["numpy"] == np.__version__
    assert isinstance(content["versions"]["blas"], list)
    assert set(content["versions"]) >= {"skae", "scipy", "numba", "scikit-learn", "torch", "machine"}
    assert [file.name for file in tmp_path.iterdir()] == ["results.json"]


def test_a_package_that_is_not_installed_has_no_version(monkeypatch):
    def version(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(report.metadata, "version", version)
    assert report.versions()["torch"] is None


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path, monkeypatch, made):
    path = tmp_path / "results.json"
    path.write_text("an earlier file")

    def full(source, target):
        raise OSError("no space left on device")

    monkeypatch.setattr(report.os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        made(["--output", str(path)])
    assert path.read_text() == "an earlier file"
    assert [file.name for file in tmp_path.iterdir()] == ["results.json"]


def test_what_is_wrong_is_printed_and_is_the_status_after_the_results_are_saved(made, tmp_path, capsys):
    path = tmp_path / "results.json"
    assert made(["--rows", "6000", "--output", str(path)]) == 1
    assert capsys.readouterr().err == "too many rows\n"
    assert json.loads(path.read_text())["results"]["rows"] == 6000


def test_stored_results_are_not_measured_again_unless_their_settings_change(tmp_path):
    path, calls = tmp_path / "results.json", []

    def make():
        calls.append(len(calls))
        return 10.0 + len(calls)

    harness.StoredResults(path).once("row/0", "settings", make)
    again = harness.StoredResults(path)
    again.once("row/0", "settings", make)
    assert (len(calls), again.found["row/0"]["value"]) == (1, 11.0)
    again.once("row/0", "others", make)
    assert len(calls) == 2
    (stored,) = json.loads(path.read_text()).values()
    assert (stored["value"], stored["settings"]) == (12.0, "others")
    assert stored["versions"] == report.versions()


def test_table_aligns_titles_numbers_and_texts(capsys):
    table = harness.Table(("name", "<6"), ("rows/s", ">10,.0f"), ("loss", ">8.2f"), note="(note)")
    table.row("skae", 1234567.8, 0.125)
    table.row("other", "n/a", None)
    table.row("zero", 0, 0.0)
    assert capsys.readouterr().out.splitlines() == [
        "name      rows/s    loss   (note)",
        "skae   1,234,568    0.12",
        "other        n/a",
        "zero           0    0.00",
    ]


def test_table_refuses_a_row_of_another_length(capsys):
    with pytest.raises(ValueError, match="zip"):
        harness.Table(("a", "<3"), ("b", "<3")).row(1)


def test_markdown_table():
    assert list(harness.markdown(("a", "b"), [("1", "2")])) == ["| a | b |", "| --- | --- |", "| 1 | 2 |"]


def test_contenders_that_are_not_installed_are_named_once(capsys):
    packages = {"here": "json", "elsewhere": "a_package_that_nobody_has"}
    assert harness.installed(packages) == harness.installed(packages) == ["here"]
    assert capsys.readouterr().out == "elsewhere left out: a_package_that_nobody_has is not installed\n"


def test_a_missing_package_ends_a_benchmark_with_a_line(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "atheris", None)
    monkeypatch.delitem(sys.modules, "benchmarks.robustness.fuzz_model_files", raising=False)
    assert harness.run("fuzz_model_files", []) == 2
    assert capsys.readouterr().err == "fuzz_model_files needs atheris, which is not installed: pip install atheris\n"


def test_an_unknown_benchmark_is_refused(capsys):
    assert harness.run("sped", []) == 2
    assert capsys.readouterr().err == "no such benchmark: sped; python -m benchmarks lists them\n"


def test_list_names_every_benchmark_once_with_its_first_line():
    names = [name for names in launcher.subjects().values() for name in names]
    assert len(names) == len(set(names))
    assert {"speed", "anomalies", "representations", "leaks", "text"} <= set(names)
    lines = [line for line in launcher.listing() if line.startswith("    ")]
    assert [line.split()[0] for line in lines] == names
    assert all(line.endswith(".") for line in lines)


@pytest.mark.parametrize("name", ["transform", "imputation", "first_fit", "deep", "killed_saves", "drift"])
def test_benchmarks_are_what_the_harness_runs(name):
    subject = next(subject for subject, names in launcher.subjects().items() if name in names)
    main = __import__(f"benchmarks.{subject}.{name}", fromlist=["main"]).main
    assert isinstance(main, harness.command.Benchmark)
    assert main.name == name
    assert main.parse(["--quick"]).quick
