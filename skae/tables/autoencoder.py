"""TableAutoencoder: an autoencoder of a table of numbers, categories and gaps, with its encoding."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, _fit_context, clone
from sklearn.utils.validation import check_is_fitted

from ..estimator.base import BaseAutoencoder
from ..estimator.notebook import FittedSummary
from ..estimator.registry import ESTIMATORS
from ..runtime.exceptions import ParameterError
from .encoder import TableEncoder


class TableAutoencoder(FittedSummary, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """An autoencoder of rows of numbers, categories and gaps.

    The table is encoded by ``TableEncoder``, in which every column has a variance of one, so that the units of the
    columns have no influence. Losses and scores are those of the encoded rows; ``reconstruct`` goes back to the table.
    ``skae.save`` writes the encoding and the autoencoder to one file. It keeps scikit-learn's conventions, but for one:
    ``inverse_transform`` and ``reconstruct`` give arrays, of objects where the table has categories, whatever container
    it came in.

    Parameters
    ----------
    estimator : autoencoder of skae, default=None
        A clone of it is trained, with ``missing_values="mask"``. None is ``AutoencoderTransformer()``.
    random_state : int, RandomState instance or None, default=None
        Random state of the default autoencoder; any other one has its own.

    Attributes
    ----------
    encoder_ : TableEncoder
        The encoding.
    estimator_ : autoencoder
        The trained clone.
    n_features_in_ : int
        Number of columns seen during fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where they are all strings.

    Examples
    --------
    >>> import numpy as np
    >>> from skae.tables import TableAutoencoder
    >>> rng = np.random.default_rng(0)
    >>> length = rng.normal(50, 10, 300)
    >>> X = np.column_stack([length, 3 * length + rng.normal(size=300)]).astype(object)
    >>> X = np.column_stack([X, np.where(length > 50, "long", "short").astype(object)])
    >>> X[::10, 0] = None
    >>> ae = TableAutoencoder(random_state=0).fit(X)
    >>> ae.reconstruct(X[:3]).shape, bool(np.mean(ae.reconstruct(X)[:, 2] == X[:, 2]) > 0.95)
    ((3, 3), True)
    """

    _parameter_constraints = {"estimator": [BaseAutoencoder, None], "random_state": ["random_state"]}

    def __init__(self, estimator=None, *, random_state=None):
        self.estimator = estimator
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None):
        """Learn the encoding, and train the autoencoder.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Of any dtypes.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As in ``TableEncoder.fit``, and for an illegal parameter of the autoencoder.
        TypeError
            For sparse X.
        """
        if self.estimator is None:
            estimator = ESTIMATORS["plain"](missing_values="mask", random_state=self.random_state)
        elif self.estimator.zero_sampling is not None:
            raise ParameterError("zero_sampling", self.estimator.zero_sampling, "None", remedy="Leave it out.")
        else:
            estimator = clone(self.estimator).set_params(missing_values="mask")
        encoder = TableEncoder()
        Z = encoder.fit_transform(X)
        estimator.fit(Z)
        self.encoder_, self.estimator_ = encoder, estimator
        self._take_columns()
        return self

    def _take_columns(self):
        """Number and names of the columns, from the encoding."""
        self.n_features_in_ = self.encoder_.n_features_in_
        if hasattr(self.encoder_, "feature_names_in_"):
            self.feature_names_in_ = self.encoder_.feature_names_in_
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _encoded(self, X):
        check_is_fitted(self)
        return self.encoder_.transform(X)

    @property
    def _n_features_out(self):
        return self.estimator_._n_features_out

    def transform(self, X):
        """Code of each row.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        Z = self._encoded(X)
        return self.estimator_.transform(Z)

    def inverse_transform(self, H):
        """Rows of the table from codes.

        Parameters
        ----------
        H : array-like of shape (n_samples, n_components)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Of floats if all columns are numbers, else of objects.
        """
        check_is_fitted(self)
        return self.encoder_.inverse_transform(self.estimator_.inverse_transform(H))

    def reconstruct(self, X):
        """Reconstruction of each row, in the units and with the categories of the table.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Of floats if all columns are numbers, else of objects.
        """
        Z = self._encoded(X)
        return self.encoder_.inverse_transform(self.estimator_.reconstruct(Z))

    def reconstruction_error(self, X, *, per_feature=False):
        """Squared error of each row, or of each column of the table, in units of the variances of the columns.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
        per_feature : bool, default=False

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_features)
            A gap has no error: zero in the sum, NaN by column.
        """
        Z = self._encoded(X)
        errors = self.estimator_.reconstruction_error(Z, per_feature=True)
        if not per_feature:
            return np.nansum(errors, axis=1)
        return np.column_stack([errors[:, columns].sum(axis=1) for columns in self.encoder_.groups()])

    def score(self, X, y=None):
        """Fraction of the variance of the encoded rows that their reconstruction explains.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
        y : None
            Ignored.

        Returns
        -------
        float
        """
        Z = self._encoded(X)
        return self.estimator_.score(Z)

    def score_samples(self, X):
        """Minus the reconstruction loss of each encoded row.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        Z = self._encoded(X)
        return self.estimator_.score_samples(Z)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.categorical = tags.input_tags.string = True
        return tags
