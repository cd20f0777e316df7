"""The one place where Numba's flags live, and where compiled code meets the disk."""

from __future__ import annotations

import hashlib
import pickle
import signal
import threading
import warnings
from functools import cache, partial, wraps
from pathlib import Path

import numba
from numba.core.caching import FunctionCache

# ``nnan`` and ``ninf`` are left out: they would let LLVM delete checks for NaN.
FASTMATH = frozenset({"nsz", "arcp", "contract", "afn", "reassoc"})

# What a truncated, foreign or unwritable cache file has been seen to raise.
_CACHE_ERRORS = (EOFError, pickle.UnpicklingError, OSError, ValueError, AttributeError, ImportError, IndexError)

_KERNEL_FOLDER = Path(__file__).parent / "kernels"


@cache
def _source_stamp() -> str:
    """Digest of all kernel files.

    Numba's own stamp covers the one file a function stands in, so that a change in a file it calls goes
    unnoticed. Ours changes with any of them.
    """
    digest = hashlib.sha256()
    for path in sorted(_KERNEL_FOLDER.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


class _KernelCache(FunctionCache):
    """Numba's function cache, for which a damaged or unwritable file is only a reason to compile again."""

    def __init__(self, py_func):
        super().__init__(py_func)
        self._cache_file._source_stamp = _source_stamp()

    def load_overload(self, sig, target_context):
        try:
            return super().load_overload(sig, target_context)
        except _CACHE_ERRORS as error:
            warnings.warn(
                f"The compiled-code cache in {self.cache_path} could not be read ({type(error).__name__}: "
                f"{error}); it is written anew. Delete that folder if this comes again.",
                RuntimeWarning,
                stacklevel=2,
            )
            self._forget()
            return None

    def save_overload(self, sig, data):
        try:
            super().save_overload(sig, data)
        except _CACHE_ERRORS:
            # The next process compiles again; nothing else depends on the cache.
            self._forget()

    def _forget(self):
        try:
            self.flush()
        except OSError:
            pass


def _uninterrupted(function):
    """Let an interrupt wait for the end of a function.

    LLVM calls back into Python as it compiles, and what is raised there is lost: an interrupt would go unnoticed, and
    leave behind code that Numba takes for compiled and is not.
    """

    @wraps(function)
    def waiting(*args):
        handler = signal.getsignal(signal.SIGINT)
        # Signals are handled in the main thread; without a handler in Python nothing is raised.
        if threading.current_thread() is not threading.main_thread() or not callable(handler):
            return function(*args)
        came = []
        signal.signal(signal.SIGINT, lambda *given: came.append(given))
        try:
            return function(*args)
        finally:
            signal.signal(signal.SIGINT, handler)
            if came:
                handler(*came[0])

    return waiting


def kernel(function=None, *, reassociate=True):
    """Compile a leaf function lazily, without the GIL, cached on disk where a folder can be written.

    Parameters
    ----------
    function : callable
        A top-level function on arrays and scalars. It never raises and never allocates.
    reassociate : bool, default=True
        Whether sums may be taken in another order. Without it a loop that sums cannot be vectorised; with it an
        argument reduction by a split constant is undone.

    Returns
    -------
    callable
        Numba's dispatcher, or the function itself when ``NUMBA_DISABLE_JIT`` is set.
    """
    if function is None:
        return partial(kernel, reassociate=reassociate)
    fastmath = FASTMATH if reassociate else FASTMATH - {"reassoc"}
    compiled = numba.njit(nogil=True, fastmath=set(fastmath), error_model="numpy")(function)
    if numba.config.DISABLE_JIT:
        return compiled
    compiled.compile = _uninterrupted(compiled.compile)
    try:
        compiled._cache = _KernelCache(function)
    except (RuntimeError, OSError):
        # Numba found no folder that it can write (a container, a read-only installation).
        pass
    return compiled
