"""Contenders in processes of their own, run in turn, so that no two thread pools are awake at once."""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import asdict

# A pool's idle threads spin for a while before they sleep.
_PAUSE = 0.3


class Worker:
    """A process that holds one contender and runs it on request.

    Parameters
    ----------
    contender : str
        Name in ``CONTENDERS``.
    case : Case
    """

    def __init__(self, contender, case):
        threads = {name: str(case.threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.alternate", contender, json.dumps(asdict(case))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **threads},
        )
        self._answer()

    def run(self):
        """Seconds, loss and peak memory (MiB) of one run."""
        time.sleep(_PAUSE)
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a contender ended early: {self.process.args}")
        return json.loads(line)


def alternate(contenders, case, repeats):
    """Run the contenders in turn.

    Returns
    -------
    dict of str to dict
        Of each contender: ``seconds`` (list), ``loss``, ``peak_mib``.
    """
    workers = {name: Worker(name, case) for name in contenders}
    results = {name: {"seconds": [], "loss": None, "peak_mib": None} for name in contenders}
    for _ in range(repeats):
        for name, worker in workers.items():
            answer = worker.run()
            results[name]["seconds"].append(answer["seconds"])
            results[name].update(loss=answer["loss"], peak_mib=answer["peak_mib"])
    for worker in workers.values():
        worker.close()
    return results


def median_ratio(results, name, other):
    """Median, over the rounds, of the seconds of one contender in units of the other's in the same round."""
    return statistics.median(a / b for a, b in zip(results[name]["seconds"], results[other]["seconds"]))


def available(contenders, kind):
    """The contenders that take part in a kind of case, and a line for each that is not installed."""
    from .contenders import CONTENDERS

    taking = [name for name in contenders if kind in CONTENDERS[name].kinds]
    missing = [name for name in taking if importlib.util.find_spec(CONTENDERS[name].package) is None]
    return [name for name in taking if name not in missing], [
        f"{name} left out: {CONTENDERS[name].package} is not installed" for name in missing
    ]


def peak_mib():
    """Peak resident memory of this process, or None where the system does not tell.

    Not ``ru_maxrss``, which on Linux begins with that of the process that started this one.
    """
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    except OSError:
        return None


def main():
    from .cases import Case
    from .contenders import CONTENDERS

    name, fields = sys.argv[1:]
    case = Case(**{key: tuple(value) if key == "hidden" else value for key, value in json.loads(fields).items()})
    contender = CONTENDERS[name](case, case.load())
    print(json.dumps("ready"), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        loss = contender.run()
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "loss": loss, "peak_mib": peak_mib()}), flush=True)


if __name__ == "__main__":
    main()
