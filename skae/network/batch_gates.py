"""Gates of batches: the greatest pre-activations of a whole batch stay on, and outside of training those from a
threshold on (Bussmann, Leask and Nanda 2024, "BatchTopK sparse autoencoders")."""

from __future__ import annotations

import numpy as np

from ..kernels import selection
from .active import ActiveCode
from .gates import AnnealedTopK

# Batches up to which the share of a new one in the running mean falls, as 2 / (n + 1).
MEAN_OF = 100


class BatchTopK(AnnealedTopK):
    """Keeps the k n_rows greatest pre-activations of a batch: k in a row on average, more in some and fewer in others.

    Of equal ones at the threshold those of earlier rows stay, in a row those of lower index.

    Parameters
    ----------
    k, width, epochs
        Those of ``AnnealedTopK``.
    floor : float, default=-inf
        Up to which a pre-activation makes an activation of zero.
    """

    def __init__(self, k, width, epochs=0, floor=-np.inf):
        super().__init__(k, width, epochs)
        self._floor = floor
        self._least = None

    def choose(self, z, bias):
        """Which units stay on; parameters and result as of ``TopK.choose``."""
        sums, count = z + bias, min(z.size, self.k * len(z))
        flat = sums.ravel()
        bound = np.partition(flat, z.size - count)[z.size - count]
        kept = np.empty(z.shape, np.uint8)
        selection.keep_greatest(flat, bound, count, kept.reshape(-1))
        # What is no number is to be seen.
        kept[np.isnan(sums)] = 1
        self._see(sums[kept.view(bool)])
        return kept

    def active(self, z, bias):
        """The entries that stay on; see ``TopK.active``."""
        code = ActiveCode.greatest_of_all(z, bias, min(z.size, self.k * len(z)))
        if code is not None:
            self._see(code.values)
        return code

    def _see(self, values):
        """Note the least pre-activation of the last batch whose activation is not zero."""
        values = values[values > self._floor]
        self._least = values.min() if len(values) else None

    def learn(self, threshold):
        """Take the last batch into the running mean of the least active pre-activation.

        Parameters
        ----------
        threshold : ndarray of shape (2,)
            The mean, and the number of batches; changed in place.
        """
        if self._least is None or not np.isfinite(self._least):
            return
        if self.k > self._final:
            threshold[:] = self._least, 0
        else:
            # Later batches count more, those of a k that is still annealed not at all.
            threshold[1] = min(threshold[1] + 1, MEAN_OF)
            threshold[0] += (self._least - threshold[0]) * 2.0 / (threshold[1] + 1)

    def workspace_per_row(self, width):
        """Numbers that it keeps for each row of a batch: pre-activations, and a partitioned copy."""
        return 2 * width


class Threshold:
    """Keeps the pre-activations from a threshold on.

    Parameters
    ----------
    threshold : ndarray of shape (2,)
        Of ``BatchTopK.learn``; read anew at each use.
    k : int
        How many stay on in a row of the training data, on average.
    """

    def __init__(self, threshold, k):
        self._threshold = threshold
        self._k = k

    @property
    def value(self):
        """The threshold."""
        return self._threshold[0]

    def choose(self, z, bias):
        """Which units stay on; parameters and result as of ``TopK.choose``."""
        # What is no number is to be seen.
        return (~(z + bias < self.value)).view(np.uint8)

    def share_of(self, shape):
        """Share of the units of a code of some shape that stay on, about."""
        return self._k / shape[1]

    def active(self, z, bias):
        """The entries that stay on; see ``TopK.active``."""
        if not np.isfinite(z.sum(dtype=np.float64)):
            return None
        return ActiveCode.at_least(z, bias, self.value)

    def begin_epoch(self, epoch):
        """Nothing changes with the epoch."""

    def workspace_per_row(self, width):
        """Numbers that it keeps for each row of a batch: the sums with the bias."""
        return width
