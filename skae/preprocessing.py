"""Scaling after which the covariance matrix of the columns is the product X^T X."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin, _fit_context
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from .estimator.atomic_update import atomic_update, reads_snapshot
from .rows.columns import as_floats
from .rows.validation import check_finite, named_input_errors, refuse_overflow


class PCANormalizer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Centre the columns and divide by the square root of the number of training rows.

    x'_ij = (x_ij - mean_j) / sqrt(m), so that X'^T X' is the covariance matrix of the columns (with denominator m),
    and the least squared error of a linear autoencoder is the sum of its smallest eigenvalues.

    Parameters
    ----------
    copy : bool, default=True
        Whether to leave X as it is; with False, float arrays are scaled in place.

    Attributes
    ----------
    mean_ : ndarray of shape (`n_features_in_`,)
        Mean of each column.
    n_samples_seen_ : int
        m, the number of training rows.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features seen during fit, where X has names that are all strings.

    Examples
    --------
    >>> import numpy as np
    >>> from skae.preprocessing import PCANormalizer
    >>> X = np.array([[1.0, 2.0], [3.0, 6.0], [5.0, 1.0]])
    >>> Z = PCANormalizer().fit_transform(X)
    >>> bool(np.allclose(Z.T @ Z, np.cov(X.T, bias=True)))
    True
    """

    _parameter_constraints = {"copy": ["boolean"]}

    def __init__(self, *, copy=True):
        self.copy = copy

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn the mean of each column and the number of rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : None
            Ignored.

        Returns
        -------
        self
        """
        with atomic_update(self) as draft:
            with named_input_errors(X, "X") as X:
                X = as_floats(validate_data(draft, X, dtype="numeric", ensure_all_finite=False), "X")
            check_finite(X, "X", self)
            with np.errstate(over="ignore", invalid="ignore"):
                mean = X.mean(axis=0, dtype=np.float64)
            if not np.isfinite(mean).all():
                column = int(np.flatnonzero(~np.isfinite(mean))[0])
                raise ValueError(
                    f"The sum of column {column} of X is beyond the range of float64. Divide the column by a constant."
                )
            draft.mean_ = mean.astype(X.dtype)
            draft.n_samples_seen_ = X.shape[0]
        return self

    @reads_snapshot
    def transform(self, X):
        """(X - mean) / sqrt(m).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        with named_input_errors(X, "X") as X:
            X = validate_data(self, X, dtype="numeric", reset=False, **self._writeable())
            X = as_floats(X, "X")
        check_finite(X, "X", self)
        with np.errstate(over="ignore"):
            X -= self.mean_
        X /= X.dtype.type(np.sqrt(self.n_samples_seen_))
        return refuse_overflow(X, "The difference from the mean", "X")

    @reads_snapshot
    def inverse_transform(self, X):
        """X sqrt(m) + mean.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        with named_input_errors(X, "X") as X:
            X = as_floats(check_array(X, dtype="numeric", input_name="X", **self._writeable()), "X")
        check_finite(X, "X", self)
        if X.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {X.shape[1]} features, but PCANormalizer is expecting {self.n_features_in_} features as input."
            )
        with np.errstate(over="ignore"):
            X *= X.dtype.type(np.sqrt(self.n_samples_seen_))
            X += self.mean_
        return refuse_overflow(X, "The product with the square root of the number of rows", "X")

    def _writeable(self):
        """How an X to be scaled in place is read; its values are checked after the conversion to floats."""
        return {"copy": self.copy, "force_writeable": True, "ensure_all_finite": False}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
