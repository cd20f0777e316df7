"""X as a user gives it, checked and read as rows."""

from __future__ import annotations

import warnings
from typing import NamedTuple

from sklearn.utils import check_array
from sklearn.utils.validation import _get_feature_names, validate_data

from ..kernels.losses import LOSSES
from ..rows.sample import Sample
from ..rows.validation import checked_weights, numeric_rows
from .fitted import Columns

# By which values of X may lie outside the range that a loss needs.
_ROUNDING = 1e-6

_READ_AS = {"dtype": "numeric", "ensure_all_finite": False, "accept_sparse": ["csr", "csc", "coo"]}


def training_rows(estimator, X, sample_weight, previous):
    """The rows of X to train on.

    Parameters
    ----------
    estimator : BaseAutoencoder
        Its parameters, and its name for errors.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    sample_weight : array-like of shape (n_samples,) or None
    previous : Fitted or None
        The fit that the training continues, to whose columns those of X must be equal.

    Returns
    -------
    Sample, Columns
    """
    columns = None if previous is None else previous.columns
    rows, columns = _read(estimator, X, columns, estimator.missing_values == "mask")
    return Sample.of(rows, checked_weights(sample_weight, len(rows))), columns


def warn_of_targets(estimator, X, y):
    """Warn where y looks like what X is to be turned into, which no autoencoder here learns.

    Parameters
    ----------
    estimator : BaseAutoencoder
        Its name.
    X, y : object
        As they were given.
    """
    # One column is as a rule that of a supervised task.
    if y is None or y is X or _shape(y) != _shape(X) or len(_shape(X)) != 2 or _shape(X)[1] == 1:
        return
    warnings.warn(
        f"{type(estimator).__name__} does not use y, which here has the shape of X, {_shape(X)}: it reconstructs X. To "
        "learn from clean rows give them as X, and let DenoisingAE make the noise; for pairs of noisy and clean rows "
        "fit to_mlp('regressor') to them. Where y is for another step of a Pipeline, ignore this warning.",
        UserWarning,
        stacklevel=4,
    )


def _shape(rows):
    """Shape of an input of any kind, () where it has none."""
    shape = getattr(rows, "shape", None)
    if isinstance(shape, tuple):
        return shape
    try:
        return (len(rows), len(rows[0]))
    except (TypeError, IndexError, KeyError):
        return ()


class _NewColumns:
    """scikit-learn's reading of X; keeps the names of its columns."""

    names = None

    def __init__(self, estimator):
        self._estimator = estimator

    def __call__(self, X):
        self.names = _get_feature_names(X)
        return check_array(X, estimator=self._estimator, input_name="X", **_READ_AS)


class _KnownColumns:
    """scikit-learn's reading of X, whose columns must be those that are known."""

    def __init__(self, estimator, columns):
        self.names = columns.names
        # A view of its own, whatever another thread fits the estimator to meanwhile.
        self._known = object.__new__(type(estimator))
        vars(self._known).update(vars(estimator), _fitted=_Known(columns))

    def __call__(self, X):
        return validate_data(self._known, X, reset=False, **_READ_AS)


class _Known(NamedTuple):
    """As much of a fitted record as scikit-learn asks for to compare columns."""

    columns: Columns


def _read(estimator, X, columns, allow_nan):
    """X as ``numeric_rows`` reads it, and its columns; None for columns that are not known yet."""
    convert = _NewColumns(estimator) if columns is None else _KnownColumns(estimator, columns)
    rows = numeric_rows(X, convert, estimator, allow_nan)
    return rows, Columns(rows.shape[1], convert.names)


def known_rows(estimator, X, columns, allow_nan):
    """X as ``numeric_rows`` reads it, with columns that are known.

    Returns
    -------
    ndarray or CSRMatrix
    """
    return _read(estimator, X, columns, allow_nan)[0]


# What to do where the first rows settled on a loss that others do not fit.
FIT_ANEW = "Fit anew with loss='squared_error'."
TRAIN_ANEW = (
    "Begin anew, with loss='squared_error' from the start: by fit with warm_start=False, or with a new estimator for "
    "partial_fit."
)


def check_range(sample, loss, remedy=None):
    """Raise ValueError for values outside the range that a loss needs.

    Parameters
    ----------
    sample : Sample
    loss : str
    remedy : str, default=None
        A sentence, where earlier rows settled what ``loss="auto"`` became; None where it was set, or is settled now.
    """
    record = LOSSES[loss]
    legal = record.data_range
    if legal is None:
        return
    low, high = sample.value_range()
    # What scales to the range meets its ends up to rounding.
    if low < legal[0] - _ROUNDING or high > legal[1] + _ROUNDING:
        needs = f"needs values of X in [{legal[0]:g}, {legal[1]:g}]; they lie in [{low:.9g}, {high:.9g}]"
        if remedy is not None:
            raise ValueError(
                f"loss='auto' settled on {loss!r} by the X of the first training, whose values were all 0 or 1, and "
                f"this {needs}. {remedy}"
            )
        raise ValueError(f"loss={loss!r} {needs}. {record.range_hint}")


def warn_if_settled_too_early(sample, loss):
    """Warn where ``loss="auto"`` became another loss by earlier rows than it would be by these.

    Parameters
    ----------
    sample : Sample
    loss : str
        What it became.
    """
    if LOSSES[loss].data_range is not None and not sample.is_binary():
        warnings.warn(
            f"loss='auto' settled on {loss!r} by the X of the first training, whose values were all 0 or 1; this X has "
            f"others. Set loss={loss!r} to keep it, or begin anew with loss='squared_error'.",
            UserWarning,
            stacklevel=5,
        )
