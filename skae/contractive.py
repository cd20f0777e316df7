"""ContractiveAE: an autoencoder whose code changes little with its input."""

from numbers import Real

from sklearn.utils._param_validation import Interval

from .estimator.corrupted_input import CorruptedInput, parameters
from .estimator.documentation import documented
from .objective.contraction import contraction


@documented(
    own_parameters="""
contraction_weight : float, default=0.1
    Weight of the mean squared Frobenius norm of the encoder's Jacobian.
"""
    + parameters(default=0.0)
)
class ContractiveAE(CorruptedInput):
    """Contractive autoencoder: the code changes little when the input does.

    Adds to the objective of ``AutoencoderTransformer``::

        contraction_weight * 1/m sum_i ||dh/dx (x_i)||_F^2.

    With one layer the norm is sum_l g'(z_l)^2 ||w_l||^2; with ``hidden_layer_sizes`` it is that of the exact Jacobian
    of the whole encoder, at a cost that grows with the square of the first hidden width.

    Parameters
    ----------
    {parameters}
    {own_parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] S. Rifai, P. Vincent, X. Muller, X. Glorot and Y. Bengio, "Contractive auto-encoders: explicit invariance
       during feature extraction", ICML (2011), equation 3.

    Examples
    --------
    >>> from skae import ContractiveAE
    >>> from skae.datasets import load_digits_unit
    >>> X, y = load_digits_unit(return_X_y=True)
    >>> ae = ContractiveAE(32, contraction_weight=0.1, tol=1e-2, random_state=0).fit(X)
    >>> ae.transform(X).shape
    (1797, 32)
    """

    _parameter_constraints = {
        **CorruptedInput._parameter_constraints,
        "contraction_weight": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        n_components=64,
        *,
        contraction_weight=0.1,
        corruption="masking",
        noise_level=0.0,
        emphasis=0.0,
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
        self.contraction_weight = contraction_weight
        self.corruption = corruption
        self.noise_level = noise_level
        self.emphasis = emphasis

    def _row_numbers(self, sample, architecture):
        # Slope, bend and, of deep encoders, the gradient at the pre-activations.
        arrays = (2 + (architecture.depth > 1)) * (self.contraction_weight > 0)
        return super()._row_numbers(sample, architecture) + arrays * sum(architecture.encoder_sizes[1:])

    def _terms(self, network):
        return [contraction(self.contraction_weight, network)] if self.contraction_weight > 0 else []
