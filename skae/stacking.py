"""stack: fitted layers joined into one deep autoencoder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from .estimator.base import BaseAutoencoder
from .estimator.registry import ESTIMATORS
from .network.architecture import Architecture
from .network.network import Network
from .runtime import buffers
from .runtime.exceptions import ParameterError
from .training.state import TrainingState


def stack(*estimators, **parameters):
    """Join fitted autoencoders, each trained on the code of the one before, into one deep autoencoder.

    Its encoder is the encoders of all estimators in turn, and its decoder their decoders in reverse order. Before any
    further training its code and reconstruction are those of applying the estimators one after the other. ``fit``
    continues from these weights with a new state of the optimiser, and so fine-tunes all layers for the reconstruction
    of X. ``to_mlp`` makes a classifier of it, which is fine-tuned with labels.

    Parameters
    ----------
    *estimators : AutoencoderTransformer, DenoisingAE, SparseAE or ContractiveAE
        Fitted, in the order in which they were trained; for example the steps of a Pipeline. All must have the same
        ``activation``. All but the first must have ``output_activation`` equal to ``activation``, since they
        reconstruct the output of a hidden layer. The weights of the result are tied if those of all estimators are.
        Weights are copied.
    **parameters
        Parameters of the deep autoencoder for its further training, which replace those of the first estimator. Those
        that the layers determine cannot be given.

    Returns
    -------
    AutoencoderTransformer
        Fitted, with ``warm_start=True``. It has no penalty on its code and no corruption of its input, even if the
        estimators were trained with them.

    Raises
    ------
    ValueError
        For estimators that do not fit together; the message names the estimator and what to change.

    References
    ----------
    .. [1] Y. Bengio, P. Lamblin, D. Popovici and H. Larochelle, "Greedy layer-wise training of deep networks", NIPS
       (2007).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from skae import AutoencoderTransformer, stack
    >>> from skae.datasets import load_digits_unit
    >>> X, y = load_digits_unit(return_X_y=True)
    >>> settings = {"loss": "log_loss", "tol": 1e-2, "random_state": 0}
    >>> layers = make_pipeline(AutoencoderTransformer(48, **settings), AutoencoderTransformer(24, **settings)).fit(X)
    >>> deep = stack(*layers)
    >>> bool(np.allclose(deep.transform(X), layers.transform(X)))
    True
    >>> before = deep.score(X)
    >>> deep.fit(X).score(X) > before
    True
    """
    if not estimators:
        raise ValueError("stack needs at least one fitted autoencoder; got none.")
    for position, estimator in enumerate(estimators, 1):
        _check(position, estimator, estimators)
    first, networks = estimators[0], [estimator._fitted.network for estimator in estimators]
    networks[1:] = [network.in_units_of_X() for network in networks[1:]]
    outer = networks[0].architecture
    widths = [width for network in networks for width in network.architecture.encoder_sizes[1:]]
    tied = all(network.architecture.tied for network in networks)
    sizes = (outer.encoder_sizes[0], *widths)
    architecture = Architecture(sizes, outer.activation, outer.output_activation, tied)
    theta = buffers.zeros(architecture.n_parameters, np.result_type(*(network.dtype for network in networks)))
    _copy_layers(networks, *architecture.parameters(theta))

    fixed = {
        "n_components": widths[-1],
        "hidden_layer_sizes": tuple(widths[:-1]),
        "activation": outer.activation,
        "output_activation": outer.output_activation,
        "loss": first.loss_,
        "tied_weights": tied,
        "warm_start": True,
    }
    for name in fixed.keys() & parameters.keys():
        rule = "{parameter} of a stack is determined by its layers, {legal}"
        raise ParameterError(name, parameters[name], [fixed[name]], rule, "Leave it out.")
    plain = ESTIMATORS["plain"]
    # Copies: a shared RandomState, for example, would be advanced by both.
    shared = {name: clone(getattr(first, name), safe=False) for name in plain().get_params()}
    deep = plain(**{**shared, **parameters, **fixed})
    deep._validate_params()
    if hasattr(first, "_sklearn_output_config"):
        deep._sklearn_output_config = first._sklearn_output_config
    _, state = TrainingState.begin(deep.random_state)
    state.pretrained = True
    deep._fitted = replace(
        first._fitted,
        network=Network(architecture, theta, networks[0].coordinates),
        training=state,
        statistics=first._fitted.statistics._replace(value_range=None),
        loss_curve=[],
        validation_loss_curve=[],
    )
    return deep


def _check(position, estimator, estimators):
    """Raise for an estimator that cannot be the layer at its position."""
    what = f"Estimator {position} of stack"
    if not isinstance(estimator, BaseAutoencoder):
        raise TypeError(f"{what} must be a fitted autoencoder of skae; got {estimator!r}.")
    check_is_fitted(estimator)
    network, outer = estimator._fitted.network.architecture, estimators[0]._fitted.network.architecture
    if network.gated:
        raise ValueError(
            f"{what} keeps only n_active={network.n_active} units of its code on, which the layers of a deep "
            "autoencoder do not. Train it with another sparsity than 'topk' and 'batchtopk'."
        )
    if network.activation != outer.activation:
        raise ValueError(
            f"All estimators of stack must have the same activation: that of the first is {outer.activation!r}, that "
            f"of number {position} {network.activation!r}."
        )
    if position == 1:
        return
    below = estimators[position - 2]
    if estimator.n_features_in_ != below._n_features_out:
        raise ValueError(
            f"{what} was fitted on {estimator.n_features_in_} features, and the code of the one before has "
            f"{below._n_features_out}. Fit it on that code."
        )
    if network.output_activation != network.activation:
        raise ParameterError(
            "output_activation",
            network.output_activation,
            [network.activation],
            "{what} reconstructs a layer with {activation}={legal}",
            "Fit it with {output_activation}={legal}.",
            what=what,
        )
    if estimator._fitted.statistics.means is not None:
        rule = "{what} is to reconstruct a code, which has no missing values"
        remedy = "Fit it with {missing_values}={legal}."
        raise ParameterError("missing_values", "mask", ["error"], rule, remedy, what=what)


def _copy_layers(networks, weights, biases):
    """Copy the encoders in order, and the decoders in reverse, into the layers of the deep network."""
    layer = 0
    for network in networks:
        depth = network.architecture.depth
        for i in range(depth):
            weights[layer + i][...] = network.weights[i]
            biases[layer + i][...] = network.biases[i]
            mirrored = len(weights) - 1 - (layer + i)
            weights[mirrored][...] = network.weights[2 * depth - 1 - i]
            biases[mirrored][...] = network.biases[2 * depth - 1 - i]
        layer += depth
