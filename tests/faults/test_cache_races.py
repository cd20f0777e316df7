"""Several processes on one folder for compiled code, and processes that end while they write there."""

import json
import os

import numba
import numpy as np
import pytest

pytestmark = [
    pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled with NUMBA_DISABLE_JIT"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
]

N_PROCESSES = 8

STEP = """
from skae.kernels import optimizers


def step(dtype):
    theta = np.ones(4, dtype)
    optimizers.adam(theta, np.ones(4, dtype), np.zeros((2, 4), dtype), 0.1, 1)
    return theta.tolist()
"""

# All wait until the last one is there; half of them compile the one precision, half the other.
AT_ONCE = """
reader, writer = os.pipe()
children = []
for number in range(int(sys.argv[1])):
    child = os.fork()
    if child == 0:
        os.close(writer)
        os.read(reader, 1)
        try:
            step((np.float32, np.float64)[number % 2])
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    children.append(child)
os.close(writer)
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
"""

COUNTED = """
print(json.dumps([step(np.float32), step(np.float64), sum(optimizers.adam_step.stats.cache_hits.values())]))
"""


@pytest.mark.slow
def test_eight_processes_on_one_empty_folder(run, tmp_path):
    environment = {"NUMBA_CACHE_DIR": str(tmp_path)}
    run(STEP + AT_ONCE, N_PROCESSES, environment=environment)
    single, double, hits = json.loads(run(STEP + COUNTED, environment=environment).out)
    # The first step of Adam is the learning rate, whatever the gradient.
    np.testing.assert_allclose([single, double], np.full((2, 4), 0.9), rtol=1e-6)
    assert hits == 2
    assert [path.name for path in tmp_path.rglob("*.tmp*")] == []


# In every second run an earlier file is there. What is read between the runs is whole, or not there.
KILLED_WRITES = """
from pathlib import Path
step(np.float64)
cache, ((signature, made),) = optimizers.adam_step._cache, optimizers.adam_step.overloads.items()
found = []
for number in killed_everywhere(lambda: cache.save_overload(signature, made), ("caching.py", "compiler.py")):
    found.append(cache.load_overload(signature, optimizers.adam_step.targetctx) is not None)
    if number % 2:
        for path in Path(sys.argv[1]).rglob("optimizers.adam_step-*"):
            path.unlink()
assert True in found and False in found
"""


@pytest.mark.slow
def test_processes_that_are_killed_while_they_write_leave_nothing_broken(run, killed, tmp_path):
    run(killed + STEP + KILLED_WRITES, tmp_path, environment={"NUMBA_CACHE_DIR": str(tmp_path)})


ENDED_FITS = """
import time
ended = 0
for number in range(4):
    child = os.fork()
    if child == 0:
        curves()
        os._exit(0)
    time.sleep(0.1 + 0.3 * number)
    os.kill(child, (signal.SIGKILL, signal.SIGTERM)[number % 2])
    ended += os.WIFSIGNALED(os.waitpid(child, 0)[1])
assert ended > 0
"""


@pytest.mark.slow
def test_fits_that_are_ended_while_they_compile_leave_nothing_broken(run, warm, tmp_path):
    environment = {"NUMBA_CACHE_DIR": str(tmp_path)}
    run(ENDED_FITS, environment=environment)
    assert run("print(json.dumps(curves()))", environment=environment).out == warm.out
