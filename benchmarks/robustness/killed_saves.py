"""Killed saves: whether the file then holds the complete old model or the complete new one.

Each trial saves a model over another one in a child process, which gets SIGKILL after a random time, at most that of an
undisturbed save.

python -m benchmarks killed_saves --trials 200
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from collections import Counter

import numpy as np

from skae import AutoencoderTransformer, load, save

from ..harness import alternate, benchmark, option, seed


def fitted(seed, megabytes):
    """A model whose parameters take some MB."""
    n_components = max(1, round(megabytes * 1e6 / (4 * (2 * 784 + 1))))
    X = np.random.default_rng(seed).random((50, 784), dtype=np.float32)
    return AutoencoderTransformer(n_components, loss="squared_error", random_state=seed).partial_fit(X)


def saved_in_a_child(estimator, path, wait=None):
    """Save in a child process, killed after ``wait`` seconds if that is given; returns whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            save(estimator, path)
        finally:
            os._exit(0)
    if wait is not None:
        time.sleep(wait)
        os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def held(path, models):
    """Which of the models, by name, the file holds."""
    try:
        theta = load(path)._fitted.network.theta.tobytes()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return next((name for name, model in models.items() if model._fitted.network.theta.tobytes() == theta), "neither")


def unlink_others(path):
    """Remove all other files in the folder of a file; returns their number."""
    folder, own = os.path.split(path)
    others = [name for name in os.listdir(folder) if name != own]
    for name in others:
        os.unlink(os.path.join(folder, name))
    return len(others)


@benchmark(
    option("--trials", 200, "saves", quick=5),
    option("--megabytes", 8.0, "size of a model", quick=1.0),
    seed(help="of the moments"),
)
def main(options):
    rng = random.Random(options.seed)
    models = {"old": fitted(0, options.megabytes), "new": fitted(1, options.megabytes)}
    outcomes, n_killed, leftovers = Counter(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.skae")
        # The first save is in this process, so that no child imports or compiles anything.
        save(models["old"], path)
        alone = alternate({"save": lambda: saved_in_a_child(models["new"], path)}, rounds=5).median("save")
        print(f"a save of {os.path.getsize(path) / 1e6:.1f} MB takes {alone:.3f} s")
        for _ in range(options.trials):
            save(models["old"], path)
            killed = saved_in_a_child(models["new"], path, rng.uniform(0.0, alone))
            n_killed += killed
            outcomes[held(path, models), "killed" if killed else "ended before"] += 1
            leftovers += unlink_others(path)
    for (what, how), count in outcomes.most_common():
        print(f"{count:>5}  {what} model ({how})")
    print(f"{n_killed} of {options.trials} killed while they saved; {leftovers} left a hidden file beside the model")
    illegal = sum(count for (what, _), count in outcomes.items() if what not in models)
    print(f"{illegal} of {options.trials} left neither the old model nor the new one")
    counts = {f"{what}, {how}": count for (what, how), count in outcomes.items()}
    return {"outcomes": counts, "killed": n_killed, "leftovers": leftovers, "illegal": illegal, "seconds": alone}
