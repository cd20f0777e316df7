"""output_parts: which output layer an objective takes, and which pass over the active entries of its code."""

from __future__ import annotations

from ..network.output_layer import OutputLayer, SampledOutputLayer
from .active_pass import ActivePass
from .nested_loss import NestedActivePass, NestedOutputLayer


def output_parts(network, loss, zero_sampling, nested_sizes):
    """The output layer, and the pass over active entries, or None where there is none.

    Parameters
    ----------
    network : Network
    loss : Loss
    zero_sampling : float or None
        Without ``nested_sizes``.
    nested_sizes : sequence of int or None
        For a network of one hidden layer.
    """
    last = network.layers[-1]
    if zero_sampling is not None:
        return SampledOutputLayer(last, loss, zero_sampling), None
    if nested_sizes is not None:
        output = NestedOutputLayer(last, loss, nested_sizes)
        return output, NestedActivePass(network, output)
    output = OutputLayer(last, loss)
    return output, ActivePass(network, output) if network.architecture.depth == 1 else None
