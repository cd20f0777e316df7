"""TrainedNetwork: what the estimators do with a trained network; how it comes to be is the subject of ``_base``."""

from __future__ import annotations

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from ..kernels.losses import LOSSES
from ..objective.objective import row_losses
from ..rows.blocks import read_blocks, sums_finite
from ..rows.matrices import CSRMatrix, FilledRows, as_csr
from ..rows.reconstruction_errors import explained_fraction, labelled, squared_errors, within_range
from ..rows.sample import Sample
from ..rows.validation import as_numbers, check_finite, checked_weights, named_input_errors, refuse_overflow
from .atomic_update import of_one_fit
from .notebook import FittedSummary

# By which values of X may lie outside the range that a loss needs.
_ROUNDING = 1e-6


class TrainedNetwork(FittedSummary, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Base with the methods and attributes that read a trained network, ``_network``; not to be used directly."""

    @of_one_fit
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
        check_is_fitted(self)
        return refuse_overflow(self._network.encode(self._readable(X)), "The code", "X")

    @of_one_fit
    def inverse_transform(self, H):
        """Reconstruction from codes.

        Parameters
        ----------
        H : array-like of shape (n_samples, n_components)

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            For H that is not legal, and where a reconstruction is beyond the range of its precision.
        """
        check_is_fitted(self)
        with named_input_errors(H, "H") as H:
            H = check_array(H, dtype="numeric", ensure_all_finite=False, input_name="H")
            H = as_numbers(H, "H")
        self._check_finite(H, "H")
        if H.shape[1] != self._n_features_out:
            raise ValueError(
                f"H has {H.shape[1]} features, but {type(self).__name__} is expecting {self._n_features_out} features "
                "as input (n_components)."
            )
        return refuse_overflow(self._network.decode(H), "The reconstruction", "H")

    @of_one_fit
    def reconstruct(self, X):
        """Reconstruction of each row of X: ``inverse_transform(transform(X))`` in the model's precision.

        With ``missing_values="mask"`` the reconstruction has values where X has none.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        X_hat : ndarray of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            For X that is not legal, and where a reconstruction is beyond the range of its precision.
        """
        check_is_fitted(self)
        return refuse_overflow(self._network.reconstruct(self._readable(X)), "The reconstruction", "X")

    @of_one_fit
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
        check_is_fitted(self)
        X = self._checked(X)
        return explained_fraction(self._reconstruction, X, checked_weights(sample_weight, X))

    @of_one_fit
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
        check_is_fitted(self)
        X = self._checked(X)
        self._check_range(Sample.of(X))
        return -within_range(row_losses(self._network, LOSSES[self.loss_], X, self._fill_values))

    @of_one_fit
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
        check_is_fitted(self)
        errors = squared_errors(self._reconstruction, self._checked(X), per_feature)
        return labelled(self, errors, X, self._feature_names()) if per_feature else errors

    @of_one_fit
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
        check_is_fitted(self)
        # Here, since its import takes longer than that of the package.
        from .fine_tuning import PERCEPTRONS

        architecture = self._network.architecture
        if not (isinstance(kind, str) and kind in PERCEPTRONS):
            raise ValueError(f"kind must be one of {sorted(PERCEPTRONS)}; got {kind!r}.")
        fixed = {"hidden_layer_sizes": architecture.encoder_sizes[1:], "activation": architecture.activation}
        for name in fixed.keys() & parameters.keys():
            raise ValueError(
                f"{name} is that of the encoder, {fixed[name]!r}; got {name}={parameters[name]!r}. Leave it out."
            )
        if architecture.gated:
            raise ValueError(
                f"A perceptron keeps all units of a layer; this code keeps n_active={architecture.n_active}. Train "
                "with another sparsity than 'topk'."
            )
        mlp, depth = PERCEPTRONS[kind](**fixed, **parameters), architecture.depth
        return mlp.start_from(self._network.weights[:depth], self._network.biases[:depth])

    # X as it is given.

    def _checked(self, X, reset=False, training=False):
        """X as a numeric matrix that is read by rows, of any dtype and order; an array is not copied.

        Finite, but for NaN with ``missing_values="mask"``.
        """
        with named_input_errors(X, "X") as X:
            X = validate_data(
                self, X, dtype="numeric", reset=reset, ensure_all_finite=False, accept_sparse=["csr", "csc", "coo"]
            )
            X = as_numbers(X, "X")
        if issparse(X):
            if self.missing_values == "mask" and X.dtype.kind == "f" and np.isnan(X.data).any():
                raise ValueError(
                    "missing_values='mask' needs a dense X: got a sparse one with NaN among its stored values. Pass "
                    "X.toarray(), or remove these values."
                )
            rows = CSRMatrix(as_csr(X))
            # After duplicate entries were added up.
            self._check_finite(rows.csr.data, "X")
            return rows
        masked = self.missing_values == "mask" and (training or self._fill_values is not None)
        # By blocks, so that a memory map is never resident as a whole.
        for _, block in read_blocks(X):
            if not sums_finite(block):
                self._check_finite(block, "X", allow_nan=masked)
        return X

    def _check_finite(self, values, name, allow_nan=False):
        """Raise ValueError, in scikit-learn's words, for values of an input that are not finite."""
        check_finite(values, name, self, allow_nan)

    def _check_range(self, sample):
        legal = LOSSES[self.loss_].data_range
        if legal is None:
            return
        low, high = sample.value_range()
        # What scales to the range meets its ends up to rounding.
        if low < legal[0] - _ROUNDING or high > legal[1] + _ROUNDING:
            raise ValueError(
                f"loss={self.loss_!r} needs values of X in [{legal[0]:g}, {legal[1]:g}]; they lie in "
                f"[{low:.9g}, {high:.9g}]. Scale X to [0, 1] (MinMaxScaler(clip=True)), or use loss='squared_error'."
            )

    def _readable(self, X):
        """X as the network takes it, with values in the place of what is missing."""
        return self._without_holes(self._checked(X))

    def _without_holes(self, X):
        return FilledRows(X, self._fill_values) if self._fill_values is not None and isinstance(X, np.ndarray) else X

    def _reconstruction(self, X):
        """Reconstruction of rows that were checked."""
        return self._network.reconstruct(self._without_holes(X))

    @property
    def _fill_values(self):
        """Values in the place of NaN; None for a model that was trained without."""
        return getattr(self, "column_means_", None)

    def _feature_names(self):
        """Names of the columns of X."""
        names = getattr(self, "feature_names_in_", None)
        return [f"x{j}" for j in range(self.n_features_in_)] if names is None else names

    # Fitted attributes that are read off the network.

    @property
    def coefs_(self):
        check_is_fitted(self)
        return list(self._network.weights)

    @property
    def intercepts_(self):
        check_is_fitted(self)
        return list(self._network.biases)

    @property
    def components_(self):
        check_is_fitted(self)
        return self._network.weights[0].T

    @property
    def filters_(self):
        norms = np.linalg.norm(self.components_, axis=1, keepdims=True)
        return np.divide(self.components_, norms, out=np.zeros_like(self.components_), where=norms > 0)

    @property
    def _n_features_out(self):
        return self._network.architecture.encoder_sizes[-1]

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_network")
