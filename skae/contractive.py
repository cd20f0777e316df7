"""ContractiveAE: an autoencoder whose code changes little with its input."""

from numbers import Real

from sklearn.utils._param_validation import Interval, StrOptions

from .estimator.corrupted_input import CorruptedInput, corruption_parameters
from .estimator.parameters import Parameter, store_parameters
from .estimator.registry import autoencoder
from .objective.contraction import contraction

# Of the loss of the column means, what the penalty is at the start where its weight is "auto".
_SHARE = 0.03

_PARAMETERS = (
    Parameter(
        "contraction_weight",
        "auto",
        [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        'float or "auto"',
        """
        Weight of the mean squared Frobenius norm of the encoder's Jacobian. "auto" makes the term
        0.03 times the loss of the column means at the start, whatever the units of X.
        """,
    ),
    *corruption_parameters("masking", 0.0),
)


@autoencoder("contractive", _PARAMETERS)
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
    corruption_ : str
        Name of the corruption of the last training.
    noise_level_ : float
        Its level.

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

    def __init__(
        self,
        n_components="auto",
        *,
        contraction_weight="auto",
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

    @property
    def _start_gain(self):
        # The Jacobian is the smaller by it, and the decoder makes up for it.
        return 1.0 if self.contraction_weight == 0 else 0.5

    _strength_name = "contraction_weight"

    def _strength(self, spread, batch):
        network = batch.network
        norm = contraction(1.0, network.architecture.depth).value(batch) / network.loss_unit
        return _SHARE * spread / norm if norm > 0 else 0.0

    def _penalties(self, architecture):
        return [contraction(self.contraction_weight, architecture.depth)] if self.contraction_weight > 0 else []
