"""Processes in which something goes wrong, and the compiled code that they share."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import skae

ROOT = Path(skae.__file__).parents[1]

# What every process starts with: a fit in each precision, and how it ended.
PRELUDE = """
import json, os, signal, sys, warnings
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from skae import AutoencoderTransformer, DenoisingAE, load, save
warnings.simplefilter("ignore", ConvergenceWarning)
X = np.random.default_rng(0).random((40, 6))


def fitted(dtype=np.float64, **parameters):
    parameters = {"n_components": 3, "max_iter": 3, "random_state": 0, **parameters}
    return AutoencoderTransformer(**parameters).fit(X.astype(dtype))


def curves():
    return [fitted(dtype).loss_curve_ for dtype in (np.float32, np.float64)]
"""

# A process that ends in the midst of its work, at one line of some files after another.
KILLED = """
import itertools


def die_at(number, files, end):
    '''End this process by a signal, before it runs the line of that number of files whose names end so.'''
    left = [number]

    def trace(frame, event, argument):
        if not frame.f_code.co_filename.endswith(files):
            return None
        if event == "line":
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), end)
        return trace

    sys.settrace(trace)


def killed_everywhere(work, files, step=1):
    '''Run the work to its end, and before that in processes that are killed at every step-th line, or told to end.

    Yields the number of the line after each of them.
    '''
    number, ends, whole = 0, itertools.cycle((signal.SIGKILL, signal.SIGTERM)), False
    while not whole:
        end, child = next(ends), os.fork()
        if child == 0:
            try:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                die_at(number, files, end)
                work()
            except BaseException:
                sys.excepthook(*sys.exc_info())
                os._exit(1)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in (0, -end), code
        whole = code == 0
        yield number
        number += step
    assert number > 4 * step, "the work was never killed"
"""


def _run(code, *arguments, before="", environment=None, root=ROOT, check=True):
    """What a process printed, ran by ``python -c`` after the prelude; warnings of running code are errors."""
    variables = {**os.environ, "PYTHONPATH": str(root), "OPENBLAS_NUM_THREADS": "1", **(environment or {})}
    result = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", before + PRELUDE + code, *map(str, arguments)],
        env={name: value for name, value in variables.items() if value is not None},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if check:
        assert result.returncode == 0, result.stderr
    return SimpleNamespace(code=result.returncode, out=result.stdout, err=result.stderr)


@pytest.fixture(scope="session")
def run():
    """Run code in a process of its own.

    ``run(code, *arguments, before="", environment=None, root=..., check=True)`` gives ``code``, ``out`` and ``err``;
    ``before`` is run ahead of all imports, a variable of the environment that is None is taken out, and a root is the
    folder that the package is in.
    """
    return _run


@pytest.fixture(scope="session")
def killed():
    """Code that defines ``killed_everywhere``, for the processes that are run."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    return KILLED


@pytest.fixture(scope="session")
def warm(run, tmp_path_factory):
    """A folder with the compiled code of ``curves()``, and what they are; to be copied, not to be changed."""
    folder = tmp_path_factory.mktemp("cache")
    result = run("print(json.dumps(curves()))", environment={"NUMBA_CACHE_DIR": str(folder)})
    return SimpleNamespace(folder=folder, out=result.out)
