"""The one place where Numba's flags live, and where compiled code meets the disk."""

from __future__ import annotations

import hashlib
import os
import pickle
import signal
import threading
import warnings
from contextlib import suppress
from functools import cache, partial, wraps
from pathlib import Path
from types import FunctionType

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.compiler_lock import global_compiler_lock

from .fingerprints import UnknownDependency, fingerprint

# ``nnan`` and ``ninf`` are left out: they would let LLVM delete checks for NaN.
FASTMATH = frozenset({"nsz", "arcp", "contract", "afn", "reassoc"})

# What a damaged or unwritable cache file raises, and one that refers to modules of other versions.
_CACHE_ERRORS = (EOFError, pickle.UnpicklingError, OSError, ValueError, AttributeError, ImportError, IndexError)

# Where the kernels that were loaded so far keep their compiled code; empty where no folder can be written.
cache_folders: set[str] = set()

_DIGEST_SIZE = hashlib.sha256().digest_size

_KERNEL_FOLDER = Path(__file__).parent

# A fork waits for the end of a compilation in another thread: its child has no such thread, and would wait for ever.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=global_compiler_lock.acquire,
        after_in_parent=global_compiler_lock.release,
        after_in_child=global_compiler_lock.release,
    )


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


class _SealedFiles(IndexDataCacheFile):
    """Compiled code of one kernel on the disk, a file for each signature, with digests that are checked first.

    Numba's own files have an index beside them. Of two processes that write at once one may get the place in which the
    other's index finds another signature, and one that is killed in between leaves an index to code of an older source:
    both would be run as they are. Here the name of a file is made from the signature, nothing refers to it, and what it
    holds says what it is::

        digest of the rest | digest of versions and sources | digest of kernel and signature | pickled code
    """

    def load(self, key):
        """What was saved for a key; None where there is nothing, or that of another version.

        Raises
        ------
        OSError, ValueError
            For a file that cannot be read, is damaged, or is that of another kernel.
        """
        path = Path(self._path(key))
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        seal, body = content[:_DIGEST_SIZE], content[_DIGEST_SIZE:]
        if seal != _digest(body):
            raise ValueError(f"{path.name} is damaged")
        made, owner, code = body[:_DIGEST_SIZE], body[_DIGEST_SIZE : 2 * _DIGEST_SIZE], body[2 * _DIGEST_SIZE :]
        if made != self._made():
            return None
        if owner != self._owner(key):
            raise ValueError(f"{path.name} is that of another function")
        return pickle.loads(code)

    def save(self, key, data):
        """Replace the file of a key as a whole."""
        body = self._made() + self._owner(key) + self._dump(data)
        with self._open_for_write(self._path(key)) as file:
            file.write(_digest(body) + body)

    def _path(self, key):
        return self._data_path(self._data_name(int.from_bytes(self._owner(key)[:8])))

    def _owner(self, key):
        return _digest(self._index_name.encode(), repr(key).encode())

    def _made(self):
        return _digest(self._version.encode(), self._source_stamp.encode())


def _digest(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.digest()


class _KernelCache(FunctionCache):
    """Numba's function cache, for which a damaged or unwritable file is only a reason to compile again.

    Numba tells closures apart by their pickled cells, which for functions are others in each process. Here it is by the
    names of what takes part, and the stamp has what stands in sources outside of the package.
    """

    def __init__(self, py_func, parts=None):
        super().__init__(py_func)
        self._parts = parts or fingerprint(py_func, _KERNEL_FOLDER)
        stamp = " ".join([_source_stamp(), *self._parts.sources])
        self._cache_file = _SealedFiles(self._cache_path, self._impl.filename_base, stamp)

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
            return None

    def save_overload(self, sig, data):
        # The next process compiles again; nothing else depends on the cache.
        with suppress(*_CACHE_ERRORS):
            super().save_overload(sig, data)

    def _index_key(self, sig, codegen):
        # Code that checks its indices is other code.
        return sig, codegen.magic_tuple(), self._parts.names, bool(numba.config.BOUNDSCHECK)


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


def kernel(function=None, *, name=None, reassociate=True):
    """Compile a leaf function lazily, without the GIL, cached on disk where a folder can be written.

    Parameters
    ----------
    function : callable
        A function on arrays and scalars. It never raises and never allocates. Its closure may have constants and other
        compiled functions.
    name : str, default=None
        What a closure is called; None for its own name. Kernels of one loop need different ones.
    reassociate : bool, default=True
        Whether sums may be taken in another order. Without it a loop that sums cannot be vectorised; with it an
        argument reduction by a split constant is undone.

    Returns
    -------
    callable
        Numba's dispatcher, or the function itself when ``NUMBA_DISABLE_JIT`` is set.
    """
    if function is None:
        return partial(kernel, name=name, reassociate=reassociate)
    if name is not None:
        function.__name__ = function.__qualname__ = name
    if numba.config.DISABLE_JIT:
        return function
    parts = _parts(function)
    compiled = _compiled(function, parts, FASTMATH if reassociate else FASTMATH - {"reassoc"})
    # Numba finds no folder that can be written in a container, or in a read-only installation.
    with suppress(RuntimeError, OSError):
        if parts is not None:
            compiled._cache = _KernelCache(function, parts)
            cache_folders.add(compiled._cache.cache_path)
    return compiled


def pointwise(function):
    """Compile a function of numbers for the loops around it, which take its code in; what was compiled stays as it is.

    Returns
    -------
    callable
        Numba's dispatcher, without files of its own, or the function itself when ``NUMBA_DISABLE_JIT`` is set.
    """
    if hasattr(function, "py_func") or numba.config.DISABLE_JIT:
        return function
    return _compiled(function, _parts(function), FASTMATH, inline="always")


def _parts(function):
    """What a function is made of; None where that cannot be told, and each process has to compile it."""
    try:
        return fingerprint(function, _KERNEL_FOLDER)
    except UnknownDependency:
        return None


def _compiled(function, parts, fastmath, inline="never"):
    compiled = numba.njit(nogil=True, fastmath=set(fastmath), error_model="numpy", inline=inline)(
        _own_symbol(function, parts)
    )
    compiled.compile = _uninterrupted(compiled.compile)
    return compiled


def _own_symbol(function, parts):
    """A function under a name of its own for the linker, where parts of it are from outside of the package.

    Numba numbers the symbols in each process. Code that was loaded may have the number of code that is compiled, and of
    two functions with one name, such as one before and after an edit in a notebook, the first would be run for both.
    """
    if parts is None:
        mark = os.urandom(8).hex()
    elif parts.sources:
        mark = _digest(*(part.encode() for part in (*parts.names, *parts.sources))).hex()[:16]
    else:
        return function
    own = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    own.__doc__, own.__module__, own.__qualname__ = function.__doc__, function.__module__, f"{function.__name__}_{mark}"
    return own
