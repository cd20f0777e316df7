"""Damaged model files: what loading one ends in, and how much memory it takes.

Each trial damages a whole file: up to eight bytes are flipped, or the end is cut off. In half of the trials the
checksum is made good again, so that the damage comes to what is behind it, which is first of all the layout of the
archive. A load may end in a ValueError that begins
with the path, or in the model that was saved. Its greatest memory is measured, by tracemalloc, on a file of some MB.

python -m benchmarks.damaged_files --trials 10000 --seed 0
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import tempfile
import tracemalloc
from collections import Counter

import numpy as np

from skae import DenoisingAE, load, save

from .report import add_output, write

_LEGAL = ("ValueError", "same model")
_DIGEST = 64


def flipped(content, rng):
    """Up to eight bytes changed."""
    content = bytearray(content)
    for _ in range(rng.randint(1, 8)):
        content[rng.randrange(len(content))] ^= rng.randint(1, 255)
    return bytes(content)


def truncated(content, rng):
    return content[: rng.randrange(len(content))]


def sealed(content):
    """With a checksum that is right."""
    body = content[:-_DIGEST]
    return body + hashlib.sha256(body).hexdigest().encode("ascii")


def outcome(path, expected):
    """What a load ends in."""
    try:
        estimator = load(path)
    except ValueError as error:
        return "ValueError" if str(error).startswith(f"{path}: ") else "ValueError without the path"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    found = estimator._network.theta
    same = repr(estimator) == repr(expected) and found.tobytes() == expected._network.theta.tobytes()
    return "same model" if same else "another model"


def fitted(n_components, n_features):
    X = np.random.default_rng(0).random((50, n_features), dtype=np.float32)
    estimator = DenoisingAE(
        n_components, loss="squared_error", max_iter=2, tol=0.0, n_iter_no_change=10, random_state=0
    )
    return estimator.set_params(warm_start=True).partial_fit(X)


def damages(content, n_trials, rng):
    """Yield a name and the damaged content."""
    for trial in range(n_trials):
        damage = (flipped, truncated)[trial % 2]
        mended = trial // 2 % 2 == 1
        damaged = damage(content, rng)
        yield damage.__name__ + (", sealed" if mended else ""), sealed(damaged) if mended else damaged


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.damaged_files", description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=10_000, help="damaged files (default: 10000)")
    parser.add_argument("--megabytes", type=float, default=8, help="of the file whose memory is measured (default: 8)")
    parser.add_argument("--memory-trials", type=int, default=200, help="loads of that file (default: 200)")
    parser.add_argument("--seed", type=int, default=0, help="of the damage (default: 0)")
    add_output(parser)
    options = parser.parse_args(arguments)
    rng = random.Random(options.seed)
    outcomes, peaks = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.skae")

        def whole(estimator):
            save(estimator, path, include_optimizer=True)
            with open(path, "rb") as file:
                return file.read()

        def replaced(damaged):
            with open(path, "wb") as file:
                file.write(damaged)

        small = fitted(8, 20)
        content = whole(small)
        print(f"{options.trials} damaged files of {len(content)} bytes")
        for name, damaged in damages(content, options.trials, rng):
            replaced(damaged)
            outcomes.setdefault(name, Counter())[outcome(path, small)] += 1
        for name, counts in outcomes.items():
            print(f"{name:<22}" + ", ".join(f"{count} x {what}" for what, count in counts.most_common()))

        # Parameters and two memories of Adam, each of 2 k + 1 float32 for each feature.
        large = fitted(500, max(1, round(options.megabytes * 1e6 / (3 * 4 * 1001))))
        content = whole(large)
        cases = [("whole", content), *damages(content, options.memory_trials, rng)]
        for name, damaged in cases:
            replaced(damaged)
            tracemalloc.start()
            outcome(path, large)
            peaks[name] = max(peaks.get(name, 0.0), tracemalloc.get_traced_memory()[1] / len(content))
            tracemalloc.stop()
        print(f"greatest memory of a load, in sizes of the whole file ({len(content) / 1e6:.1f} MB)")
        for name, peak in peaks.items():
            print(f"{name:<22}{peak:.2f}")
    illegal = sum(count for counts in outcomes.values() for what, count in counts.items() if what not in _LEGAL)
    print(f"{illegal} of {options.trials} ended in anything but a ValueError with the path, or the same model")
    write(options, {"outcomes": outcomes, "illegal": illegal, "peaks": peaks, "bytes": len(content)})


if __name__ == "__main__":
    main()
