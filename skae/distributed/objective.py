"""PartitionedObjective: the objective over all partitions, with the sums computed by the workers that hold the rows."""

from __future__ import annotations

import pickle

import numpy as np

from ..rows.sample import mean_and_scale


class PartitionedObjective:
    """An objective whose sums over rows are computed on the workers, with the interface that full-batch solvers need.

    Parameters
    ----------
    objective : Objective
        Holds the parameters and their gradient.
    partitions : Partitions

    Attributes
    ----------
    sent : Future
        The objective as bytes, from which each task makes its own copy.
    """

    def __init__(self, objective, partitions):
        self.local = objective
        self.partitions = partitions
        self.sent = partitions.send(pickle.dumps(objective))

    @property
    def network(self):
        return self.local.network

    @property
    def grad(self):
        return self.local.grad

    def full(self, sample, seed=None):
        """The objective over all rows; its gradient is left in ``grad``."""
        value, grad = sample.added(_gradient, *self._arguments(sample, seed))
        self.grad[...] = grad
        return float(value) + self.local.add_weight_penalties()

    def full_value(self, sample, seed=None):
        """The objective over all rows, without its gradient and with the gate of prediction."""
        (value,) = sample.added(_value, *self._arguments(sample, seed))
        return float(value) + self.local.weight_penalty()

    def mean_and_scale(self, sample):
        """Mean of each column, without its NaN, and the root mean square of the deviations from it."""
        return mean_and_scale(*sample.added(_moments, self.sent))

    def _arguments(self, sample, seed):
        """Arguments of the tasks besides the rows: objective, parameters, seed, and mean activation or None."""
        common = self.sent, self.partitions.send(self.network.theta.copy()), seed
        if not self.local.uses_mean_activation:
            return *common, None
        sums, share = sample.added(_activation_sums, *common)
        return *common, sums / share


def restored(payload, theta=None):
    """A copy of the objective that was sent, for one task, with the given parameters."""
    objective = pickle.loads(payload)
    if theta is not None:
        objective.network.theta[...] = theta
    return objective


def seed_of(part, seed):
    """A different seed for the noise on each partition."""
    return None if seed is None else np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, part.place))


# Tasks, run by the workers.


def _sums(block, part, payload, theta, seed, mean, method):
    objective = restored(payload, theta)
    with objective.given_mean_activation(mean):
        return getattr(objective, method)(part.of(block), seed_of(part, seed)), objective.grad


def _gradient(block, part, payload, theta, seed, mean):
    return _sums(block, part, payload, theta, seed, mean, "sum_over_rows")


def _value(block, part, payload, theta, seed, mean):
    return _sums(block, part, payload, theta, seed, mean, "value_over_rows")[:1]


def _activation_sums(block, part, payload, theta, seed):
    return restored(payload, theta).activation_sums(part.of(block), seed_of(part, seed))


def _moments(block, part, payload):
    sample = part.of(block)
    return restored(payload).inner(sample).moments()
