"""Callbacks: objects that are called during a training, epoch by epoch."""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar


class Callback:
    """Is told of a training; the base of all callbacks, and one that does nothing."""

    def begin(self):
        """An epoch begins."""

    def end(self, epoch, loss, validation_loss):
        """An epoch has ended; True to end the training with it.

        Parameters
        ----------
        epoch : int
            Number of the epoch in this fit, from 1.
        loss : float
        validation_loss : float or None
        """
        return False

    def finish(self):
        """The training is over, and did not fail."""


_callbacks_of_block = ContextVar("_callbacks_of_block", default=())


@contextmanager
def use_callback(make):
    """Add a callback to every training within the block.

    Parameters
    ----------
    make : callable (name, max_iter, n_rows) -> Callback
        Called at the start of each training, with what ``EpochPrinter`` takes.
    """
    token = _callbacks_of_block.set((*_callbacks_of_block.get(), make))
    try:
        yield
    finally:
        _callbacks_of_block.reset(token)


def callbacks_of(name, max_iter, n_rows, verbose):
    """The callbacks of a training: for ``verbose``, and of the blocks that it is in."""
    printers = [EpochPrinter(name, max_iter, n_rows, every=int(verbose))] if verbose else []
    return [*printers, *(make(name, max_iter, n_rows) for make in _callbacks_of_block.get())]


class CallbackList(Callback):
    """Several callbacks as one; the training ends as soon as one of them wants it."""

    def __init__(self, callbacks):
        self._callbacks = callbacks

    def begin(self):
        for callback in self._callbacks:
            callback.begin()

    def end(self, epoch, loss, validation_loss):
        return any([callback.end(epoch, loss, validation_loss) for callback in self._callbacks])

    def finish(self):
        for callback in self._callbacks:
            callback.finish()


class EpochBar(Callback):
    """Shows the epochs of a training on a progress bar.

    Parameters
    ----------
    progress : callable (done, total, label)
    max_iter : int
    """

    def __init__(self, progress, max_iter):
        self._progress = progress
        self._max_iter = max_iter

    def end(self, epoch, loss, validation_loss):
        held = "" if validation_loss is None else f" ({validation_loss:.4g} held out)"
        self._progress(epoch, self._max_iter, f"loss {loss:.4g}{held}")
        return False


class EpochPrinter(Callback):
    """Prints an aligned line for every epoch, or for some of them and the last one.

    Parameters
    ----------
    name : str
        Of the estimator.
    max_iter : int
    n_rows : int
        Rows of an epoch.
    every : int, default=1
        Print the epochs that are multiples of this number.
    """

    def __init__(self, name, max_iter, n_rows, every=1):
        self.name = name
        self.max_iter = max_iter
        self.n_rows = n_rows
        self.every = every
        # Of an epoch that is printed if it was the last one.
        self.pending = None
        self.start = time.perf_counter()
        self.first = None

    def end(self, epoch, loss, validation_loss):
        # A fit that goes on with an interrupted one begins at a later epoch.
        self.first = epoch if self.first is None else self.first
        done = epoch - self.first + 1
        elapsed = max(time.perf_counter() - self.start, 1e-9)
        held = "" if validation_loss is None else f"  validation {validation_loss:>12.6g}"
        rate = done * self.n_rows / elapsed
        left = elapsed / done * (self.max_iter - epoch)
        self.pending = (
            f"{self.name}  epoch {epoch:>{len(str(self.max_iter))}}/{self.max_iter}  loss {loss:>12.6g}{held}"
            f"  {rate:>10,.0f} rows/s  {left:>7.1f} s left"
        )
        if epoch % self.every == 0:
            self.finish()
        return False

    def finish(self):
        if self.pending is not None:
            print(self.pending, flush=True)
        self.pending = None
