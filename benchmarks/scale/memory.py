"""Peak memory of a fit, a transform and a score on a memory-mapped X, above that of the process before them.

python -m benchmarks memory
python -m benchmarks memory --gigabytes 1 --dtype uint8
"""

from __future__ import annotations

import os
import tempfile
from functools import partial

import numpy as np

from skae import AutoencoderTransformer

from ..harness import benchmark, option, peak_mib, timed


def write_rows(path, n_rows, n_features, dtype):
    """Random rows, a part at a time."""
    X = np.lib.format.open_memmap(path, "w+", dtype, (n_rows, n_features))
    rng = np.random.default_rng(0)
    for start in range(0, n_rows, 10_000):
        stop = min(start + 10_000, n_rows)
        part = rng.random((stop - start, n_features), dtype=np.float32)
        X[start:stop] = part if np.dtype(dtype).kind == "f" else 255 * part
    X.flush()


@benchmark(
    option("--gigabytes", 4.0, "size of the file", quick=0.02),
    option("--features", 784, "columns"),
    option("--components", 64, "width of the code"),
    option("--dtype", "float32", "of the file"),
)
def main(options):
    n_rows = int(options.gigabytes * 1e9 / options.features / np.dtype(options.dtype).itemsize)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "X.npy")
        # In a child, so that this process does not own the memory that writing took.
        if os.fork() == 0:
            write_rows(path, n_rows, options.features, options.dtype)
            os._exit(0)
        os.wait()
        AutoencoderTransformer(options.components, max_iter=1).fit(np.ones((200, 3), np.float32)).score(np.eye(3))
        X = np.load(path, mmap_mode="r")
        before = peak_mib()
        print(f"{n_rows} x {options.features} {options.dtype}, {X.nbytes / 1e9:.1f} GB; {before:.0f} MiB before")
        ae = AutoencoderTransformer(options.components, max_iter=1, loss="squared_error", random_state=0)
        results = {"gigabytes": X.nbytes / 1e9, "before_mib": before}
        for name in ("fit", "score", "transform"):
            seconds, _ = timed(partial(getattr(ae, name), X))
            above = peak_mib() - before
            results[name] = {"mib_above": above, "seconds": seconds}
            print(f"after {name:<10}{above:>8.0f} MiB above{seconds:>8.1f} s")
        print(f"(the code itself takes {n_rows * options.components * 4 / 2**20:.0f} MiB)")
    return results
