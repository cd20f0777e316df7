"""For estimators with plain fitted attributes: all of them change in one step, at the end of a successful fit."""

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
    """Yield a copy of an estimator to be fitted in the block; at its end the estimator gets the fitted attributes.

    Until then, and if the block raises, the estimator is unchanged, for other threads as well. Replace attributes of
    the copy, do not change them in place. The parameters of the estimator are kept.
    """
    start = dict(vars(estimator))
    draft = _copy_of(estimator, dict(start))
    yield draft
    fitted = vars(draft)
    kept = {name: value for name, value in vars(estimator).items() if name in fitted or name not in start}
    parameters = estimator.get_params(deep=False)
    # In one step: other threads, and an interrupt, see either the old attributes or all new ones.
    estimator.__dict__ = {**kept, **{name: value for name, value in fitted.items() if name not in parameters}}


def reads_snapshot(method):
    """Make a method use the estimator as it is at the start of the call, even if another thread fits it meanwhile."""

    @wraps(method)
    def reading(self, *args, **kwargs):
        # A fit replaces the dictionary of the estimator.
        return method(_copy_of(self, vars(self)), *args, **kwargs)

    return reading
