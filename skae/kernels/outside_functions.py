"""Loops around functions of a part, whose errors name the part and the function."""

from __future__ import annotations

from numba.core.errors import NumbaError

from .compiler import pointwise

# Characters of Numba's message, which repeats itself; the whole one is that of the cause.
_LONGEST = 600

# What Numba, in one version or another, raises for what it does not compile.
_REFUSALS = (NumbaError, TypeError, AttributeError, NotImplementedError)


def loop_around(record, attribute, make):
    """The kernel around a function of a record.

    Parameters
    ----------
    record : Activation or Loss
    attribute : str
        That holds the function, of numbers.
    make : callable (function) -> kernel
        Is given the compiled function.

    Returns
    -------
    callable
        Numba's dispatcher, which compiles at its first call, or a function when ``NUMBA_DISABLE_JIT`` is set.

    Raises
    ------
    TypeError
        For what cannot be compiled, here or by the first call of the kernel.
    """
    function = getattr(record, attribute)

    def refused(error):
        called = getattr(function, "__qualname__", repr(function))
        return TypeError(
            f"{attribute} of {type(record).__name__} {record.name!r}, the function {called}, cannot be compiled. Write "
            "it in Python, with the arguments of the documentation, by numbers and functions of math or NumPy. "
            f"Numba says: {' '.join(str(error).split())[:_LONGEST]}"
        )

    try:
        kernel = make(pointwise(function))
    except _REFUSALS as error:
        raise refused(error) from error
    compiling = getattr(kernel, "compile", None)
    if compiling is None:
        return kernel

    def compiled(signature):
        try:
            return compiling(signature)
        except _REFUSALS as error:
            raise refused(error) from error

    kernel.compile = compiled
    return kernel
