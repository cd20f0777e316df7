"""Interrupts: time from SIGINT at a random moment to the end of a fit, and whether the process can fit again.

Each fit runs in its own process. The cases are all estimators and solvers, X dense, sparse and memory-mapped, with and
without ``warm_start``; some have an empty cache of compiled code. The fit must end by KeyboardInterrupt. The estimator
must then be unchanged, or have the result of complete epochs. A second fit in the same process must give the same
result as in a process that was never interrupted.

python -m benchmarks interrupts
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import tempfile
import time

import numpy as np
from scipy import sparse

from ..harness import Table, benchmark, median, option, python_process, seed

_ESTIMATORS = ("AutoencoderTransformer", "DenoisingAE", "SparseAE", "ContractiveAE")
_SOLVERS = ("adam", "sgd", "lbfgs")
_KINDS = ("dense", "sparse", "memmap")

# One fit in this number starts with an empty cache, and may be interrupted during compilation.
_COLD_EVERY = 5

# The expected result comes from another process, since a fit before the signal would compile all kernels.
FIT = """
import json, signal, sys, time, warnings
import numpy as np
from scipy import sparse
import skae

# A parent in the background may have had interrupts ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
warnings.simplefilter("ignore")
name, solver, kind, warm_start, path, interrupted = json.loads(sys.argv[1])
X = sparse.load_npz(path) if kind == "sparse" else np.load(path, mmap_mode="r" if kind == "memmap" else None)


def made(max_iter):
    return getattr(skae, name)(
        16, loss="squared_error", solver=solver, max_iter=max_iter, tol=0.0, n_iter_no_change=10**9,
        learning_rate_init=1e-4, warm_start=warm_start, random_state=0,
    )


result = {"outcome": "no interrupt"}
if interrupted:
    ae, result["finished"] = made(10**6), 0
    try:
        print("ready", flush=True)
        # L-BFGS may come to a minimum before the signal.
        while True:
            ae.fit(X)
            result["finished"] += 1
    except KeyboardInterrupt:
        result["ended"] = time.time()
        fitted = hasattr(ae, "coefs_")
        whole = fitted and len(ae.loss_curve_) == ae.n_iter_ > 0 and bool(np.isfinite(ae.transform(X[:50])).all())
        clean = not [attribute for attribute in vars(ae) if attribute.endswith("_")]
        result["outcome"] = "kept" if whole else "untouched" if clean and not fitted else "broken"
        result["epochs"] = ae.n_iter_ if fitted else 0
again = made(3).fit(X)
result["again"] = again.loss_curve_
print(json.dumps(result), flush=True)
"""


def process(case, cache):
    return python_process(FIT, json.dumps(case), cache=cache)


def answer(child):
    """The last line that a process prints, and its error if it fails."""
    try:
        out, error = child.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return {"outcome": "hung", "again": None}
    if child.returncode:
        return {"outcome": "failed", "error": error[-2000:], "again": None}
    return json.loads(out.splitlines()[-1])


def interrupted(case, cache, wait):
    """One fit that gets SIGINT after ``wait`` seconds: its outcome, and the seconds from the signal to its end."""
    child = process((*case, True), cache)
    if child.stdout.readline() != "ready\n":
        return answer(child)
    time.sleep(wait)
    sent = time.time()
    child.send_signal(signal.SIGINT)
    result = answer(child)
    result["seconds"] = result.pop("ended", float("inf")) - sent
    return result


def write_inputs(folder, n_rows):
    """Write X of each kind to a file; returns the paths."""
    rng = np.random.default_rng(0)
    paths = {kind: os.path.join(folder, f"{kind}.npy") for kind in ("dense", "memmap")}
    paths["sparse"] = os.path.join(folder, "sparse.npz")
    np.save(paths["dense"], rng.random((n_rows, 64), dtype=np.float32))
    np.save(paths["memmap"], rng.random((n_rows, 200)))
    sparse.save_npz(paths["sparse"], sparse.random(n_rows, 2000, density=0.01, format="csr", random_state=0))
    return paths


def fits(options):
    """Yield the outcome of each fit, over the cases in turn; the next fit is compared with that of another process."""
    rng = random.Random(options.seed)
    cases = list(itertools.product(_ESTIMATORS, _SOLVERS, _KINDS, (False, True)))
    rng.shuffle(cases)
    expected = {}
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as filled:
        paths = write_inputs(folder, options.rows)
        for number, case in zip(range(options.fits), itertools.cycle(cases)):
            name, solver, kind, warm_start = case
            if case not in expected:
                expected[case] = answer(process((*case, paths[kind], False), filled))["again"]
            cold = number % _COLD_EVERY == 0
            wait = rng.uniform(0.0, (4.0 if cold else 1.0) * options.longest)
            with tempfile.TemporaryDirectory() as empty:
                result = interrupted((*case, paths[kind]), empty if cold else filled, wait)
            result["again_works"] = result["again"] is not None and result.pop("again") == expected[case]
            yield result | dict(estimator=name, solver=solver, kind=kind, warm_start=warm_start, cold=cold, wait=wait)


def show(table, result):
    """One line of the table, and the error of a process that failed."""
    warm, cache = "yes" if result["warm_start"] else "no", "empty" if result["cold"] else "filled"
    seconds, works = result.get("seconds", np.nan), "" if result["again_works"] else ", and the next fit is another"
    what = (result["estimator"], result["solver"], result["kind"], warm, cache)
    table.row(*what, result["wait"], seconds, result["outcome"] + works)
    if "error" in result:
        print(result["error"])


def summary_of(results):
    """Seconds to the end of a fit, and number of fits with each outcome."""
    broken = [r for r in results if not r["again_works"] or r["outcome"] not in ("kept", "untouched")]
    exits = [result["seconds"] for result in results if np.isfinite(result.get("seconds", np.nan))]
    misplaced = [r for r in results if r["outcome"] == "kept" and not r["warm_start"] and not r["finished"]]
    return {
        "fits": len(results),
        "max": max(exits, default=np.nan),
        "median": median(exits) if exits else np.nan,
        "kept": sum(result["outcome"] == "kept" for result in results),
        "untouched": sum(result["outcome"] == "untouched" for result in results),
        "broken": len(broken),
        "kept_without_warm_start": len(misplaced),
    }


@benchmark(
    option("--fits", 50, "processes", quick=2),
    option("--rows", 5000, "rows of X", quick=1000),
    option("--longest", 1.5, "longest wait before the signal, s", quick=0.5),
    seed(help="of the moments"),
)
def main(options):
    table = Table(
        ("estimator", "<24"),
        ("solver", "<8"),
        ("X", "<8"),
        ("warm", "<6"),
        ("cache", "<7"),
        ("signal", "<8.2f"),
        ("exit", "<8.3f"),
        ("outcome", "<9"),
        note="(seconds)",
    )
    results = []
    for result in fits(options):
        results.append(result)
        show(table, result)
    summary = summary_of(results)
    print(f"{len(results)} fits: exit after {summary['median']:.3f} s in the median, {summary['max']:.3f} s at most")
    print(f"{summary['kept']} kept whole epochs, {summary['untouched']} as before, {summary['broken']} broken")
    print(f"the next fit in the process works: {sum(r['again_works'] for r in results)} of {len(results)}")
    return {"summary": summary, "fits": results}
