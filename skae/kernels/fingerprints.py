"""What compiled code depends on outside of the package: functions, constants and source files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import NamedTuple

import numpy as np

# Functions of these modules are compiled by Numba itself, and change only with its version.
_KNOWN_MODULES = ("builtins", "math", "numba", "numpy")

_CONSTANTS = (bool, int, float, complex, str, bytes, type(None), np.generic)


class UnknownDependency(TypeError):
    """A function refers to a value whose content cannot be fingerprinted."""


class Fingerprint(NamedTuple):
    """What a function depends on.

    Attributes
    ----------
    names : tuple of str
        The functions, with their files if these are outside of the folder, and the constants of closures. An edit of a
        source does not change them.
    sources : tuple of str
        Contents of those files, and their global constants; empty for functions from files in the folder.
    """

    names: tuple
    sources: tuple


def fingerprint(function, folder):
    """All that a function depends on through its closure and, in files outside of a folder, through its global names.

    Parameters
    ----------
    function : callable
        A Python function, or one that was compiled.
    folder : Path
        Folder of the files that need not be read, because the caller has a digest of them already.

    Returns
    -------
    Fingerprint

    Raises
    ------
    UnknownDependency
        For a reference to something other than a function, a module, a type or a constant.
    """
    visitor = _Visitor(folder)
    visitor.visit(function, visitor.names)
    return Fingerprint(tuple(visitor.names), tuple(visitor.sources))


class _Visitor:
    def __init__(self, folder):
        self.folder = folder
        self.names = []
        self.sources = []
        self._seen = set()

    def visit(self, value, constants):
        """Add a value and its dependencies; constants go to the list ``constants``."""
        if hasattr(value, "py_func"):
            self.names.append(_options(value))
            value = value.py_func
        if isinstance(value, FunctionType):
            if id(value) not in self._seen:
                self._seen.add(id(value))
                self._function(value)
        elif isinstance(value, (type, BuiltinFunctionType, np.ufunc)):
            constants.append(f"{getattr(value, '__module__', '')}.{value.__name__}")
        elif isinstance(value, tuple):
            for part in value:
                self.visit(part, constants)
        elif isinstance(value, _CONSTANTS):
            constants.append(f"{type(value).__name__} {value!r}")
        else:
            raise UnknownDependency(f"{value!r} of type {type(value).__name__}")

    def _function(self, function):
        name, path = f"{function.__module__}.{function.__name__}", Path(function.__code__.co_filename)
        covered = path.parent == self.folder
        # A notebook cell has no file, and a new name each time it is run.
        from_file = not covered and path.is_file()
        self.names.append(f"{path}:{name}" if from_file else name)
        for cell in function.__closure__ or ():
            self.visit(cell.cell_contents, self.names)
        self.visit(function.__defaults__ or (), self.names)
        if covered:
            return
        self.sources.append(_code(function.__code__))
        if from_file:
            self.sources.append(_content(path))
        used = _global_names(function.__code__)
        for name in sorted(used & function.__globals__.keys()):
            value = function.__globals__[name]
            if isinstance(value, ModuleType):
                self._module(value, used)
            else:
                self.visit(value, self.sources)

    def _module(self, module, used):
        if module.__name__.partition(".")[0] in _KNOWN_MODULES:
            return
        path = Path(getattr(module, "__file__", None) or "")
        if path.parent != self.folder and path.is_file():
            self.sources.append(_content(path))
        for name in sorted(used & vars(module).keys()):
            value = vars(module)[name]
            if isinstance(value, ModuleType):
                self._module(value, used)
            else:
                self.visit(value, self.sources)


def _options(compiled):
    """How a function was compiled."""
    options = getattr(compiled, "targetoptions", {})
    return repr(
        sorted((name, sorted(v) if isinstance(v, (set, frozenset)) else repr(v)) for name, v in options.items())
    )


def _global_names(code):
    inner = (_global_names(part) for part in code.co_consts if isinstance(part, CodeType))
    return set(code.co_names).union(*inner)


def _code(code):
    """Digest of the bytecode and constants of a function, without file names and line numbers."""
    digest = hashlib.sha256(code.co_code)
    for part in (*code.co_consts, code.co_names, code.co_varnames, code.co_freevars):
        if isinstance(part, CodeType):
            part = _code(part)
        elif isinstance(part, frozenset):
            part = sorted(map(repr, part))
        digest.update(repr(part).encode())
    return digest.hexdigest()


def _content(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
