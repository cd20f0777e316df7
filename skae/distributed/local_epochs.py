"""Mini-batch training by local epochs: copies of the network, trained on different partitions and then averaged."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..kernels.optimizers import OPTIMIZERS
from ..training.descent import check_last_step, descend, run_epoch
from ..training.monitor import TrainingMonitor
from ..training.state import TrainingState, fixed_seed
from .objective import restored, seed_of


class Copy(NamedTuple):
    """One copy of the network, between two partitions; or the mean of all copies, between two epochs.

    Attributes
    ----------
    theta : ndarray of shape (n_parameters,)
    optimizer_state : tuple of ndarray
    step : int
        Steps of the optimiser.
    divergence_baseline : float or None
        As in ``TrainingState``.
    loss : float
        Sum over the rows of the epoch so far.
    passed : float
        Fraction of the epoch that is done.
    """

    theta: np.ndarray
    optimizer_state: tuple
    step: int
    divergence_baseline: float | None
    loss: float = 0.0
    passed: float = 0.0


class Pass(NamedTuple):
    """What all tasks of one epoch have in common."""

    config: object
    optimizer: str
    epoch: int
    rate: float
    seed: np.random.SeedSequence


def local_epochs(objective, sample, config, state, validation=None, callback=None, *, optimizer, n_copies):
    """Train by local epochs.

    In each epoch ``n_copies`` copies of the network pass over different partitions. Then all copies are replaced by
    their mean, weighted by rows, and so are the states of their optimisers.

    Each copy makes 1 / n_copies of the steps that one network would make on all rows (McMahan et al. 2017, algorithm 1,
    with all clients in every round and one local epoch).

    Parameters
    ----------
    objective : PartitionedObjective
    sample, validation : PartitionedSample
    config : TrainingConfig
    state : TrainingState
    callback : Callback, default=None
    optimizer : str
        Name in ``OPTIMIZERS``.
    n_copies : int

    Returns
    -------
    FitResult
    """
    network = objective.network
    state.prepare_optimizer(OPTIMIZERS[optimizer], network.theta)
    monitor = TrainingMonitor(objective, sample, validation, config, state, callback)
    chains = _chains(sample, n_copies)

    def epoch(rate):
        common = Pass(config, optimizer, state.epoch, rate, fixed_seed(state.shuffle_rng))
        start = Copy(network.theta.copy(), state.optimizer_state, state.step, state.divergence_baseline)
        copies = objective.partitions.gather(_trained(objective, sample, chains, start, common))
        mean, loss = _mean(copies, [rows for _, rows in chains])
        network.theta[...] = mean.theta
        if objective.local.unit_norm is not None:
            objective.local.unit_norm.restore(network)
        state.optimizer_state, state.step = mean.optimizer_state, mean.step
        state.divergence_baseline = mean.divergence_baseline
        state.epoch += 1
        return loss

    return descend(monitor, epoch)


def _chains(sample, n_copies):
    """For each copy, its parts, which are adjacent, and their number of rows, which is about equal for all copies."""
    n_copies, sizes = min(n_copies, len(sample.parts)), np.array(sample.sizes)
    middles = np.cumsum(sizes) - sizes / 2
    owners = np.minimum((middles * n_copies / sizes.sum()).astype(int), n_copies - 1)
    chains = []
    for owner in np.unique(owners):
        places = np.flatnonzero(owners == owner)
        chains.append(([(sample.parts[i], int(sizes[i])) for i in places], int(sizes[places].sum())))
    return chains


def _trained(objective, sample, chains, start, common):
    """Futures of the copies at the end of an epoch."""
    partitions = objective.partitions
    start, common = partitions.send(start), partitions.send(common)
    ends = []
    for parts, n_rows in chains:
        copy = start
        for (place, part), size in parts:
            block, share = partitions.blocks[place], size / n_rows
            copy = partitions.submit(_local_epoch, block, part, objective.sent, copy, common, share)
        ends.append(copy)
    return ends


# Overflow shows in the loss, which the monitor checks.
@np.errstate(over="ignore", invalid="ignore")
def _mean(copies, n_rows):
    """Mean of the copies, weighted by the rows that each has seen, and the mean loss of a row."""
    shares = np.array(n_rows) / sum(n_rows)

    def weighted(arrays):
        total = sum(share * array.astype(np.float64) for share, array in zip(shares, arrays))
        return total.astype(arrays[0].dtype)

    mean = Copy(
        weighted([copy.theta for copy in copies]),
        tuple(map(weighted, zip(*(copy.optimizer_state for copy in copies)))),
        max(copy.step for copy in copies),
        max(copy.divergence_baseline for copy in copies),
    )
    return mean, sum(copy.loss for copy in copies) / sum(n_rows)


# A task, run by the workers.


def _local_epoch(block, part, payload, copy, common, share):
    """The copy after a pass over one partition, which is the fraction ``share`` of its epoch."""
    config, optimizer_state = common.config, tuple(array.copy() for array in copy.optimizer_state)
    going_on = {
        "optimizer_state": optimizer_state,
        "step": copy.step,
        "epoch": common.epoch,
        "divergence_baseline": copy.divergence_baseline,
    }
    state = TrainingState.seeded(*seed_of(part, common.seed).spawn(2), **going_on)
    objective, sample = restored(payload, copy.theta), part.of(block)
    if config.shuffle:
        sample = sample._replace(rows=state.shuffle_rng.permutation(sample.rows))
    optimizer = OPTIMIZERS[common.optimizer]
    loss = run_epoch(objective, sample, config, optimizer, state, common.rate, True, copy.passed, share)
    check_last_step(objective, sample, config, state)
    done = copy.loss + len(sample.rows) * loss
    return Copy(
        objective.network.theta, optimizer_state, state.step, state.divergence_baseline, done, copy.passed + share
    )
