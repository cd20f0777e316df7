"""DeadUnitLoss: what the reconstruction lacks, reconstructed by the dead units alone, so that they learn too.

The auxiliary loss "AuxK" of Gao et al. (2024), "Scaling and evaluating sparse autoencoders", section A.2.
"""

from __future__ import annotations

import numpy as np

from ..rows.matrices import CSRBatch


class DeadUnitLoss:
    """weight sum_i r_i ||e_i - e_hat_i||^2, with e = x - x_hat, which is taken as given, and e_hat the sum of the
    decoder's rows times the activations of the ``n_units`` most active dead units of each row.

    Parameters
    ----------
    weight : float
    n_units : int or None
        None for half of the number of features.
    """

    def __init__(self, weight, n_units):
        self.weight = weight
        self.n_units = n_units
        self._dead = np.empty(0, np.int64)

    def begin_epoch(self, active):
        """An epoch begins; the units that were on in the last one, or None for all."""
        self._dead = np.empty(0, np.int64) if active is None else np.flatnonzero(~active)

    @property
    def silent(self):
        """Whether no unit is dead, and nothing is added."""
        return len(self._dead) == 0

    def add_to(self, batch, network, output_delta, weight_grads, bias_grads):
        """The loss of a batch; its gradient is added.

        Parameters
        ----------
        batch : Batch
        network : Network
            With one hidden layer and a linear output.
        output_delta : ndarray of shape (n_rows, n_features)
            Gradient of the squared error at the output: 2 r_i (x_hat - x).
        weight_grads : list of ndarray
            Of encoder and decoder.
        bias_grads : list of ndarray

        Returns
        -------
        float
        """
        if self.silent:
            return 0.0
        dead, x = self._dead, batch.inputs
        encoder, decoder = (
            np.ascontiguousarray(network.weights[0][:, dead]),
            np.ascontiguousarray(network.weights[1][dead]),
        )
        h = np.empty((len(output_delta), len(dead)), network.dtype)
        if isinstance(x, CSRBatch):
            x.product(encoder, h)
        else:
            np.matmul(x, encoder, out=h)
        off = self._least_active(h + network.biases[0][dead], len(encoder))
        activation = network.layers[0].activation
        activation.forward(h, network.biases[0][dead])
        h[off] = 0
        scale = batch.row_scale[:, None]
        # Rows that do not count have no error.
        error = np.divide(output_delta, -2 * scale, out=np.zeros_like(output_delta), where=scale > 0)
        difference = h @ decoder
        if batch.entry_weights is not None:
            difference *= batch.entry_weights
        difference -= error
        value = self.weight * float(np.einsum("ij,ij,i->", difference, difference, batch.row_scale))
        difference *= network.dtype.type(2 * self.weight) * scale
        weight_grads[1][dead] += h.T @ difference
        delta = difference @ decoder.T
        delta[h == 0] = 0
        bias_grad = np.empty(len(dead), network.dtype)
        activation.backward(delta, h, bias_grad)
        bias_grads[0][dead] += bias_grad
        encoder_grad = np.empty(encoder.shape, network.dtype)
        if isinstance(x, CSRBatch):
            x.transposed_product(delta, encoder_grad)
        else:
            np.matmul(x.T, delta, out=encoder_grad)
        weight_grads[0][:, dead] += encoder_grad
        return value

    def _least_active(self, z, n_features):
        """Which units are not among the most active of their row."""
        n_units = max(1, n_features // 2) if self.n_units is None else self.n_units
        n_off = z.shape[1] - n_units
        off = np.zeros(z.shape, bool)
        if n_off > 0:
            np.put_along_axis(off, np.argpartition(z, n_off - 1, axis=1)[:, :n_off], True, axis=1)
        return off

    def workspace_per_row(self, architecture):
        """Numbers that it keeps for each row of a batch: errors, and the activations of dead units with gradients."""
        return 2 * architecture.sizes[0] + 4 * architecture.encoder_sizes[-1]
