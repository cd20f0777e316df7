"""Prediction: codes, reconstructions and scores of a fitted autoencoder."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.metadata_routing import UNUSED

from ..kernels.losses import LOSSES
from ..objective.row_losses import row_losses
from ..rows.columns import as_numbers
from ..rows.matrices import FilledRows
from ..rows.reconstruction_errors import explained_fraction, labelled, squared_errors, within_range
from ..rows.sample import Sample
from ..rows.validation import check_finite, checked_weights, named_input_errors, refuse_overflow
from .fitted import FittedAttributes
from .input import FIT_ANEW, check_range, known_rows
from .notebook import FittedSummary


class Prediction(FittedAttributes, FittedSummary, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Mixin with the methods of a fitted autoencoder. Each reads one fit, should another thread fit it meanwhile."""

    # Another name of X is no metadata to be routed.
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
            For X that is not legal, and where a code is beyond the range of its precision.
        """
        fitted, X = self._read(X)
        return encoded(fitted, X)

    def inverse_transform(self, X=None, *, H=None):
        """Reconstruction from codes: an array, as of scikit-learn's own transformers, whatever ``set_output`` asks for.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Codes, as ``transform`` gives them.
        H : array-like of shape (n_samples, n_components)
            The former name of ``X``, which still works with a FutureWarning.

            .. deprecated:: 0.2
                Use ``X``.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            For codes that are not legal, and where a reconstruction is beyond the range of its precision.
        TypeError
            Without codes, and with both X and H.
        """
        X = _codes(self, X, H)
        network = self._record().network
        with named_input_errors(X, "X") as X:
            X = as_numbers(check_array(X, dtype="numeric", ensure_all_finite=False, input_name="X"), "X")
        check_finite(X, "X", self, may_be_filled=False)
        n_components = network.architecture.encoder_sizes[-1]
        if X.shape[1] != n_components:
            raise ValueError(
                f"X has {X.shape[1]} features, but {type(self).__name__}.inverse_transform is expecting {n_components} "
                "features as input (n_components)."
            )
        return refuse_overflow(network.decode(X), "The reconstruction", "X")

    def reconstruct(self, X):
        """Reconstruction of each row of X: ``inverse_transform(transform(X))`` in the model's precision.

        With ``missing_values="mask"`` the reconstruction has values where X has none.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        X_hat : ndarray, or frame, of shape (n_samples, n_features)
            It comes as ``set_output`` wants transformed data, in columns with the names of the features.

        Raises
        ------
        ValueError
            For X that is not legal, and where a reconstruction is beyond the range of its precision.
        """
        fitted, rows = self._read(X)
        values = refuse_overflow(reconstruction(fitted, rows), "The reconstruction", "X")
        return labelled(self, values, X, feature_names(fitted))

    def score(self, X, y=None, sample_weight=None):
        """Fraction of the variance of X that its reconstruction explains.

        1 - sum_i ||x_i - x_hat_i||^2 / sum_i ||x_i - mean(X)||^2: the same number for PCA, so that the two compare.

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
            For input that is not legal, and where the squares are beyond the range of float64.
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
            In nats for ``log_loss``, in squared units of X for ``squared_error``. A loss beyond the range of its
            precision is the greatest number of it.

        Raises
        ------
        ValueError
            With ``log_loss``, for values outside [0, 1], of which it has no meaning.
        """
        fitted, X = self._read(X)
        check_range(Sample.of(X), fitted.loss, FIT_ANEW if self.loss == "auto" else None)
        return -within_range(row_losses(fitted.network, LOSSES[fitted.loss], X, fitted.statistics.means))

    def reconstruction_error(self, X, per_feature=False):
        """Squared reconstruction error, whatever the loss; entries of X that are missing have none.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        per_feature : bool, default=False
            Whether to give the error of every entry in place of its sum over each row.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_features)
            In squared units of X. Of every entry it comes as ``set_output`` wants transformed data, in columns with the
            names of the features; NaN where X is missing. An error beyond the range of float64 is its greatest number.
        """
        fitted, rows = self._read(X)
        errors = squared_errors(partial(reconstruction, fitted), rows, per_feature)
        return labelled(self, errors, X, feature_names(fitted)) if per_feature else errors

    def to_mlp(self, kind="classifier", **parameters):
        """scikit-learn's multi-layer perceptron, started from the encoder, to be fine-tuned with labels.

        Its first layers are those of the encoder, so that before the training its last hidden layer is
        ``transform(X)``; its output layer is random. ``fit`` without ``warm_start`` begins from the encoder each time,
        and so do copies by ``clone``, as a GridSearchCV makes them.

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
            Not fitted; ``coefs_`` and ``intercepts_`` hold copies of the encoder's. It takes no missing values: of a
            model with ``missing_values="mask"`` they are to be filled with ``column_means_`` first.

        Raises
        ------
        ValueError
            For another kind, for parameters that the encoder fixes, and for a code of which few units stay on.
        """
        network = self._record().network
        # Here, since its import takes longer than that of the package.
        from .fine_tuning import started_perceptron

        return started_perceptron(network, kind, parameters)


def _codes(estimator, X, H):
    """The codes of a call of ``inverse_transform``, which H named before scikit-learn settled on X."""
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
    """X with the means of the training rows in the place of NaN, where the model was trained with them."""
    means = fitted.statistics.means
    return FilledRows(X, means) if means is not None and isinstance(X, np.ndarray) else X


def encoded(fitted, X):
    """Code of rows that were checked."""
    return refuse_overflow(fitted.network.encode(filled(fitted, X)), "The code", "X")


def reconstruction(fitted, X):
    """Reconstruction of rows that were checked."""
    return fitted.network.reconstruct(filled(fitted, X))


def feature_names(fitted):
    """Names of the columns of X."""
    columns = fitted.columns
    return [f"x{j}" for j in range(columns.n_features)] if columns.names is None else columns.names
