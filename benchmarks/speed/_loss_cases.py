"""Cases of the curves of loss over seconds: data, estimators, and the one function that measures an objective."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.datasets import fetch_mnist, load_digits_unit
from skae.estimator.input import training_rows
from skae.estimator.plan import plan_training

# Of the entries of the input, masked in the case with noise; and of the mean activation in that with sparsity.
MASKED, TARGET = 0.25, 0.05

_ESTIMATORS = {
    "masking": (DenoisingAE, {"corruption": "masking", "noise_level": MASKED}),
    "kl": (SparseAE, {"sparsity_target": TARGET}),
    "contraction": (ContractiveAE, {}),
    None: (AutoencoderTransformer, {}),
}


@dataclass(frozen=True)
class LossCase:
    """One network on one data set.

    Attributes
    ----------
    name : str
    data : {"digits", "mnist", "table"}
    n_components : int
    hidden : tuple of int
    activation, loss : str
    term : {"masking", "kl", "contraction"}, default=None
        Noise or penalty.
    target : float
        Loss to reach where PyTorch is not installed.
    """

    name: str
    data: str
    n_components: int
    hidden: tuple = ()
    activation: str = "logistic"
    loss: str = "log_loss"
    term: str | None = None
    target: float = math.inf

    def load(self):
        """The rows to train on, and those on which the loss is measured."""
        if self.data == "digits":
            X = load_digits_unit(return_X_y=True, dtype=np.float32)[0]
            return X, X
        if self.data == "mnist":
            X, _ = fetch_mnist(subset="train", return_X_y=True)
            X = np.ascontiguousarray(X[:25_000], np.float32)
            return X[:20_000], X[20_000:]
        X = nonlinear_table(50_000)
        return X, X[:5_000]

    def estimator(self, **parameters):
        """The skae estimator, all else by its defaults."""
        kind, own = _ESTIMATORS[self.term]
        return kind(
            self.n_components,
            hidden_layer_sizes=self.hidden,
            activation=self.activation,
            output_activation="logistic" if self.loss == "log_loss" else "identity",
            loss=self.loss,
            random_state=0,
            **own,
            **parameters,
        )

    def plan(self, X, **parameters):
        """What the estimator trains, and how."""
        estimator = self.estimator(**parameters)
        return plan_training(estimator, training_rows(estimator, X, None, None)[0], None)

    def strength(self, X):
        """The strength of the penalty that the defaults give for X."""
        return self.plan(X).state.strength if self.term in ("kl", "contraction") else None


CASES = [
    LossCase("digits 64-32", "digits", 32, activation="tanh", loss="squared_error"),
    LossCase("MNIST 784-64", "mnist", 64),
    LossCase("MNIST 784-256", "mnist", 256),
    LossCase("MNIST 784-1000", "mnist", 1000),
    LossCase("MNIST 784-256, masking", "mnist", 256, term="masking"),
    LossCase("MNIST 784-256, KL", "mnist", 256, term="kl"),
    LossCase("MNIST 784-256, contraction", "mnist", 256, term="contraction"),
    LossCase("MNIST 1000-500-250-30", "mnist", 30, (1000, 500, 250)),
    LossCase("table 100-64-32", "table", 32, (64,), "logistic", "squared_error"),
    LossCase("table 100-64-32, tanh", "table", 32, (64,), "tanh", "squared_error"),
]


def nonlinear_table(n_rows, n_features=100, n_latent=20, seed=0):
    """Rows that are a smooth function of some hidden variables, with noise."""
    rng = np.random.default_rng(seed)
    hidden = np.tanh(
        1.5 * rng.standard_normal((n_rows, n_latent)) @ rng.standard_normal((n_latent, 64)) / n_latent**0.5
    )
    X = hidden @ rng.standard_normal((64, n_features)) / 8 + 0.1 * rng.standard_normal((n_rows, n_features))
    return X.astype(np.float32)


def mean_objective(case, weights, biases, rows, strength=None):
    """Mean objective of a row under a network, in float64; the noise is the same at every call."""
    weights, biases = ([np.asarray(part, np.float64) for part in parts] for parts in (weights, biases))
    a = rows.astype(np.float64)
    if case.term == "masking":
        a = np.where(np.random.default_rng(1).random(rows.shape) < MASKED, 0.0, a)
    code = len(weights) // 2
    for place, (w, b) in enumerate(zip(weights, biases), 1):
        a = a @ w + b
        if place < len(weights):
            a = np.tanh(a) if case.activation == "tanh" else 1 / (1 + np.exp(-a))
        if place == code:
            h = a
    entries = np.logaddexp(0, a) - rows * a if case.loss == "log_loss" else np.square(a - rows)
    penalty = 0.0
    if case.term == "kl":
        mean = h.mean(axis=0)
        penalty = np.sum(TARGET * np.log(TARGET / mean) + (1 - TARGET) * np.log((1 - TARGET) / (1 - mean)))
    elif case.term == "contraction":
        penalty = np.square(h * (1 - h)).mean(axis=0) @ np.square(weights[0]).sum(axis=0)
    return float(entries.sum(axis=1).mean() + (strength or 0.0) * penalty)
