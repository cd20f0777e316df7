"""Estimators with plain fitted attributes: all of them change in one step, at the end of a fit that went well."""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps


def _copy_of(estimator, attributes):
    """An estimator of the same class with these attributes."""
    copied = object.__new__(type(estimator))
    copied.__dict__ = attributes
    return copied


@contextmanager
def atomic_update(estimator):
    """Give a copy of an estimator to be fitted in the block, and at its end its fitted attributes to the estimator.

    Until then, and where the block ends in an exception, the estimator is what it was, for other threads as well.
    Attributes are to be replaced on the copy, not changed in place. Parameters stay those of the estimator.
    """
    start = dict(vars(estimator))
    draft = _copy_of(estimator, dict(start))
    yield draft
    fitted = vars(draft)
    kept = {name: value for name, value in vars(estimator).items() if name in fitted or name not in start}
    parameters = estimator.get_params(deep=False)
    # In one step, which other threads, and an interrupt, find done or not begun.
    estimator.__dict__ = {**kept, **{name: value for name, value in fitted.items() if name not in parameters}}


def reads_snapshot(method):
    """Make a method read the estimator as it is at the start, should another thread fit it meanwhile."""

    @wraps(method)
    def reading(self, *args, **kwargs):
        # A fit gives the estimator another dictionary.
        return method(_copy_of(self, vars(self)), *args, **kwargs)

    return reading
