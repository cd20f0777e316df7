"""Curves of loss over seconds: trainings by skae and by PyTorch, on one clock."""

from __future__ import annotations

import math
import time
from itertools import pairwise

import numpy as np

from skae.runtime.threads import one_thread_if_small
from skae.training.callbacks import Callback

from ._loss_cases import MASKED, TARGET, mean_objective

RATES = (1e-3, 3e-3, 1e-2, 3e-2)
BATCH_SIZES = (128, 500)


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
    clock = Clock()
    plan = case.plan(X, solver=solver)
    network = plan.objective.network

    def measured():
        outer = network.in_units_of_X()
        return mean_objective(case, outer.weights, outer.biases, held, plan.state.strength)

    class Noting(Callback):
        def end(self, epoch, loss, validation_loss):
            clock.note(measured)
            return False

    clock.note(measured)
    rows = plan.config.batch_size if plan.solver.minibatch else plan.objective.block_size(len(X))
    with one_thread_if_small(network.architecture.product_flops(rows)):
        plan.solver.train(plan.objective, plan.sample, plan.config, plan.state, plan.validation, Noting())
    return clock.curve


def torch_curve(case, X, held, rate, batch_size, epochs, strength=None):
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
        return mean_objective(case, *([p.detach().numpy() for p in part] for part in (weights, biases)), held, strength)

    for _ in range(epochs):
        order = torch.from_numpy(rng.permutation(len(X)))
        for start in range(0, len(X), batch_size):
            x = a = data[order[start : start + batch_size]]
            if case.term == "masking":
                a = a * (torch.rand_like(a) >= MASKED)
            for place, (w, b) in enumerate(zip(weights[:-1], biases[:-1]), 1):
                a = hidden(torch.addmm(b, a, w))
                if place == len(encoder) - 1:
                    h = a
            z = torch.addmm(biases[-1], a, weights[-1])
            if case.loss == "log_loss":
                loss = torch.nn.functional.binary_cross_entropy_with_logits(z, x, reduction="sum") / len(x)
            else:
                loss = torch.nn.functional.mse_loss(z, x, reduction="sum") / len(x)
            if strength is not None:
                loss = loss + strength * _penalty(case, h, weights[0])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
        clock.note(measured)
    return clock.curve


def _penalty(case, h, encoder):
    """The penalty of a case on the code of a batch, in PyTorch."""
    if case.term == "kl":
        mean = h.mean(0)
        return (TARGET * (TARGET / mean).log() + (1 - TARGET) * ((1 - TARGET) / (1 - mean)).log()).sum()
    return (h * (1 - h)).square().mean(0) @ encoder.square().sum(0)
