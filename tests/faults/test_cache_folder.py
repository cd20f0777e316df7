"""No folder for compiled code that can be written, or a disk that is full: code is compiled anew each time."""

import os
import shutil

import numba
import pytest

pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled with NUMBA_DISABLE_JIT")

# Variables that name a folder of the user, or where code is to go.
FOLDERS = ("NUMBA_CACHE_DIR", "HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "USERPROFILE")
CURVES = "print(json.dumps(curves()))"


def compiled(folder):
    return [path for path in folder.rglob("*.nbc*")]


@pytest.mark.slow
def test_a_read_only_package_without_a_home(run, warm, tmp_path):
    from skae import __file__ as package

    (tmp_path / "file").touch()
    copy = shutil.copytree(os.path.dirname(package), tmp_path / "skae", ignore=shutil.ignore_patterns("__pycache__"))
    # The superuser writes where permissions forbid it, but in no folder that is a file.
    (copy / "kernels" / "__pycache__").touch()
    (copy / "kernels").chmod(0o500)
    try:
        result = run(CURVES, root=tmp_path, environment=dict.fromkeys(FOLDERS, str(tmp_path / "file" / "cache")))
    finally:
        (copy / "kernels").chmod(0o700)
    assert result.out == warm.out
    assert compiled(tmp_path) == []


@pytest.mark.slow
def test_a_disk_that_is_full(run, warm, tmp_path):
    pytest.importorskip("resource")
    limited = (
        "import resource\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))\n"
    )
    result = run(limited + CURVES, environment={"NUMBA_CACHE_DIR": str(tmp_path)})
    assert (result.out, result.err) == (warm.out, "")
    assert compiled(tmp_path) == []
