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

IMPORT = """
import time
start = time.perf_counter(); {first}
middle = time.perf_counter(); import skae
print(time.perf_counter() - middle)
"""

FIT = """
import json, time, warnings
import numpy as np
import skae, skae.kernels.{modules}
warnings.simplefilter("ignore")
X = np.random.default_rng(0).random((1000, 64), dtype=np.float32)
times = []
for _ in range(6):
    start = time.perf_counter()
    skae.{estimator}(32, max_iter=5, random_state=0).fit(X)
    times.append(time.perf_counter() - start)
import numba.core.event
kernels = [value for module in vars(skae.kernels).values() if hasattr(module, "__file__")
           for value in vars(module).values() if getattr(value, "signatures", ())]
print(json.dumps({{"first": times[0], "again": min(times[1:]), "kernels": len(set(k.__name__ for k in kernels))}}))
"""

MODULES = "activations, skae.kernels.losses, skae.kernels.updates, skae.kernels.penalties, skae.kernels.corruptions"


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
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as cache:
        code = IMPORT.format(first="import sklearn.base, sklearn.utils.validation, scipy.optimize, numba")
        imports = statistics.median(run(code, cache) for _ in range(options.repeats))
    print(f"import skae, after scikit-learn and numba: {imports:.3f} s")
    print(f"{'estimator':<26}{'kernels':>9}{'empty cache':>14}{'filled cache':>14}{'the fit itself':>16}   (seconds)")
    for name in ("AutoencoderTransformer", "DenoisingAE", "SparseAE", "ContractiveAE"):
        code = FIT.format(estimator=name, modules=MODULES)
        empty, filled = [], []
        for _ in range(options.repeats):
            with tempfile.TemporaryDirectory() as cache:
                empty.append(run(code, cache))
                filled.append(run(code, cache))
        own = statistics.median(result["again"] for result in filled)
        over = [statistics.median(r["first"] for r in results) - own for results in (empty, filled)]
        print(f"{name:<26}{filled[0]['kernels']:>9}{over[0]:>14.2f}{over[1]:>14.3f}{own:>16.4f}", flush=True)


if __name__ == "__main__":
    main()
