"""Loops shared among threads: as many as BLAS has at the moment, so that its limits hold for them too.

The threads sleep while there is nothing to do: two pools that spin would wait for each other.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise

from .threads import blas_threads

# Numbers of a product to go through, above which another thread pays: it takes tens of microseconds to wake one.
WORTH_SHARING = 2**20

_pool, _size = None, 0

# Whether this thread is at a task that is shared: what that shares in its turn it does alone.
_at_work = threading.local()


def _begin_anew():
    """Forget the pool in a forked child: its threads do not exist there."""
    global _pool, _size
    _pool, _size = None, 0


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
    if len(ranges) == 1 or getattr(_at_work, "shares", False):
        return [task(*part) for part in ranges]
    futures = [_threads(len(ranges) - 1).submit(_alone, task, part) for part in ranges[1:]]
    try:
        own = _alone(task, ranges[0])
    finally:
        # After an interrupt too: they write where the caller goes on.
        wait(futures)
    return [own, *(future.result() for future in futures)]


def _alone(task, part):
    """What a task gives for a part, while its thread shares nothing."""
    try:
        _at_work.shares = True
        return task(*part)
    finally:
        _at_work.shares = False


def _threads(n):
    """A pool of at least n threads."""
    global _pool, _size
    if _size < n:
        _pool, _size = ThreadPoolExecutor(n, thread_name_prefix="skae"), n
    return _pool
