"""Gates: which units of a code stay on. A gate sets the others to zero, and with them their gradient.

A gate looks at the last encoder layer before its activation g, where saturated units still differ: g is monotone, so
that the greatest pre-activations are the greatest activations.
"""

from __future__ import annotations

import numpy as np

from ..kernels import gates
from .active import ActiveCode

# Share of active entries up to which a step over these alone takes less time than one with dense products, as measured
# from 384 inputs on; and by how many inputs it is divided where these are few, and loops over rows of theirs short.
ACTIVE_SHARE, _LONG_ROW = 0.15, 1000


def active_share(n_inputs):
    """Share of active entries up to which work on these alone is faster, for rows of so many inputs."""
    return min(ACTIVE_SHARE, n_inputs / _LONG_ROW)


class TopK:
    """Keeps the k greatest pre-activations of each row (Makhzani and Frey 2013, "k-sparse autoencoders", algorithm 1).

    Of equal ones at the threshold those of lower index stay.

    Parameters
    ----------
    k : int
        How many stay.
    """

    def __init__(self, k):
        self.k = k

    def choose(self, z, bias):
        """Which units of each row stay on.

        Parameters
        ----------
        z : ndarray of shape (n_rows, n_components)
            Pre-activations without the bias.
        bias : ndarray of shape (n_components,)

        Returns
        -------
        ndarray of uint8 of the shape of z, or None where all stay
        """
        width = z.shape[1]
        if self.k >= width:
            return None
        place = width - self.k
        sums = z + bias
        sums.partition(place, axis=1)
        thresholds = sums[:, place].copy()
        # Before the next array of its shape.
        del sums
        kept = np.empty(z.shape, np.uint8)
        gates.greatest_of_rows(z, bias, thresholds, self.k, kept)
        return kept

    def share_of(self, shape):
        """Share of the units of a code of some shape that stay on."""
        return self.k / shape[1]

    def active(self, z, bias):
        """The entries that stay on; parameters as of ``choose``.

        Returns
        -------
        ActiveCode or None
            None where one of all pre-activations is not finite: ``choose`` is to be asked.
        """
        return ActiveCode.greatest_of_rows(z, bias, self.k)

    def begin_epoch(self, epoch):
        """An epoch begins; counted from 0 since the parameters were initialised."""

    def workspace_per_row(self, width):
        """Numbers that it keeps for each row of a batch: pre-activations are partitioned to find the thresholds."""
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
    """Keeps the greatest pre-activations of each unit over the rows at hand, a share of them: fully connected
    winner-take-all autoencoders (Makhzani and Frey 2015, "Winner-take-all autoencoders", section 2).

    Of equal ones at the threshold those of earlier rows stay.

    Parameters
    ----------
    share : float in (0, 1]
        Share of the rows, rounded up.
    """

    def __init__(self, share):
        self.share = share

    def choose(self, z, bias):
        """Which units of each row stay on; parameters and result as of ``TopK.choose``."""
        n_rows = len(z)
        k = self._kept(n_rows)
        if k >= n_rows:
            return None
        place = n_rows - k
        columns = np.add(z.T, bias[:, None], order="C")
        columns.partition(place, axis=1)
        thresholds = columns[:, place].copy()
        del columns
        kept = np.empty(z.shape, np.uint8)
        gates.greatest_of_columns(z, bias, thresholds, k, kept)
        return kept

    def share_of(self, shape):
        """Share of the rows of a code of some shape for which a unit stays on."""
        return self._kept(shape[0]) / shape[0]

    def active(self, z, bias):
        """The entries that stay on; see ``TopK.active``."""
        return ActiveCode.greatest_of_columns(z, bias, self._kept(len(z)))

    def _kept(self, n_rows):
        return int(np.ceil(self.share * n_rows))

    def begin_epoch(self, epoch):
        """Nothing changes with the epoch."""

    def workspace_per_row(self, width):
        """Numbers that it keeps for each row of a batch: pre-activations are partitioned to find the thresholds."""
        return width
