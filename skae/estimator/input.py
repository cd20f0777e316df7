"""Checks of X as given by the user, and its conversion to rows."""

from __future__ import annotations

import warnings
from typing import NamedTuple

from sklearn.utils import check_array
from sklearn.utils.validation import _get_feature_names, validate_data

from ..kernels.losses import LOSSES
from ..rows.sample import Sample
from ..rows.validation import checked_weights, numeric_rows
from ..runtime.messages import marked
from .fitted import Columns

# Tolerance by which values of X may lie outside the range that a loss needs.
_ROUNDING = 1e-6

_READ_AS = {"dtype": "numeric", "ensure_all_finite": False, "accept_sparse": ["csr", "csc", "coo"]}


def training_rows(estimator, X, sample_weight, previous):
    """The rows of X to train on.

    Parameters
    ----------
    estimator : BaseAutoencoder
        Provides the parameters, and its name for errors.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    sample_weight : array-like of shape (n_samples,) or None
    previous : Fitted or None
        The fit that the training continues; X must have the same columns.

    Returns
    -------
    Sample, Columns
    """
    columns = None if previous is None else previous.columns
    rows, columns = _read(estimator, X, columns, estimator.missing_values == "mask")
    return Sample.of(rows, checked_weights(sample_weight, len(rows))), columns


def warn_of_targets(estimator, X, y):
    """Warn if y looks like the desired output for X, which the autoencoders do not use.

    Parameters
    ----------
    estimator : BaseAutoencoder
        Provides its name.
    X, y : object
        As given by the user.
    """
    # A single column usually belongs to a supervised task.
    if y is None or y is X or _shape(y) != _shape(X) or len(_shape(X)) != 2 or _shape(X)[1] == 1:
        return
    warnings.warn(
        f"{type(estimator).__name__} does not use y, which here has the shape of X, {_shape(X)}: it reconstructs X. To "
        "learn from clean rows give them as X, and let DenoisingAE make the noise; for pairs of noisy and clean rows "
        "fit to_mlp('regressor') to them. If y is for another step of a Pipeline, ignore this warning.",
        UserWarning,
        stacklevel=4,
    )


def _shape(rows):
    """Shape of an input of any kind, () if it has none."""
    shape = getattr(rows, "shape", None)
    if isinstance(shape, tuple):
        return shape
    try:
        return (len(rows), len(rows[0]))
    except (TypeError, IndexError, KeyError):
        return ()


class _NewColumns:
    """Conversion of X by scikit-learn, which keeps the names of its columns."""

    names = None

    def __init__(self, estimator):
        self._estimator = estimator

    def __call__(self, X):
        self.names = _get_feature_names(X)
        return check_array(X, estimator=self._estimator, input_name="X", **_READ_AS)


class _KnownColumns:
    """Conversion of X by scikit-learn, with a check that its columns are the known ones."""

    def __init__(self, estimator, columns):
        self.names = columns.names
        # A private instance, since another thread may fit the estimator meanwhile.
        self._known = object.__new__(type(estimator))
        vars(self._known).update(vars(estimator), _fitted=_Known(columns))

    def __call__(self, X):
        return validate_data(self._known, X, reset=False, **_READ_AS)


class _Known(NamedTuple):
    """The part of a fitted record that scikit-learn needs to compare columns."""

    columns: Columns


def _read(estimator, X, columns, allow_nan, read_once=False):
    """X as ``numeric_rows`` returns it, and its columns; ``columns`` is None if they are not known yet."""
    convert = _NewColumns(estimator) if columns is None else _KnownColumns(estimator, columns)
    rows = numeric_rows(X, convert, estimator, allow_nan, read_once)
    return rows, Columns(rows.shape[1], convert.names)


def known_rows(estimator, X, columns, allow_nan):
    """X as ``numeric_rows`` returns it, after a check that its columns are the known ones.

    Returns
    -------
    ndarray or CSRMatrix
    """
    return _read(estimator, X, columns, allow_nan, read_once=True)[0]


# Remedies if the first rows determined a loss that later rows do not fit.
FIT_ANEW = "Fit anew with {loss='squared_error'}."
TRAIN_ANEW = (
    "Begin anew, with {loss='squared_error'} from the start: by fit with {warm_start=False}, or with a new estimator "
    "for partial_fit."
)


def check_range(sample, loss, remedy=None, otherwise="use"):
    """Raise ValueError for values outside the range that a loss needs.

    Parameters
    ----------
    sample : Sample
    loss : str
    remedy : str, default=None
        A sentence, if earlier rows determined ``loss="auto"``; None if the loss was set, or is being determined now.
    otherwise : str, default="use"
        What to do with another loss in the latter case.
    """
    record = LOSSES[loss]
    legal = record.data_range
    if legal is None:
        return
    low, high = sample.value_range()
    # Scalers reach the ends of the range only up to rounding.
    if low < legal[0] - _ROUNDING or high > legal[1] + _ROUNDING:
        needs = f"needs values of X in [{legal[0]:g}, {legal[1]:g}]; they lie in [{low:.9g}, {high:.9g}]"
        if remedy is not None:
            settled = (
                f"{{loss='auto'}} settled on {loss!r} by the X of the first training, whose values were all 0 or 1, "
                f"and this {needs}. {remedy}"
            )
            raise ValueError(marked(settled))
        text = f"{{loss=}} {needs}. {{hint}}For other values {otherwise} {{loss='squared_error'}}."
        raise ValueError(marked(text, loss=loss, hint=f"{record.range_hint} ".lstrip()))


def warn_if_settled_too_early(sample, loss):
    """Warn if earlier rows determined another loss for ``loss="auto"`` than these rows would.

    Parameters
    ----------
    sample : Sample
    loss : str
        The loss that was determined.
    """
    if LOSSES[loss].data_range is not None and not sample.is_binary():
        text = (
            f"{{loss='auto'}} settled on {loss!r} by the X of the first training, whose values were all 0 or 1; this X "
            "has others. Set {loss=} to keep it, or begin anew with {loss='squared_error'}."
        )
        warnings.warn(marked(text, loss=loss), UserWarning, stacklevel=5)
