"""Ctrl-C that is not lost: Python drops a KeyboardInterrupt that is raised inside a finaliser or a callback from C.

Compilation runs many of both. Within an ``interruptible`` block the signal is noted before it is raised, and ``check``
raises it again if it was dropped.
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
    outer = signal.getsignal(signal.SIGINT)
    # The handler may be ours already: within another such block, or after a signal at the very end of one.
    if threading.current_thread() is not threading.main_thread() or outer not in (signal.default_int_handler, _note):
        yield
        return
    try:
        _noted = False
        signal.signal(signal.SIGINT, _note)
        yield
    finally:
        _noted = False
        signal.signal(signal.SIGINT, outer)


def _note(number, frame):
    global _noted
    _noted = True
    signal.default_int_handler(number, frame)


def check():
    """Raise the KeyboardInterrupt that was noted, should it have been dropped."""
    if _noted and threading.current_thread() is threading.main_thread():
        raise KeyboardInterrupt
