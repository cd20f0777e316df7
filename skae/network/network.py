"""Network: an architecture with its parameters."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from ..rows.blocks import Reader, block_rows, is_native, release_mapped_pages, row_blocks
from ..rows.coordinates import inner_rows
from ..rows.matrices import CSRBatch
from ..runtime import buffers, workers
from ..runtime.memory import check_available_memory
from ..runtime.threads import one_thread_if_small
from .active import rows_of
from .batch_gates import Threshold
from .gates import TopK
from .layer import Layer

# Rows of a sparse code that are encoded at once; of these one thread takes so many at a time, at most and at least.
# Operations of a product in the time in which a number is gone through.
_STORED_ROWS, _MOST_ROWS, _LEAST_ROWS, _DENSE = 8192, 512, 64, 6


def move_outward(parameters, coordinates, in_one_unit=False):
    """Make of parameters on rows in coordinates such as give the same on the rows as they are, in place.

    Parameters
    ----------
    parameters : tuple of lists of ndarray
        Weights, and biases.
    coordinates : Coordinates or StepCoordinates
    in_one_unit : bool, default=False
        Whether the weights are to stay as they are: of a homogeneous network, or with a scale of 1.
    """
    weights, biases = parameters
    rescale(weights, biases, coordinates.scale, in_one_unit)
    biases[0] -= coordinates.offset @ weights[0]
    biases[-1] += coordinates.offset


def rescale(weights, biases, scale, in_one_unit=False):
    """Divide the first weights by a scale, and multiply the last ones and the output's biases by it; where weights are
    to stay, of a homogeneous network, multiply all biases alone."""
    if scale == 1:
        return
    rescale_biases(biases, scale, in_one_unit)
    if not in_one_unit:
        weights[0] /= scale
        weights[-1] *= scale


def rescale_biases(biases, scale, in_one_unit):
    """``rescale`` of the biases."""
    for bias in biases if in_one_unit else biases[-1:]:
        bias *= scale


class Network:
    """An architecture with its parameters.

    Parameters
    ----------
    architecture : Architecture
    theta : ndarray of shape (n_parameters,), float32 or float64, contiguous
        Owned by the network from here on; copied where it does not begin a cache line, and where it is read-only, as in
        a model that is mapped from a file.
    coordinates : Coordinates, default=None
        In which the network sees the rows of X, and, where its output is linear, gives them back; None for those of X.

    Attributes
    ----------
    threshold : ndarray of shape (2,) or None
        From which on units of a code stay on outside of training, and of how many batches it is the mean; a view.
    """

    def __init__(self, architecture, theta, coordinates=None):
        self.architecture = architecture
        self.coordinates = coordinates
        self.theta = buffers.aligned(theta)
        self.weights, self.biases = architecture.parameters(self.theta)
        self.threshold = architecture.threshold(self.theta)
        self.gate = self._gate()
        gates = [self.gate if i == architecture.depth - 1 else None for i in range(len(self.weights))]
        self.layers = list(map(Layer, self.weights, self.biases, architecture.activations, gates))

    def _gate(self):
        """Decides outside of training which units of a code stay on; None for all."""
        if self.threshold is not None:
            return Threshold(self.threshold, self.architecture.n_active)
        return None if self.architecture.n_active is None else TopK(self.architecture.n_active)

    def __reduce__(self):
        # The views are rebuilt, so that they share memory with theta again.
        return type(self), (self.architecture, self.theta, self.coordinates)

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
        return Network(self.architecture, theta, self.coordinates)

    def in_units_of_X(self):
        """A network that computes the same on the rows of X as they are; itself where it does.

        W_1 / scale, b_1 - W_1^T offset / scale, and scale W, scale b + offset at the output. Where offsets are large
        beside the spread of X it is less exact.
        """
        if self.coordinates is None:
            return self
        theta = self.theta.astype(np.float64)
        weights, biases = self.architecture.parameters(theta)
        architecture = replace(self.architecture, tied=False)
        if self.architecture.tied:
            # They are each other's transposed up to the square of the scale.
            kept = () if self.threshold is None else (self.threshold,)
            theta = np.concatenate([*(w.ravel() for w in weights), *biases, *kept])
            weights, biases = architecture.parameters(theta)
        move_outward((weights, biases), self.coordinates)
        return Network(architecture, theta.astype(self.dtype))

    def confine_output(self, directions, mean):
        """Take from a linear output what is not along some directions, in place.

        x_hat becomes mean + V V^T (x_hat - mean).

        Parameters
        ----------
        directions : ndarray of shape (n_features, n_directions)
            V, orthonormal, in the units of X.
        mean : ndarray of shape (n_features,)
        """
        inner = mean if self.coordinates is None else self.coordinates.inward(mean[None].copy())[0]
        self.weights[-1][...] = self.weights[-1].astype(np.float64) @ directions @ directions.T
        self.biases[-1][...] = inner + (self.biases[-1] - inner) @ directions @ directions.T

    @property
    def loss_unit(self):
        """By what a squared error in its coordinates is to be multiplied for one in the units of X."""
        return 1.0 if self.coordinates is None else self.coordinates.scale**2

    def encode(self, X):
        """Code of each row of X, by blocks of rows; shape (n_samples, n_components)."""
        # Few rows are one part in either way.
        if not self._code_is_sparse(X.shape[0]) or X.shape[0] <= min(_MOST_ROWS, self._block_rows):
            return self._run(X, 0, self.architecture.depth)
        out, first = np.empty((X.shape[0], self.architecture.encoder_sizes[-1]), self.dtype), 0
        for code in self.encode_stored(X):
            last = first + code.shape[0]
            code.scatter(out[first:last])
            first = last
        return out

    def encode_inner(self, x):
        """Code of rows that are in the coordinates of the network."""
        return self._run(x, 0, self.architecture.depth, inner=True)

    def first_layer(self, X):
        """Output of the first layer for each row of X, by blocks of rows; shape (n_samples, first width)."""
        return self._run(X, 0, 1)

    def code_inputs(self, X):
        """What the last layer of the encoder meets of each row of X: of an encoder of one layer the rows themselves."""
        if self.architecture.depth > 1:
            return self._run(X, 0, self.architecture.depth - 1)
        return inner_rows(X, self.coordinates)[:]

    def encode_stored(self, X):
        """Yield, for some rows after others, the entries of the code that are not zero, as ``ActiveCode``."""
        inner, n_rows = inner_rows(X, self.coordinates), X.shape[0]
        shared, size = self._code_is_sparse(n_rows), self._block_rows
        if shared:
            size = min(_MOST_ROWS, max(_LEAST_ROWS, size))
        check_available_memory()
        # What is not shared has the blocks of the dense code, and with them its roundings.
        for rows in row_blocks(n_rows, _STORED_ROWS if shared else size):
            flops = self.architecture.product_flops(rows.stop - rows.start)
            parts = workers.parts(rows.stop - rows.start, flops // _DENSE, size)
            encode = partial(self._stored, inner, rows.start, size, len(parts) > 1)
            for codes in workers.shared(encode, parts):
                yield from codes
            release_mapped_pages(X)

    @property
    def _block_rows(self):
        """Rows of the blocks of the dense code."""
        return block_rows(max(self.architecture.encoder_sizes), self.dtype)

    def _code_is_sparse(self, n_rows):
        return self.layers[self.architecture.depth - 1].is_sparse(n_rows)

    # Each thread has its own state of errors.
    @np.errstate(over="ignore", invalid="ignore")
    def _stored(self, inner, start, size, one_of_several, first, last):
        """The code of the rows from first to last after the start, a list of parts of one size; one of several threads
        has one thread of BLAS."""
        layers, size = self.layers[: self.architecture.depth], min(last - first, size)
        outputs = [np.empty((size, width), self.dtype) for width in self.architecture.encoder_sizes[1:]]
        read, codes = self._reader(inner, size), []
        with one_thread_if_small(0 if one_of_several else np.inf):
            for part in row_blocks(last - first, size):
                a = read(slice(start + first + part.start, start + first + part.stop))
                *hidden, out = (output[: part.stop - part.start] for output in outputs)
                for layer, output in zip(layers, hidden):
                    a = layer.forward(a, output)
                codes.append(layers[-1].stored(a, out))
        return codes

    def decode(self, H):
        """Reconstruction from each row of H, an array or CSRBatch, by blocks; shape (n_samples, n_features)."""
        return self._run(H, self.architecture.depth, 2 * self.architecture.depth)

    def reconstruct(self, X):
        """Decoded code of each row of X, by blocks of rows; shape (n_samples, n_features)."""
        return self._run(X, 0, 2 * self.architecture.depth)

    def residuals(self, X):
        """Yield slices of the rows of X, and these rows less their reconstruction in float64, which offsets of X do not
        make less exact."""
        inner, sizes = inner_rows(X, self.coordinates), self.architecture.sizes
        size = min(X.shape[0], block_rows(max(sizes), np.float64))
        check_available_memory()
        read = Reader(inner, self.dtype, size, keep_sparse=False)
        outputs = [np.empty((size, width), self.dtype) for width in sizes[1:]]
        unit = 1.0 if self.coordinates is None else self.coordinates.scale
        for block in row_blocks(X.shape[0], size):
            x = a = read(np.arange(block.start, block.stop))
            with np.errstate(over="ignore", invalid="ignore"):
                for layer, output in zip(self.layers, outputs):
                    a = layer.forward(a, output[: len(x)])
                residuals = unit * (x.astype(np.float64) - a)
            yield block, residuals
            release_mapped_pages(X)

    @np.errstate(over="ignore", invalid="ignore")
    def _run(self, X, first, last, inner=False):
        """Apply layers first..last-1 to the rows of X, or of what it has become in the coordinates."""
        sizes = self.architecture.sizes
        out = np.empty((X.shape[0], sizes[last]), self.dtype)
        check_available_memory()
        outward = self.coordinates is not None and last == 2 * self.architecture.depth
        if first == 0 and not inner:
            X = inner_rows(X, self.coordinates)
        rows = min(X.shape[0], block_rows(max(sizes[first : last + 1]), self.dtype))
        layers = self.layers[first:last]
        if isinstance(X, CSRBatch):
            # Of tied weights a copy, since the products with stored entries go along their rows.
            layers[0] = layers[0]._replace(weights=rows_of(layers[0].weights))
        hidden = [np.empty((rows, width), self.dtype) for width in sizes[first + 1 : last]]
        for block, a in self._read(X, rows):
            n_rows = block.stop - block.start
            outputs = [buffer[:n_rows] for buffer in hidden] + [out[block]]
            for layer, output in zip(layers, outputs):
                a = layer.forward(a, output)
            if outward:
                self.coordinates.outward(a, a)
        return out

    def _read(self, X, size):
        """Yield slices of so many rows, and these rows in the precision of the network."""
        read = self._reader(X, size)
        for block in row_blocks(X.shape[0], size):
            yield block, read(block)
            release_mapped_pages(X)

    def _reader(self, X, size):
        """A function that gives the rows of a slice, at most so many, in the precision of the network."""
        if isinstance(X, CSRBatch) or is_native(X, self.dtype):
            return X.__getitem__
        read = Reader(X, self.dtype, size)
        return lambda block: read(np.arange(block.start, block.stop))
