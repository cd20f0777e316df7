"""Results as JSON, with options, seeds, the versions of all packages involved and BLAS; written atomically."""

from __future__ import annotations

import json
import os
import platform
from importlib import metadata
from pathlib import Path

from threadpoolctl import threadpool_info

from .timing import timed

_PACKAGES = ("skae", "numpy", "scipy", "numba", "scikit-learn", "torch", "distributed")


def versions():
    """Versions of Python and of the packages; None for those that are not installed."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return {"python": platform.python_version(), "machine": platform.machine(), "blas": _blas(), **found}


def _blas():
    """Libraries of BLAS, for which processor, with how many threads: on others the same seeds give other roundings."""
    found = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return sorted({f"{p['internal_api']} {p['version']} {p.get('architecture')} {p['num_threads']}" for p in found})


def write(options, results):
    """Write results to the file named by ``--output``, with the versions and all options, including the seeds."""
    given = {name: value for name, value in vars(options).items() if name != "output"}
    _replace(Path(options.output), {"versions": versions(), "options": given, "results": results})


class StoredResults:
    """Results by key in a JSON file, which is rewritten after each result: a stopped run can be continued.

    Parameters
    ----------
    path : str or Path
    """

    def __init__(self, path):
        self._path = Path(path)
        self.found = json.loads(self._path.read_text()) if self._path.exists() else {}

    def has(self, key, settings):
        """Whether the file has a result for the key with these settings."""
        return key in self.found and self.found[key]["settings"] == settings

    def once(self, key, settings, make, figure=lambda value: value):
        """Make sure that the key has a result with these settings; if not, compute it by make().

        ``figure`` is the number of a result that is printed.
        """
        if self.has(key, settings):
            return
        seconds, value = timed(make)
        seconds = round(seconds, 1)
        self.found[key] = {"value": value, "settings": settings, "seconds": seconds, "versions": versions()}
        _replace(self._path, self.found)
        print(f"{key:<40}{figure(value):>9.3f}{seconds:>9.1f} s")


def _replace(path, content):
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(json.dumps(content, indent=1) + "\n")
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
