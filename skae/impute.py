"""AutoencoderImputer: missing values from the reconstruction of an autoencoder."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import check_is_fitted, validate_data

from .denoising import DenoisingAE
from .estimator.atomic_update import changed_at_once, of_one_fit
from .estimator.base import BaseAutoencoder
from .estimator.notebook import FittedSummary
from .estimator.parameters import NumericParameters
from .rows.validation import as_floats, checked_weights, legal_clone, named_input_errors

__all__ = ["AutoencoderImputer"]

# What is beyond all measure stays within float32, and within its sums.
MOST_SCALED = 1e30


def __dir__():
    return __all__


class AutoencoderImputer(NumericParameters, FittedSummary, OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Fill missing values with the reconstruction of an autoencoder that was trained with entries taken away.

    The columns are scaled to mean zero and variance one over their observed entries. A denoising autoencoder is then
    trained on the rows as they are: missing inputs are zero, the mean of their column, and leave the loss; masking
    noise takes further inputs away, whose values are known, so that the network learns to find them from the others.
    What is filled in is its reconstruction, in the units of X; observed entries are given back as they are.

    Parameters
    ----------
    estimator : DenoisingAE or other autoencoder with ``missing_values="mask"``, default=None
        Trained on the scaled columns; cloned. None is ``DenoisingAE(128, hidden_layer_sizes=(128,), noise_level=0.3,
        learning_rate_init=1e-2, learning_rate="cosine", batch_size=64, max_iter=200, tol=0,
        missing_values="mask")``, all epochs of which are run.
    random_state : int, RandomState instance or None, default=None
        Of the default estimator. Not used where ``estimator`` is given.

    Attributes
    ----------
    estimator_ : BaseAutoencoder
        The trained autoencoder.
    scaler_ : StandardScaler
        Mean and variance of each column over its observed entries.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features seen during fit, where X has names that are all strings.

    See Also
    --------
    sklearn.impute.KNNImputer : From the nearest rows.
    sklearn.impute.IterativeImputer : From a regression of each column on the others.

    Notes
    -----
    A column without any value in training is filled with zeros.

    References
    ----------
    .. [1] P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio and P.-A. Manzagol, "Stacked denoising autoencoders: learning
       useful representations in a deep network with a local denoising criterion", JMLR 11 (2010).
    .. [2] L. Gondara and K. Wang, "MIDA: multiple imputation using denoising autoencoders", PAKDD (2018).

    Examples
    --------
    >>> import numpy as np
    >>> from skae.datasets import load_digits_unit
    >>> from skae.impute import AutoencoderImputer
    >>> X = load_digits_unit(return_X_y=True)[0][:200]
    >>> missing = np.random.default_rng(0).random(X.shape) < 0.3
    >>> filled = AutoencoderImputer(random_state=0).fit_transform(np.where(missing, np.nan, X))
    >>> bool(np.isfinite(filled).all() and (filled[~missing] == X[~missing]).all())
    True
    """

    _parameter_constraints = {"estimator": [None, BaseAutoencoder], "random_state": ["random_state"]}

    def __init__(self, estimator=None, *, random_state=None):
        self.estimator = estimator
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, sample_weight=None):
        """Train the autoencoder on the observed entries of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            NaN where a value is missing.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; only their ratios count.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For an estimator with ``missing_values="error"``, and for infinite values.
        """
        with changed_at_once(self) as twin:
            twin._fit(X, sample_weight)
        return self

    def _fit(self, X, sample_weight):
        estimator = self._autoencoder()
        X = self._checked(X, reset=True)
        weights = checked_weights(1.0 if sample_weight is None else sample_weight, X)
        # Divided, so that their sums are finite.
        weights = weights / weights.max()
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # Means of columns without any value; overflow is looked for below.
            warnings.simplefilter("ignore", RuntimeWarning)
            scaler = StandardScaler().fit(X.astype(np.float64), sample_weight=weights)
        empty = np.isnan(X[weights > 0]).all(axis=0)
        measured = np.isfinite(scaler.mean_) & np.isfinite(scaler.scale_)
        if not (measured | empty).all():
            column = int(np.flatnonzero(~(measured | empty))[0])
            raise ValueError(
                f"Column {column} of X holds values whose variance is beyond the range of float64, up to "
                f"{np.nanmax(np.abs(X[:, column])):g}. Divide the column by a constant, or remove such values."
            )
        scaler.mean_[empty] = 0.0
        scaler.scale_[empty] = 1.0
        with warnings.catch_warnings():
            if self.estimator is None:
                warnings.simplefilter("ignore", ConvergenceWarning)
            estimator.fit(self._scaled(scaler, X), sample_weight=sample_weight)
        self.scaler_, self.estimator_, self._empty = scaler, estimator, empty

    def _autoencoder(self):
        """The autoencoder to train."""
        if self.estimator is None:
            return DenoisingAE(
                128,
                hidden_layer_sizes=(128,),
                noise_level=0.3,
                learning_rate_init=1e-2,
                learning_rate="cosine",
                batch_size=64,
                max_iter=200,
                tol=0.0,
                n_iter_no_change=200,
                missing_values="mask",
                random_state=self.random_state,
            )
        if self.estimator.missing_values != "mask":
            raise ValueError(
                "The estimator of AutoencoderImputer must take missing values: set its missing_values='mask'; got "
                f"missing_values={self.estimator.missing_values!r}."
            )
        return legal_clone(self.estimator)

    @of_one_fit
    def transform(self, X):
        """X with its missing values filled.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        X = self._checked(X, reset=False)
        missing = np.isnan(X)
        if not missing.any():
            return X
        rows = missing.any(axis=1)
        filled = self.estimator_.reconstruct(self._scaled(self.scaler_, X[rows])).astype(np.float64)
        filled = self.scaler_.inverse_transform(filled)
        filled[:, self._empty] = 0.0
        X[rows] = np.where(missing[rows], filled, X[rows])
        return X

    @staticmethod
    def _scaled(scaler, X):
        """Scaled rows in float32, which is enough for what is about one, and trains twice as fast."""
        return np.clip(scaler.transform(X.astype(np.float64)), -MOST_SCALED, MOST_SCALED).astype(np.float32)

    def _checked(self, X, reset):
        """A copy of X in float32 or float64."""
        with named_input_errors(X, "X") as X:
            X = validate_data(self, X, dtype="numeric", ensure_all_finite="allow-nan", reset=reset)
            X = as_floats(X, "X", copy=True)
            # Of longer floats, and of objects, some become infinite.
            assert_all_finite(X, allow_nan=True, estimator_name=type(self).__name__, input_name="X")
        return X

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
