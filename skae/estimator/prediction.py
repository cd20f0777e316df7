"""Prediction: codes, reconstructions and scores of a fitted autoencoder."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.metadata_routing import UNUSED

from ..kernels.losses import LOSSES
from ..objective.row_losses import row_losses
from ..rows.columns import as_numbers
from ..rows.matrices import CSRMatrix, FilledRows
from ..rows.reconstruction_errors import explained_fraction, labelled, squared_errors, within_range
from ..rows.sample import Sample
from ..rows.sparse_checks import check_sparse
from ..rows.stored_rows import StoredRows
from ..rows.validation import check_finite, checked_weights, named_input_errors, refuse_overflow
from .fitted import FittedAttributes
from .input import FIT_ANEW, check_range, known_rows
from .notebook import FittedSummary


class Prediction(FittedAttributes, FittedSummary, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Mixin with the methods of a fitted autoencoder. Each uses one fit, even if another thread fits it meanwhile."""

    # H is another name of X, not metadata to be routed.
    __metadata_request__inverse_transform = {"H": UNUSED}

    def _read(self, X):
        """The last fit, and X as rows with the same columns.

        Returns
        -------
        Fitted, ndarray or CSRMatrix
        """
        fitted = self._record()
        allow_nan = self.missing_values == "mask" and fitted.statistics.means is not None
        return fitted, known_rows(self, X, fitted.columns, allow_nan)

    def transform(self, X):
        """Code of each row of X; the input is never corrupted.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        H : ndarray of shape (n_samples, n_components)

        Raises
        ------
        ValueError
            For an illegal X, and if a code is beyond the range of its precision.
        """
        fitted, X = self._read(X)
        return encoded(fitted, X)

    def inverse_transform(self, X=None, *, H=None):
        """Reconstruction from codes, always as an array, as with scikit-learn's own transformers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_components)
            Codes, as ``transform`` gives them. Of a sparse matrix the stored entries alone are decoded.
        H : {array-like, sparse matrix} of shape (n_samples, n_components)
            The former name of ``X``, which still works with a FutureWarning.

            .. deprecated:: 0.2
                Use ``X``.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            For illegal codes, and if a reconstruction is beyond the range of its precision.
        TypeError
            Without codes, and with both X and H.
        """
        X = _codes(self, X, H)
        network = self._record().network
        with named_input_errors(X, "X") as X:
            if issparse(X):
                check_sparse(X, "X")
            X = check_array(X, accept_sparse="csr", dtype="numeric", ensure_all_finite=False, input_name="X")
            X = as_numbers(X, "X")
        check_finite(X, "X", self, may_be_filled=False)
        n_components = network.architecture.encoder_sizes[-1]
        if X.shape[1] != n_components:
            raise ValueError(
                f"X has {X.shape[1]} features, but {type(self).__name__}.inverse_transform is expecting {n_components} "
                "features as input (n_components)."
            )
        # What overflows in the cast shows in the reconstruction.
        with np.errstate(over="ignore"):
            codes = CSRMatrix(X).stored(slice(None), network.dtype) if issparse(X) else X
        return refuse_overflow(network.decode(codes), "The reconstruction", "X")

    def reconstruct(self, X):
        """Reconstruction of each row of X: ``inverse_transform(transform(X))`` in the model's precision.

        With ``missing_values="mask"`` the reconstruction also has values where X has NaN.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        X_hat : ndarray, or frame, of shape (n_samples, n_features)
            In the container that ``set_output`` asks for, whose columns have the names of the features.

        Raises
        ------
        ValueError
            For an illegal X, and if a reconstruction is beyond the range of its precision.
        """
        fitted, rows = self._read(X)
        values = refuse_overflow(reconstruction(fitted, rows), "The reconstruction", "X")
        return labelled(self, values, X, feature_names(fitted))

    def score(self, X, y=None, sample_weight=None):
        """Fraction of the variance of X that its reconstruction explains.

        1 - sum_i ||x_i - x_hat_i||^2 / sum_i ||x_i - mean(X)||^2. It is comparable with the explained variance of PCA.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
            At most 1; negative where the mean of X is the better reconstruction.

        Raises
        ------
        ValueError
            For illegal input, and if the squares are beyond the range of float64.
        """
        fitted, X = self._read(X)
        return explained_fraction(partial(reconstruction, fitted), X, checked_weights(sample_weight, len(X)))

    def score_samples(self, X):
        """Minus the reconstruction loss of each row: the higher, the more like the training rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            In nats for ``log_loss``, in squared units of X for ``squared_error``. A loss that overflows is replaced by
            the largest number of its precision.

        Raises
        ------
        ValueError
            With ``log_loss``, for values outside [0, 1], for which it is not defined.
        """
        fitted, X = self._read(X)
        check_range(Sample.of(X), fitted.loss, FIT_ANEW if self.loss == "auto" else None, "fit anew with")
        return -within_range(row_losses(fitted.network, LOSSES[fitted.loss], X, fitted.statistics.means))

    def reconstruction_error(self, X, per_feature=False):
        """Squared reconstruction error, whatever the loss; missing entries of X have no part in it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        per_feature : bool, default=False
            Whether to return the error of every entry instead of its sum over each row.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_features)
            In squared units of X. With ``per_feature=True``, in the container that ``set_output`` asks for, whose
            columns have the names of the features, with NaN where X has NaN. An error that overflows is replaced by the
            largest number of float64.
        """
        fitted, rows = self._read(X)
        errors = squared_errors(partial(reconstruction, fitted), rows, per_feature)
        return labelled(self, errors, X, feature_names(fitted)) if per_feature else errors

    def to_mlp(self, kind="classifier", **parameters):
        """Make a multi-layer perceptron of scikit-learn that starts from the encoder, for fine-tuning with labels.

        Its first layers are those of the encoder: before the training its last hidden layer gives ``transform(X)``. Its
        output layer is random. Every ``fit`` without ``warm_start`` starts from the encoder, also that of a clone, as
        in a GridSearchCV.

        Parameters
        ----------
        kind : {"classifier", "regressor"}, default="classifier"
            ``MLPClassifier`` or ``MLPRegressor``.
        **parameters
            Parameters of the perceptron. ``hidden_layer_sizes`` and ``activation`` are those of the encoder; more
            layers can be set on top of it with ``set_params``.

        Returns
        -------
        MLPClassifier or MLPRegressor
            Not fitted; ``coefs_`` and ``intercepts_`` are copies of those of the encoder. It accepts no missing values:
            with ``missing_values="mask"``, fill them with ``column_means_`` first.

        Raises
        ------
        ValueError
            For an illegal kind, for parameters that the encoder determines, and for a top-k code.
        """
        network = self._record().network
        # Imported here, since this takes longer than the import of the whole package.
        from .fine_tuning import started_perceptron

        return started_perceptron(network, kind, parameters)


def _codes(estimator, X, H):
    """The codes of a call of ``inverse_transform``: X, or H, which is its former name."""
    if (X is None) == (H is None):
        given = "no codes" if X is None else "both X and H"
        raise TypeError(f"{type(estimator).__name__}.inverse_transform() needs codes as X; got {given}.")
    if H is None:
        return X
    warnings.warn(
        f"H of {type(estimator).__name__}.inverse_transform() is now called X, as in scikit-learn, and will go. Pass "
        "the codes as X.",
        FutureWarning,
        stacklevel=3,
    )
    return H


def filled(fitted, X):
    """X with NaN replaced by the means of the training rows, if the model was trained with missing values."""
    means = fitted.statistics.means
    return FilledRows(X, means) if means is not None and isinstance(X, np.ndarray | StoredRows) else X


def encoded(fitted, X):
    """Code of checked rows."""
    return refuse_overflow(fitted.network.encode(filled(fitted, X)), "The code", "X")


def reconstruction(fitted, X):
    """Reconstruction of checked rows."""
    return fitted.network.reconstruct(filled(fitted, X))


def feature_names(fitted):
    """Names of the columns of X."""
    columns = fitted.columns
    return [f"x{j}" for j in range(columns.n_features)] if columns.names is None else columns.names
