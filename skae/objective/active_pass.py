"""ActivePass: value and gradient of a network of one hidden layer over the active entries of its code alone.

The product with the encoder's weights is one of all units, since the greatest pre-activations are not known before it.
The other products, of the code with the decoder and of the gradients, have factors that are zero but for the active
entries.
"""

from __future__ import annotations

import numpy as np

from ..network.active import rows_of, unit_gradients


class ActivePass:
    """Value and gradient over the active entries of the code, ``batch.active``.

    Parameters
    ----------
    network : Network
        Its encoder has one layer.
    output : OutputLayer
    """

    def __init__(self, network, output):
        self._activation = network.layers[0].activation
        self._tied = network.architecture.tied
        self._output = output
        self._decoder = None

    def value(self, batch, x, entry_weights, bias_grad):
        """Mean loss of the batch over the rows; keeps what the gradient needs.

        Parameters
        ----------
        batch : Batch
        x : ndarray or CSRBatch of shape (n_rows, n_features)
            What is to be reconstructed.
        entry_weights : ndarray of shape (n_rows, n_features) or None
            How many times each entry counts; None for once.
        bias_grad : ndarray of shape (n_features,)
            Gradient of the last bias; overwritten.

        Returns
        -------
        float
        """
        # With tied weights a copy, whose buffer is kept.
        self._decoder = rows_of(self._output.layer.weights, self._decoder)
        z = batch.scratch("output", x.shape)
        batch.active.product(self._decoder, z)
        return self._output.value_of(batch, z, x, entry_weights, bias_grad)

    def backward(self, batch, weight_grads, bias_grad):
        """Gradients of the weights and of the bias of the code, all overwritten.

        Those of the weights come last: nothing of the batch needs the weights after them.

        Parameters
        ----------
        batch : Batch
            That of ``value``.
        weight_grads : list of ndarray of shape (n_units, n_features), or of what ``unit_gradients`` fills
            One for the encoder, transposed, and one for the decoder where that is not tied to it.
        bias_grad : ndarray of shape (n_components,)
        """
        code, output_delta = batch.active, self._output.delta
        delta = code.gradient(output_delta, self._decoder)
        self._at_preactivation(code, delta, bias_grad)
        encoder, decoder = (delta, batch.inputs), (code.values, output_delta)
        if self._tied:
            unit_gradients(code, (weight_grads[0], [encoder, decoder]))
        else:
            unit_gradients(code, (weight_grads[1], [decoder]), (weight_grads[0], [encoder]))

    def _at_preactivation(self, code, delta, bias_grad):
        """The gradient at the entries becomes that at their pre-activations; that of the bias is overwritten."""
        code.at_preactivation(delta, self._activation)
        bias_grad[:] = np.bincount(code.units, delta, len(bias_grad))
