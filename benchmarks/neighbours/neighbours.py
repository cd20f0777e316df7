"""Packages that work with our estimators, at pinned releases; each file of packages/ in an environment of its own.

python -m benchmarks neighbours --output benchmarks/results/neighbours.json
python -m benchmarks neighbours --only hyperspy mlflow

Needs an index of packages for pip. An environment is made in a temporary folder, and removed; ``--environments`` keeps
them in a folder, where later runs find them.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

from ..harness import benchmark, option
from ..harness.tables import markdown

ROOT = Path(__file__).parents[2]
_FILES = {path.stem.removeprefix("with_"): path for path in sorted(Path(__file__).parent.glob("packages/with_*.py"))}

_VERSION = "from importlib.metadata import version; import sys; print(*map(version, sys.argv[1:]), sep='\\n')"


class Neighbour(NamedTuple):
    """What a file of packages/ says of itself.

    Attributes
    ----------
    package : str
        Its name, as on an index.
    run : str
        What the file runs.
    requires : list of str
        What pip installs beside skae, at pinned releases; the package itself first.
    without_dependencies : list of str
        What pip installs without dependencies.
    know : str
        What a user should know.
    """

    package: str
    run: str
    requires: list
    without_dependencies: list
    know: str

    @property
    def pinned(self):
        """The release of the package."""
        pins = dict(entry.split("==") for entry in [*self.without_dependencies, *self.requires] if "==" in entry)
        return pins[self.package]


def neighbours():
    """The packages by the name of their file, which is not imported."""
    return {name: _read(path) for name, path in _FILES.items()}


def _read(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    package, run = ast.get_docstring(tree).splitlines()[0].removesuffix(".").split(": ", 1)
    return Neighbour(package, run, values["REQUIRES"], values.get("WITHOUT_DEPENDENCIES", []), values["KNOW"])


def table(found):
    """Lines of the table of docs/works_with.md from the results."""
    rows = [[r["package"], r["version"], r["run"], r["know"]] for r in found.values() if r["ok"]]
    return markdown(["package", "version", "what was run", "what to know"], rows)


def _run(name, neighbour, folder, wheel):
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet"]
        if neighbour.without_dependencies:
            subprocess.run([*install, "--no-deps", *neighbour.without_dependencies], check=True)
        subprocess.run([*install, str(wheel), *neighbour.requires], check=True)
    again = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", str(wheel)]
    subprocess.run(again, check=True)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            [str(python), str(_FILES[name])], cwd=empty, env=environment, text=True, capture_output=True
        )
    versions = [neighbour.package, "scikit-learn", "numpy"]
    told = subprocess.run([str(python), "-c", _VERSION, *versions], check=True, text=True, capture_output=True)
    version, *others = told.stdout.split()
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
    return {
        "package": neighbour.package,
        "version": version,
        "run": neighbour.run,
        "ok": done.returncode == 0,
        "know": neighbour.know,
        "output": done.stdout.splitlines(),
        "beside": dict(zip(versions[1:], others)),
    }


def _wheel(folder):
    """Our wheel, built from the checkout."""
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(build, check=True)
    return next(folder.glob("skae-*.whl"))


@benchmark(
    option("--only", None, "of these files alone", nargs="+", choices=list(_FILES), quick=["skops"]),
    option("--environments", None, "folder that keeps the environments"),
    check=lambda results: [f"{name} failed" for name, result in results.items() if not result["ok"]],
)
def main(options):
    found = {}
    with tempfile.TemporaryDirectory() as built:
        wheel = _wheel(Path(built))
        for name, neighbour in neighbours().items():
            if options.only and name not in options.only:
                continue
            kept = options.environments
            with nullcontext(kept) if kept else tempfile.TemporaryDirectory() as folder:
                found[name] = _run(name, neighbour, Path(folder) / name, wheel)
            print(f"{name:<24}{found[name]['version']:<12}{'ok' if found[name]['ok'] else 'FAILED'}")
    print("\n".join(table(found)))
    return found
