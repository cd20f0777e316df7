"""Batch: the buffers of a batch of a fixed number of rows."""

from __future__ import annotations

import numpy as np

from ..kernels import missing
from ..runtime import buffers


class Batch:
    """Buffers for a batch of a fixed number of rows; what penalties see of it.

    Parameters
    ----------
    network : Network
    n_rows : int
    gradients : bool, default=True
        Whether there is room for the gradients at the hidden layers.

    Attributes
    ----------
    network : Network
    inputs : ndarray or CSRBatch of shape (n_rows, n_features)
        What entered the network last.
    entry_weights : ndarray of shape (n_rows, n_features) or None
        How many times each entry counts; None for once.
    outputs : list of ndarray of shape (n_rows, width)
        Output of each hidden layer.
    deltas : list of ndarray
        Gradients at the hidden layers, same shapes.
    code : ndarray of shape (n_rows, n_components)
        One of the outputs; where ``active`` is not None, its pre-activations without the bias.
    active : ActiveCode or None
        The code, where it was computed at its active entries alone.
    row_scale : ndarray of shape (n_rows,)
        Weights of the rows in the mean.
    row_loss : ndarray of shape (n_rows,)
        Reconstruction loss of each row.
    """

    def __init__(self, network, n_rows, gradients=True):
        architecture, dtype = network.architecture, network.dtype
        widths = architecture.sizes[1:-1]
        self.network = network
        self.inputs = None
        self.entry_weights = None
        self.outputs = [buffers.empty((n_rows, width), dtype) for width in widths]
        self.deltas = [buffers.empty((n_rows, width), dtype) for width in widths] if gradients else []
        self.code = self.outputs[architecture.depth - 1]
        self.active = None
        self.even_scale = np.full(n_rows, 1.0 / n_rows, dtype)
        self.row_scale = self.even_scale
        self.row_loss = np.empty(n_rows, dtype)
        self._scratch = {}

    def run_hidden(self, x, gate=None):
        """The output of the last hidden layer for rows, with a gate of the code in place of the network's own; that of
        all of them stays in ``outputs``."""
        a = self.inputs = x
        for layer, output in zip(self.network.layers[:-1], self.outputs):
            layer = layer._replace(gate=gate) if gate is not None and output is self.code else layer
            a = layer.forward(a, output)
        return a

    def fill(self, x, fill_values):
        """x with the value of its column in the place of each NaN, and how many times each entry counts: 0 there, 1
        elsewhere; both in buffers of the batch."""
        filled, observed = self.scratch("filled", x.shape), self.scratch("observed", x.shape)
        missing.fill(x, fill_values, filled, observed)
        return filled, observed

    def scratch(self, name, shape, dtype=None):
        """A buffer of the batch, made at the first call for its name and at each change of its shape."""
        if name not in self._scratch or self._scratch[name].shape != shape:
            self._scratch[name] = buffers.empty(shape, dtype or self.network.dtype)
        return self._scratch[name]
