"""Layer: one step of the forward pass, shared by training, prediction, scores and export."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..kernels import gates
from ..kernels.activations import Activation
from ..rows.matrices import CSRBatch


class Layer(NamedTuple):
    """One layer: out = g(a W + b), and zero for the units that its gate does not choose.

    Attributes
    ----------
    weights : ndarray of shape (fan_in, fan_out)
    bias : ndarray of shape (fan_out,)
    activation : Activation
    gate : TopK or None
        Which units stay on; only the code has one.
    """

    weights: np.ndarray
    bias: np.ndarray
    activation: Activation
    gate: object = None

    def forward(self, a, out):
        """Output for a batch.

        Parameters
        ----------
        a : ndarray or CSRBatch of shape (n_rows, fan_in)
        out : ndarray of shape (n_rows, fan_out)
            Overwritten.

        Returns
        -------
        ndarray
            ``out``.
        """
        if isinstance(a, CSRBatch):
            a.product(self.weights, out)
        else:
            np.matmul(a, self.weights, out=out)
        kept = None if self.gate is None else self.gate.choose(out, self.bias)
        self.activation.forward(out, self.bias)
        if kept is not None:
            gates.keep(out, kept)
        return out
