"""What a new process pays: imports, and the first fit with an empty and with a filled cache of compiled code.

python -m benchmarks.cold_start
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

from .report import add_output, write

IMPORT = """
import time
start = time.perf_counter(); {first}
middle = time.perf_counter(); import skae
print(time.perf_counter() - middle)
"""

FIT = """
import json, time, warnings
import numpy as np
import skae
from numba.core import event
warnings.simplefilter("ignore")
X = np.random.default_rng(0).random((1000, 64), dtype=np.float32)
times, compiling = [], [0.0]
recorder = event.RecordingListener()
event.register("numba:compile", recorder)
for _ in range(6):
    start = time.perf_counter()
    skae.{estimator}(32, max_iter=5, random_state=0).fit(X)
    times.append(time.perf_counter() - start)
# A kernel that calls another compiles it in its own time.
depth = kernels = 0
for moment, happening in recorder.buffer:
    depth += 1 if happening.is_start else -1
    kernels += happening.is_start
    if depth == 1 and happening.is_start:
        began = moment
    if depth == 0:
        compiling[0] += moment - began
print(json.dumps({{"first": times[0], "again": min(times[1:]), "kernels": kernels, "compiling": compiling[0]}}))
"""


def run(code, cache):
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NUMBA_CACHE_DIR": cache},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start", description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="fresh processes of each kind (default: 5)")
    add_output(parser)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as cache:
        code = IMPORT.format(first="import sklearn.base, sklearn.utils.validation, scipy.optimize, numba")
        imports = statistics.median(run(code, cache) for _ in range(options.repeats))
    print(f"import skae, after scikit-learn and numba: {imports:.3f} s")
    results = {"import": imports}
    titles = (("compiled", 9), ("compiling", 11), ("empty cache", 14), ("filled cache", 14), ("the fit itself", 16))
    print(f"{'estimator':<26}" + "".join(f"{title:>{width}}" for title, width in titles) + "   (seconds)")
    for name in ("AutoencoderTransformer", "DenoisingAE", "SparseAE", "ContractiveAE"):
        code = FIT.format(estimator=name)
        empty, filled = [], []
        for _ in range(options.repeats):
            with tempfile.TemporaryDirectory() as cache:
                empty.append(run(code, cache))
                filled.append(run(code, cache))
        own = statistics.median(result["again"] for result in filled)
        over = [statistics.median(r["first"] for r in results) - own for results in (empty, filled)]
        compiling = statistics.median(result["compiling"] for result in empty)
        kernels = empty[0]["kernels"]
        results[name] = dict(
            kernels=kernels, compiling=compiling, empty_over_fit=over[0], filled_over_fit=over[1], fit=own
        )
        print(f"{name:<26}{kernels:>9}{compiling:>11.2f}{over[0]:>14.2f}{over[1]:>14.3f}{own:>16.4f}", flush=True)
    write(options, results)


if __name__ == "__main__":
    main()
