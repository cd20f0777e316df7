"""Terms that an estimator adds to the reconstruction loss, each with its value and its gradient.

A term meets one batch in this order:

1. ``value(batch)``: after the forward pass; keeps what its gradient needs.
2. ``at_code(batch, delta)``: adds dT/dh, the gradient at the code.
3. ``at_preactivation(layer, delta, bias_grad)``: adds dT/dz of an encoder layer, counted from the input.
4. ``at_weights(grads)``: adds dT/dW where it does not pass through z.

All means over rows are sums weighted by ``batch.row_scale``, which sums to one over the rows of the objective.
"""

from __future__ import annotations


class Penalty:
    """A term that adds nothing; the base of all others."""

    uses_mean_activation = False

    def value(self, batch):
        return 0.0

    def at_code(self, batch, delta):
        pass

    def at_preactivation(self, layer, delta, bias_grad):
        pass

    def at_weights(self, grads):
        pass
