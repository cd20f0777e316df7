"""Results of a benchmark as JSON, with the versions of all that took part."""

from __future__ import annotations

import json
import platform
from importlib import metadata

_PACKAGES = ("skae", "numpy", "scipy", "numba", "scikit-learn", "torch", "distributed")


def versions():
    """Versions of Python and of the packages; None for those that are not installed."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return {"python": platform.python_version(), "machine": platform.machine(), **found}


def add_output(parser):
    """Give a command the option ``--output``."""
    parser.add_argument("--output", help="JSON file for the results")


def write(options, results):
    """Write results where ``--output`` asks for it, with versions and the options of the command."""
    if options.output is None:
        return
    given = {name: value for name, value in vars(options).items() if name != "output"}
    with open(options.output, "w") as file:
        json.dump({"versions": versions(), "options": given, "results": results}, file, indent=1)
