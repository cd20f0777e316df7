"""Start values of the parameters, fitted to the activations."""

from __future__ import annotations

from ..runtime import buffers


def initial_parameters(architecture, rng, dtype):
    """Weights uniform within plus and minus the ``initial_bound`` of their activation, biases zero.

    Several logistic layers start as the tanh network of these weights, see ``_as_tanh``. The draws are made in float64,
    so that both precisions start from the same point.

    Parameters
    ----------
    architecture : Architecture
    rng : numpy Generator
    dtype : dtype

    Returns
    -------
    ndarray of shape (n_parameters,)
    """
    theta = buffers.zeros(architecture.n_parameters, dtype)
    layers = architecture.parameters(theta)
    for w, activation in zip(layers.weights[: len(architecture.shapes)], architecture.activations):
        bound = activation.initial_bound(*w.shape)
        w[...] = rng.uniform(-bound, bound, w.shape)
    if architecture.activation == "logistic" and architecture.depth > 1:
        _as_tanh(architecture, layers)
    return theta


def _as_tanh(architecture, layers):
    """Turn the initial parameters of a tanh network into those of a logistic one that computes the same.

    With logistic(z) = (1 + tanh(z / 2)) / 2, weights into a logistic layer are doubled, and weights out of one
    doubled as well, with half of their sum taken off the bias. Without this a slope of 1/4 and a mean of 1/2 in
    each layer leave the deeper ones without a signal: they learn nothing but the mean of X. Tied weights are those
    of the encoder, so that the decoder is the same but for its last layer.
    """
    n_hidden = len(layers.weights) - 1
    for i, w in enumerate(layers.weights[: len(architecture.shapes)]):
        into = i < n_hidden or architecture.output_activation == "logistic"
        w *= (2.0 if into else 1.0) * (2.0 if i > 0 else 1.0)
    for w, bias in zip(layers.weights[1:], layers.biases[1:]):
        bias[...] = -0.5 * w.sum(axis=0)
