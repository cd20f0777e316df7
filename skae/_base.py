"""BaseAutoencoder: the scikit-learn contract of all estimators; the numbers are made in the modules below."""

from __future__ import annotations

import copy
import warnings
from numbers import Integral, Real

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import assert_all_finite, check_array
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from ._compat import CallbackSupportMixin, with_callbacks
from ._evaluation import explained_fraction, labelled, squared_errors
from ._interrupts import interruptible
from ._matrices import FilledRows, SparseRows, as_csr
from ._network import Architecture, Network
from ._objective import Objective, row_losses
from ._reporting import EpochPrinter, EpochTasks, Reports
from ._restoring import restored_on_failure
from ._rows import Sample, column_sums, is_binary, model_dtype, read_blocks, sums_finite, value_range
from ._solvers import SOLVERS, Schedule, TrainingState, check_last_step, run_epoch, start_memory
from ._threads import one_thread_if_small
from .kernels.activations import ACTIVATIONS
from .kernels.losses import LOSSES
from .kernels.updates import UPDATES


def refuse_dates(array, name):
    """Raise ValueError for dates and durations, which scikit-learn takes for numbers."""
    if array.dtype.kind in "mM":
        raise ValueError(
            f"{name} must hold numbers; got dtype {array.dtype}. Convert it first, to days since a date of your choice "
            "for example."
        )


def _trains_in_batches(estimator):
    if estimator.solver not in UPDATES:
        raise AttributeError(
            f"partial_fit needs a solver that trains in mini-batches, one of {sorted(UPDATES)}; "
            f"got solver={estimator.solver!r}."
        )
    return True


class BaseAutoencoder(CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Base of all autoencoders; not to be used directly."""

    _parameter_constraints = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "hidden_layer_sizes": ["array-like"],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "output_activation": [StrOptions({"auto", *ACTIVATIONS})],
        "loss": [StrOptions({"auto", *LOSSES})],
        "tied_weights": ["boolean"],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "solver": [StrOptions(set(SOLVERS))],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "learning_rate": [StrOptions({"constant", "cosine", "plateau"})],
        "warmup_epochs": [Interval(Real, 0, None, closed="left")],
        "max_grad_norm": [None, Interval(Real, 0, None, closed="neither")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "missing_values": [StrOptions({"error", "mask"})],
        "zero_sampling": [None, Interval(Real, 0, 1, closed="right")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_components=64,
        *,
        hidden_layer_sizes=(),
        activation="logistic",
        output_activation="auto",
        loss="auto",
        tied_weights=False,
        alpha=0.0,
        solver="adam",
        learning_rate_init=1e-3,
        learning_rate="constant",
        warmup_epochs=0,
        max_grad_norm=None,
        batch_size="auto",
        max_iter=200,
        tol=1e-4,
        n_iter_no_change=10,
        missing_values="error",
        zero_sampling=None,
        early_stopping=False,
        validation_fraction=0.1,
        shuffle=True,
        random_state=None,
        warm_start=False,
        verbose=False,
    ):
        self.n_components = n_components
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.output_activation = output_activation
        self.loss = loss
        self.tied_weights = tied_weights
        self.alpha = alpha
        self.solver = solver
        self.learning_rate_init = learning_rate_init
        self.learning_rate = learning_rate
        self.warmup_epochs = warmup_epochs
        self.max_grad_norm = max_grad_norm
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.missing_values = missing_values
        self.zero_sampling = zero_sampling
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.shuffle = shuffle
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose

    # What an estimator adds to the plain autoencoder.

    def _terms(self, network):
        """Terms of the objective beside the reconstruction loss and L2."""
        return []

    def _noise(self, sample, dtype, continues):
        """Corruption of the training input in a precision, or None; after earlier rows where the training continues."""
        return None

    def _gate(self):
        """Which units of the code stay on in training: a gate, or None for that of ``_units_kept``."""
        return None

    def _activity(self):
        """Watches the code for dead units that are to be revived, or None."""
        return None

    def _units_kept(self):
        """How many units of a code stay on outside of training; None for all."""
        return None

    def _check_combination(self):
        """Raise ValueError where parameters that are legal alone do not go together."""

    # Training.

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Train on X.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : None
            Not used in training. Callbacks get it, or X in its place where it is None.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in the mean loss; only their ratios count.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For input or parameters that are not legal, and when the training diverges. The estimator is then as it
            was before the call.
        KeyboardInterrupt
            When it is interrupted. With ``warm_start`` the estimator is then what the last whole epoch left, and the
            next ``fit`` on the same rows goes on from there; otherwise, and before the end of the first epoch, it is as
            it was.

        Warns
        -----
        ConvergenceWarning
            When ``max_iter`` is reached before the stopping rule is met.
        """
        tasks = EpochTasks(self, X, y, sample_weight)
        with interruptible(), restored_on_failure(self):
            continues = self.warm_start and hasattr(self, "_network")
            X, sample_weight = self._validated(X, sample_weight, reset=not continues)
            sample = Sample.of(X, sample_weight)
            # The means of the columns are those of these rows alone, with which an interrupted fit may go on.
            vars(self).pop("_observed", None)
            objective, state = self._prepared(sample, continues)
            sample, held = self._split(sample, state, sample_weight)
            tasks.fitted = lambda curve, held: self._fitted(X, objective.network, state, curve, held, continues)
            listeners = [EpochPrinter(type(self).__name__, self.max_iter, len(sample.rows))] if self.verbose else []
            report = Reports(listeners + ([tasks] if tasks.active else []))
            schedule = self._schedule(len(sample.rows))
            rows = schedule.batch_size if self.solver in UPDATES else objective.block_size(len(sample.rows))
            with one_thread_if_small(objective.network.architecture.product_flops(rows)):
                result = SOLVERS[self.solver](objective, sample, schedule, state, held, report)
            curves = (result.loss_curve, result.validation_loss_curve)
            vars(self).update(self._fitted(X, objective.network, result.state, *curves, continues))
            if result.interrupt is None:
                tasks.close()
        if result.interrupt is not None:
            raise result.interrupt
        if not result.converged:
            warnings.warn(
                f"{type(self).__name__} stopped at max_iter={self.max_iter} before the loss settled within "
                f"tol={self.tol:g}. Raise max_iter or tol, or scale the columns of X.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    @available_if(_trains_in_batches)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Train on X once, batch after batch in the order of its rows, from where the training stands.

        The first call initialises the parameters; "auto" parameters are settled by its X. Every call adds one value
        to ``loss_curve_``. The learning rate is ``learning_rate_init`` throughout.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in the mean loss; only their ratios count.

        Returns
        -------
        self
        """
        with interruptible(), restored_on_failure(self):
            if self.early_stopping:
                raise ValueError("partial_fit holds no rows out: early_stopping must be False; got True.")
            continues = hasattr(self, "_network")
            X, sample_weight = self._validated(X, sample_weight, reset=not continues)
            sample = Sample.of(X, sample_weight)
            objective, state = self._prepared(sample, continues)
            update = UPDATES[self.solver]
            # A fit that was cut short is not gone on with after other training.
            state.run = None
            start_memory(state, update, objective.network.theta)
            schedule = self._schedule(len(sample.rows))
            with one_thread_if_small(objective.network.architecture.product_flops(schedule.batch_size)):
                loss = run_epoch(objective, sample, schedule, update, state)
                check_last_step(objective, sample, schedule, state)
            # What these rows leave off may be on for others.
            state.active = None
            vars(self).update(self._fitted(X, objective.network, state, [loss], [], continues))
        return self

    def _validated(self, X, sample_weight, reset):
        """X as a finite numeric array, and the weights in float64 or None."""
        X = self._checked(X, reset, training=True)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
            if not sample_weight.any():
                raise ValueError("Sample weights must contain at least one non-zero number.")
        return X, sample_weight

    def _prepared(self, sample, continues):
        """The objective, on a network of its own, and the state from which to train."""
        self._check_combination()
        n_features = sample.X.shape[1]
        if continues:
            network, state = copy.deepcopy((self._network, self._training))
            if self.loss not in ("auto", self.loss_):
                raise ValueError(
                    f"The training cannot continue: it began with loss={self.loss_!r}, and now loss={self.loss!r}. Set "
                    "the loss back, or fit with warm_start=False."
                )
            expected = self._architecture(n_features, self.loss_)
            if network.architecture != expected:
                raise ValueError(
                    f"The training cannot continue: the fitted network is {network.architecture}, the parameters now "
                    f"ask for {expected}. Set the parameters back, or fit with warm_start=False."
                )
        else:
            self.loss_ = self._resolved_loss(sample)
            architecture = self._architecture(n_features, self.loss_)
            initial, state = TrainingState.begin(self.random_state)
            # L-BFGS loses its line search to the rounding of float32.
            dtype = np.dtype(np.float64) if self.solver == "lbfgs" else model_dtype(sample.X)
            network = Network(architecture, architecture.initial(initial, dtype))
        self._check_range(sample)
        if self.zero_sampling is not None and self.solver not in UPDATES:
            raise ValueError(
                f"zero_sampling={self.zero_sampling!r} draws anew for each mini-batch: it needs solver in "
                f"{sorted(UPDATES)}; got solver={self.solver!r}. Set zero_sampling=None for {self.solver!r}."
            )
        objective = Objective(
            network,
            LOSSES[self.loss_],
            self.alpha,
            self._terms(network),
            self._noise(sample, network.dtype, continues),
            self._learned_fill(sample, continues),
            self.zero_sampling,
            self._gate(),
            self._activity(),
        )
        return objective, state

    def _learned_fill(self, sample, continues):
        """Mean of each column over the observed entries of all rows so far; None where NaN is an error."""
        if self.missing_values == "error":
            # What an earlier fit may have left.
            vars(self).pop("column_means_", None)
            vars(self).pop("_observed", None)
            return None
        sums, counts = column_sums(sample)
        if continues and hasattr(self, "_observed"):
            sums, counts = sums + self._observed[0], counts + self._observed[1]
        self._observed = sums, counts
        self.column_means_ = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
        return self.column_means_

    def _resolved_loss(self, sample):
        if self.loss != "auto":
            return self.loss
        return "log_loss" if self.output_activation in ("auto", "logistic") and is_binary(sample) else "squared_error"

    def _architecture(self, n_features, loss):
        hidden = tuple(self.hidden_layer_sizes)
        if not all(isinstance(width, Integral) and width >= 1 for width in hidden):
            raise ValueError(
                f"The 'hidden_layer_sizes' parameter of {type(self).__name__} must hold integers of at least 1; "
                f"got {self.hidden_layer_sizes!r}."
            )
        output = self.output_activation
        if output == "auto":
            output = "logistic" if loss == "log_loss" else "identity"
        record = LOSSES[loss]
        if output not in record.fused and record.from_output is None:
            raise ValueError(
                f"loss={loss!r} needs output_activation={' or '.join(map(repr, record.fused))} or 'auto'; "
                f"got output_activation={output!r}. For another output use loss='squared_error'."
            )
        sizes = (int(n_features), *map(int, hidden), int(self.n_components))
        return Architecture(sizes, self.activation, output, bool(self.tied_weights), self._units_kept())

    def _check_range(self, sample):
        legal = LOSSES[self.loss_].data_range
        if legal is None:
            return
        low, high = value_range(sample)
        if low < legal[0] or high > legal[1]:
            raise ValueError(
                f"loss={self.loss_!r} needs values of X in [{legal[0]:g}, {legal[1]:g}]; they lie in "
                f"[{low:g}, {high:g}]. Scale X to [0, 1] (MinMaxScaler(clip=True)), or use loss='squared_error'."
            )

    def _schedule(self, n_rows):
        return Schedule(
            learning_rate_init=self.learning_rate_init,
            learning_rate=self.learning_rate,
            batch_size=min(128 if self.batch_size == "auto" else self.batch_size, n_rows),
            warmup_epochs=self.warmup_epochs,
            max_grad_norm=self.max_grad_norm,
            max_iter=self.max_iter,
            tol=self.tol,
            n_iter_no_change=self.n_iter_no_change,
            shuffle=self.shuffle,
            keep_epochs=self.warm_start,
        )

    def _split(self, sample, state, sample_weight):
        """The rows to train on and, with early stopping, those held out."""
        if not self.early_stopping:
            return sample, None
        n_rows = len(sample.rows)
        n_held = max(1, round(self.validation_fraction * n_rows))
        if n_held >= n_rows:
            raise ValueError(
                f"early_stopping=True with validation_fraction={self.validation_fraction} leaves no row to train on: "
                f"n_samples={n_rows}. Give more rows, a smaller fraction, or early_stopping=False."
            )
        # Of the seed alone, so that a training that continues holds out the same rows.
        order = np.random.default_rng(state.held_seed).permutation(sample.rows)
        held, kept = np.sort(order[:n_held]), np.sort(order[n_held:])
        return Sample.of(sample.X, sample_weight, kept), Sample.of(sample.X, sample_weight, held)

    def _fitted(self, X, network, state, loss_curve, validation_loss_curve, continues):
        """The attributes that a training on X leaves."""
        if not continues and network.dtype != model_dtype(X):
            network = Network(network.architecture, network.theta.astype(model_dtype(X)))
        curve = (self.loss_curve_ if continues else []) + loss_curve
        return {
            "_network": network,
            "_training": state,
            "output_activation_": network.architecture.output_activation,
            "loss_curve_": curve,
            "validation_loss_curve_": (self.validation_loss_curve_ if continues else []) + validation_loss_curve,
            "n_iter_": len(curve),
        }

    # What a trained network does.

    def transform(self, X):
        """Code of each row of X; the input is never corrupted.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        H : ndarray of shape (n_samples, n_components)
        """
        check_is_fitted(self)
        return self._network.encode(self._readable(X))

    def inverse_transform(self, H):
        """Reconstruction from codes.

        Parameters
        ----------
        H : array-like of shape (n_samples, n_components)

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        H = check_array(H, dtype="numeric", input_name="H")
        refuse_dates(H, "H")
        if H.shape[1] != self._n_features_out:
            raise ValueError(
                f"H has {H.shape[1]} features, but {type(self).__name__} is expecting {self._n_features_out} features "
                "as input (n_components)."
            )
        return self._network.decode(H)

    def reconstruct(self, X):
        """Reconstruction of each row of X: ``inverse_transform(transform(X))`` in the model's precision.

        With ``missing_values="mask"`` the reconstruction has values where X has none.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        X_hat : ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        return self._network.reconstruct(self._readable(X))

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
        """
        check_is_fitted(self)
        X = self._checked(X)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        return explained_fraction(self._reconstruction, X, sample_weight)

    def score_samples(self, X):
        """Minus the reconstruction loss of each row: the higher, the more like the training rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            In nats for ``log_loss``, in squared units of X for ``squared_error``.

        Raises
        ------
        ValueError
            With ``log_loss``, for values outside [0, 1], of which it has no meaning.
        """
        check_is_fitted(self)
        X = self._checked(X)
        self._check_range(Sample.of(X))
        return -row_losses(self._network, LOSSES[self.loss_], X, self._fill_values)

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
            names of the features; NaN where X is missing.
        """
        check_is_fitted(self)
        errors = squared_errors(self._reconstruction, self._checked(X), per_feature)
        return labelled(self, errors, X, self._feature_names()) if per_feature else errors

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
        from ._fine_tuning import PERCEPTRONS

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

    def _checked(self, X, reset=False, training=False):
        """X as a numeric matrix that is read by rows, of any dtype and order; an array is not copied.

        Finite, but for NaN with ``missing_values="mask"``.
        """
        X = validate_data(
            self, X, dtype="numeric", reset=reset, ensure_all_finite=False, accept_sparse=["csr", "csc", "coo"]
        )
        refuse_dates(X, "X")
        if issparse(X):
            if self.missing_values == "mask" and X.dtype.kind == "f" and np.isnan(X.data).any():
                raise ValueError(
                    "missing_values='mask' needs a dense X: got a sparse one with NaN among its stored values. Pass "
                    "X.toarray(), or remove these values."
                )
            assert_all_finite(X.data, estimator_name=type(self).__name__, input_name="X")
            return SparseRows(as_csr(X))
        if X.dtype == object:
            # A list with None in it.
            X = X.astype(np.float64)
        masked = self.missing_values == "mask" and (training or self._fill_values is not None)
        # By blocks, so that a memory map is never resident as a whole.
        for _, block in read_blocks(X):
            if not sums_finite(block):
                assert_all_finite(block, allow_nan=masked, estimator_name=type(self).__name__, input_name="X")
        return X

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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.missing_values == "mask"
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_network")
