"""Cache files that are not what was written: truncated, overwritten, of another kernel, precision or version."""

import itertools
import shutil

import numba
import numpy as np
import pytest

from skae.kernels.compiler import _DIGEST_SIZE, _digest

pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled with NUMBA_DISABLE_JIT")

# Warnings are shown, and all of them, in the place of the filter that makes errors of them.
TOLD = 'warnings.simplefilter("always", RuntimeWarning)\nprint(json.dumps(curves()))'
COUNTED = """
curves()
from skae.kernels import optimizers
from skae.kernels.activations import ACTIVATIONS
from skae.kernels.losses import LOSSES
print([sum(k.stats.cache_hits.values()) for k in (
    ACTIVATIONS["logistic"].forward, LOSSES["squared_error"].fused["identity"], optimizers.adam_step)])
"""


def changed(content):
    """One bit of the code is another."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


# What becomes of a file, by its content and that of another one.
DAMAGES = {
    "truncated": lambda content, other: content[: len(content) // 2],
    "empty": lambda content, other: b"",
    "random": lambda content, other: np.random.default_rng(0).bytes(len(content)),
    "changed": lambda content, other: changed(content),
    "of another kernel or precision": lambda content, other: other,
}


@pytest.fixture
def folder(warm, tmp_path):
    """A copy of the compiled code."""
    return shutil.copytree(warm.folder, tmp_path / "cache")


@pytest.mark.slow
def test_damaged_files_are_told_of_and_written_anew(run, warm, folder):
    files = {path: path.read_bytes() for path in sorted(folder.rglob("*.nbc"))}
    others = [*list(files.values())[1:], next(iter(files.values()))]
    assert len(files) >= len(DAMAGES)
    for (path, content), other, damage in zip(files.items(), others, itertools.cycle(DAMAGES.values())):
        path.write_bytes(damage(content, other))
    environment = {"NUMBA_CACHE_DIR": str(folder)}
    result = run(TOLD, environment=environment)
    assert result.out == warm.out
    for path in files:
        assert result.err.count(path.name) == 1 and str(path.parent) in result.err
    healed = run(TOLD, environment=environment)
    assert (healed.out, healed.err) == (warm.out, "")


@pytest.mark.slow
def test_those_of_another_version_are_replaced_without_a_word(run, folder):
    files = {path: path.read_bytes() for path in folder.rglob("*.nbc")}
    for path, content in files.items():
        body = bytes(_DIGEST_SIZE) + content[2 * _DIGEST_SIZE :]
        path.write_bytes(_digest(body) + body)
    assert run(COUNTED, environment={"NUMBA_CACHE_DIR": str(folder)}).out == "[0, 0, 0]\n"
    for path, content in files.items():
        assert path.read_bytes()[_DIGEST_SIZE : 3 * _DIGEST_SIZE] == content[_DIGEST_SIZE : 3 * _DIGEST_SIZE]


@pytest.mark.slow
def test_code_that_checks_its_indices_is_not_mixed_with_code_that_does_not(run, folder):
    files = {path: path.read_bytes() for path in folder.rglob("*.nbc")}
    environment = {"NUMBA_CACHE_DIR": str(folder), "NUMBA_BOUNDSCHECK": "1"}
    assert run(COUNTED, environment=environment).out == "[0, 0, 0]\n"
    assert {path: path.read_bytes() for path in files} == files
    assert len(list(folder.rglob("*.nbc"))) == 2 * len(files)
