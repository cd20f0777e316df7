"""Curves of loss over seconds: cases, trainings by skae and by PyTorch, and the one function that measures both."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from skae import AutoencoderTransformer
from skae.datasets import fetch_mnist, load_digits_unit
from skae.estimator.input import training_rows
from skae.estimator.plan import plan_training
from skae.runtime.threads import one_thread_if_small
from skae.training.callbacks import Callback

RATES = (1e-3, 3e-3, 1e-2, 3e-2)
BATCH_SIZES = (128, 500)


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
    target : float
        Loss to reach where PyTorch is not installed.
    """

    name: str
    data: str
    n_components: int
    hidden: tuple = ()
    activation: str = "logistic"
    loss: str = "log_loss"
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
        output = "logistic" if self.loss == "log_loss" else "identity"
        return AutoencoderTransformer(
            self.n_components,
            hidden_layer_sizes=self.hidden,
            activation=self.activation,
            output_activation=output,
            loss=self.loss,
            random_state=0,
            **parameters,
        )


CASES = [
    LossCase("digits 64-32", "digits", 32, activation="tanh", loss="squared_error"),
    LossCase("MNIST 784-64", "mnist", 64),
    LossCase("MNIST 784-256", "mnist", 256),
    LossCase("MNIST 784-1000", "mnist", 1000),
    LossCase("MNIST 1000-500-250-30", "mnist", 30, (1000, 500, 250)),
    LossCase("table 100-64-32", "table", 32, (64,), "tanh", "squared_error"),
]


def nonlinear_table(n_rows, n_features=100, n_latent=20, seed=0):
    """Rows that are a smooth function of some hidden variables, with noise."""
    rng = np.random.default_rng(seed)
    hidden = np.tanh(
        1.5 * rng.standard_normal((n_rows, n_latent)) @ rng.standard_normal((n_latent, 64)) / n_latent**0.5
    )
    X = hidden @ rng.standard_normal((64, n_features)) / 8 + 0.1 * rng.standard_normal((n_rows, n_features))
    return X.astype(np.float32)


def mean_loss(case, weights, biases, rows):
    """Mean loss of a row under a network, in float64."""
    a = rows.astype(np.float64)
    for place, (w, b) in enumerate(zip(weights, biases), 1):
        a = a @ np.asarray(w, np.float64) + np.asarray(b, np.float64)
        if place < len(weights):
            a = np.tanh(a) if case.activation == "tanh" else 1 / (1 + np.exp(-a))
    entries = np.logaddexp(0, a) - rows * a if case.loss == "log_loss" else np.square(a - rows)
    return float(entries.sum(axis=1).mean())


class Clock:
    """A clock that stands still while the loss is measured."""

    def __init__(self):
        self._start, self._still, self.curve = time.perf_counter(), 0.0, []

    def note(self, measured):
        """Note the seconds so far, and what a function measures then."""
        now = time.perf_counter()
        self.curve.append((now - self._start - self._still, measured()))
        self._still += time.perf_counter() - now


def skae_curve(case, X, held, solver):
    """Seconds and loss at the start and after each epoch of a fit, all that precedes it included."""
    clock, estimator = Clock(), case.estimator(solver=solver)
    sample, _ = training_rows(estimator, X, None, None)
    plan = plan_training(estimator, sample, None)
    network = plan.objective.network

    def measured():
        outer = network.in_units_of_X()
        return mean_loss(case, outer.weights, outer.biases, held)

    class Noting(Callback):
        def end(self, epoch, loss, validation_loss):
            clock.note(measured)
            return False

    clock.note(measured)
    rows = plan.config.batch_size if plan.solver.minibatch else plan.objective.block_size(len(X))
    with one_thread_if_small(network.architecture.product_flops(rows)):
        plan.solver.train(plan.objective, plan.sample, plan.config, plan.state, plan.validation, Noting())
    return clock.curve


def torch_curve(case, X, held, rate, batch_size, epochs):
    """The same of PyTorch's fused Adam from a Glorot start, its rate lowered to zero as a cosine, step by step."""
    import torch

    torch.manual_seed(0)
    rng, clock, data = np.random.default_rng(0), Clock(), torch.from_numpy(X)
    encoder = (X.shape[1], *case.hidden, case.n_components)
    weights, biases = [], []
    for fan_in, fan_out in pairwise(encoder + encoder[-2::-1]):
        bound = math.sqrt(6 / (fan_in + fan_out))
        weights.append(torch.empty(fan_in, fan_out).uniform_(-bound, bound).requires_grad_())
        biases.append(torch.zeros(fan_out, requires_grad=True))
    optimizer = torch.optim.Adam([*weights, *biases], lr=rate, fused=True)
    hidden = torch.tanh if case.activation == "tanh" else torch.sigmoid
    n_batches = -(-len(X) // batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * n_batches)

    def measured():
        return mean_loss(case, *([p.detach().numpy() for p in part] for part in (weights, biases)), held)

    for _ in range(epochs):
        order = torch.from_numpy(rng.permutation(len(X)))
        for start in range(0, len(X), batch_size):
            x = a = data[order[start : start + batch_size]]
            for w, b in zip(weights[:-1], biases[:-1]):
                a = hidden(torch.addmm(b, a, w))
            z = torch.addmm(biases[-1], a, weights[-1])
            if case.loss == "log_loss":
                loss = torch.nn.functional.binary_cross_entropy_with_logits(z, x, reduction="sum") / len(x)
            else:
                loss = torch.nn.functional.mse_loss(z, x, reduction="sum") / len(x)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
        clock.note(measured)
    return clock.curve
