"""
Missing pixels
==============

Pixels are removed from digits at random, and filled by the mean of the column, by the nearest rows, and by an
autoencoder. The error is that of the removed pixels alone.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.impute import KNNImputer, SimpleImputer

from skae.datasets import load_digits_unit
from skae.impute import AutoencoderImputer
from skae.plotting import ReconstructionDisplay

X, _ = load_digits_unit(return_X_y=True)
X = X[:800]
imputers = {"mean": SimpleImputer(), "neighbours": KNNImputer(), "autoencoder": AutoencoderImputer(random_state=0)}
shares = [0.1, 0.3, 0.5, 0.7]
errors, filled = {name: [] for name in imputers}, {}
for share in shares:
    missing = np.random.default_rng(0).random(X.shape) < share
    with_holes = np.where(missing, np.nan, X)
    for name, imputer in imputers.items():
        filled[name, share] = rows = imputer.fit_transform(with_holes)
        errors[name].append(np.sqrt(np.mean((rows - X)[missing] ** 2)))

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
figure.set_label("Error of the removed pixels by their share; that of the autoencoder is least where many are removed.")
for name, values in errors.items():
    ax.plot(shares, values, "o-", label=name)
ax.set(xlabel="share of the pixels removed", ylabel="root mean squared error\nof the removed pixels", ylim=(0, None))
ax.legend()

# %%
# With half of the pixels removed:

missing = np.random.default_rng(0).random(X.shape) < 0.5
with_holes = np.where(missing, np.nan, X)[:12]
rows = {name: filled[name, 0.5][:12] for name in imputers}
figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
figure.set_label(
    "Digits, the same with half of the pixels removed, and filled by the mean, by neighbours and by the autoencoder."
)
display = ReconstructionDisplay(X[:12], rows, corrupted=with_holes, corruption_name="half removed").plot(
    ax, cmap="gray_r"
)
