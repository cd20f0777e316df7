"""Interrupts: how long a fit takes to end after SIGINT at a random moment, and whether the process can fit again.

Each fit runs in a process of its own, over all estimators and solvers, X dense, sparse and mapped from a file, with and
without ``warm_start``, some with an empty cache of compiled code. What ends the fit must be KeyboardInterrupt; the
estimator must then be as it was, or hold whole epochs; and a second fit in the same process must be that of a process
that was never interrupted.

python -m benchmarks.interrupts
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
from scipy import sparse

from .report import add_output, write

_ESTIMATORS = ("AutoencoderTransformer", "DenoisingAE", "SparseAE", "ContractiveAE")
_SOLVERS = ("adam", "sgd", "lbfgs")
_KINDS = ("dense", "sparse", "memmap")

# Every so many fits begin with an empty cache, where the signal meets the compiler.
_COLD_EVERY = 5

# The expected fit comes from another process, since one before the signal would compile all that is needed.
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
    return subprocess.Popen(
        [sys.executable, "-c", FIT, json.dumps(case)],
        env={**os.environ, "NUMBA_CACHE_DIR": cache},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer(child):
    """What a process prints last, and its error where it fails."""
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
    """One fit that gets SIGINT so many seconds after it began: its outcome, and the seconds from there to its end."""
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
    """X of each kind: a file of its own, and its path."""
    rng = np.random.default_rng(0)
    paths = {kind: os.path.join(folder, f"{kind}.npy") for kind in ("dense", "memmap")}
    paths["sparse"] = os.path.join(folder, "sparse.npz")
    np.save(paths["dense"], rng.random((n_rows, 64), dtype=np.float32))
    np.save(paths["memmap"], rng.random((n_rows, 200)))
    sparse.save_npz(paths["sparse"], sparse.random(n_rows, 2000, density=0.01, format="csr", random_state=0))
    return paths


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.interrupts", description=__doc__.splitlines()[0])
    parser.add_argument("--fits", type=int, default=50, help="processes (default: 50)")
    parser.add_argument("--rows", type=int, default=5000, help="rows of X (default: 5000)")
    parser.add_argument("--longest", type=float, default=1.5, help="longest wait before the signal, s (default: 1.5)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    add_output(parser)
    options = parser.parse_args(arguments)
    rng = random.Random(options.seed)
    cases = list(itertools.product(_ESTIMATORS, _SOLVERS, _KINDS, (False, True)))
    rng.shuffle(cases)
    results, expected = [], {}
    titles = (("estimator", 24), ("solver", 8), ("X", 8), ("warm", 6), ("cache", 7), ("signal", 8), ("exit", 8))
    print("".join(f"{title:<{width}}" for title, width in titles) + "outcome   (seconds)")
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
            result |= dict(estimator=name, solver=solver, kind=kind, warm_start=warm_start, cold=cold, wait=wait)
            results.append(result)
            columns = (name, solver, kind, "yes" if warm_start else "no", "empty" if cold else "filled")
            line = "".join(f"{text:<{width}}" for text, (_, width) in zip(columns, titles))
            works = "" if result["again_works"] else ", and the next fit is another"
            print(
                f"{line}{wait:<8.2f}{result.get('seconds', float('nan')):<8.3f}{result['outcome']}{works}", flush=True
            )
            if "error" in result:
                print(result["error"], flush=True)
    broken = [r for r in results if not r["again_works"] or r["outcome"] not in ("kept", "untouched")]
    exits = [result["seconds"] for result in results if np.isfinite(result.get("seconds", np.nan))]
    misplaced = [r for r in results if r["outcome"] == "kept" and not r["warm_start"] and not r["finished"]]
    summary = {
        "fits": len(results),
        "max": max(exits, default=None),
        "median": statistics.median(exits) if exits else None,
        "kept": sum(result["outcome"] == "kept" for result in results),
        "untouched": sum(result["outcome"] == "untouched" for result in results),
        "broken": len(broken),
        "kept_without_warm_start": len(misplaced),
    }
    print(f"{len(results)} fits: exit after {summary['median']:.3f} s in the median, {summary['max']:.3f} s at most")
    print(f"{summary['kept']} kept whole epochs, {summary['untouched']} as before, {len(broken)} broken")
    print(f"the next fit in the process works: {sum(r['again_works'] for r in results)} of {len(results)}")
    write(options, {"summary": summary, "fits": results})


if __name__ == "__main__":
    main()
