"""BaseAutoencoder: parameters and training of all estimators; the numbers are made in the modules below."""

from __future__ import annotations

import copy
import math
import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if

from ..kernels.activations import ACTIVATIONS
from ..kernels.losses import LOSSES
from ..kernels.optimizers import OPTIMIZERS
from ..network.architecture import Architecture
from ..network.network import Network
from ..objective.objective import Objective
from ..rows.blocks import model_dtype
from ..rows.sample import Sample
from ..rows.validation import checked_weights
from ..runtime.compatibility import CallbackSupportMixin, with_callbacks
from ..runtime.interrupts import interruptible
from ..runtime.memory import check_memory_for_training
from ..runtime.numbers import shown
from ..runtime.threads import one_thread_if_small
from ..training.callbacks import CallbackList, EpochTasks, listeners
from ..training.descent import check_last_step, run_epoch
from ..training.schedule import Schedule
from ..training.solvers import SOLVERS
from ..training.state import TrainingState, start_memory
from .atomic_update import changed_at_once, restored_on_failure
from .parameters import NumericParameters
from .prediction import TrainedNetwork

# Of a network: 4 TiB in float32, before any training.
_MOST_PARAMETERS = 2**40


def _trains_in_batches(estimator):
    if estimator.solver not in OPTIMIZERS:
        raise AttributeError(
            f"partial_fit needs a solver that trains in mini-batches, one of {sorted(OPTIMIZERS)}; "
            f"got solver={estimator.solver!r}."
        )
    return True


def _joined_curves(runs):
    """The curves of several runs as one: NaN on held rows in epochs without such rows, nothing where all are."""
    curve = [loss for losses, _ in runs for loss in losses]
    if not any(held for _, held in runs):
        return curve, []
    return curve, [loss for losses, held in runs for loss in held + [math.nan] * (len(losses) - len(held))]


class BaseAutoencoder(NumericParameters, CallbackSupportMixin, TrainedNetwork):
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

    def _row_numbers(self, sample, architecture):
        """Numbers that each row of a batch has beside its entries, the outputs of the layers and their gradients."""
        # Filled rows, and which entries are observed.
        return 2 * architecture.sizes[0] * (self.missing_values == "mask")

    def _activity(self):
        """Watches the code for dead units that are to be revived, or None."""
        return None

    def _units_kept(self):
        """How many units of a code stay on outside of training; None for all."""
        return None

    def _check_combination(self):
        """Raise ValueError where parameters that are legal alone do not go together."""
        if not all(isinstance(width, Integral) and width >= 1 for width in self.hidden_layer_sizes):
            raise ValueError(
                f"The 'hidden_layer_sizes' parameter of {type(self).__name__} must hold integers of at least 1; "
                f"got {shown(self.hidden_layer_sizes)}."
            )
        # An output that the loss settles fits it, and a loss that X settles fits the output.
        if "auto" not in (self.loss, self.output_activation):
            record = LOSSES[self.loss]
            if self.output_activation not in record.fused and record.from_output is None:
                raise ValueError(
                    f"loss={self.loss!r} needs output_activation={' or '.join(map(repr, record.fused))} or 'auto'; "
                    f"got output_activation={self.output_activation!r}. For another output use loss='squared_error'."
                )

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
        MemoryError
            Before the training, where there is no room for it. The estimator is then as it was.
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
        # The estimator is given back what it had where a callback fails at the end.
        with interruptible(), restored_on_failure(self):
            with changed_at_once(self) as twin:
                continues = twin.warm_start and hasattr(twin, "_network")
                X, sample_weight = twin._validated(X, sample_weight, reset=not continues)
                result = twin._train(Sample.of(X, sample_weight), continues, SOLVERS[twin.solver], tasks)
            if result.interrupt is None:
                tasks.close()
        self._conclude(result)
        return self

    def _train(self, sample, continues, solver, tasks=None):
        """Train on a sample and set what is fitted.

        Parameters
        ----------
        sample : Sample
        continues : bool
            Whether from where the training stands.
        solver : callable
            As those in ``SOLVERS``.
        tasks : EpochTasks, default=None

        Returns
        -------
        FitResult
        """
        # The means of the columns are those of these rows alone, with which an interrupted fit may go on.
        vars(self).pop("_observed", None)
        objective, state = self._prepared(sample, continues)
        sample, held = self._split(sample, state)
        told = listeners(type(self).__name__, self.max_iter, len(sample.rows), self.verbose)
        if tasks is not None:
            tasks.fitted = lambda *curves: {
                **vars(self),
                **self._fitted(sample, objective.network, state, *curves, continues),
            }
            told += [tasks] if tasks.active else []
        schedule = self._schedule(len(sample.rows))
        rows = schedule.batch_size if self.solver in OPTIMIZERS else objective.block_size(len(sample.rows))
        with one_thread_if_small(objective.network.architecture.product_flops(rows)):
            result = solver(objective, sample, schedule, state, held, CallbackList(told))
        curves = (result.loss_curve, result.validation_loss_curve)
        vars(self).update(self._fitted(sample, objective.network, result.state, *curves, continues))
        return result

    def _conclude(self, result):
        """Raise or warn for the way in which a training ended."""
        if result.interrupt is not None:
            # A copy, since its traceback will hold the result, and with it all that was trained on.
            raise copy.copy(result.interrupt)
        if not result.converged:
            warnings.warn(
                f"{type(self).__name__} stopped at max_iter={self.max_iter} before the loss settled within "
                f"tol={self.tol:g}. Raise max_iter or tol, or scale the columns of X.",
                ConvergenceWarning,
                stacklevel=3,
            )

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
        with interruptible(), changed_at_once(self) as twin:
            twin._train_once(X, sample_weight)
        return self

    def _train_once(self, X, sample_weight):
        """One pass of ``partial_fit``, and what it leaves."""
        continues = hasattr(self, "_network")
        if continues:
            # Which scikit-learn leaves out, as if nothing had been set since the first call.
            self._validate_params()
        if self.early_stopping:
            raise ValueError("partial_fit holds no rows out: early_stopping must be False; got True.")
        X, sample_weight = self._validated(X, sample_weight, reset=not continues)
        sample = Sample.of(X, sample_weight)
        objective, state = self._prepared(sample, continues)
        update = OPTIMIZERS[self.solver]
        # A fit that was cut short is not gone on with after other training.
        state.run = None
        start_memory(state, update, objective.network.theta)
        schedule = self._schedule(len(sample.rows))
        with one_thread_if_small(objective.network.architecture.product_flops(schedule.batch_size)):
            loss = run_epoch(objective, sample, schedule, update, state)
            check_last_step(objective, sample, schedule, state)
        # What these rows leave off may be on for others.
        state.active = None
        vars(self).update(self._fitted(sample, objective.network, state, [loss], [], continues))

    def _validated(self, X, sample_weight, reset):
        """X as a finite numeric array, and the weights in float64 or None."""
        X = self._checked(X, reset, training=True)
        return X, checked_weights(sample_weight, X)

    def _prepared(self, sample, continues):
        """The objective, on a network of its own, and the state from which to train."""
        self._check_combination()
        n_features = sample.n_features
        if continues:
            network = self._network
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
            dtype = self._training_dtype(network.dtype)
            self._check_room(network.architecture, dtype, sample)
            network, state = copy.deepcopy((network, self._training))
            network = network.in_precision(dtype)
        else:
            self.loss_ = self._resolved_loss(sample)
            architecture = self._architecture(n_features, self.loss_)
            initial, state = TrainingState.begin(self.random_state)
            dtype = self._training_dtype(model_dtype(sample))
            self._check_room(architecture, dtype, sample)
            network = Network(architecture, architecture.initial(initial, dtype))
        self._check_range(sample)
        if self.zero_sampling is not None and self.solver not in OPTIMIZERS:
            raise ValueError(
                f"zero_sampling={self.zero_sampling!r} draws anew for each mini-batch: it needs solver in "
                f"{sorted(OPTIMIZERS)}; got solver={self.solver!r}. Set zero_sampling=None for {self.solver!r}."
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

    def _training_dtype(self, dtype):
        """Precision in which a network of some precision is trained."""
        # L-BFGS loses its line search to the rounding of float32.
        return np.dtype(np.float64) if self.solver == "lbfgs" else dtype

    def _check_room(self, architecture, dtype, sample):
        """Raise MemoryError, before anything is made, where there is no room for the training."""
        n_rows, in_batches = len(sample.rows), self.solver in OPTIMIZERS
        whole = architecture.block_size(n_rows, dtype)
        check_memory_for_training(
            architecture,
            dtype,
            n_rows,
            max(self._schedule(n_rows).batch_size, whole * self.early_stopping) if in_batches else whole,
            self._row_numbers(sample, architecture),
            OPTIMIZERS[self.solver].n_state_vectors if in_batches else None,
            self.early_stopping,
            self.warm_start,
        )

    def _learned_fill(self, sample, continues):
        """Mean of each column over the observed entries of all rows so far; None where NaN is an error."""
        if self.missing_values == "error":
            # What an earlier fit may have left.
            vars(self).pop("column_means_", None)
            vars(self).pop("_observed", None)
            return None
        sums, counts = sample.column_sums()
        if continues and hasattr(self, "_observed"):
            sums, counts = sums + self._observed[0], counts + self._observed[1]
        self._observed = sums, counts
        self.column_means_ = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
        return self.column_means_

    def _resolved_loss(self, sample):
        if self.loss != "auto":
            return self.loss
        return "log_loss" if self.output_activation in ("auto", "logistic") and sample.is_binary() else "squared_error"

    def _architecture(self, n_features, loss):
        output = self.output_activation
        if output == "auto":
            output = "logistic" if loss == "log_loss" else "identity"
        sizes = (int(n_features), *map(int, self.hidden_layer_sizes), int(self.n_components))
        architecture = Architecture(sizes, self.activation, output, bool(self.tied_weights), self._units_kept())
        if architecture.n_parameters > _MOST_PARAMETERS:
            raise ValueError(
                f"n_components={shown(self.n_components)} and hidden_layer_sizes={shown(self.hidden_layer_sizes)} make "
                f"of {n_features} features a network of at least 2**{architecture.n_parameters.bit_length() - 1} "
                f"parameters, which no memory holds; legal are up to 2**{_MOST_PARAMETERS.bit_length() - 1}. Choose "
                "smaller widths."
            )
        return architecture

    def _schedule(self, n_rows):
        return Schedule(
            learning_rate_init=float(self.learning_rate_init),
            learning_rate=self.learning_rate,
            batch_size=min(128 if self.batch_size == "auto" else self.batch_size, n_rows),
            warmup_epochs=float(self.warmup_epochs),
            max_grad_norm=None if self.max_grad_norm is None else float(self.max_grad_norm),
            max_iter=self.max_iter,
            tol=float(self.tol),
            n_iter_no_change=self.n_iter_no_change,
            shuffle=self.shuffle,
            keep_epochs=self.warm_start,
        )

    def _split(self, sample, state):
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
        order = np.random.default_rng(state.held_seed.sequence()).permutation(sample.rows)
        held, kept = np.sort(order[:n_held]), np.sort(order[n_held:])
        return sample.of_rows(kept), sample.of_rows(held)

    def _fitted(self, sample, network, state, loss_curve, validation_loss_curve, continues):
        """The attributes that a training on a sample leaves."""
        network = network.in_precision(self._network.dtype if continues else model_dtype(sample))
        runs = [(self.loss_curve_, self.validation_loss_curve_)] if continues else []
        curve, held_curve = _joined_curves([*runs, (loss_curve, validation_loss_curve)])
        return {
            "_network": network,
            "_training": state,
            "output_activation_": network.architecture.output_activation,
            "loss_curve_": curve,
            "validation_loss_curve_": held_curve,
            "n_iter_": len(curve),
        }

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.missing_values == "mask"
        return tags
