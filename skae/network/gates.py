"""Gates: which units of a code stay on. A gate sets the others to zero, and with them their gradient.

A gate is applied to the output of the last encoder layer, before the decoder sees it.
"""

from __future__ import annotations

import numpy as np

from ..kernels import gates


class TopK:
    """Keeps the k greatest activations of each row (Makhzani and Frey 2013, "k-sparse autoencoders", algorithm 1).

    Equal activations at the threshold all stay.

    Parameters
    ----------
    k : int
        How many stay.
    """

    def __init__(self, k):
        self.k = k

    def apply(self, code):
        """Set all but the k greatest of each row to zero, in place."""
        width = code.shape[1]
        if self.k < width:
            place = width - self.k
            gates.below_row_threshold(code, np.ascontiguousarray(np.partition(code, place, axis=1)[:, place]))

    def begin_epoch(self, epoch):
        """An epoch begins; counted from 0 since the parameters were initialised."""

    def workspace_per_row(self, width):
        """Numbers that it keeps for each row of a batch: the code is partitioned to find the thresholds."""
        return width


class AnnealedTopK(TopK):
    """``TopK`` whose k falls linearly from the width of the code to its final value.

    Parameters
    ----------
    k : int
        The final value.
    width : int
        Units of the code, all of which stay on at the start.
    epochs : int
        Epochs that the fall takes; 0 for none.
    """

    def __init__(self, k, width, epochs):
        super().__init__(k if epochs == 0 else width)
        self._final = k
        self._width = width
        self._epochs = epochs

    def begin_epoch(self, epoch):
        """k = width - (width - final) min(epoch / epochs, 1), rounded."""
        if self._epochs:
            share = min(epoch / self._epochs, 1.0)
            self.k = round(self._width - (self._width - self._final) * share)


class WinnerTakeAll:
    """Keeps the greatest activations of each unit over the rows at hand, a share of them: fully connected
    winner-take-all autoencoders (Makhzani and Frey 2015, "Winner-take-all autoencoders", section 2).

    Equal activations at the threshold all stay.

    Parameters
    ----------
    share : float in (0, 1]
        Share of the rows, rounded up.
    """

    def __init__(self, share):
        self.share = share

    def apply(self, code):
        """Set all but the greatest of each column to zero, in place."""
        n_rows = len(code)
        place = n_rows - int(np.ceil(self.share * n_rows))
        if place > 0:
            columns = np.ascontiguousarray(code.T)
            columns.partition(place, axis=1)
            gates.below_column_threshold(code, np.ascontiguousarray(columns[:, place]))

    def begin_epoch(self, epoch):
        """Nothing changes with the epoch."""

    def workspace_per_row(self, width):
        """Numbers that it keeps for each row of a batch: the code is partitioned to find the thresholds."""
        return width
