"""
Counts of single cells
======================

Generated counts of 600 genes in 3,000 cells, as a sequencer gives them: most are zero, each cell has its own depth, and
the counts vary by more than chance. The cells come from one origin, along which genes are switched on and off, and
become one of two types. A denoising autoencoder of two units finds the fork, and the expression without the noise.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.decomposition import PCA

from skae import DenoisingAE

rng = np.random.default_rng(0)
n_cells, n_genes, n_train = 3000, 600, 2000
age, second = rng.random((n_cells, 1)), rng.random((n_cells, 1)) < 0.5
onset, width = rng.uniform(-0.2, 1.1, n_genes), rng.uniform(0.05, 0.15, n_genes)
role = rng.choice(["steady", "on", "off", "first type", "second type"], n_genes, p=[0.4, 0.12, 0.08, 0.2, 0.2])
switched = 1 / (1 + np.exp(-(age - onset) / width))
# The genes of a type are switched on after the fork.
typed = 1 / (1 + np.exp(-(age - np.maximum(onset, 0.4)) / width))
activity = np.select(
    [role == "on", role == "off", role == "first type", role == "second type"],
    [switched, 1 - switched, typed * ~second, typed * second],
)
expression = np.exp(rng.normal(-1.5, 1.0, n_genes) + 3 * activity)
expression /= expression.sum(axis=1, keepdims=True)
expected = rng.lognormal(np.log(800), 0.35, (n_cells, 1)) * expression
counts = csr_matrix(rng.poisson(expected * rng.gamma(5, 1 / 5, expected.shape)))
print(f"{1 - counts.nnz / np.prod(counts.shape):.0%} of the counts are zero")

# %%
# The usual logarithm of counts per thousand, which stays sparse. In an AnnData object it would be ``adata.X`` after
# ``scanpy.pp.normalize_total(adata, 1000)`` and ``scanpy.pp.log1p(adata)``, and the code goes to
# ``adata.obsm["X_ae"] = ae.transform(adata.X)``.

X = counts.multiply(1000 / counts.sum(axis=1)).log1p().tocsr()
truth = np.log1p(1000 * expression)
ae = DenoisingAE(2, hidden_layer_sizes=64, random_state=0).fit(X[:n_train])
dense = X.toarray()
components = {k: PCA(k, random_state=0).fit(dense[:n_train]) for k in (2, 3, 5, 8, 12)}
restored = {f"PCA, {k}": pca.inverse_transform(pca.transform(dense[n_train:])) for k, pca in components.items()}
restored = {"counts as they are": dense[n_train:], **restored, "autoencoder, 2": ae.reconstruct(X[n_train:])}

# %%
# Distance of 1,000 new cells from their expression without noise, which only generated data have. Where counts are few,
# all reconstructions are below it: the mean of a logarithm is below the logarithm of the mean.

errors = {name: np.sqrt(np.mean((rows - truth[n_train:]) ** 2)) for name, rows in restored.items()}
for name, error in errors.items():
    print(f"{name:20} {error:.3f}")

# %%
# The new cells on the map, and one gene of the first type, whose counts hide what it does:

figure, axes = plt.subplots(1, 3, figsize=(11, 3.9), layout="constrained")
figure.set_label(
    "Maps of the cells by PCA and by the autoencoder, both with a fork along which the age rises; and a gene whose "
    "counts scatter, while its reconstructions follow the true curves of both types."
)
for ax, (name, points) in zip(
    axes, {"PCA": components[2].transform(dense[n_train:]), "autoencoder": ae.transform(X[n_train:])}.items()
):
    drawn = ax.scatter(*points.T, c=age[n_train:], s=6, cmap="viridis")
    ax.set(title=name, xticks=[], yticks=[])
figure.colorbar(drawn, ax=axes[:2], label="age", shrink=0.8)
gene = np.flatnonzero((role == "first type") & (onset > 0.3) & (onset < 0.6))[0]
for rows, color, label in (
    (restored["counts as they are"], "0.8", "counts"),
    (restored["autoencoder, 2"], "C3", "autoencoder"),
    (truth[n_train:], "black", "truth"),
):
    axes[2].scatter(age[n_train:], rows[:, gene], s=5, color=color, label=label)
axes[2].set(title="one gene", xlabel="age", ylabel="log(1 + counts per thousand)")
axes[2].legend(loc="upper left", markerscale=2)
