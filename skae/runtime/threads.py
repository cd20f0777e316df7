"""One BLAS thread for products too small to share among threads.

Two threads gain nothing on such products. On a busy machine they wait for each other; an epoch was seen to take a
hundred times as long.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from functools import cache
from itertools import product
from typing import NamedTuple

import threadpoolctl
from sklearn.utils.fixes import parse_version
from threadpoolctl import ThreadpoolController

# Floating-point operations of the largest product of a step, above which a second thread pays.
WORTH_SHARING = 2**23

# Prefixes and suffixes of OpenBLAS's function names in the builds of NumPy, SciPy and distributions.
_PREFIXES, _SUFFIXES = ("", "scipy_"), ("", "64_", "_64")

_lock = threading.Lock()
# For libraries with one number of threads per process: how many blocks hold the limit, and the numbers before them.
_holders = 0
_before = []
# Whether this process was forked while the limit was held, and has not restored the numbers yet.
_forked_within = False


def _begin_anew():
    """Reset the lock and the count in a forked child: the threads that held them do not exist there."""
    global _lock, _holders, _forked_within
    _lock, _holders, _forked_within = threading.Lock(), 0, _forked_within or _holders > 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


class _Libraries(NamedTuple):
    """The BLAS libraries of the process, by whether their number of threads is set per process or per thread."""

    of_process: list
    of_thread: list


@cache
def _libraries():
    """The BLAS libraries of the process, looked up once."""
    libraries = _Libraries([], [])
    for library in ThreadpoolController().select(user_api="blas").lib_controllers:
        (libraries.of_thread if _counts_for_thread(library) else libraries.of_process).append(library)
    return libraries


def _counts_for_thread(library):
    """Whether the number is set per thread, which threadpoolctl does from 3.7 on if the library supports it."""
    may = library.internal_api == "mkl" or (library.internal_api == "openblas" and library.threading_layer == "openmp")
    return may and parse_version(threadpoolctl.__version__) >= parse_version("3.7")


@contextmanager
def one_thread_if_small(flops):
    """Run the block with one BLAS thread if its largest product has fewer operations than are worth sharing.

    Most builds of BLAS have one number of threads for the whole process. If several blocks run at once, the first saves
    the numbers and the last restores them. No block then takes the limit of another for the normal state, or loses it.
    If the number is one already, and not because of another block, nothing is done.

    Parameters
    ----------
    flops : int
    """
    if flops >= WORTH_SHARING:
        yield
        return
    libraries = _libraries()
    own = [library.num_threads for library in libraries.of_thread]
    _set(libraries.of_thread, [1] * len(own))
    limited = _limit(libraries.of_process)
    try:
        yield
    finally:
        if limited:
            _restore(libraries.of_process)
        _set(libraries.of_thread, own)


def blas_threads():
    """The number of threads that BLAS takes in this thread at the moment: the least of its libraries."""
    libraries = _libraries()
    return min((library.num_threads for library in (*libraries.of_process, *libraries.of_thread)), default=1)


def _limit(libraries):
    """Set one thread; False if the number is one already, and not because of another block, which would restore it."""
    global _holders, _forked_within
    with _lock:
        if _forked_within:
            _set(libraries, _before)
            _forked_within = False
        if _holders == 0:
            numbers = [library.num_threads for library in libraries]
            if all(number == 1 for number in numbers):
                return False
            _before[:] = numbers
        _holders += 1
        _set(libraries, [1] * len(libraries))
        return True


def _restore(libraries):
    global _holders
    with _lock:
        # If the process was forked within this block, its start is not counted in the child.
        _holders = max(0, _holders - 1)
        if _holders == 0:
            _set(libraries, _before)


def _set(libraries, numbers):
    for library, number in zip(libraries, numbers):
        _setter(library)(number)


@cache
def _setter(library):
    """A function that sets the number of threads of a library, from any thread.

    From 3.8 on, threadpoolctl lets only the first thread that sets the number of OpenBLAS set it again, until that
    thread gives up control. OpenBLAS itself has no such rule, so its function is called directly.
    """
    if library.internal_api == "openblas" and library.threading_layer != "openmp":
        for prefix, suffix in product(_PREFIXES, _SUFFIXES):
            function = getattr(getattr(library, "dynlib", None), f"{prefix}openblas_set_num_threads{suffix}", None)
            if function is not None:
                return function
    return library.set_num_threads
