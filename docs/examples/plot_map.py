"""
A map beside PCA and UMAP
=========================

Three maps of digits in two dimensions, trained on the digits of ten writers and applied to those of four others. UMAP,
where umap-learn is installed, otherwise scikit-learn's t-SNE, keeps neighbours together; PCA keeps distances; the deep
autoencoder is between them, and alone tells well what an image at a point of the map looks like.
"""

from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness

from skae import AutoencoderTransformer
from skae.datasets import load_digits_unit
from skae.metrics import reconstruction_score
from skae.plotting import CodeDisplay

X, y, writers = load_digits_unit(return_X_y=True, return_groups=True)
X_train, X_new, y_new = X[writers < 10], X[writers >= 10], y[writers >= 10]

pca = PCA(2).fit(X_train)
ae = AutoencoderTransformer(2, hidden_layer_sizes=(64, 16), random_state=0).fit(X_train)
maps, seconds = {}, {}
for name, model in {"PCA": pca, "autoencoder, 64-64-16-2": ae}.items():
    start = perf_counter()
    maps[name] = model.transform(X_new)
    seconds[name] = perf_counter() - start
try:
    from umap import UMAP
except ImportError:
    # It has no map for new rows: it sees those that the others only place.
    maps["t-SNE"] = TSNE(random_state=0).fit_transform(np.vstack([X_train, X_new]))[len(X_train) :]
else:
    umap = UMAP(random_state=0, n_jobs=1).fit(X_train)
    start = perf_counter()
    maps["UMAP"] = umap.transform(X_new)
    seconds["UMAP"] = perf_counter() - start

figure, axes = plt.subplots(1, 3, figsize=(11, 4.2), layout="constrained")
figure.set_label(
    "Digits of new writers in two dimensions: clouds that overlap by PCA, arms by the autoencoder, separate islands by "
    "the third method."
)
for ax, (name, points) in zip(axes, maps.items()):
    CodeDisplay(points, y=y_new).plot(ax)
    ax.set(title=name, xlabel="", ylabel="", xticks=[], yticks=[])
for ax in axes[:2]:
    ax.get_legend().remove()

# %%
# What the maps keep of new writers' digits: whether close points are close digits (trustworthiness of ten neighbours, 1
# is best), and whether the order of all distances is that of the images (rank correlation).

for name, points in maps.items():
    near = trustworthiness(X_new, points, n_neighbors=10)
    far = spearmanr(pdist(X_new), pdist(points))[0]
    print(f"{name:25} neighbours {near:.2f}, distances {far:.2f}")

# %%
# Back from the map to images, by the shares of their variance that two numbers explain; and whether placing 510 new
# digits takes more than a tenth of a second. For neighbours alone take UMAP; for a map from which you want to go back,
# or on which rows arrive as they come, take the autoencoder.

for name, model in {"PCA": pca, "autoencoder": ae}.items():
    print(f"{name:12} explains {reconstruction_score(model, X_new):.0%}")
for name, duration in seconds.items():
    print(f"{name:25} {'more' if duration > 0.1 else 'less'} than 0.1 s")
