"""What an estimator had is given back when a call fails."""

from __future__ import annotations

from contextlib import contextmanager


@contextmanager
def restored_on_failure(estimator):
    """Give an estimator back the attributes it had, should the block end in an exception."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        # In one step, which a second interrupt finds done or not begun.
        estimator.__dict__ = before
        raise
