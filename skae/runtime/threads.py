"""One BLAS thread for products too small to share, whatever the number of threads that NumPy's BLAS may use.

Two threads gain nothing on such products, and on a machine that has other work they wait for each other: an epoch was
then seen to take a hundred times as long.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

# Floating-point operations of the largest product of a step, from which on a second thread pays.
WORTH_SHARING = 2**23

_lock = threading.Lock()
_holders = 0
_before = []
# Whether this process was forked off while the number was one, and has not put the numbers back yet.
_forked_within = False


def _begin_anew():
    """In a child of fork there are no other threads, which may have held the lock, and will not put numbers back."""
    global _lock, _holders, _forked_within
    _lock, _holders, _forked_within = threading.Lock(), 0, _forked_within or _holders > 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


@cache
def _libraries():
    """The BLAS libraries of the process, looked up once."""
    return ThreadpoolController().select(user_api="blas").lib_controllers


@contextmanager
def one_thread_if_small(flops):
    """Run the block with one BLAS thread where its largest product has fewer operations than are worth sharing.

    Most builds of BLAS keep the number of threads for the whole process. Of several blocks at once the first notes the
    numbers, and each puts those back when it ends, so that none takes the limit of another for the normal state. Where
    the number is one already nothing is done.

    Parameters
    ----------
    flops : int
    """
    limited = flops < WORTH_SHARING and _limit()
    try:
        yield
    finally:
        if limited:
            _restore()


def _limit():
    """Set one thread; False where it is one already."""
    global _holders, _forked_within
    with _lock:
        if _forked_within:
            _set(_before)
            _forked_within = False
        numbers = [library.num_threads for library in _libraries()]
        if all(number == 1 for number in numbers):
            return False
        if _holders == 0:
            _before[:] = numbers
        _holders += 1
        _set([1] * len(numbers))
        return True


def _restore():
    global _holders
    with _lock:
        # Of a block around the fork the child has not counted the beginning.
        _holders = max(0, _holders - 1)
        _set(_before)


def _set(numbers):
    for library, number in zip(_libraries(), numbers):
        library.set_num_threads(number)
