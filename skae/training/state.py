"""TrainingState: everything with which a training can be continued, and the progress of an interrupted fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sklearn.utils import check_random_state

from ..rows.coordinates import StepCoordinates
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
    """The progress of a fit: what the next fit needs to continue it if it was interrupted.

    Attributes
    ----------
    epoch : int
        Epochs done.
    best : float
        Least loss so far: on the validation rows where there are any, else in training.
    n_no_improvement : int
        Epochs in a row that did not improve on it, see ``StoppingRule``.
    cuts : int
        Cuts of the learning rate on a plateau.
    best_theta : ndarray or None
        Parameters of the least loss on the validation rows.
    validation_noise : Seed or None
        Of the noise on the validation rows, the same every time, so that their curve shows the training alone.
    order : ndarray or None
        Order of the rows in the last epoch, of which that of the next is a permutation.
    theta : ndarray or None
        Parameters to go on from, where the estimator was given the best ones.
    data : tuple
        Fingerprint of the rows that were trained on: only with the same ones does the next fit go on.
    """

    epoch: int = 0
    best: float = math.inf
    n_no_improvement: int = 0
    cuts: int = 0
    best_theta: np.ndarray | None = None
    validation_noise: Seed | None = None
    order: np.ndarray | None = None
    theta: np.ndarray | None = None
    data: tuple = ()


@dataclass
class TrainingState:
    """Everything with which a training can be continued.

    Attributes
    ----------
    shuffle_rng, noise_rng : numpy Generator
    validation_seed : Seed or None
        Chooses the validation rows.
    optimizer_state : tuple of ndarray
        Moments, velocity: what the optimiser keeps between steps; most are of shape (n_parameters,).
    step, epoch : int
        Steps of the optimiser, and epochs, since the parameters were initialised.
    divergence_baseline : float or None
        Greatest objective of the first batch of an epoch, over the epochs that went well.
    active_units : ndarray of bool or None
        Units of the code that were on in the last epoch.
    n_revived : int
        How many times a dead unit was given new weights.
    pretrained : bool
        Whether the parameters came from elsewhere, and not from a draw.
    solver : str or None
        That of the last training; None where nobody noted it.
    learning_rate : float or None
        That with which the last training in mini-batches began.
    strength : float or None
        Of the penalty, where it was found by the data.
    corruption : str or None
    noise_level : float or None
        Of the input, in the last training.
    step_coordinates : StepCoordinates or None
        Those of the steps of the first training, to which what the optimiser keeps belongs.
    few_rows : int or None
        Rows of ``partial_fit`` since the start, where its values come from too few of them; None elsewhere.
    progress : FitProgress or None
        Progress of a fit that was ended by an interrupt or a callback; None if the last fit was completed.
    """

    shuffle_rng: np.random.Generator
    noise_rng: np.random.Generator
    validation_seed: Seed | None = None
    optimizer_state: tuple = ()
    step: int = 0
    epoch: int = 0
    divergence_baseline: float | None = None
    active_units: np.ndarray | None = None
    n_revived: int = 0
    pretrained: bool = False
    solver: str | None = None
    learning_rate: float | None = None
    strength: float | None = None
    corruption: str | None = None
    noise_level: float | None = None
    step_coordinates: StepCoordinates | None = None
    few_rows: int | None = None
    progress: FitProgress | None = None

    @property
    def in_batches(self):
        """Whether any epoch was one of mini-batches, which alone leave a baseline."""
        return self.divergence_baseline is not None

    @classmethod
    def begin(cls, random_state):
        """The generator of the initial weights, and the state of a training that begins.

        Parameters
        ----------
        random_state : int, RandomState instance or None

        Returns
        -------
        numpy Generator, TrainingState
        """
        seeds = np.random.SeedSequence(check_random_state(random_state).randint(0, 2**31, size=4).tolist())
        initial, shuffle, noise, validation = seeds.spawn(4)
        return np.random.default_rng(initial), cls.seeded(shuffle, noise, validation_seed=Seed.of(validation))

    @classmethod
    def seeded(cls, shuffle, noise, **others):
        """A state whose sources of randomness begin with two seeds."""
        # SFC64 is the fastest of NumPy's generators, and noise is drawn by the million.
        return cls(np.random.default_rng(shuffle), np.random.Generator(np.random.SFC64(noise)), **others)

    def prepare_optimizer(self, optimizer, theta, architecture=None):
        """Make the arrays that an optimiser keeps for parameters, where there are none of these shapes yet.

        Parameters
        ----------
        optimizer : Optimizer
        theta : ndarray of shape (n_parameters,)
        architecture : Architecture, default=None
            Of the network; needed by optimisers that keep more than vectors of the shape of theta.
        """
        shapes = optimizer.state_shapes(theta.shape, architecture)
        if [array.shape for array in self.optimizer_state] != shapes:
            self.optimizer_state, self.step = tuple(buffers.zeros(shape, theta.dtype) for shape in shapes), 0


def fixed_seed(rng):
    """A seed, drawn once, for noise that is to be the same at every evaluation."""
    return np.random.SeedSequence(int(rng.integers(2**63)))
