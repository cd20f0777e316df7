"""``python -m benchmarks``: finds the benchmarks, lists them, and runs one."""

from __future__ import annotations

import ast
import sys
from importlib import import_module
from pathlib import Path

_ROOT = Path(__file__).parents[1]


def subjects():
    """Names of the benchmarks by subject: those of files that do not begin with an underscore, without the ending."""
    found = {}
    for folder in sorted(path.parent for path in _ROOT.glob("*/__init__.py") if path.parent.name != "harness"):
        found[folder.name] = sorted(path.stem for path in folder.glob("*.py") if not path.name.startswith("_"))
    return found


def first_line(*parts):
    """The first line of a file, its description; the file is not imported, since packages may be missing."""
    tree = ast.parse(_ROOT.joinpath(*parts).with_suffix(".py").read_text(encoding="utf-8"))
    return ast.get_docstring(tree).splitlines()[0]


def listing():
    """Yield the lines that name all benchmarks."""
    yield "python -m benchmarks NAME --help tells the options of a benchmark, --quick runs it in its smallest form."
    for subject, names in subjects().items():
        yield f"\n{first_line(subject, '__init__')}"
        for name in names:
            yield f"    {name:<20}{first_line(subject, name)}"


def run(name, arguments):
    """Run a benchmark with the arguments of a command line; returns the exit status.

    If a package is missing, print its name and return 2.
    """
    subject = next((subject for subject, names in subjects().items() if name in names), None)
    if subject is None:
        print(f"no such benchmark: {name}; python -m benchmarks lists them", file=sys.stderr)
        return 2
    # Show results as they are measured, also if the output is a file.
    sys.stdout.reconfigure(line_buffering=True)
    try:
        return import_module(f"benchmarks.{subject}.{name}").main(arguments)
    except ModuleNotFoundError as error:
        missing = error.name.partition(".")[0]
        if missing in ("benchmarks", "skae"):
            raise
        print(f"{name} needs {missing}, which is not installed: pip install {missing}", file=sys.stderr)
        return 2


def main(arguments):
    """List the benchmarks, or run the one that is named first."""
    if arguments and arguments[0] not in ("-h", "--help"):
        return run(arguments[0], arguments[1:])
    print(*listing(), sep="\n")
    return 0
