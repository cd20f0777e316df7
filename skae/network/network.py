"""Network: an architecture with its parameters."""

from __future__ import annotations

import numpy as np

from ..rows.blocks import Reader, block_rows, is_native, release_mapped_pages, row_blocks
from ..rows.matrices import CSRBatch
from ..runtime import buffers
from ..runtime.memory import check_available_memory
from .gates import TopK
from .layer import Layer


class Network:
    """An architecture with its parameters.

    Parameters
    ----------
    architecture : Architecture
    theta : ndarray of shape (n_parameters,), float32 or float64, contiguous
        Owned by the network from here on. It is copied if it does not begin a cache line, or is read-only, as in a
        model that is mapped from a file.
    """

    def __init__(self, architecture, theta):
        self.architecture = architecture
        self.theta = buffers.aligned(theta)
        self.weights, self.biases = architecture.parameters(self.theta)
        self.gate = None if architecture.n_active is None else TopK(architecture.n_active)
        gates = [self.gate if i == architecture.depth - 1 else None for i in range(len(self.weights))]
        self.layers = list(map(Layer, self.weights, self.biases, architecture.activations, gates))

    def __reduce__(self):
        # The views are rebuilt, so that they share memory with theta again.
        return type(self), (self.architecture, self.theta)

    @property
    def dtype(self):
        return self.theta.dtype

    def in_precision(self, dtype):
        """The network with its parameters in a dtype; itself where they are.

        Raises
        ------
        ValueError
            For parameters beyond the range of the dtype.
        """
        if self.dtype == dtype:
            return self
        with np.errstate(over="ignore"):
            theta = self.theta.astype(dtype)
        if not np.isfinite(theta).all():
            raise ValueError(
                f"The parameters that were found are beyond the range of {np.dtype(dtype)}, the precision of X. Scale "
                "the columns of X, or pass it in float64."
            )
        return Network(self.architecture, theta)

    def encode(self, X):
        """Code of each row of X, by blocks of rows; shape (n_samples, n_components)."""
        return self._run(X, 0, self.architecture.depth)

    def first_layer(self, X):
        """Output of the first layer for each row of X, by blocks of rows; shape (n_samples, first width)."""
        return self._run(X, 0, 1)

    def code_inputs(self, X):
        """Input of the last layer of the encoder for each row of X: X itself for an encoder of one layer."""
        return self._run(X, 0, self.architecture.depth - 1) if self.architecture.depth > 1 else X

    def decode(self, H):
        """Reconstruction from each row of H, by blocks of rows; shape (n_samples, n_features)."""
        return self._run(H, self.architecture.depth, 2 * self.architecture.depth)

    def reconstruct(self, X):
        """Decoded code of each row of X, by blocks of rows; shape (n_samples, n_features)."""
        return self._run(X, 0, 2 * self.architecture.depth)

    @np.errstate(over="ignore", invalid="ignore")
    def _run(self, X, first, last):
        """Apply layers first..last-1 to the rows of X."""
        sizes = self.architecture.sizes
        out = np.empty((X.shape[0], sizes[last]), self.dtype)
        check_available_memory()
        rows = min(X.shape[0], block_rows(max(sizes[first : last + 1]), self.dtype))
        no_conversion = isinstance(X, CSRBatch) or is_native(X, self.dtype)
        read = None if no_conversion else Reader(X, self.dtype, rows)
        hidden = [np.empty((rows, width), self.dtype) for width in sizes[first + 1 : last]]
        for block in row_blocks(X.shape[0], rows):
            n_rows = block.stop - block.start
            a = X[block] if no_conversion else read(np.arange(block.start, block.stop))
            outputs = [buffer[:n_rows] for buffer in hidden] + [out[block]]
            for layer, output in zip(self.layers[first:last], outputs):
                a = layer.forward(a, output)
            release_mapped_pages(X)
        return out
