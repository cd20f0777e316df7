"""
The sparsity term and the mean activations
==========================================

KL(rho || rho_hat) is zero if the mean activation of a unit is the target, and rises on both sides. The units of three
trainings are marked on the curve: the greater the weight of the term, the closer they come to the target.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import rel_entr

from skae import SparseAE
from skae.datasets import load_digits_unit

X, _ = load_digits_unit(return_X_y=True)
target = 0.1


def divergence(mean):
    """KL(target || mean), in nats."""
    return rel_entr(target, mean) + rel_entr(1 - target, 1 - mean)


figure, axes = plt.subplots(3, 1, figsize=(7, 6.5), sharex=True, sharey=True, layout="constrained")
figure.set_label(
    "The sparsity term over the mean activation for three weights; with the greatest the units gather at the target."
)
grid = np.linspace(0.005, 0.6, 500)
for ax, weight in zip(axes, (0.01, 0.1, 1.0)):
    ae = SparseAE(
        64,
        sparsity_target=target,
        sparsity_weight=weight,
        loss="log_loss",
        learning_rate_init=1e-2,
        tol=3e-3,
        random_state=0,
    ).fit(X)
    units = ae.transform(X).mean(axis=0)
    ax.plot(grid, divergence(grid), color="C0")
    ax.plot(units, divergence(units), "|", color="C3", markersize=16)
    ax.axvline(target, color="gray", linestyle=":")
    ax.set_title(f"sparsity_weight={weight:g}: explains {ae.score(X):.0%} of the variance")
    ax.set_ylabel("nats")
axes[-1].set_xlabel(r"mean activation $\hat\rho$ of a unit; the target $\rho = 0.1$ is dotted")
