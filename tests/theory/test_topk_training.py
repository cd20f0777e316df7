"""Top-k training with tied rectified units against plain NumPy: every step, with k annealed, to the digit."""

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


def step_gradients(w, b, c, x, k):
    """Summed loss of a batch, and gradients of its mean; the k greatest pre-activations of each row stay on."""
    z = x @ w + b
    on = np.zeros(z.shape)
    for row, mask in zip(z, on):
        mask[np.argsort(-row, kind="stable")[:k]] = 1.0
    h = on * np.maximum(z, 0.0)
    error = h @ w.T + c - x
    back = 2.0 * error / len(x)
    delta = (back @ w) * on * (z > 0)
    return np.square(error).sum(), [back.T @ h + x.T @ delta, delta.sum(axis=0), back.sum(axis=0)]


def trained(X, random_state, anneal_epochs, scale):
    """Loss of each epoch in the units of X, and the code of X with all units.

    The network sees (x - mean) / scale. Neither changes what it can compute, since rectified units with tied weights
    are homogeneous; but Adam's steps of the biases are multiplied by the scale in the units of X.
    """
    first, shuffle, _ = oracle.generators(random_state)
    inner = (X - X.mean(axis=0)) / scale
    bound = np.sqrt(6.0 / N_FEATURES)
    w, b, c = first.uniform(-bound, bound, (N_FEATURES, WIDTH)), np.zeros(WIDTH), np.zeros(N_FEATURES)
    adam, order, curve = oracle.Adam([w, b, c]), np.arange(N_ROWS), []
    for epoch in range(EPOCHS):
        share = min(epoch / anneal_epochs, 1.0) if anneal_epochs else 1.0
        k = round(WIDTH - (WIDTH - K) * share)
        rate = RATE * 0.5 * (1.0 + np.cos(np.pi * epoch / EPOCHS))
        order, total = shuffle.permutation(order), 0.0
        for start in range(0, N_ROWS, BATCH):
            loss, gradients = step_gradients(w, b, c, inner[order[start : start + BATCH]], k)
            adam.step([w, b, c], gradients, rate)
            total += loss
        curve.append(scale**2 * total / N_ROWS)
    return np.array(curve), np.maximum(inner @ w + b, 0.0)


@pytest.mark.parametrize("anneal_epochs", [0, 20])
def test_hundreds_of_steps_are_those_of_plain_numpy(anneal_epochs):
    X = data()
    parameters = {**FIXED, "learning_rate_init": RATE, "learning_rate": "cosine", "batch_size": BATCH, "tol": 0.0}
    ae = SparseAE(
        WIDTH,
        sparsity="topk",
        n_active=K,
        n_active_transform=WIDTH,
        anneal_epochs=anneal_epochs,
        activation="relu",
        tied_weights=True,
        loss="squared_error",
        max_iter=EPOCHS,
        n_iter_no_change=EPOCHS,
        random_state=3,
        **parameters,
    ).fit(X)
    centred = X - X.mean(axis=0)
    curve, code = trained(X, 3, anneal_epochs, np.sqrt(np.square(centred).mean()))
    np.testing.assert_allclose(ae.loss_curve_, curve, rtol=1e-9)
    np.testing.assert_allclose(ae.transform(X), code, rtol=1e-7, atol=1e-9)
    assert curve[-1] < 0.2 * curve[0] or anneal_epochs
    # The scale is no detail of rounding: without it the same training ends elsewhere.
    unscaled, _ = trained(X, 3, anneal_epochs, 1.0)
    assert np.abs(unscaled / curve - 1.0).max() > 1e-3
