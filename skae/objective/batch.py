"""Batch: the buffers of a batch of a fixed number of rows."""

from __future__ import annotations

import numpy as np

from ..runtime import buffers


class Batch:
    """Buffers for a batch of a fixed number of rows; what the terms see of it.

    Attributes
    ----------
    outputs : list of ndarray of shape (n_rows, width)
        Output of each hidden layer.
    deltas : list of ndarray
        Gradients at the hidden layers, same shapes.
    row_scale : ndarray of shape (n_rows,)
        Weights of the rows in the mean.
    row_loss : ndarray of shape (n_rows,)
        Reconstruction loss of each row.
    """

    def __init__(self, architecture, n_rows, dtype):
        widths = architecture.sizes[1:-1]
        self.outputs = [buffers.empty((n_rows, width), dtype) for width in widths]
        self.deltas = [buffers.empty((n_rows, width), dtype) for width in widths]
        self.even_scale = np.full(n_rows, 1.0 / n_rows, dtype)
        self.row_scale = self.even_scale
        self.row_loss = np.empty(n_rows, dtype)
        self.code = self.outputs[architecture.depth - 1]
        self._dtype = dtype
        self._scratch = {}

    def scratch(self, name, shape, dtype=None):
        """A buffer of the batch, made at the first call for its name and at each change of its shape."""
        if name not in self._scratch or self._scratch[name].shape != shape:
            self._scratch[name] = buffers.empty(shape, dtype or self._dtype)
        return self._scratch[name]
