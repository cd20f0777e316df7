"""Processes in which something goes wrong, and the compiled code that they share."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import skae

ROOT = Path(skae.__file__).parents[1]

# What every process starts with.
PRELUDE = """
import json, os, signal, sys, warnings
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from skae.runtime.exceptions import FitWarning
from skae import AutoencoderTransformer, DenoisingAE, load, save
warnings.simplefilter("ignore", ConvergenceWarning)
warnings.simplefilter("ignore", FitWarning)
X = np.random.default_rng(0).random((40, 6))


def fitted(dtype=np.float64, **parameters):
    parameters = {"n_components": 3, "max_iter": 3, "random_state": 0, **parameters}
    return AutoencoderTransformer(**parameters).fit(X.astype(dtype))


def exit_code(work):
    '''That of a fork that does some work: what it returns, 0 for no integer, 100 where it fails, -14 where it hangs.'''
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            status = work()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(100)
        os._exit(status if isinstance(status, int) else 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


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
    def killed(end):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        die_at(number, files, end)
        work()

    while not whole:
        end = next(ends)
        code = exit_code(lambda: killed(end))
        assert code in (0, -end), code
        whole = code == 0
        yield number
        number += step
    assert number > 4 * step, "the work was never killed"
"""

# Runs what it reads, a line of JSON each, and answers with the exit status. A child that hangs is ended by an alarm.
PARENT = """
import traceback

for line in sys.stdin:
    code, arguments, *outputs = json.loads(line)
    child = os.fork()
    if child == 0:
        signal.alarm(300)
        for number, path in enumerate(outputs, 1):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.argv[1:] = arguments
        status = 1
        try:
            exec(compile(code, "<string>", "exec"), globals())
            status = 0
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def _run(code, *arguments, before="", environment=None, root=ROOT):
    """Run code after the prelude by ``python -c``, with warnings of what runs as errors; what it printed."""
    variables = {**os.environ, "PYTHONPATH": str(root), "OPENBLAS_NUM_THREADS": "1", **(environment or {})}
    result = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", before + PRELUDE + code, *map(str, arguments)],
        env={name: value for name, value in variables.items() if value is not None},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return SimpleNamespace(out=result.stdout, err=result.stderr)


@pytest.fixture(scope="session")
def run():
    """Run code in a process of its own.

    ``run(code, *arguments, before="", environment=None, root=...)`` gives ``out`` and ``err``; ``before`` is run ahead
    of all imports, a variable of the environment that is None is taken out, and a root is the folder that the package
    is in.
    """
    return _run


class _Parent:
    """A process that has done its imports, and runs each code in a fork of itself: an import less for each."""

    def __init__(self, folder):
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error::RuntimeWarning", "-c", PRELUDE + PARENT],
            env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, code, *arguments):
        out, err = self._folder / "out", self._folder / "err"
        order = [code, [str(argument) for argument in arguments], str(out), str(err)]
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        assert status == 0, f"exit status {status}\n{err.read_text()}"
        return SimpleNamespace(out=out.read_text(), err=err.read_text())

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(60)


@pytest.fixture(scope="session")
def fork(tmp_path_factory):
    """Run code as ``run`` does, with the environment of the tests, in a fork of a process that made no product yet."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    parent = _Parent(tmp_path_factory.mktemp("parent"))
    yield parent.run
    parent.close()


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
