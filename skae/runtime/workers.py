"""Loops shared among threads: as many as BLAS has at the moment, so that its limits hold for them too.

The threads sleep while there is nothing to do: two pools that spin would wait for each other. They wait in one queue;
the futures of ``concurrent.futures`` would take 100 to 200 microseconds more at each call.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from itertools import pairwise
from queue import SimpleQueue

from .threads import blas_threads

# Numbers of a product to go through, above which another thread pays: it takes tens of microseconds to wake one.
WORTH_SHARING = 2**19

# Where the threads wait for tasks, and how many threads there are.
_tasks, _size = SimpleQueue(), 0
_starting = threading.Lock()

# Whether this thread is at a task that is shared: what that shares in its turn it does alone.
_at_work = threading.local()


def _begin_anew():
    """Forget the threads in a forked child, where they do not exist, and locks, which may be held by one of them."""
    global _tasks, _size, _starting
    _tasks, _size, _starting = SimpleQueue(), 0, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


def parts(n, numbers, multiple=1):
    """Ranges from 0 to n, one for each thread that is worth its while.

    Parameters
    ----------
    n : int
    numbers : int
        How many numbers are gone through in all, as fast as the cache gives them.
    multiple : int, default=1
        Of which the ends are, but for the last.

    Returns
    -------
    list of tuple of int
    """
    n_blocks = -(-n // multiple)
    most = min(n_blocks, numbers // WORTH_SHARING + 1)
    n_parts = max(1, min(most, blas_threads())) if most > 1 else 1
    ends = [min(n, multiple * (n_blocks * part // n_parts)) for part in range(n_parts + 1)]
    return list(pairwise(ends))


def shared(task, ranges):
    """Call a task for each of some ranges, at once, and wait for all of them.

    Parameters
    ----------
    task : callable (first, last) -> object
        Lets other threads run while it works. What it shares itself, its own thread does alone.
    ranges : list of tuple of int

    Returns
    -------
    list
        What it returned for each.
    """
    alone = len(ranges) == 1 or getattr(_at_work, "shares", False)
    if alone or not _start_threads(len(ranges) - 1):
        return [task(*part) for part in ranges]
    call = _Call(task, ranges)
    others = map(_tasks.put, [(call, place) for place in range(1, len(ranges))])
    try:
        # An interrupt comes before all of them are put or after it.
        deque(others, 0)
        call.run(0)
    finally:
        # After an interrupt too: they write where the caller goes on.
        call.wait()
    return call.results()


class _Call:
    """One call of ``shared``: what each part has given, or the error that it has ended with."""

    def __init__(self, task, ranges):
        self._task, self._ranges = task, ranges
        # The own part needs no waiting for, even where an interrupt comes before its outcome is set.
        self._outcomes = [(None, None)] + [None] * (len(ranges) - 1)
        self._ended = SimpleQueue()

    def run(self, place):
        """One part, whose thread shares nothing meanwhile."""
        outcome = None, None
        try:
            _at_work.shares = True
            outcome = self._task(*self._ranges[place]), None
        except BaseException as error:
            outcome = None, error
        finally:
            _at_work.shares = False
            self._outcomes[place] = outcome
            # No cycle, as in ``wait``.
            del outcome
            self._ended.put(place)

    def wait(self):
        """Until all parts have ended; an interrupt is raised after that."""
        interrupt = None
        while True:
            try:
                while None in self._outcomes:
                    self._ended.get()
                break
            except KeyboardInterrupt as error:
                interrupt = error
        if interrupt is not None:
            try:
                raise interrupt
            finally:
                # No cycle of the error and its traceback keeps what the task had.
                del interrupt

    def results(self):
        """What the parts have given; raises the error of the first that failed."""
        outcomes, self._outcomes = self._outcomes, None
        for _, error in outcomes:
            if error is not None:
                try:
                    raise error
                finally:
                    del error, outcomes
        return [value for value, _ in outcomes]


def _start_threads(n):
    """Have at least n threads, if the system gives them; whether there is one."""
    global _size
    if _size < n:
        with _starting:
            try:
                while _size < n:
                    threading.Thread(target=_work, args=(_tasks,), name=f"skae_{_size}", daemon=True).start()
                    _size += 1
            except RuntimeError:
                pass
    return _size > 0


def _work(tasks):
    """What a thread does: parts of calls, one after the other."""
    while True:
        call, place = tasks.get()
        call.run(place)
        # Nothing is kept until the next one comes.
        del call
