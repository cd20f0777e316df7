"""DenoisingAE: an autoencoder trained to undo a corruption of its input."""

from numbers import Real

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from ._base import BaseAutoencoder
from ._docs import documented
from ._objective import Noise
from ._rows import column_range
from .kernels.corruptions import CORRUPTIONS


@documented(
    own_parameters="""
corruption : {"masking", "gaussian", "salt_and_pepper"}, default="masking"
    Masking sets each input to 0 with probability q; Gaussian noise adds N(0, sigma^2); salt and pepper sets each input,
    with probability q, to the least or the greatest value of its column.
noise_level : float, default=0.25
    q, in [0, 1], or sigma, in units of X. 0 gives the plain autoencoder.
"""
)
class DenoisingAE(BaseAutoencoder):
    """Denoising autoencoder: reconstructs the clean input from a corrupted copy.

    Minimises the objective of ``AutoencoderTransformer`` with x_hat computed from a corrupted x_tilde, and the loss
    against the clean x. Every epoch draws the corruption afresh; "lbfgs", which needs a function, draws it once.
    ``transform`` and all other methods take the input as it is.

    Parameters
    ----------
    {parameters}
    {own_parameters}

    Attributes
    ----------
    {attributes}

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

    _parameter_constraints = {
        **BaseAutoencoder._parameter_constraints,
        "corruption": [StrOptions(set(CORRUPTIONS))],
        "noise_level": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        n_components=64,
        *,
        corruption="masking",
        noise_level=0.25,
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
        self.corruption = corruption
        self.noise_level = noise_level

    def _check_combination(self):
        low, high = CORRUPTIONS[self.corruption].level_range
        if not low <= self.noise_level <= high:
            raise ValueError(
                f"noise_level with corruption={self.corruption!r} is a probability and must be in [{low:g}, {high:g}]; "
                f"got noise_level={self.noise_level!r}."
            )

    def _noise(self, sample, dtype, continues):
        if self.noise_level == 0:
            return None
        low = high = np.empty(0, dtype)
        if self.corruption == "salt_and_pepper":
            # Kept, so that partial_fit takes the range of all rows seen.
            self._range = column_range(sample, *(getattr(self, "_range", ()) if continues else ()))
            # A column without any value has no range.
            low, high = (np.nan_to_num(bound).astype(dtype) for bound in self._range)
        return Noise(CORRUPTIONS[self.corruption], self.noise_level, low, high)
