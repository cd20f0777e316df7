"""BaseAutoencoder: how every autoencoder is fitted."""

from __future__ import annotations

import copy
import math
import warnings
from numbers import Integral

from sklearn.base import _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.metaestimators import available_if

from ..kernels.losses import LOSSES
from ..runtime.compatibility import CallbackSupportMixin, with_callbacks
from ..runtime.exceptions import ParameterError
from ..runtime.interrupts import interruptible
from ..runtime.messages import marked
from ..runtime.threads import one_thread_if_small
from ..training.callbacks import CallbackList, callbacks_of
from ..training.descent import check_last_step, run_epoch
from ..training.solvers import SOLVERS, minibatch_solvers
from .fitted import Fitted
from .input import training_rows, warn_of_targets
from .outcome import warn_of_outcome
from .parameters import NumericParameters, layer_widths
from .plan import plan_training
from .prediction import Prediction
from .sklearn_callbacks import FitTasks


def _trains_in_batches(estimator):
    if estimator.solver != "auto" and estimator.solver not in minibatch_solvers():
        raise AttributeError(
            f"partial_fit needs a solver that trains in mini-batches, one of {minibatch_solvers()}; got "
            f"solver={estimator.solver!r}."
        )
    return True


class BaseAutoencoder(NumericParameters, CallbackSupportMixin, Prediction):
    """Base of all autoencoders; not to be used directly."""

    # Hooks by which an estimator extends the plain autoencoder.

    def _check_combination(self):
        """Raise ValueError if parameters that are legal alone cannot be combined."""
        if not all(isinstance(width, Integral) and width >= 1 for width in layer_widths(self.hidden_layer_sizes)):
            raise ParameterError(
                "hidden_layer_sizes",
                self.hidden_layer_sizes,
                "integers of at least 1",
                "The '{parameter}' parameter of {owner} must hold {legal}",
                found="; got {value}.",
                owner=type(self).__name__,
            )
        # "auto" always chooses an output that fits the loss, or a loss that fits the output.
        if "auto" not in (self.loss, self.output_activation):
            record = LOSSES[self.loss]
            if self.output_activation not in record.fused and record.from_output is None:
                raise ParameterError(
                    "output_activation",
                    self.output_activation,
                    [*record.fused, "auto"],
                    "{loss=} needs {output_activation}={legal}",
                    "For another output use {loss='squared_error'}.",
                    loss=self.loss,
                )

    def _penalties(self, architecture):
        """Penalties beside L2: a list of Penalty and WeightPenalty."""
        return []

    def _shown_noise(self, sample, loss, previous, one_pass):
        """Standard deviation of white noise that rows show, where "auto" parameters follow it; 0.0 for none.

        Parameters
        ----------
        sample : Sample
        loss : str
        previous : Fitted or None
            The fit that the training continues.
        one_pass : bool
            Whether it is for ``partial_fit``.
        """
        return 0.0

    def _directions_of_signal(self, sample, architecture, shown):
        """Directions along which rows vary by more than the noise that they show, and the mean of the rows; or None.

        At its end a fit takes from a linear output what is not along them. A network that has learnt to restore noisy
        rows still makes half of their noise, which was in what it was to restore.

        Parameters
        ----------
        sample : Sample
        architecture : Architecture
        shown : float
            What ``_shown_noise`` found.
        """
        return None

    def _with_noise(self, sample, loss, previous, shown):
        """An estimator whose corruption of the input is settled.

        Parameters
        ----------
        sample : Sample
        loss : str
        previous : Fitted or None
            The fit that the training continues.
        shown : float
            What ``_shown_noise`` found.
        """
        return self

    def _kind_of_noise(self):
        """Whether the noise of the input is "additive" or "replacing", or None; of a settled estimator."""
        return None

    def _noise(self, sample, dtype, previous):
        """Corruption of the training input in a precision, or None; and the range of the columns, if it is known.

        Parameters
        ----------
        sample : Sample
        dtype : dtype
        previous : Fitted or None
            The fit that the training continues.
        """
        return None, None

    def _gate(self):
        """The gate that decides which units of the code stay active in training; None for that of ``_units_kept``."""
        return None

    def _units_kept(self):
        """How many units of a code stay active outside of training; None for all."""
        return None

    def _kept_by_threshold(self):
        """Whether ``_units_kept`` is a mean over rows, and units stay on from a threshold on."""
        return False

    def _activity(self):
        """The object that watches the code for dead units to revive, or None."""
        return None

    def _unit_norm(self):
        """What keeps the decoder's rows at norm one, or None."""
        return None

    def _dead_unit_loss(self, architecture):
        """The loss of dead units, or None."""
        return None

    def _nested_sizes(self):
        """Sizes of which the first units of the code are to reconstruct X as well, a tuple; None for none."""
        return None

    # By which pre-activations of the code are multiplied at the start from the data.
    _start_gain = 1.0

    # Name of the parameter that is the strength of the penalty.
    _strength_name = None

    def _strength(self, spread, batch):
        """What the strength of the penalty is where it is "auto".

        Parameters
        ----------
        spread : float
            Loss of a row by the means of the columns alone.
        batch : Batch
            Of some rows, at the start.
        """
        return 1.0

    def _mean_activation_target(self):
        """Mean activation of the code that the training draws it to, or None."""
        return None

    def _workspace_per_row(self, sample, architecture):
        """Numbers in memory for a row of a batch, besides its entries, the layers' outputs and their gradients."""
        penalties = sum(penalty.workspace_per_row(architecture) for penalty in self._penalties(architecture))
        # With NaN in X there are also the filled rows and the mask of observed entries.
        return penalties + 2 * sample.n_features * (self.missing_values == "mask")

    # Training.

    def _validate_params(self):
        if not hasattr(self, "_parameter_constraints"):
            name = type(self).__name__
            raise TypeError(
                f"{name} does not say which values its parameters may have. Declare it by the decorator "
                f"skae.extending.autoencoder: @autoencoder({name.lower()!r}) above class {name}, with a Parameter for "
                "each that it adds."
            )
        super()._validate_params()

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Train on X.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : None
            Not used in training; there is a warning if it looks like rows to reconstruct. Callbacks are given y, or X
            if y is None.
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
            Before the training, if there is not enough memory for it. The estimator is then as it was.
        KeyboardInterrupt
            When it is interrupted. With ``warm_start`` the estimator then has the result of the last complete epoch,
            and the next ``fit`` on the same rows continues from there. Without ``warm_start``, and before the end of
            the first epoch, it is as it was.

        Warns
        -----
        ConvergenceWarning
            When ``max_iter`` is reached before the stopping rule is met.
        """
        warn_of_targets(self, X, y)
        before = self._fitted
        with interruptible():
            tasks = FitTasks(self, X, y, sample_weight)
            previous = before if self.warm_start else None
            sample, columns = training_rows(self, X, sample_weight, previous)
            plan = plan_training(self, sample, previous)
            result, fitted = self._train(plan, columns, previous, tasks=tasks)
            try:
                self._fitted = fitted
                if result.interrupt is None:
                    tasks.close()
            except BaseException:
                # A callback failed or was interrupted.
                vars(self).pop("_fitted", None)
                if before is not None:
                    self._fitted = before
                raise
        self._conclude(result, plan)
        return self

    def _train(self, plan, columns, previous, train=None, tasks=None):
        """Train as planned.

        Parameters
        ----------
        plan : Plan
        columns : Columns
        previous : Fitted or None
            The fit that the training continues.
        train : callable, default=None
            Training function to use instead of the solver's.
        tasks : FitTasks, default=None

        Returns
        -------
        FitResult, Fitted
        """
        solver = plan.solver
        n_rows = len(plan.sample.rows)
        rows = plan.config.batch_size if solver.minibatch else plan.objective.block_size(n_rows)
        callbacks = callbacks_of(type(self).__name__, plan.config.max_iter, n_rows, self.verbose)
        if tasks is not None and tasks.active:
            tasks.fitted = lambda *curves: fitted_to(plan, columns, previous, plan.state, *curves)
            callbacks.append(tasks)
        with one_thread_if_small(plan.objective.network.architecture.product_flops(rows)):
            result = (train or solver.train)(
                plan.objective, plan.sample, plan.config, plan.state, plan.validation, CallbackList(callbacks)
            )
        if plan.signal is not None:
            _confine(plan.objective.network, plan.signal, result.state.progress)
        curves = (result.loss_curve, result.validation_loss_curve)
        return result, fitted_to(plan, columns, previous, result.state, *curves)

    def _conclude(self, result, plan):
        """Raise or warn for the way in which a training ended."""
        if result.interrupt is not None:
            # A copy: the traceback of the raised exception keeps the result alive, and with it the training data.
            raise copy.copy(result.interrupt)
        if result.converged and plan.state.progress is None:
            warn_of_outcome(self, plan.sample)
        if not result.converged:
            text = marked(
                "{name} stopped at {max_iter=} before its loss settled. {advice}",
                name=type(self).__name__,
                max_iter=plan.config.max_iter,
                advice=self._what_converges(plan),
            )
            warnings.warn(text, ConvergenceWarning, stacklevel=3)

    def _what_converges(self, plan):
        """What to do about a training that did not, a sentence."""
        if not plan.solver.minibatch:
            return marked("Raise {max_iter}, to some thousands, or scale the columns of X.")
        raised = "raise {learning_rate_init}={rate:g} by a factor of 3 to 10"
        if plan.config.learning_rate == "constant":
            raised += ", with {learning_rate='cosine'} to let it end quietly"
        advice = [raised, "or raise {max_iter}."]
        if self._may_be_solved_by("lbfgs"):
            advice.insert(0, "for small X set {solver='lbfgs'} with {max_iter=1000} or more")
        text = "; ".join(advice)
        return marked(f"{text[0].upper()}{text[1:]}", rate=plan.config.learning_rate_init)

    def _may_be_solved_by(self, solver):
        """Whether the other parameters can be combined with another solver."""
        other = copy.copy(self)
        other.solver = solver
        try:
            other._check_combination()
        except ValueError:
            return False
        return SOLVERS[solver].minibatch or self.zero_sampling is None

    @available_if(_trains_in_batches)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Continue the training with one pass over X, in mini-batches in the order of its rows.

        The first call initialises the parameters; "auto" parameters are settled by its X. Every call adds one value
        to ``loss_curve_``. The learning rate is ``learning_rate_init`` throughout; "auto" is ``learning_rate_``, which
        the first call finds.

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
        warn_of_targets(self, X, y)
        with interruptible():
            previous = self._fitted
            if previous is not None:
                # scikit-learn checks parameters at the first call only, but they may have been changed since.
                self._validate_params()
            if self.early_stopping:
                rule = "partial_fit holds no rows out: {early_stopping} must be {legal}"
                raise ParameterError("early_stopping", self.early_stopping, [False], rule)
            sample, columns = training_rows(self, X, sample_weight, previous)
            plan = plan_training(self, sample, previous, one_pass=True)
            loss = self._train_once(plan)
            self._fitted = fitted_to(plan, columns, previous, plan.state, [loss], [])
        return self

    def _train_once(self, plan):
        """One pass over the rows; its mean loss."""
        objective, sample, config, state = plan.objective, plan.sample, plan.config, plan.state
        optimizer = plan.solver.optimizer
        # A fit that was cut short is not gone on with after other training.
        state.progress = None
        state.prepare_optimizer(optimizer, objective.network.theta, objective.network.architecture)
        with one_thread_if_small(objective.network.architecture.product_flops(config.batch_size)):
            loss = run_epoch(objective, sample, config, optimizer, state)
            check_last_step(objective, sample, config, state)
        # Units that are inactive on these rows may be active on others.
        state.active_units = None
        return loss * objective.network.loss_unit

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.missing_values == "mask"
        return tags


def _confine(network, signal, progress):
    """Confine the output of a network; a fit that was cut short goes on with its parameters as they are."""
    if progress is not None and progress.theta is None:
        progress.theta = network.theta.copy()
    network.confine_output(*signal)


def fitted_to(plan, columns, previous, state, loss_curve, validation_loss_curve):
    """The fitted record of a training.

    Parameters
    ----------
    plan : Plan
    columns : Columns
    previous : Fitted or None
        The fit that it continued, whose curves go before its own.
    state : TrainingState
    loss_curve, validation_loss_curve : list of float

    Returns
    -------
    Fitted
    """
    network = plan.objective.network.in_precision(plan.dtype)
    curves = [(loss_curve, validation_loss_curve)]
    if previous is not None:
        curves.insert(0, (previous.loss_curve, previous.validation_loss_curve))
    return Fitted(columns, network, plan.loss, state, plan.statistics, *_joined(curves))


def _joined(curves):
    """Training and validation curves of several trainings, each as one: NaN for epochs without a validation loss."""
    losses = [loss for training, _ in curves for loss in training]
    if not any(held for _, held in curves):
        return losses, []
    return losses, [loss for training, held in curves for loss in held + [math.nan] * (len(training) - len(held))]
