"""Parts of models that skae itself does not have: top-k units of which some drop out in training, lifetime sparsity
whose share falls, and contraction of higher order."""

from __future__ import annotations

from functools import cache

import numpy as np

from skae.extending import Penalty, Sparsity, register
from skae.network.gates import TopK, WinnerTakeAll


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


class AnnealedWinners(WinnerTakeAll):
    """Lifetime sparsity whose share falls linearly from one to its final value.

    Parameters
    ----------
    share : float in (0, 1]
        The final value.
    epochs : int
        Epochs that the fall takes.
    """

    def __init__(self, share, epochs):
        super().__init__(1.0)
        self._final = share
        self._epochs = epochs

    def begin_epoch(self, epoch):
        self.share = 1.0 - (1.0 - self._final) * min(epoch / self._epochs, 1.0)


def annealed_lifetime(epochs):
    """Lifetime sparsity whose share falls to ``sparsity_target`` in so many epochs."""
    return Sparsity(
        f"lifetime_annealed_{epochs}",
        gate=lambda settings: AnnealedWinners(settings.sparsity_target, epochs),
        minibatch=True,
    )


class HigherOrderContraction(Penalty):
    """Contraction of first and second order for logistic units in one layer: the mean over the rows of

        weight ||J(x)||^2 + second ||J(x + e) - J(x)||^2,    ||J(x)||^2 = sum_j (h_j (1 - h_j))^2 ||w_j||^2,

    with Gaussian noise e, drawn once for each row and step (Rifai et al. 2011b, "Higher order contractive
    auto-encoder").

    Parameters
    ----------
    weight, second : float
    noise : float
        Standard deviation of e.
    seed : int
        Of the draws.
    """

    def __init__(self, weight, second, noise, seed):
        self.weight, self.second, self.noise, self.seed = weight, second, noise, seed
        self._rng = np.random.default_rng(seed)

    def value(self, batch):
        layer, h, x = batch.network.layers[0], batch.code, batch.inputs
        self._moved = x + self._rng.standard_normal(x.shape, x.dtype) * x.dtype.type(self.noise)
        moved = 1.0 / (1.0 + np.exp(-(self._moved @ layer.weights + layer.bias)))
        slope, other = h * (1 - h), moved * (1 - moved)
        self._weights, norms = layer.weights, np.square(layer.weights).sum(axis=0)
        first, second = (batch.row_scale[:, None] * h.dtype.type(weight) for weight in (self.weight, self.second))
        self._sums = (first * np.square(slope)).sum(axis=0) + (second * np.square(other - slope)).sum(axis=0)
        self._delta = 2 * norms * (first * slope - second * (other - slope)) * slope * (1 - 2 * h)
        self._moved_delta = 2 * norms * second * (other - slope) * other * (1 - 2 * moved)
        return float(self._sums @ norms)

    def at_preactivation(self, layer, delta, bias_grad):
        delta += self._delta
        bias_grad += self._delta.sum(axis=0) + self._moved_delta.sum(axis=0)

    def at_weights(self, grads):
        grads[0] += self._moved.T @ self._moved_delta + 2 * self._weights * self._sums

    def in_coordinates(self, scale, architecture):
        # The Jacobian by the rows is divided as well; noise is in their units.
        return type(self)(self.weight / scale**4, self.second / scale**4, self.noise / scale, self.seed)


@cache
def higher_order(second, noise):
    """Contraction of first and second order in the place of sparsity, with a weight of ``sparsity_weight`` for the
    first."""
    return Sparsity(
        f"higher_order_{round(1000 * second)}_{round(1000 * noise)}",
        penalty=lambda s: HigherOrderContraction(s.sparsity_weight, second, noise, s.random_state),
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
