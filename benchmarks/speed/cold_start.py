"""Cold start: seconds of the imports, and of the first fit with an empty and with a filled cache of compiled code.

python -m benchmarks cold_start
"""

from __future__ import annotations

import json
import tempfile
from functools import partial

from ..harness import Table, Timings, benchmark, median, option, python_process, rounds

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
# The compilation of a kernel includes that of the kernels it calls.
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
    """The output of the code in a fresh process."""
    process = python_process(code, cache=cache)
    out, error = process.communicate()
    if process.returncode:
        raise RuntimeError(error)
    return json.loads(out)


def measure(estimator, rounds):
    """Additional seconds of the first fit, with an empty cache and with the cache that this fit has filled."""
    runs = Timings()
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            fit = partial(run, FIT.format(estimator=estimator), cache)
            runs.round({"empty": fit, "filled": fit})
    empty, filled = runs.values["empty"], runs.values["filled"]
    own = median(result["again"] for result in filled)
    return {
        "kernels": empty[0]["kernels"],
        "compiling": median(result["compiling"] for result in empty),
        "empty_over_fit": median(result["first"] for result in empty) - own,
        "filled_over_fit": median(result["first"] for result in filled) - own,
        "fit": own,
    }


@benchmark(
    option("--estimators", ["AutoencoderTransformer", "DenoisingAE", "SparseAE", "ContractiveAE"], quick=["SparseAE"]),
    rounds(5, "fresh processes of each kind"),
)
def main(options):
    with tempfile.TemporaryDirectory() as cache:
        code = IMPORT.format(first="import sklearn.base, sklearn.utils.validation, scipy.optimize, numba")
        imports = median(run(code, cache) for _ in range(options.rounds))
    print(f"import skae, after scikit-learn and numba: {imports:.3f} s")
    results = {"import": imports}
    table = Table(
        ("estimator", "<26"),
        ("compiled", ">9"),
        ("compiling", ">11.2f"),
        ("empty cache", ">14.2f"),
        ("filled cache", ">14.3f"),
        ("the fit itself", ">16.4f"),
        note="(seconds)",
    )
    for estimator in options.estimators:
        results[estimator] = measure(estimator, options.rounds)
        table.row(estimator, *results[estimator].values())
    return results
