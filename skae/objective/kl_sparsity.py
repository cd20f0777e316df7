"""KL sparsity: the mean activation of each unit is drawn towards a target."""

from __future__ import annotations

import numpy as np

from ..kernels import penalties
from ..kernels.activations import ACTIVATIONS
from ..runtime.exceptions import ParameterError
from .penalty import Penalty
from .sparsity_record import Sparsity


class KLSparsity(Penalty):
    """weight * sum_l KL(rho || rho_hat_l), with KL(rho || r) = rho log(rho / r) + (1 - rho) log((1 - rho) / (1 - r)).

    rho_hat_l is the mean activation of unit l over the rows at hand, unless ``mean_activation`` holds it.

    Parameters
    ----------
    weight : float
    target : float in (0, 1)
        rho.
    """

    uses_mean_activation = True

    def __init__(self, weight, target):
        self.weight = weight
        self.target = target
        self.mean_activation = None

    def value(self, batch):
        share = float(batch.row_scale.sum(dtype=np.float64))
        mean, self._per_row, counted = self.mean_activation, 1.0, share
        if mean is None:
            if share == 0.0:
                self._derivative = np.zeros(batch.code.shape[1])
                return 0.0
            sums = np.empty(batch.code.shape[1])
            penalties.weighted_column_sums(batch.code, batch.row_scale, sums)
            mean, self._per_row, counted = sums / share, 1.0 / share, 1.0
        tiny = np.finfo(batch.code.dtype).eps
        mean = np.clip(mean, tiny, 1.0 - tiny)
        self._derivative = self.weight * kl_derivative(self.target, mean)
        return counted * self.weight * float(kl_divergence(self.target, mean).sum())

    def in_coordinates(self, scale, architecture):
        return KLSparsity(self.weight / scale**2, self.target)

    def at_code(self, batch, delta):
        penalties.add_outer(delta, batch.row_scale, (self._per_row * self._derivative).astype(delta.dtype))


def kl_divergence(target, mean):
    """KL(target || mean) of two Bernoulli distributions, elementwise, in nats."""
    return target * np.log(target / mean) + (1.0 - target) * np.log((1.0 - target) / (1.0 - mean))


def kl_derivative(target, mean):
    """Derivative of ``kl_divergence`` by the mean."""
    return (1.0 - target) / (1.0 - mean) - target / mean


def _check(settings):
    fitting = [name for name, record in ACTIVATIONS.items() if record.range == (0.0, 1.0)]
    if settings.sparsity_weight != 0 and settings.activation not in fitting:
        raise ParameterError(
            "activation",
            settings.activation,
            fitting,
            "The KL sparsity term of {owner} ({sparsity_weight=}) needs activations in (0, 1): {activation}={legal}",
            "Use that activation, another {sparsity}, or {sparsity_weight=0}.",
            owner=type(settings).__name__,
            sparsity_weight=settings.sparsity_weight,
        )


def _penalty(settings):
    return KLSparsity(settings.sparsity_weight, settings.sparsity_target) if settings.sparsity_weight > 0 else None


def _target(settings):
    return settings.sparsity_target if settings.sparsity_weight != 0 else None


def _strength(spread, batch):
    # Of 1 to 30, 8 to 10 brought the mean activation within a fifth of its target on tables and images alike.
    return 9.0 * spread / batch.code.shape[1]


KL = Sparsity("kl", penalty=_penalty, start_target=_target, strength=_strength, check=_check)
