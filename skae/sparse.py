"""SparseAE: an autoencoder whose hidden units are active on few rows."""

from functools import partial

from .estimator.code_report import top_rows, unit_statistics
from .estimator.corrupted_input import CorruptedInput
from .estimator.nested_sizes import check_nested, checked_sizes, nested_fractions
from .estimator.outcome import warn_of_dead_units
from .estimator.parameters import layer_widths, store_parameters
from .estimator.prediction import reconstruction
from .estimator.registry import autoencoder
from .estimator.sparse_parameters import PARAMETERS
from .estimator.stored_codes import check_container, check_stored, stored_code
from .kernels.activations import ACTIVATIONS
from .kernels.losses import LOSSES
from .kernels.optimizers import OPTIMIZERS
from .objective.dead_unit_loss import DeadUnitLoss
from .objective.sparsity import SPARSITIES
from .objective.unit_norm import UnitNorm
from .rows.reconstruction_errors import explained_fraction
from .runtime.exceptions import ParameterError
from .training.dead_units import Activity, on_threshold
from .training.solvers import SOLVERS, minibatch_solvers

# Share of the rows on which a unit is on, above which it counts as dense.
_DENSE_UNIT = 0.1


@autoencoder("sparse", PARAMETERS)
class SparseAE(CorruptedInput):
    """Sparse autoencoder: few units of the code are on for a row.

    ``sparsity`` chooses how.

    "kl" adds to the objective of ``AutoencoderTransformer`` [1]_ ::

        sparsity_weight * sum_l KL(rho || rho_hat_l),
        KL(rho || r) = rho log(rho / r) + (1 - rho) log((1 - rho) / (1 - r)),

    with rho_hat_l the mean activation of unit l of the code: over all rows with "lbfgs", over those of the mini-batch
    with the other solvers. The activation must have the range (0, 1): "logistic".

    "l1" adds sparsity_weight * 1/m sum_i sum_l ``|h_il|``.

    "topk" sets all but the ``n_active`` greatest activations of each row to zero before they are decoded [2]_; no
    gradient comes back through the others. They are chosen by their pre-activations, which differ where saturated
    activations are equal; of equal ones those of lower index stay. ``n_active_transform`` units stay on when the
    training is over.

    "batchtopk" does so for the ``n_active`` n_rows greatest activations of a mini-batch, in training [5]_: a row has as
    many as it needs, ``n_active`` on average. Outside of training, where a row must not depend on others, units stay
    on from ``threshold_`` on: a mean over the batches of the least pre-activation that stayed on with an activation
    other than zero, m_n = m_(n-1) + 2 (z_n - m_(n-1)) / (n + 1) with n up to 100: later batches count for more, those
    of ``anneal_epochs`` not at all. Weights of rows do not enter the choice, but for zeros.

    "lifetime" sets, for each unit, all but its greatest activations over the rows of a mini-batch to zero, in training
    alone [3]_. Every unit is active for its share of the rows, so few units die: only rectified ones that are zero for
    all rows. The activation must not be negative: "logistic", "relu".

    With ``revive_dead`` a unit that was active for no row of an epoch is given new weights before the next epoch of
    ``fit`` [4]_; ``partial_fit`` revives none. A unit is active if ``|h|`` > 0.01, for "relu" and "identity" if h is
    not zero. At most 1,024 candidate rows (fewer for wide networks) are drawn uniformly, and for each dead unit one of
    them, another for each where there are enough, with probability proportional to its reconstruction loss by the units
    that stay on in training. Let a be the input of the code layer for this row, and mean(a) its mean over the
    candidates. The weights of the unit become w = s (a - mean(a)) and its bias -w^T mean(a), with s such that w^T a
    varies over the candidates as much as for the living units. Its decoder weights become 0 or, with tied weights, w,
    and its optimiser state is cleared. ``n_revived_`` counts revivals.
    ``skae.exceptions.DeadUnitsWarning`` tells of more than a tenth that were dead in the last epoch all the same, where
    no rows are held out.

    ``aux_weight`` instead lets dead units learn from the first batch after: it adds [6]_ ::

        aux_weight * 1/m sum_i ||e_i - e_hat_i||^2,    e_i = x_i - x_hat_i,

    where e_hat_i is what the ``n_aux`` most active of the dead units of a row decode to, without a bias, and e_i is
    taken as given. Dead are units that were active for no row of the epoch before; ``partial_fit`` knows none.

    ``unit_norm`` takes a freedom that sparse codes do not need: activations may be smaller if the decoder is larger.
    The part of the gradient along a row of the decoder is taken away, and each row divided by its norm after the step
    [4]_.

    ``nested_sizes`` makes a nested dictionary, of which the first units are one as well ("Matryoshka" [7]_). For the
    sizes m_1 < m_2 < ... < n_components, the last one included, the loss of a row is ::

        1/|M| sum_(m in M) l(x, x_hat_m),    x_hat_m = f(sum_(l <= m) h_l w_l + b),

    with one code h for all of them. The first units must then stand for what most rows have in common; where all units
    serve one reconstruction, an early one may leave a part of it to others that are more special. The paper takes the
    sum; the mean lets ``loss_curve_``, ``alpha`` and other weights keep their meaning. The validation loss and the
    objective of "lbfgs" are that mean too; codes, reconstructions and scores are those of the whole code. The loss of
    ``aux_weight`` is on the error of the whole code.

    Parameters
    ----------
    {parameters}
    {own_parameters}

    Attributes
    ----------
    {attributes}
    corruption_ : str
        Name of the corruption of the last training.
    noise_level_ : float
        Its level.
    threshold_ : float
        Pre-activation from which on units of the code stay on outside of training, with "batchtopk".
    n_revived_ : int
        How many times a unit was revived since the parameters were initialised.

    References
    ----------
    .. [1] A. Ng, "Sparse autoencoder", CS294A lecture notes, Stanford University (2011).
    .. [2] A. Makhzani and B. Frey, "k-sparse autoencoders", arXiv:1312.5663 (2013).
    .. [3] A. Makhzani and B. Frey, "Winner-take-all autoencoders", NIPS (2015).
    .. [4] T. Bricken et al., "Towards monosemanticity: decomposing language models with dictionary learning",
       Transformer Circuits Thread (2023), appendix on the resampling of neurons, of which this is a variant.
    .. [5] B. Bussmann, P. Leask and N. Nanda, "BatchTopK sparse autoencoders", arXiv:2412.06410 (2024).
    .. [6] L. Gao et al., "Scaling and evaluating sparse autoencoders", arXiv:2406.04093 (2024), the loss "AuxK".
    .. [7] B. Bussmann, N. Nabeshima, A. Karvonen and N. Nanda, "Learning multi-level features with Matryoshka sparse
       autoencoders", arXiv:2503.17547 (2025).

    Examples
    --------
    >>> from skae import SparseAE
    >>> from skae.datasets import load_digits_unit
    >>> X, y = load_digits_unit(return_X_y=True)
    >>> ae = SparseAE(32, sparsity_target=0.1, tol=1e-2, random_state=0).fit(X)
    >>> ae.transform(X).shape
    (1797, 32)
    """

    def __init__(
        self,
        n_components="auto",
        *,
        sparsity="kl",
        sparsity_target=0.05,
        sparsity_weight="auto",
        n_active="auto",
        n_active_transform=None,
        anneal_epochs=0,
        revive_dead=False,
        unit_norm=False,
        aux_weight=0.0,
        n_aux="auto",
        nested_sizes=None,
        sparse_output=False,
        corruption="masking",
        noise_level=0.0,
        emphasis=0.0,
        hidden_layer_sizes=(),
        activation="logistic",
        output_activation="auto",
        loss="auto",
        tied_weights=False,
        init="auto",
        alpha=0.0,
        solver="auto",
        learning_rate_init="auto",
        learning_rate="auto",
        warmup_epochs=0,
        max_grad_norm=None,
        batch_size="auto",
        max_iter="auto",
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
        store_parameters(self, locals())

    _strength_name = "sparsity_weight"

    def _strength(self, spread, batch):
        return SPARSITIES[self.sparsity].strength(spread, batch)

    def _check_combination(self):
        super()._check_combination()
        sparsity = SPARSITIES[self.sparsity]
        sparsity.check(self)
        check_stored(self, self.activation, sparsity.gates_codes)
        minibatch = self.solver == "auto" or SOLVERS[self.solver].minibatch
        if sparsity.minibatch and not minibatch:
            raise ParameterError(
                "solver",
                self.solver,
                minibatch_solvers(),
                "{sparsity=} changes the objective from batch to batch: it needs {solver}={legal}",
                "Use one of these, or {sparsity='kl'} or 'l1'.",
                sparsity=self.sparsity,
            )
        if self.revive_dead and not minibatch:
            raise ParameterError(
                "solver",
                self.solver,
                minibatch_solvers(),
                "{revive_dead=True} changes weights between the epochs: it needs {solver}={legal}",
                "Use one of these, or {revive_dead=False}.",
            )

        self._check_dictionary()
        check_nested(self, sparsity.minibatch)

    def _check_dictionary(self):
        """Raise ParameterError for what does not go with ``unit_norm`` and ``aux_weight``."""
        if self.solver not in ("auto", *OPTIMIZERS) and (self.unit_norm or self.aux_weight > 0):
            raise ParameterError(
                "solver",
                self.solver,
                sorted(OPTIMIZERS),
                "{unit_norm=} and {aux_weight=} change gradients and steps: they need {solver}={legal}",
                "Use one of these, or {unit_norm=False} and {aux_weight=0}.",
                unit_norm=self.unit_norm,
                aux_weight=self.aux_weight,
            )
        if self.aux_weight > 0:
            if layer_widths(self.hidden_layer_sizes):
                raise self._unfit_for_aux("hidden_layer_sizes", self.hidden_layer_sizes, [()])
            if self.loss != "auto" and not LOSSES[self.loss].squares:
                raise self._unfit_for_aux("loss", self.loss, ["squared_error"])
            if self.zero_sampling is not None:
                raise self._unfit_for_aux("zero_sampling", self.zero_sampling, [None])

    def _unfit_for_aux(self, name, value, legal):
        return ParameterError(
            name,
            value,
            legal,
            "{aux_weight=} needs {parameter}={legal}",
            "Set it so, or {aux_weight=0}, and perhaps {revive_dead=True}.",
            aux_weight=self.aux_weight,
        )

    def _penalties(self, architecture):
        return SPARSITIES[self.sparsity].penalties_of(self)

    def _mean_activation_target(self):
        return SPARSITIES[self.sparsity].start_target(self)

    def _gate(self):
        return SPARSITIES[self.sparsity].gate_of(self)

    def transform(self, X):
        """Code of each row of X; the input is never corrupted.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        H : ndarray, or with ``sparse_output`` CSR, of shape (n_samples, n_components)
            A sparse array or matrix as ``sklearn.set_config(sparse_interface=...)`` says; before scikit-learn 1.9 a
            matrix.

        Raises
        ------
        ValueError
            For an illegal X, if a code is beyond the range of its precision, and with ``sparse_output`` for a code
            without zeros, and where ``set_output`` asks for frames.
        """
        if not self.sparse_output:
            return super().transform(X)
        fitted, X = self._read(X)
        architecture = fitted.network.architecture
        check_stored(self, architecture.activation, architecture.n_active is not None)
        check_container(self)
        return stored_code(fitted, X)

    def _units_kept(self):
        return SPARSITIES[self.sparsity].units_kept_of(self)

    def _kept_by_threshold(self):
        return SPARSITIES[self.sparsity].thresholded

    def _conclude(self, result, plan):
        active = plan.state.active_units
        if self.revive_dead and result.interrupt is None and active is not None:
            warn_of_dead_units(type(self).__name__, active)
        super()._conclude(result, plan)

    def _workspace_per_row(self, sample, architecture):
        gate = self._gate()
        # Beside the gate, the entries that are not zero in X, and their columns.
        own = 0 if gate is None else gate.workspace_per_row(self.n_components) + 2 * sample.n_features
        auxiliary = self._dead_unit_loss(architecture)
        own += 0 if auxiliary is None else auxiliary.workspace_per_row(architecture)
        sizes = self._nested_sizes()
        own += 0 if sizes is None else (len(sizes) + 1) * sample.n_features
        return super()._workspace_per_row(sample, architecture) + own

    def _activity(self):
        if not (self.revive_dead or self.aux_weight > 0):
            return None
        return Activity(self.n_components, on_threshold(ACTIVATIONS[self.activation]), self.revive_dead)

    def _unit_norm(self):
        return UnitNorm() if self.unit_norm else None

    def _dead_unit_loss(self, architecture):
        if not self.aux_weight > 0:
            return None
        if architecture.output_activation != "identity":
            raise self._unfit_for_aux("output_activation", architecture.output_activation, ["identity"])
        return DeadUnitLoss(float(self.aux_weight), None if self.n_aux == "auto" else self.n_aux)

    def _nested_sizes(self):
        return checked_sizes(self.nested_sizes, self.n_components) or None

    @property
    def threshold_(self):
        threshold = self._record().network.threshold
        if threshold is None:
            raise AttributeError(f"This {type(self).__name__} was not fitted with sparsity='batchtopk'.")
        return float(threshold[0])

    @property
    def n_revived_(self):
        return self._record().training.n_revived

    def sparsity_report(self, X, threshold=None):
        """How sparse the code of X is.

        A unit is active for a row if ``|h|`` > threshold. It is dead if it is active for no row. It is saturated if for
        every row it is within the threshold of a bound of its activation (1 for "logistic", -1 or 1 for "tanh").

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        threshold : float, default=None
            In units of the activation, 0 or more. None is 0.01 for "logistic" and "tanh", and 0 for "relu" and
            "identity", whose activations have the units of X.

        Returns
        -------
        dict
            ``active_units_per_row`` (mean number of units that are on, often called L0), ``dead_fraction``,
            ``dense_fraction`` (on for more than a tenth of the rows) and ``saturated_fraction`` (of the units),
            ``mean_activation`` (ndarray of shape (n_components,)), ``active_fraction`` (ndarray of shape
            (n_components,): share of the rows for which each unit is on) and ``explained_variance`` (that of
            ``score``). With ``nested_sizes`` also ``nested_explained_variance`` (ndarray: that of what the first units
            decode to, for each of the sizes and for the whole code).
        """
        fitted, X = self._read(X)
        # Of the training, whatever the parameters are by now.
        activation = ACTIVATIONS[fitted.network.architecture.activation]
        units = unit_statistics(fitted, X, activation, on_threshold(activation, threshold))
        active = units.active_fraction
        report = {
            "active_units_per_row": float(active.sum()),
            "dead_fraction": float((active == 0).mean()),
            "dense_fraction": float((active > _DENSE_UNIT).mean()),
            "saturated_fraction": float(units.saturated.mean()),
            "mean_activation": units.mean,
            "active_fraction": active,
            "explained_variance": explained_fraction(partial(reconstruction, fitted), X),
        }
        # Those of the parameters, of the code that was trained.
        sizes = [size for size in checked_sizes(getattr(self, "nested_sizes", None), "auto") if size < len(active)]
        if sizes:
            report["nested_explained_variance"] = nested_fractions(fitted, X, [*sizes, len(active)])
        return report

    def top_rows(self, X, unit, n=10):
        """The rows on which a unit of the code is most active: what it stands for.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        unit : int
            Its place in the code, from 0.
        n : int, default=10
            How many rows, at most: those whose activation is zero are left out.

        Returns
        -------
        rows : ndarray of int of shape (n_found,)
            Their places in X, of the greatest activation first; of equal ones the first.
        activations : ndarray of shape (n_found,)

        Examples
        --------
        >>> from skae import SparseAE
        >>> from skae.datasets import load_digits_unit
        >>> X, y = load_digits_unit(return_X_y=True)
        >>> ae = SparseAE(32, sparsity_target=0.1, tol=1e-2, random_state=0).fit(X)
        >>> rows, activations = ae.top_rows(X, unit=3, n=5)
        >>> rows.shape, bool(activations[0] == ae.transform(X)[:, 3].max())
        ((5,), True)
        """
        fitted, X = self._read(X)
        return top_rows(fitted, X, unit, n)
