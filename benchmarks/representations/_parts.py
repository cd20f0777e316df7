"""Parts of models that skae itself does not have: top-k units of which some drop out in training."""

from __future__ import annotations

import numpy as np

from skae.extending import Sparsity, register
from skae.network.gates import TopK


class DroppingTopK(TopK):
    """Gate that keeps the k greatest pre-activations of a row, less those that drop out, each for itself.

    Parameters
    ----------
    k : int
    dropped : float in [0, 1)
        Probability.
    seed : int
        Of the draws.
    """

    def __init__(self, k, dropped, seed):
        super().__init__(k)
        self._dropped = dropped
        self._rng = np.random.default_rng(seed)

    def choose(self, z, bias):
        kept = super().choose(z, bias)
        if kept is None:
            kept = np.ones(z.shape, np.uint8)
        kept[kept.view(bool)] = self._stay(np.count_nonzero(kept))
        return kept

    def active(self, z, bias):
        code = super().active(z, bias)
        return None if code is None else code.only(self._stay(len(code.values)))

    def _stay(self, count):
        return self._rng.random(count, np.float32) >= self._dropped


def dropping_top_k(percent):
    """A sparsity that keeps the ``n_active`` greatest units of a row in training, of which so many per cent drop out;
    all units elsewhere."""
    return Sparsity(
        f"top_k_dropping_{percent}",
        gate=lambda settings: DroppingTopK(settings.n_active, percent / 100, settings.random_state),
        minibatch=True,
    )


_registered = set()


def with_part(part, make):
    """A maker of models with a part of these, which is registered from the first model on."""

    def make_with(seed):
        if part not in _registered:
            _registered.add(register(part))
        return make(seed)

    return make_with
