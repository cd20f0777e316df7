"""An estimator changes as a whole, once all has gone well, or not at all."""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps


def _twin(estimator, attributes):
    """An estimator of the same class with these attributes."""
    twin = object.__new__(type(estimator))
    twin.__dict__ = attributes
    return twin


@contextmanager
def changed_at_once(estimator):
    """Give a twin of an estimator to be fitted in the block, and at its end its attributes to the estimator.

    Until then, and where the block ends in an exception, the estimator is what it was: for other threads, which may use
    it meanwhile, as well. Attributes are to be replaced on the twin, not changed in place. Parameters stay those of the
    estimator.
    """
    start = dict(vars(estimator))
    twin = _twin(estimator, dict(start))
    yield twin
    fitted = vars(twin)
    kept = {name: value for name, value in vars(estimator).items() if name in fitted or name not in start}
    parameters = estimator.get_params(deep=False)
    # In one step, which other threads, and an interrupt, find done or not begun.
    estimator.__dict__ = {**kept, **{name: value for name, value in fitted.items() if name not in parameters}}


def of_one_fit(method):
    """Make a method read the estimator as it is at the start, should another thread fit it meanwhile."""

    @wraps(method)
    def reading(self, *args, **kwargs):
        # A fit gives the estimator another dictionary.
        return method(_twin(self, vars(self)), *args, **kwargs)

    return reading


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
