"""Peak memory of a fit, a transform and a score on a memory-mapped X, above that of the process before.

python -m benchmarks.memory
python -m benchmarks.memory --gigabytes 1 --dtype uint8
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
import warnings

import numpy as np

from skae import AutoencoderTransformer

from .report import add_output, write


def write_rows(path, n_rows, n_features, dtype):
    """Random rows, a part at a time."""
    X = np.lib.format.open_memmap(path, "w+", dtype, (n_rows, n_features))
    rng = np.random.default_rng(0)
    for start in range(0, n_rows, 10_000):
        stop = min(start + 10_000, n_rows)
        part = rng.random((stop - start, n_features), dtype=np.float32)
        X[start:stop] = part if np.dtype(dtype).kind == "f" else 255 * part
    X.flush()


def peak_mib():
    """Greatest resident memory of this process so far, pages of mapped files included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=4.0, help="size of the file (default: 4)")
    parser.add_argument("--features", type=int, default=784, help="columns (default: 784)")
    parser.add_argument("--components", type=int, default=64, help="width of the code (default: 64)")
    parser.add_argument("--dtype", default="float32", help="of the file (default: float32)")
    add_output(parser)
    options = parser.parse_args(arguments)
    n_rows = int(options.gigabytes * 1e9 / options.features / np.dtype(options.dtype).itemsize)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "X.npy")
        # In a child, so that this process does not own the memory that writing took.
        if os.fork() == 0:
            write_rows(path, n_rows, options.features, options.dtype)
            os._exit(0)
        os.wait()
        warnings.simplefilter("ignore")
        AutoencoderTransformer(options.components, max_iter=1).fit(np.ones((200, 3), np.float32)).score(np.eye(3))
        X = np.load(path, mmap_mode="r")
        before = peak_mib()
        print(f"{n_rows} x {options.features} {options.dtype}, {X.nbytes / 1e9:.1f} GB; {before:.0f} MiB before")
        ae = AutoencoderTransformer(options.components, max_iter=1, loss="squared_error", random_state=0)
        results = {"gigabytes": X.nbytes / 1e9, "before_mib": before}
        for name in ("fit", "score", "transform"):
            start = time.perf_counter()
            getattr(ae, name)(X)
            seconds = time.perf_counter() - start
            results[name] = {"mib_above": peak_mib() - before, "seconds": seconds}
            print(f"after {name:<10}{peak_mib() - before:>8.0f} MiB above{seconds:>8.1f} s", flush=True)
        print(f"(the code itself takes {n_rows * options.components * 4 / 2**20:.0f} MiB)")
    write(options, results)


if __name__ == "__main__":
    main()
