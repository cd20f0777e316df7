"""Processes that are ended at any line of their work: what they write is there as a whole or not at all.

A save that is killed at any moment is the subject of ``tests/model_files/test_killed_saves.py``, compiled code that is
half written that of ``test_cache_races.py``.
"""

import os
import re
import select
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

FILES = "('runtime/files.py', 'container.py', 'commands/fit.py', 'commands/tables.py', 'handwriting/files.py')"

COMMAND = """
from pathlib import Path
from skae.__main__ import main

folder, rows = Path(sys.argv[1]), sys.argv[2]
np.save(rows, X)
fitted()
old = fitted(n_components=1)
path, seen = folder / "model", set()


def fit():
    main(["fit", rows, "--output", str(path), "--n-components", "2", "--max-iter", "1", "--quiet"])


for number in killed_everywhere(fit, FILES, step=5):
    seen.add(load(path).n_components if path.exists() else 0)
    # An old file is there in every second run.
    path.unlink(missing_ok=True)
    if number % 2:
        save(old, path)
assert seen == {0, 1, 2}, seen
"""


@pytest.mark.slow
def test_the_command_fit(fork, killed, tmp_path):
    (tmp_path / "output").mkdir()
    fork(killed + COMMAND.replace("FILES", FILES), tmp_path / "output", tmp_path / "rows.npy")


READ = """
from pathlib import Path
path = Path(sys.argv[1])
save(fitted(), path)
content = path.read_bytes()
for _ in killed_everywhere(lambda: load(path), ("container.py", "model_files/__init__.py"), step=5):
    assert path.read_bytes() == content and os.listdir(path.parent) == [path.name]
"""


def test_a_load(fork, killed, tmp_path):
    fork(killed + READ, tmp_path / "model")


HANDWRITING = """
from pathlib import Path
from skae import handwriting

folder = Path(sys.argv[1])
table = handwriting.compare(samples=60, n_components=2, max_iter=1, cv=2, representations=["raw", "pca"])
whole = {path.name: path.read_bytes() for path in handwriting.save(table, folder, figures=False)}
seen = set()
for _ in killed_everywhere(lambda: handwriting.save(table, folder, figures=False), FILES):
    for name, content in whole.items():
        path = folder / name
        seen.add(path.exists())
        assert not path.exists() or path.read_bytes() == content
        path.unlink(missing_ok=True)
assert seen == {False, True}
"""


@pytest.mark.slow
def test_the_files_of_the_handwriting_experiment(fork, killed, tmp_path):
    fork(killed + HANDWRITING.replace("FILES", FILES), tmp_path)


# In a line of the progress bar.
STEPS_DONE = re.compile(rb"\] [1-9]\d*/")


def at_work(command):
    """A command in a process of its own that has begun to show how far it is."""
    import pty

    screen, stderr = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "skae", *map(str, command)], stderr=stderr)
    os.close(stderr)
    shown, end = b"", time.monotonic() + 120
    while not STEPS_DONE.search(shown) and time.monotonic() < end and process.poll() is None:
        if select.select([screen], [], [], 0.1)[0]:
            shown += os.read(screen, 1024)
    return process, screen, shown


@pytest.mark.slow
def test_commands_that_are_told_to_end_while_they_work(tmp_path):
    rows, model, tables = tmp_path / "rows.npy", tmp_path / "model", tmp_path / "tables"
    np.save(rows, np.random.default_rng(0).random((40, 6)))
    model.mkdir()
    long = "10000000"
    commands = [
        ["fit", rows, "--output", model / "model", "--max-iter", long, "--n-iter-no-change", long],
        ["handwriting", "--output", tables, "--epochs", long, "--jobs", "1"],
    ]
    for command in commands:
        process, screen, shown = at_work(command)
        try:
            assert STEPS_DONE.search(shown), shown
            process.terminate()
            assert process.wait(60) == -signal.SIGTERM
        finally:
            process.kill()
            process.wait()
            os.close(screen)
    assert list(model.iterdir()) == [] and list(tables.glob("*")) == []
