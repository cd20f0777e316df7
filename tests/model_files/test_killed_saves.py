"""A save that is killed leaves the old model or the new one, whole; full disks are a subject of ``tests/faults/``."""

import os
import subprocess
import sys

import pytest
from model_cases import SETTINGS, rows, same

from skae import AutoencoderTransformer, load, save

N_KILLS = 10

# One process that imports the library, and makes a child for each save.
KILLED = """
import json, os, random, signal, sys, time
import skae

path, new, n_kills = sys.argv[1], skae.load(sys.argv[2]), int(sys.argv[3])
generator, killed = random.Random(0), 0
start = time.perf_counter()
skae.save(new, sys.argv[2])
longest = time.perf_counter() - start
for number in range(n_kills):
    child = os.fork()
    if child == 0:
        while True:
            skae.save(new, f"{path} {number}")
    time.sleep(generator.uniform(0, longest))
    os.kill(child, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_sigkill_at_any_moment(tmp_path):
    old, new = (
        AutoencoderTransformer(**{**SETTINGS, "n_components": 2**16, "random_state": seed}).partial_fit(rows(n_rows=5))
        for seed in (0, 1)
    )
    save(new, tmp_path / "new")
    save(old, tmp_path / "model 0")
    for number in range(1, N_KILLS):
        (tmp_path / f"model {number}").write_bytes((tmp_path / "model 0").read_bytes())
    subprocess.run([sys.executable, "-c", KILLED, tmp_path / "model", tmp_path / "new", str(N_KILLS)], check=True)
    for number in range(N_KILLS):
        network = load(tmp_path / f"model {number}")._fitted.network
        assert same(network, old._fitted.network) or same(network, new._fitted.network)
