"""The documentation: its examples run, and so does every block of its pages.

What stands behind prompts is run by doctest, page by page; here are the examples of the gallery, the shell commands,
and that no block is left out.
"""

import inspect
import math
import re
import runpy
import shlex
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import skae
from skae.__main__ import main
from skae.datasets import load_digits_unit
from skae.estimator.registry import ESTIMATORS
from skae.impute import AutoencoderImputer

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLES = sorted((DOCS / "examples").glob("plot_*.py"))
# Those that take a fraction of a second.
QUICK_EXAMPLES = {"plot_kl_curve.py", "plot_loss_curves.py", "plot_two_dimensions.py"}
GENERATED = {"_build", "auto_examples"}
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if not GENERATED & set(page.relative_to(DOCS).parts)]
# Directives of Sphinx that hold no code of their own.
# Text is what was run elsewhere, on engines that the tests do not have; its page says so.
NO_CODE = {"text", "{eval-rst}", "{include}", "{literalinclude}", "{toctree}"}


def blocks(page):
    """Language or directive, and lines, of every fenced block of a page."""
    found = re.findall(r"^```([^\s`]*)[^\n]*\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return [(language, text.splitlines()) for language, text in found]


def commands(page):
    """Shell commands of a page."""
    return [line for language, lines in blocks(page) if language == "sh" for line in lines]


def named(paths):
    return [path.relative_to(DOCS).as_posix() for path in paths]


@pytest.fixture
def pyplot():
    """matplotlib without a display, as it was before and without figures afterwards; BLAS on one thread."""
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    with plt.rc_context(), threadpool_limits(1):
        yield plt
    plt.close("all")


@pytest.mark.parametrize(
    "example",
    [pytest.param(path, marks=() if path.name in QUICK_EXAMPLES else pytest.mark.slow) for path in EXAMPLES],
    ids=named(EXAMPLES),
)
def test_example(example, pyplot, capsys):
    with warnings.catch_warnings():
        runpy.run_path(str(example))
    assert pyplot.get_fignums()
    assert not capsys.readouterr().err


@pytest.mark.parametrize("page", PAGES, ids=named(PAGES))
def test_every_block_is_run(page):
    for language, lines in blocks(page):
        if language in {"python", "{plot}"}:
            code = [line for line in lines if not re.fullmatch(r":[\w-]+:.*|", line)]
            assert code[0].startswith(">>> "), f"{page}: a block without prompts:\n{code[0]}"
            assert lines[-1] == "", f"{page}: without a blank line its end is taken for output:\n{code[-1]}"
        elif language == "sh":
            assert all(re.match(r"python3? -m (venv|skae) ", line) for line in lines), f"{page}: {lines}"
        else:
            assert language in NO_CODE, f"{page}: a block of {language}, which nothing runs"


@pytest.mark.slow
def test_the_cheat_sheet_is_right():
    text = (DOCS / "cheat_sheet.md").read_text(encoding="utf-8")
    names = {"X": load_digits_unit().data[:100], "skae": skae, "StandardScaler": StandardScaler}
    names |= {"make_pipeline": make_pipeline, "LogisticRegression": LogisticRegression}
    exec("from skae import *\nfrom skae.impute import AutoencoderImputer", names)
    names["noisy"] = names["normal"] = names["X"]
    names["ae"] = skae.SparseAE(4, solver="adam", max_iter=2).fit(names["X"])
    names["detector"] = skae.AutoencoderOutlierDetector(calibration="training").fit(names["X"])
    by_task, _, rest = text.partition("## The same for all")
    written = re.findall(r"`([^`]+)`", by_task[by_task.index("## By task") :])
    assert len(written) > 10
    for expression in written:
        eval(expression, names)
    attributes = re.findall(r"`(\w+_)`", rest)
    assert len(attributes) > 5 and not [name for name in attributes if not hasattr(names["ae"], name)]
    table = text[text.index("## Settings") : text.index("## Keep")]
    settings = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", table, flags=re.M)
    assert len(settings) > 5
    legal = {name for kind in ESTIMATORS.values() for name in kind().get_params()} | {"contamination"}
    assert {name for cell in settings for name in re.findall(r"\w+", cell)} <= legal


def test_defaults_of_the_page_of_versions_are_those_of_the_signatures():
    text = (DOCS / "versions.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)`(?: of `(\w+)`)? \| (?:`(.+)`|did not exist) \| `(.+)` \| ", text, flags=re.M)
    assert len(rows) > 10
    kinds = {"": skae.AutoencoderTransformer, "AutoencoderImputer": AutoencoderImputer}
    for parameter, name, before, now in rows:
        default = inspect.signature(kinds.get(name) or getattr(skae, name)).parameters[parameter].default
        assert repr(default) == now != before
    for expression in re.findall(r"`((?:AutoencoderTransformer|DenoisingAE)\(.*\))`", text):
        X = np.random.default_rng(0).random((12, 3))
        eval(expression, {"ceil": math.ceil, "n": 3} | vars(skae)).set_params(n_components=1, max_iter=2).fit(X)


def test_commands_of_the_command_line_page(tmp_path, monkeypatch, capsys):
    iris = load_iris(as_frame=True)
    table = iris.data.assign(label=iris.target, id=np.arange(len(iris.data)))
    table.to_csv(tmp_path / "measurements.csv", index=False)
    monkeypatch.chdir(tmp_path)
    lines = commands(DOCS / "guide" / "command_line.md")
    assert len(lines) > 5
    for line in lines:
        python, _, package, *arguments = shlex.split(line)
        assert (python, package) == ("python", "skae")
        assert main(arguments) == 0, f"{line}\n{capsys.readouterr().err}"
        if "--output" in arguments:
            assert (tmp_path / arguments[arguments.index("--output") + 1]).stat().st_size > 0
