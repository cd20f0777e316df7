"""
Spectra without their noise
===========================

Generated spectra of mixtures of four substances, each with three peaks. All peaks of a spectrum are shifted by the same
unknown number of channels, as by a drift of the instrument, and the noise is as large as the small peaks. The
autoencoder is trained on noisy spectra alone. Mixture and shift are four numbers, hence a code of five; but they act by
curves, for which a linear method needs many components.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.signal import savgol_filter
from sklearn.decomposition import PCA

from skae import DenoisingAE

rng = np.random.default_rng(0)
channels, noise = np.arange(200), 0.08
centres, widths = rng.uniform(20, 180, (4, 3)), rng.uniform(3, 7, (4, 3))
heights = rng.uniform(0.3, 1, (4, 3))


def spectra(n):
    """Clean spectra."""
    amounts, shifts = rng.dirichlet(np.ones(4), n), rng.uniform(-12, 12, n)
    away = (channels - centres[..., None] - shifts[:, None, None, None]) / widths[..., None]
    return np.einsum("ns,sp,nspc->nc", amounts, heights, np.exp(-0.5 * away**2))


clean_train, clean = spectra(1500), spectra(300)
noisy_train = clean_train + noise * rng.standard_normal(clean_train.shape)
noisy = clean + noise * rng.standard_normal(clean.shape)


def pca(k):
    """Reconstructions by k components."""
    model = PCA(k).fit(noisy_train)
    return model.inverse_transform(model.transform(noisy))


def error(restored):
    """Distance to the clean spectra, root mean square."""
    return np.sqrt(np.mean((restored - clean) ** 2))


# %%
# The filter and PCA are the best of several, chosen by the clean test spectra, which a user has not.

ae = DenoisingAE(5, hidden_layer_sizes=64, corruption="gaussian", noise_level=noise, random_state=0).fit(noisy_train)
smoothed = {width: savgol_filter(noisy, width, 2, axis=1) for width in (9, 13, 17, 21)}
components = {k: pca(k) for k in (4, 8, 12, 14, 16, 20)}
width, k = (min(found, key=lambda key: error(found[key])) for found in (smoothed, components))
restored = {
    "noisy": noisy,
    f"Savitzky-Golay, {width} channels": smoothed[width],
    f"PCA, {k} components": components[k],
    "denoising, 5 components": ae.reconstruct(noisy),
}
for name, rows in restored.items():
    print(f"{name:28} {error(rows):.4f}")

# %%
# Three test spectra:

figure, axes = plt.subplots(3, 1, figsize=(8, 7.5), sharex=True, layout="constrained")
figure.set_label("Three noisy spectra, and what three methods make of them; all follow the peaks beneath the noise.")
for ax, row in zip(axes, (0, 1, 2)):
    ax.plot(noisy[row], color="0.8", linewidth=0.9, label="noisy")
    ax.plot(clean[row], color="black", linewidth=2.5, alpha=0.35, label="clean")
    for color, name in zip(("C0", "C1", "C3"), list(restored)[1:]):
        ax.plot(restored[name][row], color=color, linewidth=1.1, label=name)
    ax.set_ylabel("intensity")
axes[-1].set_xlabel("channel")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)

# %%
# What is left of the noise, and what has been lost of the peaks, by channel:

figure, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
figure.set_label("Error by channel; that of the denoising autoencoder is the least in most of them.")
for color, name in zip(("C0", "C1", "C3"), list(restored)[1:]):
    ax.plot(np.sqrt(np.mean((restored[name] - clean) ** 2, axis=0)), color=color, label=name)
ax.set(xlabel="channel", ylabel="root mean squared error", ylim=(0, None))
figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=3)
