"""Ctrl-C that is not lost: Python drops a KeyboardInterrupt that comes up inside a finaliser or a callback from C.

Compilation runs many of both. While a block is ``interruptible`` the signal is noted before it is raised, and ``check``
raises it again where it was dropped.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager

_noted = False


@contextmanager
def interruptible():
    """Note SIGINT within the block, in the main thread of a program that has left its handling to Python."""
    global _noted
    watched = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if not watched:
        # Within another such block, the outer one goes on noting.
        yield
        return
    _noted = False
    signal.signal(signal.SIGINT, _note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _noted = False


def _note(number, frame):
    global _noted
    _noted = True
    signal.default_int_handler(number, frame)


def check():
    """Raise the KeyboardInterrupt that was noted, should it have been dropped."""
    if _noted and threading.current_thread() is threading.main_thread():
        raise KeyboardInterrupt
