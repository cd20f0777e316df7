"""Who listens to a training: one line an epoch for ``verbose``, a block of code, and scikit-learn's callbacks."""

from __future__ import annotations

import copy
import time
from contextlib import contextmanager
from contextvars import ContextVar

from .monitor import Callback

_listeners_of_block = ContextVar("_listeners_of_block", default=())


@contextmanager
def use_callback(make):
    """Let every training within the block report to a listener as well.

    Parameters
    ----------
    make : callable (name, max_iter, n_rows) -> Callback
        Called at the start of each training, with what ``EpochPrinter`` takes.
    """
    token = _listeners_of_block.set((*_listeners_of_block.get(), make))
    try:
        yield
    finally:
        _listeners_of_block.reset(token)


def listeners(name, max_iter, n_rows, verbose):
    """Those who listen to a training: ``verbose`` and the blocks that it is in."""
    printers = [EpochPrinter(name, max_iter, n_rows, every=int(verbose))] if verbose else []
    return [*printers, *(make(name, max_iter, n_rows) for make in _listeners_of_block.get())]


class CallbackList(Callback):
    """Several listeners as one; the training ends as soon as one of them wants it."""

    def __init__(self, reports):
        self._reports = reports

    def begin(self):
        for report in self._reports:
            report.begin()

    def end(self, epoch, loss, validation_loss):
        return any([report.end(epoch, loss, validation_loss) for report in self._reports])

    def finish(self):
        for report in self._reports:
            report.finish()


class EpochTasks(Callback):
    """The tasks of ``fit`` in scikit-learn's callback protocol: the fit, and in it one an epoch.

    Parameters
    ----------
    estimator : BaseAutoencoder
    X, y, sample_weight
        Those of ``fit``. Callbacks that score get X for y where that is None: X is what an autoencoder is to predict.

    Attributes
    ----------
    active : bool
        Whether callbacks were set.
    fitted : callable (loss_curve, validation_loss_curve) -> dict
        Attributes of the estimator as if the training ended now; to be set before the first epoch.
    """

    def __init__(self, estimator, X, y, sample_weight):
        self.fitted = None
        self._estimator = estimator
        self._data = {
            "estimator": estimator,
            "X": X,
            "y": X if y is None else y,
            "metadata": None if sample_weight is None else {"sample_weight": sample_weight},
        }
        self._curve, self._held_curve = [], []
        self._task = None
        # Without the method scikit-learn is of a version before callbacks; without callbacks the tree is not needed.
        self.active = hasattr(estimator, "_init_callback_context") and bool(getattr(estimator, "_skl_callbacks", []))
        if self.active:
            self._root = estimator._init_callback_context(max_subtasks=estimator.max_iter)
            self._root.call_on_fit_task_begin(**self._data)

    def begin(self):
        self._task = self._root.subcontext(task_name="epoch")
        self._task.call_on_fit_task_begin(**self._data)

    def end(self, epoch, loss, validation_loss):
        self._curve.append(loss)
        if validation_loss is not None:
            self._held_curve.append(validation_loss)
        return self._task.call_on_fit_task_end(**self._data, reconstruction_attributes=self._copies)

    def _copies(self):
        """The fitted attributes, which will not change with the training."""
        attributes, known = self.fitted(list(self._curve), list(self._held_curve)), vars(self._estimator)
        attributes = {name: value for name, value in attributes.items() if known.get(name, self) is not value}
        network, state = copy.deepcopy((attributes["_network"], attributes["_training"]))
        return {**attributes, "_network": network, "_training": state}

    def close(self):
        """The fit went well."""
        if self.active:
            self._root.call_on_fit_task_end(**self._data, reconstruction_attributes=lambda: vars(self._estimator))


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
        Whose multiples are the epochs that are printed.
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
