"""Contenders in separate processes that run in turn, so that no two thread pools are active at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack, closing
from dataclasses import asdict

from ..harness import alternate, installed, peak_mib, timed
from ._cases import Case
from ._contenders import CONTENDERS

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
            [sys.executable, "-m", __name__, contender, json.dumps(asdict(case))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **threads},
        )
        self._answer()

    def run(self):
        """Seconds of one run, and its loss and peak memory (MiB)."""
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        answer = self._answer()
        return answer.pop("seconds"), answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a contender ended early: {self.process.args}")
        return json.loads(line)


def alternate_processes(names, case, rounds):
    """Timings of the contenders, with their losses and peak memory as values."""
    with ExitStack() as stack:
        workers = {name: stack.enter_context(closing(Worker(name, case))) for name in names}
        return alternate(workers, rounds, measure=Worker.run, pause=_PAUSE)


def taking_part(names, kind):
    """The contenders that are installed and can train a kind of case."""
    return installed({name: CONTENDERS[name].package for name in names if kind in CONTENDERS[name].kinds})


def main():
    name, fields = sys.argv[1:]
    case = Case(**{key: tuple(value) if key == "hidden" else value for key, value in json.loads(fields).items()})
    contender = CONTENDERS[name](case, case.load())
    print(json.dumps("ready"), flush=True)
    for _ in sys.stdin:
        contender.make_ready()
        seconds, loss = timed(contender.run)
        print(json.dumps({"seconds": seconds, "loss": loss, "peak_mib": peak_mib()}), flush=True)


if __name__ == "__main__":
    main()
