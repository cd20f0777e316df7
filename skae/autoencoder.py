"""AutoencoderTransformer: the plain autoencoder."""

from .estimator.base import BaseAutoencoder
from .estimator.parameters import store_parameters
from .estimator.registry import autoencoder


@autoencoder("plain")
class AutoencoderTransformer(BaseAutoencoder):
    """Autoencoder: a code from which the input is reconstructed.

    With the encoder h = g(W^T x + b) and the decoder x_hat = f(W*^T h + c), minimises over m rows::

        J = 1/m sum_i l(x_i, x_hat_i) + alpha (||W||^2 + ||W*||^2).

    With "identity" activations, squared error and no more components than features it spans the subspace of PCA
    (Baldi and Hornik 1989).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    DenoisingAE : Trained to undo a corruption of its input.
    SparseAE : With few active units.
    ContractiveAE : With a code that changes little with its input.

    References
    ----------
    .. [1] P. Baldi and K. Hornik, "Neural networks and principal component analysis: learning from examples without
       local minima", Neural Networks 2 (1989).
    .. [2] G. E. Hinton and R. R. Salakhutdinov, "Reducing the dimensionality of data with neural networks", Science
       313 (2006).

    Examples
    --------
    >>> from skae import AutoencoderTransformer
    >>> from skae.datasets import load_digits_unit
    >>> X, y = load_digits_unit(return_X_y=True)
    >>> ae = AutoencoderTransformer(32, max_iter=50, tol=0, random_state=0).set_params(tol=1e-2)
    >>> ae.fit(X).transform(X).shape
    (1797, 32)
    """

    def __init__(
        self,
        n_components="auto",
        *,
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
