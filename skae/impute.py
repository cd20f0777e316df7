"""AutoencoderImputer: missing values from a linear model and the reconstruction of an autoencoder."""

from __future__ import annotations

import warnings
from math import isnan
from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import MissingIndicator
from sklearn.preprocessing import StandardScaler
from sklearn.utils import assert_all_finite, check_random_state
from sklearn.utils._param_validation import MissingValues, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from .estimator.atomic_update import atomic_update, reads_snapshot
from .estimator.base import BaseAutoencoder
from .estimator.hidden_entries import NEGLIGIBLE, fit_factors, hide_entries, shares_beside
from .estimator.notebook import FittedSummary
from .estimator.parameters import NumericParameters
from .estimator.registry import ESTIMATORS
from .network.factor_analysis import expected_rows
from .rows.columns import as_floats, as_numbers
from .rows.validation import checked_weights, legal_clone, named_input_errors
from .runtime.exceptions import ParameterError

__all__ = ["AutoencoderImputer"]

# Largest scaled value: extreme values are clipped to it, so that neither they nor their sums overflow in float32.
MOST_SCALED = 1e30

# Epochs and batch size of the default estimator.
_EPOCHS, _BATCH_SIZE = 200, 64

# Least epochs and steps of the short training that tells whether it can add to the linear model.
_FIRST_EPOCHS, _FIRST_STEPS = 10, 300

# Least share in the mean of a network of the short, and of the whole training.
_FIRST_SHARE, _LEAST_SHARE = 0.02, 0.05


def __dir__():
    return __all__


class AutoencoderImputer(NumericParameters, FittedSummary, OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Fill missing values with a linear model and the reconstruction of a denoising autoencoder.

    The columns are scaled to mean zero and variance one over their observed entries. By default they are filled twice:

    - by factor analysis [1]_ [2]_, the linear autoencoder with noise: the expectation of the missing entries of a row
      given the observed ones. The number of factors is that which fills hidden entries best.
    - by a denoising autoencoder [3]_ [4]_ that is trained on the incomplete rows. Missing inputs are zero, the mean of
      their column, and have no part in the loss. Masking noise removes further inputs whose values are known, and the
      network learns to predict them from the others.

    The result is the weighted mean of both, in the units of X; observed entries are not changed. The weights of the
    columns are those with which entries that were known, and were hidden from both, are filled best [5]_. Where a short
    training shows that the network adds nothing to the linear model, it is not trained further.

    Parameters
    ----------
    estimator : {"auto", "linear"}, None, DenoisingAE or other autoencoder with ``missing_values="mask"``, \
            default="auto"
        What fills the missing values:

        - "auto": the weighted mean of the linear model and the denoising autoencoder of None.
        - "linear": the linear model alone.
        - None: ``DenoisingAE(128, hidden_layer_sizes=(128,), noise_level=0.3, learning_rate_init=1e-2,
          learning_rate="cosine", batch_size=64, max_iter=200, tol=0, missing_values="mask")`` alone, which always
          trains for all epochs.
        - an autoencoder: its clone alone, trained on the scaled columns.
    random_state : int, RandomState instance or None, default=None
        Random state of the network of "auto" and None, and of the entries that "auto" and "linear" hide. Not used if
        ``estimator`` is an autoencoder.
    missing_values : int, float or np.nan, default=np.nan
        Placeholder of missing values in X, as in scikit-learn's SimpleImputer. If it is a number, NaN in X is an error.
        pandas.NA and None in X count as NaN.
    add_indicator : bool, default=False
        Whether ``transform`` adds a column for each column that had missing values in training, which is 1 where the
        value is missing and 0 elsewhere.

    Attributes
    ----------
    estimator_ : BaseAutoencoder or None
        The trained autoencoder; None if the linear model fills alone.
    linear_ : FactorAnalysis or None
        The linear model of the scaled columns, a named tuple of ``means`` (n_features,), ``loadings`` (n_features,
        n_factors) and variances of the ``noise`` (n_features,). None if ``estimator`` is None or an autoencoder.
    linear_weights_ : ndarray of shape (`n_features_in_`,)
        Weight of the linear model in each column of the mean, from 0 to 1. All are 1 if it fills alone, and 0 if there
        is none.
    scaler_ : StandardScaler
        Mean and variance of each column over its observed entries.
    indicator_ : MissingIndicator or None
        Which columns had missing values; None with ``add_indicator=False``.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features seen during fit, where X has names that are all strings.

    See Also
    --------
    sklearn.impute.KNNImputer : Fill missing values from the nearest rows.
    sklearn.impute.IterativeImputer : Fill them by a regression of each column on the others.

    Notes
    -----
    A column that is constant in training is filled with its value, and one without any value with zeros.

    References
    ----------
    .. [1] D. B. Rubin and D. T. Thayer, "EM algorithms for ML factor analysis", Psychometrika 47 (1982).
    .. [2] M. E. Tipping and C. M. Bishop, "Probabilistic principal component analysis", JRSS B 61 (1999).
    .. [3] P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio and P.-A. Manzagol, "Stacked denoising autoencoders: learning
       useful representations in a deep network with a local denoising criterion", JMLR 11 (2010).
    .. [4] L. Gondara and K. Wang, "MIDA: multiple imputation using denoising autoencoders", PAKDD (2018).
    .. [5] L. Breiman, "Stacked regressions", Machine Learning 24 (1996).

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

    _parameter_constraints = {
        "estimator": [StrOptions({"auto", "linear"}), None, BaseAutoencoder],
        "random_state": ["random_state"],
        "missing_values": [MissingValues(numeric_only=True)],
        "add_indicator": ["boolean"],
    }

    def __init__(self, estimator="auto", *, random_state=None, missing_values=np.nan, add_indicator=False):
        self.estimator = estimator
        self.random_state = random_state
        self.missing_values = missing_values
        self.add_indicator = add_indicator

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, sample_weight=None):
        """Fit the linear model and train the autoencoder on the observed entries of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            ``missing_values``, NaN by default, where a value is missing.
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
            For an estimator with ``missing_values="error"``, for infinite values, and for NaN if the placeholder of
            missing values is another number.
        """
        with atomic_update(self) as draft:
            draft._fit(X, sample_weight)
        return self

    def _fit(self, X, sample_weight):
        if isinstance(self.estimator, BaseAutoencoder):
            self._check_takes_gaps()
        X = self._checked(X, reset=True)
        weights = checked_weights(1.0 if sample_weight is None else sample_weight, len(X))
        # Scaled, so that their sums do not overflow.
        weights = weights / weights.max()
        rows = X if weights.all() else X[weights > 0]
        self.scaler_, self._constant = _scaler(X, weights, rows)
        scaled = self._scaled(self.scaler_, X)
        self.linear_, self.linear_weights_ = None, np.zeros(X.shape[1])
        if isinstance(self.estimator, str):
            self._fit_linear(scaled, weights, sample_weight)
        else:
            self.estimator_ = self._trained(scaled, sample_weight)
        self.indicator_ = self._indicator(np.isnan(rows).any(axis=0)) if self.add_indicator else None

    def _fit_linear(self, X, weights, sample_weight):
        """Fit the linear model, and the network where it adds to it."""
        rng = check_random_state(self.random_state)
        trials = hide_entries(X, weights, ~self._constant, rng)
        self.linear_, filled = fit_factors(X, weights, trials, rng)
        self.estimator_, shares = None, np.zeros(X.shape[1])
        n_batches = -(-np.count_nonzero(weights) // _BATCH_SIZE)
        first = min(_EPOCHS, max(_FIRST_EPOCHS, -(-_FIRST_STEPS // n_batches)))
        for epochs in sorted({first, _EPOCHS}) if trials and self.estimator == "auto" else ():
            networks = [self._trained(trial.X, sample_weight, epochs) for trial in trials]
            others = [trial.filled_by(network.reconstruct) for trial, network in zip(trials, networks)]
            least = _FIRST_SHARE if epochs < _EPOCHS else _LEAST_SHARE
            shares = shares_beside(trials, filled, others, least)
            if not shares.any():
                break
        self.linear_weights_ = 1.0 - shares
        if shares.any():
            small = trials[0].share <= NEGLIGIBLE
            self.estimator_ = networks[0] if small else self._trained(X, sample_weight)

    def _trained(self, X, sample_weight, epochs=_EPOCHS):
        """The autoencoder, trained on scaled rows."""
        # The imputer needs arrays, whatever containers scikit-learn's configuration or the estimator ask for.
        if isinstance(self.estimator, BaseAutoencoder):
            estimator = legal_clone(self.estimator).set_output(transform="default")
            return estimator.fit(X, sample_weight=sample_weight)
        estimator = ESTIMATORS["denoising"](
            128,
            hidden_layer_sizes=(128,),
            noise_level=0.3,
            learning_rate_init=1e-2,
            learning_rate="cosine",
            batch_size=_BATCH_SIZE,
            max_iter=epochs,
            tol=0.0,
            n_iter_no_change=epochs,
            missing_values="mask",
            random_state=self.random_state,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return estimator.set_output(transform="default").fit(X, sample_weight=sample_weight)

    def _check_takes_gaps(self):
        if self.estimator.missing_values != "mask":
            rule = "The estimator of AutoencoderImputer must take missing values: set its {missing_values}={legal}"
            raise ParameterError("missing_values", self.estimator.missing_values, ["mask"], rule)

    def _indicator(self, with_gaps):
        """A MissingIndicator, fitted as on any X with missing values in just these columns."""
        missing = self._marker()
        row = np.where(with_gaps, missing, 0.0 if missing else 1.0)[np.newaxis]
        indicator = MissingIndicator(missing_values=missing, error_on_new=False).set_output(transform="default")
        return indicator.fit(row)

    def _marker(self):
        """The placeholder of missing values as a Python number; NaN for pandas.NA."""
        value = self.missing_values
        if not isinstance(value, Real):
            return np.nan
        # Python numbers, unlike NumPy's, are compared in the precision of X.
        return value.item() if isinstance(value, np.generic) else value

    @reads_snapshot
    def transform(self, X):
        """X with its missing values filled.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            ``missing_values``, NaN by default, where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples, n_features + n_indicators)
            The columns that ``add_indicator`` adds are the last.
        """
        check_is_fitted(self)
        X = self._checked(X, reset=False)
        missing = np.isnan(X)
        rows = missing.any(axis=1)
        if rows.any():
            filled = self.scaler_.inverse_transform(self._filled(self._scaled(self.scaler_, X[rows])))
            filled[:, self._constant] = self.scaler_.mean_[self._constant]
            X[rows] = np.where(missing[rows], filled, X[rows])
        return X if self.indicator_ is None else np.hstack([X, missing[:, self.indicator_.features_]])

    def _filled(self, X):
        """Scaled rows as the linear model and the autoencoder see them, in float64."""
        if self.estimator_ is None:
            return expected_rows(self.linear_, X)
        filled = np.asarray(self.estimator_.reconstruct(X), np.float64)
        if self.linear_ is None:
            return filled
        return self.linear_weights_ * expected_rows(self.linear_, X) + (1 - self.linear_weights_) * filled

    def get_feature_names_out(self, input_features=None):
        """Names of the columns that ``transform`` gives.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X, if it had none in training.

        Returns
        -------
        ndarray of str
            Names of X; those of columns that ``add_indicator`` adds have the prefix ``missingindicator_``.
        """
        names = super().get_feature_names_out(input_features)
        if self.indicator_ is None:
            return names
        return np.concatenate([names, self.indicator_.get_feature_names_out(names)])

    @staticmethod
    def _scaled(scaler, X):
        """Scaled rows in float32, which is precise enough for scaled values, and trains twice as fast."""
        # Not by ``transform``, whose output container depends on scikit-learn's configuration.
        scaled = (X.astype(np.float64) - scaler.mean_) / scaler.scale_
        return np.clip(scaled, -MOST_SCALED, MOST_SCALED).astype(np.float32)

    def _checked(self, X, reset):
        """A copy of X in float32 or float64, with NaN for missing values."""
        marker = self._marker()
        with named_input_errors(X, "X") as X:
            X = as_numbers(validate_data(self, X, dtype="numeric", ensure_all_finite=False, reset=reset), "X")
            floats = as_floats(X, "X", copy=True)
            # The conversion of longer floats and of objects may overflow.
            assert_all_finite(floats, allow_nan=True, estimator_name=type(self).__name__, input_name="X")
        if not isnan(marker):
            if np.isnan(floats).any():
                raise ValueError(
                    f"Input X contains NaN, but the placeholder is missing_values={self.missing_values!r}. "
                    "Give both the same value, or set missing_values=numpy.nan."
                )
            floats[X == marker] = np.nan
        return floats

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = isnan(self._marker())
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _scaler(X, weights, rows):
    """A scaler of the columns of X to mean zero and variance one, and which columns are constant or without a value.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    weights : ndarray of shape (n_samples,)
        At most one.
    rows : ndarray of shape (n_rows, n_features)
        The rows with a weight above zero.

    Returns
    -------
    scaler : StandardScaler
        Mean and variance are the value and zero for a constant column, and zero and NaN for one without a value.
    constant : ndarray of shape (n_features,), bool

    Raises
    ------
    ValueError
        For a variance beyond the range of float64.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # Means of columns without any value; overflow is looked for below.
        warnings.simplefilter("ignore", RuntimeWarning)
        scaler = StandardScaler().set_output(transform="default").fit(X.astype(np.float64), sample_weight=weights)
    least, greatest = np.fmin.reduce(rows, axis=0), np.fmax.reduce(rows, axis=0)
    empty, constant = np.isnan(least), least == greatest
    scaler.mean_[empty] = 0.0
    scaler.mean_[constant], scaler.var_[constant] = least[constant], 0.0
    scaler.scale_[empty | constant] = 1.0
    measured = np.isfinite(scaler.mean_) & np.isfinite(scaler.scale_)
    if not measured.all():
        column = int(np.flatnonzero(~measured)[0])
        raise ValueError(
            f"Column {column} of X holds values whose variance is beyond the range of float64, up to "
            f"{np.nanmax(np.abs(X[:, column])):g}. Divide the column by a constant, or remove such values."
        )
    # The scaler does not scale columns that vary only by rounding; they count as constant.
    return scaler, scaler.scale_ != np.sqrt(scaler.var_)
