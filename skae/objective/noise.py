"""Noise: a corruption of the training input at one level."""

from __future__ import annotations

import numpy as np

from ..rows.matrices import CSRBatch


class Noise:
    """A corruption at one level, with the source of its draws.

    Parameters
    ----------
    corruption : Corruption
    level : float
    low, high : ndarray of shape (n_features,)
        Range of each column, for the corruptions that need it.
    emphasis : float in [0, 1], default=0.0
        Uncorrupted entries have weight 1 - emphasis in the loss, corrupted ones have weight 1.
    """

    def __init__(self, corruption, level, low, high, emphasis=0.0):
        self.corruption = corruption
        self.level = float(level)
        self.low = low
        self.high = high
        self.emphasis = float(emphasis)

    @property
    def takes_stored(self):
        """Whether the stored entries of sparse rows are all that it needs."""
        return self.corruption.apply_stored is not None and self.emphasis == 0

    def apply(self, x, rng, batch):
        """Corrupted copy of x in a buffer of the batch, from fresh draws."""
        draws = batch.scratch("draws", x.shape, self.corruption.draw_dtype)
        self.corruption.draw(rng, draws)
        if isinstance(x, CSRBatch):
            values = np.zeros_like(x.values)
            self.corruption.apply_stored(*x.entries, draws, self.level, values)
            return x.replaced(values)
        out = batch.scratch("corrupted", x.shape)
        coordinates = batch.network.coordinates
        if coordinates is None:
            self.corruption.apply(x, draws, self.level, self.low, self.high, out)
        elif self.corruption.additive:
            self.corruption.apply(x, draws, self.level / coordinates.scale, self.low, self.high, out)
        else:
            # Level, zero and range are those of X.
            outer = coordinates.outward(x, batch.scratch("outer", x.shape))
            self.corruption.apply(outer, draws, self.level, self.low, self.high, out)
            coordinates.inward(out)
        return out

    def workspace_per_row(self, n_features, stored):
        """Numbers that it keeps for each row of a batch: draws, corrupted entries, and how many times each counts.

        Parameters
        ----------
        n_features : int
        stored : bool
            Whether X is sparse, so that its stored entries, a few, may be all that is kept.
        """
        # Noise that is no sum is made in the units of X, in a copy of rows that have others.
        kept = 2 + (self.emphasis > 0) + (not self.corruption.additive)
        return 0 if stored and self.takes_stored else kept * n_features

    def entry_weights(self, x, batch, observed):
        """How many times each entry of x counts, which was just corrupted; None for once.

        Parameters
        ----------
        x : ndarray of shape (n_rows, n_features)
        batch : Batch
        observed : ndarray or None
            The same without regard to the corruption; overwritten.
        """
        if self.emphasis == 0:
            return observed
        draws = batch.scratch("draws", x.shape, self.corruption.draw_dtype)
        if observed is None:
            observed = batch.scratch("emphasis", x.shape)
            observed[...] = 1
        self.corruption.emphasise(draws, self.level, observed.dtype.type(1.0 - self.emphasis), observed)
        return observed
