"""Top-k training with tied rectified units against plain NumPy: every step, with k annealed and units revived, to the
digit."""

import numpy as np
import oracle
import pytest
from settings import FIXED

from skae import SparseAE

N_ROWS, N_FEATURES, WIDTH, K, BATCH, EPOCHS = 60, 12, 30, 4, 5, 30
RATE = 5e-3


def data():
    """Rows far from zero, of rank 4 and noise."""
    rng = np.random.default_rng(7)
    return (
        rng.standard_normal((N_ROWS, 4)) @ rng.standard_normal((4, N_FEATURES))
        + 0.1 * rng.standard_normal((N_ROWS, N_FEATURES))
        + 5.0
    )


def forward(w, b, c, x, k):
    """Code of a batch, of which the k greatest pre-activations of each row stay on, and errors."""
    z = x @ w + b
    h = np.zeros(z.shape)
    for row, activations in zip(z, h):
        on = np.argsort(-row, kind="stable")[:k]
        activations[on] = np.maximum(row[on], 0.0)
    return h, h @ w.T + c - x


def step_gradients(w, b, c, x, k):
    """Summed loss of a batch, gradients of its mean, and which units are on."""
    h, error = forward(w, b, c, x, k)
    back = 2.0 * error / len(x)
    delta = (back @ w) * (h > 0)
    return np.square(error).sum(), [back.T @ h + x.T @ delta, delta.sum(axis=0), back.sum(axis=0)], (h > 0).any(axis=0)


def revive(w, b, c, k, x, dead, adam, draws):
    """New weights for the dead units, from rows that are reconstructed badly by the units that stay on."""
    losses = np.square(forward(w, b, c, x, k)[1]).sum(axis=1)
    mean = x.mean(axis=0)
    directions = x[draws.choice(len(x), len(dead), replace=False, p=losses / losses.sum())] - mean
    alive = np.setdiff1d(np.arange(WIDTH), dead)
    for unit, direction in zip(dead, directions):
        w[:, unit] = direction * (x @ w[:, alive]).std(axis=0).mean() / (x @ direction).std()
        b[unit] = -mean @ w[:, unit]
        for of_weights, of_biases, _ in (adam.m, adam.v):
            of_weights[:, unit] = of_biases[unit] = 0.0


def trained(X, random_state, anneal_epochs, scale, revives=False):
    """Loss of each epoch in the units of X, the code of X with all units, and the number of revivals.

    The network sees (x - mean) / scale. Neither changes what it can compute, since rectified units with tied weights
    are homogeneous; but Adam's steps of the biases are multiplied by the scale in the units of X.
    """
    first, shuffle, draws = oracle.generators(random_state)
    inner = (X - X.mean(axis=0)) / scale
    bound = np.sqrt(6.0 / N_FEATURES)
    w, b, c = first.uniform(-bound, bound, (N_FEATURES, WIDTH)), np.zeros(WIDTH), np.zeros(N_FEATURES)
    adam, order, curve = oracle.Adam([w, b, c]), np.arange(N_ROWS), []
    seen, n_revived, k = np.ones(WIDTH, bool), 0, WIDTH
    for epoch in range(EPOCHS):
        rate = RATE * 0.5 * (1.0 + np.cos(np.pi * epoch / EPOCHS))
        if revives and not seen.all():
            dead = np.flatnonzero(~seen)
            revive(w, b, c, k, inner[draws.choice(order, N_ROWS, replace=False)], dead, adam, draws)
            n_revived += len(dead)
        share = min(epoch / anneal_epochs, 1.0) if anneal_epochs else 1.0
        k = round(WIDTH - (WIDTH - K) * share)
        order, total, seen = shuffle.permutation(order), 0.0, np.zeros(WIDTH, bool)
        for start in range(0, N_ROWS, BATCH):
            loss, gradients, on = step_gradients(w, b, c, inner[order[start : start + BATCH]], k)
            adam.step([w, b, c], gradients, rate)
            total, seen = total + loss, seen | on
        curve.append(scale**2 * total / N_ROWS)
    return np.array(curve), np.maximum(inner @ w + b, 0.0), n_revived


@pytest.mark.parametrize("revives", [False, True])
@pytest.mark.parametrize("anneal_epochs", [0, 20])
def test_hundreds_of_steps_are_those_of_plain_numpy(anneal_epochs, revives):
    X = data()
    parameters = {**FIXED, "learning_rate_init": RATE, "learning_rate": "cosine", "batch_size": BATCH, "tol": 0.0}
    ae = SparseAE(
        WIDTH,
        sparsity="topk",
        n_active=K,
        n_active_transform=WIDTH,
        anneal_epochs=anneal_epochs,
        revive_dead=revives,
        activation="relu",
        tied_weights=True,
        loss="squared_error",
        max_iter=EPOCHS,
        n_iter_no_change=EPOCHS,
        random_state=3,
        **parameters,
    ).fit(X)
    centred = X - X.mean(axis=0)
    curve, code, n_revived = trained(X, 3, anneal_epochs, np.sqrt(np.square(centred).mean()), revives)
    assert ae.n_revived_ == n_revived
    assert (n_revived > 0) == revives
    np.testing.assert_allclose(ae.loss_curve_, curve, rtol=1e-9)
    np.testing.assert_allclose(ae.transform(X), code, rtol=1e-7, atol=1e-9)
    assert curve[-1] < 0.2 * curve[0] or anneal_epochs
    # The scale is no detail of rounding: without it the same training ends elsewhere.
    unscaled, *_ = trained(X, 3, anneal_epochs, 1.0, revives)
    assert np.abs(unscaled / curve - 1.0).max() > 1e-3
