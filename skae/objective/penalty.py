"""Penalties: what an estimator adds to the reconstruction loss, each with its value and its gradient.

A penalty on activations, ``Penalty``, meets one batch in this order:

1. ``value(batch)``: after the forward pass; keeps what its gradient needs.
2. ``at_code(batch, delta)``: adds dT/dh, the gradient at the code.
3. ``at_preactivation(layer, delta, bias_grad)``: adds dT/dz of an encoder layer, counted from the input.
4. ``at_weights(grads)``: adds dT/dW where it does not pass through z.

All means over rows are sums weighted by ``batch.row_scale``, which sums to one over the rows of the objective. A
penalty on weights alone, ``WeightPenalty``, is no sum over rows and is added once, whatever the number of blocks.
"""

from __future__ import annotations


class Penalty:
    """A penalty on activations that adds nothing; the base of all others.

    Attributes
    ----------
    uses_mean_activation : bool
        Whether it is a function of the mean activation over all rows. If the rows come in several blocks,
        ``mean_activation`` is set to this mean.
    """

    uses_mean_activation = False

    def value(self, batch):
        """The penalty on a batch.

        Parameters
        ----------
        batch : Batch
            ``code``, ``outputs``, ``row_scale`` and ``network`` are what it may need.

        Returns
        -------
        float
        """
        return 0.0

    def at_code(self, batch, delta):
        """Add the gradient at the code to delta, of shape (n_rows, n_components)."""

    def at_preactivation(self, layer, delta, bias_grad):
        """Add the gradient at the pre-activation of an encoder layer to delta, and its sum over rows to bias_grad."""

    def at_weights(self, grads):
        """Add to the gradients of the weights, a list of ndarray of shape (fan_in, fan_out)."""

    def workspace_per_row(self, architecture):
        """Numbers that it keeps for each row of a batch."""
        return 0

    def in_coordinates(self, scale, architecture):
        """The penalty of the same strength where the rows, and with their squares the loss, are divided by a scale.

        Parameters
        ----------
        scale : float
        architecture : Architecture

        Returns
        -------
        Penalty or None
            None where it has to see the network in the units of X.
        """
        return None


class WeightPenalty:
    """A penalty on weights alone that adds nothing; the base of all others."""

    def add_to(self, weights, grads):
        """Add its gradient to the gradients of the weights.

        Parameters
        ----------
        weights : list of ndarray of shape (fan_in, fan_out)
            Those that are parameters; tied ones once.
        grads : list of ndarray
            Same shapes.

        Returns
        -------
        float
            The penalty.
        """
        return 0.0

    def value(self, weights):
        """The penalty alone."""
        return 0.0

    def curvatures(self, weights):
        """Its second derivative by the weights of each matrix, one number for all of them; zeros where not known."""
        return [0.0] * len(weights)

    def in_coordinates(self, scale, architecture):
        """As that of ``Penalty``."""
        return None
