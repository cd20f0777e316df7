"""DenoisingAE: an autoencoder trained to undo a corruption of its input."""

from .estimator.corrupted_input import CorruptedInput, corruption_parameters
from .estimator.parameters import store_parameters
from .estimator.registry import autoencoder


@autoencoder("denoising", corruption_parameters("auto", "auto"))
class DenoisingAE(CorruptedInput):
    """Denoising autoencoder: reconstructs the clean input from a corrupted copy.

    Minimises the objective of ``AutoencoderTransformer`` with x_hat computed from a corrupted x_tilde, and the loss
    against the clean x. Every epoch draws the corruption anew; "lbfgs", which needs a deterministic objective, draws it
    once. ``transform`` and all other methods never corrupt their input.

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
    .. [1] P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio and P.-A. Manzagol, "Stacked denoising autoencoders: learning
       useful representations in a deep network with a local denoising criterion", JMLR 11 (2010).

    Examples
    --------
    >>> from skae import DenoisingAE
    >>> from skae.datasets import load_digits_unit
    >>> X, y = load_digits_unit(return_X_y=True)
    >>> ae = DenoisingAE(32, corruption="masking", noise_level=0.5, tol=1e-2, random_state=0).fit(X)
    >>> ae.transform(X).shape
    (1797, 32)
    """

    def __init__(
        self,
        n_components="auto",
        *,
        corruption="auto",
        noise_level="auto",
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
