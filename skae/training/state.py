"""What continues when training continues: the state of a training, and how far an interrupted fit had come."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sklearn.utils import check_random_state

from ..runtime import buffers


class Seed(NamedTuple):
    """A SeedSequence as the integers that it begins with, which any format can hold."""

    entropy: tuple
    spawn_key: tuple = ()

    @classmethod
    def of(cls, sequence):
        entropy = sequence.entropy if isinstance(sequence.entropy, (list, tuple)) else [sequence.entropy]
        return cls(tuple(map(int, entropy)), tuple(map(int, sequence.spawn_key)))

    def sequence(self):
        return np.random.SeedSequence(list(self.entropy), spawn_key=self.spawn_key)


@dataclass
class FitProgress:
    """How far a fit has come: what the next one needs to go on with it where it was cut short.

    Attributes
    ----------
    epoch : int
        Epochs done.
    best, n_no_improvement : float, int
        Of the stopping rule.
    cuts : int
        Of the learning rate, on a plateau.
    best_theta : ndarray or None
        Parameters of the least loss on held rows.
    held_best : float
        That loss.
    held_noise : Seed or None
        Of the noise on held rows, the same every time, so that their curve shows the training alone.
    order : ndarray or None
        Of the rows in the last epoch, of which that of the next is a permutation.
    theta : ndarray or None
        Parameters to go on from, where the estimator was given the best ones.
    data : tuple
        Which rows were trained on: only with the same ones does the next fit go on.
    """

    epoch: int = 0
    best: float = math.inf
    n_no_improvement: int = 0
    cuts: int = 0
    best_theta: np.ndarray | None = None
    held_best: float = math.inf
    held_noise: Seed | None = None
    order: np.ndarray | None = None
    theta: np.ndarray | None = None
    data: tuple = ()


@dataclass
class TrainingState:
    """What continues when training continues: the optimiser's memory, its clock, and the sources of randomness."""

    shuffle_rng: np.random.Generator
    noise_rng: np.random.Generator
    held_seed: Seed | None = None
    memory: tuple = ()
    step: int = 0
    epoch: int = 0
    # Greatest objective of the first batch of a pass, over the passes that went well.
    reference: float | None = None
    # Units of the code that were on in the last epoch, and how many that were not have been revived.
    active: np.ndarray | None = None
    n_revived: int = 0
    # Whether the parameters came from elsewhere, and not from a draw.
    given: bool = False
    # A fit that was cut short by an interrupt or a callback; None where the last one came to its end.
    run: FitProgress | None = None

    @property
    def in_batches(self):
        """Whether any epoch was one of mini-batches, which alone leave a reference."""
        return self.reference is not None

    @classmethod
    def begin(cls, random_state):
        """The generator of the initial weights, and the state of a training that begins.

        Parameters
        ----------
        random_state : int, RandomState instance or None
        """
        seeds = np.random.SeedSequence(check_random_state(random_state).randint(0, 2**31, size=4).tolist())
        initial, shuffle, noise, held = seeds.spawn(4)
        return np.random.default_rng(initial), cls.seeded(shuffle, noise, held_seed=Seed.of(held))

    @classmethod
    def seeded(cls, shuffle, noise, **others):
        """A state whose sources of randomness begin with two seeds."""
        # SFC64 is the fastest of NumPy's generators, and noise is drawn by the million.
        return cls(np.random.default_rng(shuffle), np.random.Generator(np.random.SFC64(noise)), **others)


def start_memory(state, update, theta):
    """Give the state the memory that the update needs, where it has none of that shape yet."""
    if len(state.memory) != update.n_state_vectors or state.memory[0].shape != theta.shape:
        state.memory = tuple(buffers.zeros(theta.shape, theta.dtype) for _ in range(update.n_state_vectors))
        state.step = 0


def fixed_seed(rng):
    """A seed, drawn once, for noise that is to be the same at every evaluation."""
    return np.random.SeedSequence(int(rng.integers(2**63)))
