"""One line an epoch for ``verbose``."""

from __future__ import annotations

import time


class EpochPrinter:
    """Callable (epoch, loss, validation_loss) that prints an aligned line.

    Parameters
    ----------
    name : str
        Of the estimator.
    max_iter : int
    n_rows : int
        Rows of an epoch.
    """

    def __init__(self, name, max_iter, n_rows):
        self.name = name
        self.max_iter = max_iter
        self.n_rows = n_rows
        self.start = time.perf_counter()

    def __call__(self, epoch, loss, validation_loss):
        elapsed = max(time.perf_counter() - self.start, 1e-9)
        held = "" if validation_loss is None else f"  validation {validation_loss:>12.6g}"
        rate = epoch * self.n_rows / elapsed
        left = elapsed / epoch * (self.max_iter - epoch)
        print(
            f"{self.name}  epoch {epoch:>{len(str(self.max_iter))}}/{self.max_iter}  loss {loss:>12.6g}{held}"
            f"  {rate:>10,.0f} rows/s  {left:>7.1f} s left",
            flush=True,
        )
