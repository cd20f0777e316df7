"""
Four ways to a sparse code
==========================

The activations of 100 units for each kind of sparsity. A row of the picture is a digit, ten of each class from top to
bottom; a column is a unit, the most active first.
"""

import matplotlib.pyplot as plt
import numpy as np

from skae import SparseAE
from skae.datasets import load_digits_unit

X, y = load_digits_unit(return_X_y=True)
settings = {"loss": "log_loss", "batch_size": 64, "tol": 3e-3, "random_state": 0}
rectified = {**settings, "activation": "relu", "tied_weights": True, "learning_rate_init": 3e-3}
models = {
    "kl": SparseAE(100, sparsity_target=0.1, sparsity_weight=1.0, learning_rate_init=1e-2, **settings),
    "l1": SparseAE(100, sparsity="l1", sparsity_weight=0.1, **rectified),
    "topk": SparseAE(100, sparsity="topk", n_active=10, **rectified),
    "lifetime": SparseAE(100, sparsity="lifetime", sparsity_target=0.1, **rectified),
}
rows = np.concatenate([np.flatnonzero(y == digit)[:10] for digit in range(10)])

figure, axes = plt.subplots(2, 2, figsize=(8, 8), layout="constrained")
figure.set_label("Activations of 100 units on digits for four kinds of sparsity; under l1 and topk the fewest are on.")
for ax, (name, model) in zip(axes.flat, models.items()):
    code = model.fit(X).transform(X)
    order = np.argsort(-code.mean(axis=0))
    ax.imshow(code[rows][:, order], cmap="gray_r", aspect="auto", interpolation="nearest")
    ax.set_yticks(np.arange(5, 100, 10), range(10))
    ax.set(title=name, xlabel="unit", ylabel="digit")

# %%
# The sparsity reports:

for name, model in models.items():
    report = model.sparsity_report(X)
    print(
        f"{name:8}  {report['active_units_per_row']:5.1f} units on in a row, {report['dead_fraction']:4.0%} dead, "
        f"explains {report['explained_variance']:.0%}"
    )
