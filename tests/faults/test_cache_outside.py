"""Compiled code of parts from outside of the package: kept, told apart, and made anew after a change."""

import json

import numba
import pytest

pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled with NUMBA_DISABLE_JIT")

HELPER = """
from skae.kernels.compiler import kernel
FACTOR = {factor}

@kernel
def scaled(z):
    return z * FACTOR
"""

PART = """
import helper
from helper import scaled
from skae.kernels.activations import Activation

OWN = {own}

def value(z):
    return scaled(z) + helper.FACTOR * z + OWN

def one(a):
    return type(a)(1)

def leaky(slope):
    def value(z):
        return max(z, slope * z)
    return Activation("leaky", value, one, one, (-1.0, 1.0))

RECORD = Activation("outside", value, one, one, (-1.0, 1.0))
"""

USED = """
sys.path.insert(0, sys.argv[1])
import part


def forward(record):
    z = np.ones((1, 1))
    record.forward(z, np.zeros(1))
    return [float(z[0, 0]), sum(record.forward.stats.cache_hits.values())]
"""
RECORD = "print(json.dumps(forward(part.RECORD)))"


@pytest.fixture
def use(run, tmp_path):
    """Write the sources, and run code on them in a process of its own with one folder for compiled code."""
    (tmp_path / "sources").mkdir()

    def use(code=RECORD, factor=2.0, own=1.0):
        (tmp_path / "sources" / "helper.py").write_text(HELPER.format(factor=factor))
        (tmp_path / "sources" / "part.py").write_text(PART.format(own=own))
        environment = {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
        return json.loads(run(USED + code, tmp_path / "sources", environment=environment).out)

    return use


def test_it_is_compiled_once_and_again_after_each_change(use, tmp_path):
    assert use() == [5.0, 0]
    assert use() == [5.0, 1]
    # In the file itself, and in one that it imports.
    assert use(own=2.0) == [6.0, 0]
    assert use(own=2.0, factor=3.0) == [8.0, 0]
    assert use(own=2.0, factor=3.0) == [8.0, 1]
    assert use() == [5.0, 0]
    assert len(list(tmp_path.rglob("*outside_forward*"))) == 1


def test_constants_of_closures_are_told_apart(use):
    both = "print(json.dumps([forward(part.leaky(slope)) for slope in (2.0, 3.0)]))"
    assert use(both) == [[2.0, 0], [3.0, 0]]
    assert use(both) == [[2.0, 1], [3.0, 1]]
    assert use("print(json.dumps(forward(part.leaky(4.0))))") == [4.0, 0]


def test_what_has_no_file_is_told_apart_by_its_code(use):
    typed = (
        "from skae.kernels.activations import Activation\n"
        "def value(z):\n    return z * {0}\n"
        "print(json.dumps(forward(Activation('typed', value, part.one, part.one, (0.0, 1.0)))))"
    )
    assert use(typed.format(2.0)) == [2.0, 0]
    assert use(typed.format(2.0)) == [2.0, 1]
    assert use(typed.format(3.0)) == [3.0, 0]


def test_what_cannot_be_told_apart_is_not_kept(use):
    array = (
        "from skae.kernels.activations import Activation\n"
        "TABLE = np.array([3.0])\n"
        "def value(z):\n    return z * TABLE[0]\n"
        "print(json.dumps(forward(Activation('table', value, part.one, part.one, (0.0, 1.0)))))"
    )
    assert use(array) == use(array) == [3.0, 0]
    assert use(array.replace("3.0", "4.0")) == [4.0, 0]
