"""UnitNorm: rows of the decoder's weights of norm one, the atoms of a dictionary, kept so by every step."""

from __future__ import annotations

import numpy as np

from ..kernels import unit_rows
from ..runtime import workers

# By how much a norm may differ from one by rounding, of rows of any length in float32.
_EQUAL = 1e-3


class UnitNorm:
    """Keeps the rows of the weights that decode the code, one for each unit, at the norm one.

    Without it the units of a sparse code could be made smaller and the decoder larger without end. As in Bricken et al.
    (2023), the part of the gradient along a row is taken away, which the norm would undo, before Adam sees it.
    """

    def start(self, network, rng):
        """Draw rows of norm one for the decoder, uniform over all directions; the encoder is their transposed."""
        depth = network.architecture.depth
        rows = rng.standard_normal(network.weights[depth].shape)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        network.weights[depth][...] = rows
        network.weights[depth - 1][...] = rows.T
        network.biases[depth - 1][...] = 0
        self.restore(network)

    def adopt(self, network, offset=None):
        """Give a network that was trained without norms rows of norm one; whether any had another.

        Where the decoder is not tied and units are homogeneous, each unit takes over the norm of its row, and decodes
        to what it did before; units that compete for a place then do so by their share of the reconstruction. Tied
        weights change what the network computes: units keep what they give at the offset of the rows.

        Parameters
        ----------
        network : Network
        offset : ndarray of shape (n_features,), default=None
            About which rows vary that the network sees as they are; None for rows that are centred.
        """
        architecture = network.architecture
        depth = architecture.depth
        norms = np.linalg.norm(network.weights[depth].astype(np.float64), axis=1)
        norms[norms == 0] = 1
        changed = bool(np.abs(norms - 1).max() > _EQUAL)
        moved = changed and offset is not None
        if moved:
            network.biases[0] += offset @ network.weights[0]
        if changed and not architecture.tied and architecture.homogeneous:
            network.weights[depth - 1][...] *= norms.astype(network.dtype)
            network.biases[depth - 1][...] *= norms.astype(network.dtype)
            if network.threshold is not None:
                # Until the next batch says more.
                network.threshold[...] = network.threshold[0] * norms.mean(), 0
        self.restore(network)
        if moved:
            network.biases[0] -= offset @ network.weights[0]
        return changed

    def tangential(self, network, grad):
        """Take the part along each row from its gradient; grad has the shape of the weights."""
        weights = network.weights[network.architecture.depth]
        if not weights.flags.c_contiguous:
            grad -= np.einsum("lj,lj->l", weights, grad)[:, None] * weights
            return
        workers.shared(
            lambda first, last: unit_rows.tangential(weights, first, last, grad),
            workers.parts(len(weights), 4 * weights.size),
        )

    def restore(self, network):
        """Divide each row by its norm; rows of zeros stay."""
        weights = network.weights[network.architecture.depth]
        if not weights.flags.c_contiguous:
            norms = np.linalg.norm(weights, axis=1)
            weights /= np.where(norms > 0, norms, 1)[:, None].astype(weights.dtype)
            return
        workers.shared(
            lambda first, last: unit_rows.normalize(weights, first, last),
            workers.parts(len(weights), 4 * weights.size),
        )
