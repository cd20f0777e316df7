"""The last layer with the loss: the value of a batch, and the gradient from there to the layer below."""

from __future__ import annotations

import numpy as np

from ..rows.matrices import CSRBatch


class OutputLayer:
    """The last layer with the loss over all entries of a batch.

    Parameters
    ----------
    layer : Layer
    loss : Loss

    Attributes
    ----------
    delta : ndarray of shape (n_rows, n_features)
        Gradient at the last pre-activation, of the last batch.
    """

    def __init__(self, layer, loss):
        self.layer = layer
        self.loss = loss

    def value(self, batch, below, x, entry_weights, rng, bias_grad):
        """Mean loss of the batch over the rows; keeps the gradient at the last pre-activation.

        Parameters
        ----------
        batch : Batch
        below : ndarray of shape (n_rows, width)
            Output of the last hidden layer.
        x : ndarray or CSRBatch of shape (n_rows, n_features)
            What is to be reconstructed.
        entry_weights : ndarray of shape (n_rows, n_features) or None
            How many times each entry counts; None for once.
        rng : numpy Generator or None
        bias_grad : ndarray of shape (n_features,)
            Gradient of the bias; overwritten.

        Returns
        -------
        float
        """
        z = batch.scratch("output", x.shape)
        np.matmul(below, self.layer.weights, out=z)
        return self.value_of(batch, z, x, entry_weights, bias_grad)

    def value_of(self, batch, z, x, entry_weights, bias_grad):
        """``value`` from z, the product of the output of the last hidden layer with the weights; z is overwritten."""
        return self._loss(batch, z, self.layer.bias, x, entry_weights, bias_grad)

    def backward(self, below, weight_grad, bias_grad, delta_below):
        """Gradient of the weights, and that at the output of the layer below.

        Parameters
        ----------
        below : ndarray of shape (n_rows, width)
        weight_grad : ndarray of shape (width, n_features)
            Overwritten; with tied weights the transposed of a buffer.
        bias_grad : ndarray of shape (n_features,)
            That of ``value``.
        delta_below : ndarray of shape (n_rows, width)
            Overwritten.
        """
        if weight_grad.flags.c_contiguous:
            np.matmul(below.T, self.delta, out=weight_grad)
        else:
            np.matmul(self.delta.T, below, out=weight_grad.T)
        np.matmul(self.delta, self.layer.weights.T, out=delta_below)

    def curvature(self, batch, below):
        """Curvature of the loss at each output, for rows of the last batch.

        That of an entry is the second derivative of its loss by the last pre-activation, without that of the output
        activation: l''(x_hat) f'(z)^2, the diagonal of the generalised Gauss-Newton matrix, times its weight. Of a loss
        that does not know it, it is the square of the derivative.

        Parameters
        ----------
        batch : Batch
            With what ``value`` left there.
        below : ndarray of shape (n_rows, width)
            Output of the last hidden layer for the first rows of the batch.

        Returns
        -------
        ndarray of shape (n_rows, n_features)
        """
        n_rows, loss = len(below), self.loss
        if loss.curvature is None:
            return self._squared_derivatives(batch, n_rows)
        x_hat = self.layer.forward(below, np.empty((n_rows, len(self.layer.bias)), below.dtype))
        curvature = np.empty_like(x_hat)
        curvature[...] = loss.curvature(x_hat)
        if loss.entry is not None:
            derivative = np.empty_like(x_hat)
            self.layer.activation.fill_derivative(x_hat, derivative)
            curvature *= np.square(derivative)
        if batch.entry_weights is not None:
            curvature *= batch.entry_weights[:n_rows]
        return curvature

    def _squared_derivatives(self, batch, n_rows):
        """Squares of the derivatives by the last pre-activation; for drawn columns their mean, in each column."""
        # The gradient has the scales of the rows in it.
        scale = batch.row_scale[:n_rows, None]
        squares = np.square(
            np.divide(self.delta[:n_rows], scale, out=np.zeros_like(self.delta[:n_rows]), where=scale > 0)
        )
        n_features = len(self.layer.bias)
        return (
            squares if squares.shape[1] == n_features else np.full((n_rows, n_features), squares.mean(), squares.dtype)
        )

    def _loss(self, batch, z, bias, x, entry_weights, bias_grad):
        """The mean loss from z, a product without its bias; keeps the gradient there, in its place where it can.

        Of ``CSRBatch`` the weights are those of the zeros of each column.
        """
        loss, activation = self.loss, self.layer.activation
        name = activation.name
        buffers = ()
        if isinstance(x, CSRBatch):
            fused, from_output = loss.stored_fused.get(name), loss.stored_from_output
            zero_weights = np.ones(x.shape[1], z.dtype) if entry_weights is None else entry_weights
            target, buffers = (*x.entries, zero_weights), (np.empty_like(zero_weights), np.empty_like(x.values))
        elif entry_weights is not None:
            fused, from_output, target = loss.weighted_fused.get(name), loss.weighted_from_output, (x, entry_weights)
        else:
            fused, from_output, target = loss.fused.get(name), loss.from_output, (x,)
        if fused is not None:
            self.delta = z
            return fused(z, bias, *target, *buffers, batch.row_scale, batch.row_loss, bias_grad)
        delta = self.delta = batch.scratch("last_delta", z.shape)
        activation.forward(z, bias)
        value = from_output(z, *target, *buffers, batch.row_scale, batch.row_loss, delta)
        activation.backward(delta, z, bias_grad)
        return value


class SampledOutputLayer(OutputLayer):
    """The loss over the stored entries of sparse rows and over a sample of their zeros: an unbiased estimate.

    Each batch draws a share q of the columns, without replacement. The stored entries count once, the zeros in the
    drawn columns 1/q times, and all other zeros not at all. The expectations of the value and of its gradient are then
    those over all entries. These are the importance weights of Dauphin, Glorot and Bengio (2011), section 4, but zeros
    are drawn by columns, which keeps the products dense. For rows that are not sparse the loss is exact.

    Parameters
    ----------
    layer, loss
        Those of ``OutputLayer``.
    share : float in (0, 1]
        q, rounded up to whole columns.
    """

    def __init__(self, layer, loss, share):
        super().__init__(layer, loss)
        n_columns = len(layer.bias)
        self.n_drawn = min(n_columns, max(1, round(share * n_columns)))
        self._places = np.empty(n_columns, np.int32)

    def value(self, batch, below, x, entry_weights, rng, bias_grad):
        self._columns = None
        if not isinstance(x, CSRBatch):
            return super().value(batch, below, x, entry_weights, rng, bias_grad)
        n_columns = x.shape[1]
        drawn = rng.choice(n_columns, self.n_drawn, replace=False, shuffle=False)
        met = np.zeros(n_columns, bool)
        met[drawn] = True
        zero_weights = met * below.dtype.type(n_columns / self.n_drawn)
        met[x.columns[x.row_starts[0] : x.row_starts[-1]]] = True
        columns = self._columns = np.flatnonzero(met)
        self._places[columns] = np.arange(len(columns), dtype=np.int32)

        self._weights = self._chosen(self.layer.weights)
        z = below @ self._weights
        target = CSRBatch(x.values, self._places[x.columns], x.row_starts, len(columns))
        self._bias_grad = np.empty(len(columns), below.dtype)
        return self._loss(batch, z, self.layer.bias[columns], target, zero_weights[columns], self._bias_grad)

    def _chosen(self, weights):
        """The columns of the weights that the batch meets; the columns of a transposed matrix are its rows."""
        if weights.flags.c_contiguous:
            return np.take(weights, self._columns, axis=1)
        return np.take(weights.T, self._columns, axis=0).T

    def backward(self, below, weight_grad, bias_grad, delta_below):
        if self._columns is None:
            super().backward(below, weight_grad, bias_grad, delta_below)
            return
        bias_grad[:] = 0
        bias_grad[self._columns] = self._bias_grad
        weight_grad[...] = 0
        weight_grad[:, self._columns] = below.T @ self.delta
        np.matmul(self.delta, self._weights.T, out=delta_below)
