"""All compilation by Numba: its flags, and the cache of compiled code on disk."""

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

# Errors from a cache file that is damaged, cannot be written, or refers to modules of other versions.
_CACHE_ERRORS = (EOFError, pickle.UnpicklingError, OSError, ValueError, AttributeError, ImportError, IndexError)

# Cache folders of the kernels loaded so far; empty if no folder is writable.
cache_folders: set[str] = set()

_DIGEST_SIZE = hashlib.sha256().digest_size

_KERNEL_FOLDER = Path(__file__).parent

# A fork waits until other threads have finished compiling. The child has no such thread: it would find the compiler
# lock taken, and wait for ever.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=global_compiler_lock.acquire,
        after_in_parent=global_compiler_lock.release,
        after_in_child=global_compiler_lock.release,
    )


@cache
def _source_stamp() -> str:
    """Digest of all kernel files.

    Numba's own stamp covers only the file that defines a function, and misses changes in the files it calls. This one
    changes with any of them.
    """
    digest = hashlib.sha256()
    for path in sorted(_KERNEL_FOLDER.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


class _SealedFiles(IndexDataCacheFile):
    """Compiled code of one kernel on disk: a file for each signature, whose digests are checked before it is loaded.

    Numba itself keeps an index file that refers to the files of code. If two processes write at once, one may overwrite
    code that the other's index lists under another signature. If a process is killed between the two writes, the index
    refers to code of an older source. In both cases Numba would run the wrong code. Here there is no index: the file
    name is computed from the signature, and the content identifies itself::

        digest of the rest | digest of versions and sources | digest of kernel and signature | pickled code
    """

    def load(self, key):
        """The code saved for a key; None if there is none, or only that of another version.

        Raises
        ------
        OSError, ValueError
            For a file that cannot be read, is damaged, or belongs to another kernel.
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
            raise ValueError(f"{path.name} belongs to another function")
        return pickle.loads(code)

    def save(self, key, data):
        """Replace the file of a key in one step."""
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
    """Numba's function cache, except that it compiles again if a file is damaged or cannot be written.

    Numba identifies a closure by its pickled cells, which differ between processes if they contain functions. Here a
    closure is identified by the names of its functions and constants, and the stamp covers the sources outside of the
    package.
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
                f"{error}); it is written anew. Delete that folder if this happens again.",
                RuntimeWarning,
                stacklevel=2,
            )
            return None

    def save_overload(self, sig, data):
        # The next process compiles again; nothing else depends on the cache.
        with suppress(*_CACHE_ERRORS):
            super().save_overload(sig, data)

    def _index_key(self, sig, codegen):
        # With bounds checks the compiled code differs.
        return sig, codegen.magic_tuple(), self._parts.names, bool(numba.config.BOUNDSCHECK)


def _uninterrupted(function):
    """Delay an interrupt to the end of a function.

    LLVM calls back into Python while it compiles, and an exception raised in such a call is lost. The interrupt would
    go unnoticed, and Numba would take unfinished code for compiled.
    """

    @wraps(function)
    def waiting(*args):
        handler = signal.getsignal(signal.SIGINT)
        # Signals are handled in the main thread only; if the handler is not a Python function, nothing is raised.
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
    """Compile a leaf function lazily, without the GIL, cached on disk if a folder is writable.

    Parameters
    ----------
    function : callable
        A function on arrays and scalars. It never raises and never allocates. Its closure may have constants and other
        compiled functions.
    name : str, default=None
        Name of a closure; None for that of the function. Kernels made from the same loop need different names.
    reassociate : bool, default=True
        Whether the terms of a sum may be reordered. If not, loops that sum cannot be vectorised; if so, an argument
        reduction by a split constant loses its accuracy.

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
    # In a container or a read-only installation Numba may find no writable folder.
    with suppress(RuntimeError, OSError):
        if parts is not None:
            compiled._cache = _KernelCache(function, parts)
            cache_folders.add(compiled._cache.cache_path)
    return compiled


def pointwise(function):
    """Compile a scalar function, to be inlined into loops; a function that is compiled already is returned as it is.

    Returns
    -------
    callable
        Numba's dispatcher, without cache files of its own, or the function itself when ``NUMBA_DISABLE_JIT`` is set.
    """
    if hasattr(function, "py_func") or numba.config.DISABLE_JIT:
        return function
    return _compiled(function, _parts(function), FASTMATH, inline="always")


def _parts(function):
    """Fingerprint of a function; None if it cannot be determined, so that each process has to compile the function."""
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
    """A function with a symbol name of its own for the linker, if parts of it come from outside of the package.

    Numba numbers the symbols of each process from the start. Code from the cache and newly compiled code may therefore
    have the same number. If the functions have the same name too, as before and after an edit in a notebook, the first
    one would be run for both.
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
