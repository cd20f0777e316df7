"""TableEncoder: numbers standardised, categories as indicators, gaps as NaN."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from .columns import columns_of


class TableEncoder(TransformerMixin, BaseEstimator):
    """Encode a table of numbers, categories and gaps, so that each of its columns has a variance of one.

    A column of numbers becomes (x - mean) / standard deviation over the values that are there. A column of anything
    else becomes one indicator for each category c, (1[x = c] - p_c) / sqrt(1 - sum_c p_c^2) with the shares p_c of the
    categories, whose variances sum to one. A gap is NaN, and so is a category that the training rows did not have: an
    autoencoder with ``missing_values="mask"`` takes them, and leaves them out of its loss.

    Parameters
    ----------
    max_categories : int, default=50
        Most categories of a column.

    Attributes
    ----------
    categories_ : list of ndarray of str, or None
        Names of the categories of each column, sorted; None for a column of numbers.
    means_ : ndarray of shape (`n_features_in_`,)
        Mean of each column of numbers; zero elsewhere, and for a column without any value.
    scales_ : ndarray of shape (`n_features_in_`,)
        Standard deviation of each column of numbers, square root of the summed variances of the indicators of each
        other one; 1 where that is zero.
    shares_ : list of ndarray, or None
        p_c of each category; None for a column of numbers.
    n_features_in_ : int
        Number of columns seen during fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where they are all strings.

    See Also
    --------
    TableAutoencoder : An autoencoder of such tables, which encodes them itself.

    Examples
    --------
    >>> import numpy as np
    >>> from skae.tables import TableEncoder
    >>> X = np.array([[1.0, "red"], [3.0, "blue"], [None, "red"], [5.0, "blue"]], dtype=object)
    >>> Z = TableEncoder().fit_transform(X)
    >>> Z.shape, bool(np.isnan(Z[2, 0])), float(np.var(Z[:, 1:], axis=0).sum().round(6))
    ((4, 3), True, 1.0)
    """

    _parameter_constraints = {"max_categories": [Interval(Integral, 2, None, closed="left")]}

    def __init__(self, max_categories=50):
        self.max_categories = max_categories

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn means, scales and categories.

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
            For infinite values, and for a column with more than ``max_categories`` categories.
        TypeError
            For sparse X.
        """
        columns = columns_of(X)
        validate_data(self, X, skip_check_array=True)
        self.n_features_in_ = len(columns)
        self.means_, self.scales_ = np.zeros(len(columns)), np.ones(len(columns))
        self.categories_, self.shares_ = [None] * len(columns), [None] * len(columns)
        for j, column in enumerate(columns):
            if column.dtype == object:
                self._learn_categories(j, column)
            else:
                self._learn_numbers(j, column)
        return self

    def _learn_numbers(self, j, column):
        if np.isinf(column).any():
            raise ValueError(f"Column {self._name(j)} of X holds infinite values. Replace them, or leave it out.")
        present = column[~np.isnan(column)]
        if len(present):
            self.means_[j] = present.mean()
            self.scales_[j] = present.std() or 1.0

    def _learn_categories(self, j, column):
        names, counts = np.unique([name for name in column if name is not None], return_counts=True)
        if len(names) > self.max_categories:
            raise ValueError(
                f"Column {self._name(j)} of X holds {len(names)} categories; at most max_categories="
                f"{self.max_categories} are encoded. Leave it out, or raise max_categories."
            )
        self.categories_[j], self.shares_[j] = names.astype(object), counts / counts.sum()
        self.scales_[j] = np.sqrt(1 - (self.shares_[j] ** 2).sum()) or 1.0

    def transform(self, X):
        """Encoded rows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_encoded)

        Raises
        ------
        ValueError
            For other columns than those of ``fit``, and where a column of numbers holds words.
        """
        check_is_fitted(self)
        columns = columns_of(X)
        validate_data(self, X, skip_check_array=True, reset=False)
        if len(columns) != self.n_features_in_:
            raise ValueError(f"X has {len(columns)} columns, but TableEncoder was fitted with {self.n_features_in_}.")
        return np.column_stack([self._encoded(j, column) for j, column in enumerate(columns)])

    def _encoded(self, j, column):
        if self.categories_[j] is None:
            if column.dtype == object:
                raise ValueError(f"Column {self._name(j)} of X holds words; it held numbers in fit.")
            return (column - self.means_[j]) / self.scales_[j]
        # Of floats too: a column of gaps alone has no words.
        found = column.astype(object)[:, np.newaxis] == self.categories_[j]
        encoded = (found - self.shares_[j]) / self.scales_[j]
        encoded[~found.any(axis=1)] = np.nan
        return encoded

    def inverse_transform(self, Z):
        """Rows of the table: numbers in their units, and of each column of categories the greatest indicator.

        Parameters
        ----------
        Z : array-like of shape (n_samples, n_encoded)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Of floats if all columns are numbers, else of objects.
        """
        check_is_fitted(self)
        Z, groups = np.asarray(Z), self.groups()
        wordy = any(categories is not None for categories in self.categories_)
        X = np.empty((len(Z), self.n_features_in_), object if wordy else np.float64)
        for j, columns in enumerate(groups):
            values = Z[:, columns]
            if self.categories_[j] is None:
                X[:, j] = values[:, 0] * self.scales_[j] + self.means_[j]
            elif len(self.categories_[j]):
                indicators = values * self.scales_[j] + self.shares_[j]
                X[:, j] = self.categories_[j][indicators.argmax(axis=1)]
        return X

    def groups(self):
        """For each column of the table, the slice of its columns in encoded rows.

        Returns
        -------
        list of slice
        """
        widths = [1 if categories is None else len(categories) for categories in self.categories_]
        ends = np.cumsum(widths)
        return [slice(end - width, end) for end, width in zip(ends.tolist(), widths)]

    def get_feature_names_out(self, input_features=None):
        """Names of the encoded columns: those of numbers, and for categories column_category.

        Parameters
        ----------
        input_features : array-like of str, default=None

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        return np.array(
            [
                name if category is None else f"{name}_{category}"
                for name, categories in zip(names, self.categories_)
                for category in ([None] if categories is None else categories)
            ],
            dtype=object,
        )

    def _name(self, j):
        return repr(str(self.feature_names_in_[j])) if hasattr(self, "feature_names_in_") else str(j)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.categorical = tags.input_tags.string = True
        return tags
