"""Layer: one step of the forward pass, shared by training, prediction, scores and export."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..kernels import gates
from ..kernels.activations import Activation
from ..rows.matrices import CSRBatch
from .active import ActiveCode
from .gates import active_share


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
        active = self.active(a, out)
        if active is None:
            return self.complete(out)
        active.scatter(out)
        return out

    def stored(self, a, out):
        """``forward``, as the entries of the output that are not zero; ``out`` is a buffer.

        Returns
        -------
        ActiveCode
        """
        active = self.active(a, out)
        return ActiveCode.of_dense(self.complete(out)) if active is None else active.without_zeros()

    def complete(self, out):
        """The output from ``product``, in its place."""
        kept = None if self.gate is None else self.gate.choose(out, self.bias)
        self.activation.forward(out, self.bias)
        if kept is not None:
            gates.keep(out, kept)
        return out

    def product(self, a, out):
        """The product of a batch with the weights, without the bias; parameters as of ``forward``."""
        if isinstance(a, CSRBatch):
            a.product(self.weights, out)
        else:
            np.matmul(a, self.weights, out=out)

    def is_sparse(self, n_rows):
        """Whether the gate leaves so few entries of so many rows on that work is done over these alone."""
        # Those of extensions may only choose.
        if not hasattr(self.gate, "share_of"):
            return False
        return self.gate.share_of((n_rows, len(self.bias))) <= active_share(len(self.weights))

    def active(self, a, out, shared=None):
        """The entries of the output that the gate leaves on, where they are few.

        Parameters
        ----------
        a : ndarray or CSRBatch of shape (n_rows, fan_in)
        out : ndarray of shape (n_rows, fan_out)
            Overwritten by that of ``product``.
        shared : SharedProduct, default=None
            What makes the product where the entries are few; None for that of ``product``.

        Returns
        -------
        ActiveCode or None
            None where ``complete`` is to make the output.
        """
        few = self.is_sparse(len(out))
        if few and shared is not None:
            shared(a, self.weights, out)
        else:
            self.product(a, out)
        active = self.gate.active(out, self.bias) if few else None
        if active is not None:
            active.activate(self.activation)
        return active
