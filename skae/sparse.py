"""SparseAE: an autoencoder whose hidden units are active on few rows."""

from numbers import Real

from sklearn.utils._param_validation import Interval

from ._base import BaseAutoencoder
from ._docs import documented
from ._terms import KLSparsity
from .kernels.activations import ACTIVATIONS


@documented(
    own_parameters="""
sparsity_target : float, default=0.05
    Wanted mean activation rho of each unit of the code, in (0, 1).
sparsity_weight : float, default=0.1
    Weight of the KL term.
"""
)
class SparseAE(BaseAutoencoder):
    """Sparse autoencoder: the mean activation of every unit of the code is drawn to a small target.

    Adds to the objective of ``AutoencoderTransformer``

        sparsity_weight * sum_l KL(rho || rho_hat_l),
        KL(rho || r) = rho log(rho / r) + (1 - rho) log((1 - rho) / (1 - r)),

    with rho_hat_l the mean activation of unit l of the code: over all rows with "lbfgs", over those of the mini-batch
    with the other solvers. The activation must have the range (0, 1): "logistic".

    Parameters
    ----------
    {parameters}
    {own_parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] A. Ng, "Sparse autoencoder", CS294A lecture notes, Stanford University (2011).

    Examples
    --------
    >>> from skae import SparseAE
    >>> from skae.datasets import load_digits_unit
    >>> X, y = load_digits_unit(return_X_y=True)
    >>> ae = SparseAE(32, sparsity_target=0.1, tol=1e-2, random_state=0).fit(X)
    >>> ae.transform(X).shape
    (1797, 32)
    """

    _parameter_constraints = {
        **BaseAutoencoder._parameter_constraints,
        "sparsity_target": [Interval(Real, 0, 1, closed="neither")],
        "sparsity_weight": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        n_components=64,
        *,
        sparsity_target=0.05,
        sparsity_weight=0.1,
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
        super().__init__(
            n_components,
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            output_activation=output_activation,
            loss=loss,
            tied_weights=tied_weights,
            alpha=alpha,
            solver=solver,
            learning_rate_init=learning_rate_init,
            learning_rate=learning_rate,
            warmup_epochs=warmup_epochs,
            max_grad_norm=max_grad_norm,
            batch_size=batch_size,
            max_iter=max_iter,
            tol=tol,
            n_iter_no_change=n_iter_no_change,
            missing_values=missing_values,
            zero_sampling=zero_sampling,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            shuffle=shuffle,
            random_state=random_state,
            warm_start=warm_start,
            verbose=verbose,
        )
        self.sparsity_target = sparsity_target
        self.sparsity_weight = sparsity_weight

    def _check_combination(self):
        fitting = [name for name, record in ACTIVATIONS.items() if record.range == (0.0, 1.0)]
        if self.sparsity_weight > 0 and self.activation not in fitting:
            raise ValueError(
                f"The KL sparsity term of {type(self).__name__} (sparsity_weight={self.sparsity_weight:g}) needs "
                f"activations in (0, 1): activation={' or '.join(map(repr, fitting))}; got "
                f"activation={self.activation!r}. Use that activation, or sparsity_weight=0."
            )

    def _terms(self, network):
        return [KLSparsity(self.sparsity_weight, self.sparsity_target)] if self.sparsity_weight > 0 else []
