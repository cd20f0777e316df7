"""show_versions: a report that is complete, and tells nothing that is not its business."""

import os
import platform
import re
import subprocess
import sys
from configparser import ConfigParser
from importlib import metadata
from pathlib import Path

import numba
import numpy as np
import pytest

import skae

ROOT = Path(__file__).parents[1]
# Extras for those who work on the package, not with it.
OURS = {"test", "lint", "docs", "coverage"}


def sections(text):
    """Entries by section."""
    found = {}
    for title, entries in re.findall(r"^(\S.*)\n((?:  .*\n)+)", text, flags=re.MULTILINE):
        found[title] = dict(line.strip().split(": ", 1) for line in entries.splitlines())
    return found


@pytest.fixture
def report(capsys):
    def made():
        skae.show_versions()
        return sections(capsys.readouterr().out)

    return made


def requirements(text):
    return set(re.findall(r"^[\w-]+", text, flags=re.MULTILINE))


def test_versions_are_those_that_are_installed(report):
    found = report()
    assert found["System"]["python"].startswith(platform.python_version())
    assert found["Packages"]["skae"] == skae.__version__
    assert found["Packages"]["numpy"] == np.__version__
    assert found["Packages"]["numba"] == numba.__version__
    assert found["Packages"]["scikit-learn"] == metadata.version("scikit-learn")


def test_every_package_that_a_user_may_need_is_named(report):
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    found = report()
    assert requirements(setup["options"]["install_requires"].strip()) <= found["Packages"].keys()
    extras = setup["options.extras_require"]
    for name in extras.keys() - OURS:
        assert requirements(extras[name].strip()) <= found["Optional packages"].keys(), name


def test_a_package_that_is_missing_is_said_to_be(report, monkeypatch):
    version = metadata.version

    def without_pandas(name):
        if name == "pandas":
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", without_pandas)
    assert report()["Optional packages"]["pandas"] == "not installed"


def test_blas_is_named_with_its_threads(report):
    pools = report()["Thread pools"]
    assert any(name.endswith("blas") and re.search(r"num_threads=\d+", value) for name, value in pools.items())


def test_values_of_variables_stay_private(report, monkeypatch):
    monkeypatch.setenv("SKAE_DATA", "/home/someone/secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    environment = report()["Environment"]
    assert environment["SKAE_DATA"] == "set" and environment["OMP_NUM_THREADS"] == "3"
    monkeypatch.delenv("SKAE_DATA")
    assert report()["Environment"]["SKAE_DATA"] == "not set"


@pytest.mark.parametrize("jit_off", ["0", pytest.param("1", marks=pytest.mark.slow)])
def test_how_numba_compiles(jit_off, tmp_path):
    environment = {
        **os.environ,
        "NUMBA_DISABLE_JIT": jit_off,
        "NUMBA_CACHE_DIR": str(tmp_path),
        "NUMBA_THREADING_LAYER": "workqueue",
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_BOUNDSCHECK": "1",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", "import skae; skae.show_versions()"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = sections(result.stdout)["Numba"]
    assert found["JIT"].startswith("off" if jit_off == "1" else "on")
    assert found["CPU"] == "generic" and found["threading layer"] == "workqueue" and found["bounds checks"] == "on"
    assert found["cache"] == "none" if jit_off == "1" else found["cache"].startswith(str(tmp_path))


def test_no_cache_folder_is_no_error(report, monkeypatch):
    monkeypatch.setattr("skae.inspection.environment.cache_folders", set())
    assert report()["Numba"]["cache"] == "none"
