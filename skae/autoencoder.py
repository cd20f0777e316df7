"""AutoencoderTransformer: the plain autoencoder."""

from .estimator.base import BaseAutoencoder
from .estimator.documentation import documented


@documented()
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
