"""
An image in a few bytes
=======================

Codes of 2 to 16 numbers are quantised to eight bits each. The reconstructions are by PCA and by an autoencoder with one
layer before the code.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skae import AutoencoderTransformer
from skae.datasets import load_digits_unit
from skae.plotting import ReconstructionDisplay

# The cosine schedule needs all epochs.
warnings.simplefilter("ignore", ConvergenceWarning)

X, _ = load_digits_unit(return_X_y=True)
X_train, X_test = train_test_split(X, test_size=0.35, random_state=0)
settings = {
    "hidden_layer_sizes": (128,),
    "activation": "relu",
    "tied_weights": True,
    "loss": "log_loss",
    "learning_rate_init": 2e-3,
    "learning_rate": "cosine",
    "warmup_epochs": 3,
    "batch_size": 32,
    "max_iter": 60,
    "n_iter_no_change": 60,
    "tol": 0,
    "random_state": 0,
}


def stored(model, rows):
    """Rows after their codes were rounded to eight bits, over the range of the training codes."""
    code = model.transform(X_train)
    low, width = code.min(axis=0), np.ptp(code, axis=0)
    width[width == 0] = 1.0
    byte = np.clip(np.round(255 * (model.transform(rows) - low) / width), 0, 255).astype(np.uint8)
    return model.inverse_transform(low + byte / 255 * width)


sizes = [2, 4, 8, 16]
variance = ((X_test - X_test.mean(axis=0)) ** 2).sum()
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
figure.set_label(
    "Explained variance of test images by the bytes of a code; the curve of the autoencoder is above that of PCA."
)
restored = {}
for name, kind in {"PCA": PCA, "autoencoder": lambda k: AutoencoderTransformer(k, **settings)}.items():
    explained = []
    for size in sizes:
        restored[name, size] = stored(kind(size).fit(X_train), X_test)
        explained.append(1 - ((restored[name, size] - X_test) ** 2).sum() / variance)
    ax.plot(sizes, explained, "o-", label=name)
ax.set(xlabel="bytes for an image of 64 pixels", ylabel="explained variance, test images")
ax.legend()

# %%
# Test digits, reconstructed from four and from eight bytes:

rows = {f"{name}, {size} bytes": restored[name, size][:12] for size in (4, 8) for name in ("PCA", "autoencoder")}
figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
figure.set_label("Digits, and their reconstructions from four and eight bytes by PCA and by the autoencoder.")
display = ReconstructionDisplay(X_test[:12], rows).plot(ax, cmap="gray_r")
