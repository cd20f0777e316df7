"""
Digits in two dimensions
========================

The code of a deep autoencoder with two units is compared with the first two principal components. Then its decoder
turns points of the plane into images.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from skae import AutoencoderTransformer
from skae.datasets import load_digits_unit
from skae.metrics import reconstruction_score
from skae.plotting import CodeDisplay, ReconstructionDisplay

X, y = load_digits_unit(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.35, random_state=0)
deep = AutoencoderTransformer(2, hidden_layer_sizes=(64, 16), random_state=0).fit(X_train)
pca = PCA(2).fit(X_train)

figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
figure.set_label(
    "Digits in two dimensions by PCA, where the classes overlap, and by a deep autoencoder, where they are apart."
)
for ax, (name, model) in zip(axes, {"PCA": pca, "autoencoder, 64-64-16-2": deep}.items()):
    display = CodeDisplay.from_estimator(model, X_test, y_test, ax=ax)
    ax.set(title=f"{name}: explains {reconstruction_score(model, X_test):.0%}", xlabel="", ylabel="")
axes[0].get_legend().remove()

# %%
# How well the ten nearest training digits of the map tell a test digit:

for name, model in {"PCA": pca, "autoencoder": deep}.items():
    neighbours = KNeighborsClassifier(10).fit(model.transform(X_train), y_train)
    print(f"{name:12} {neighbours.score(model.transform(X_test), y_test):.0%}")

# %%
# The decoder on a grid over the range of the codes:

across, up = np.linspace(*np.percentile(deep.transform(X_train), [1, 99], axis=0), 14).T
lines = {f"{height:.2f}": deep.inverse_transform([(x, height) for x in across]) for height in up[::-1]}
first = next(iter(lines))
figure, ax = plt.subplots(figsize=(6.4, 6.4), layout="constrained")
figure.set_label(
    "A grid of images that the decoder makes of points of the plane; one digit turns into another across it."
)
display = ReconstructionDisplay(lines.pop(first), lines).plot(ax, cmap="gray_r")
ax.set_yticks([])
ax.set_title("what the decoder makes of the plane")
