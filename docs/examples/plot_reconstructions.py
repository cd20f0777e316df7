"""
Corrupted digits and their reconstructions
==========================================

Digits with three kinds of corruption are reconstructed by PCA, by a plain autoencoder, and by one that was trained with
that corruption. They are test digits.
"""

import matplotlib.pyplot as plt
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

from skae import AutoencoderTransformer, DenoisingAE
from skae.datasets import load_digits_unit
from skae.plotting import ReconstructionDisplay

X, y = load_digits_unit(return_X_y=True)
X_train, X_test = train_test_split(X, test_size=0.35, random_state=0)
settings = {
    "loss": "log_loss",
    "learning_rate_init": 1e-2,
    "batch_size": 32,
    "max_iter": 100,
    "tol": 1e-3,
    "random_state": 0,
}
pca = PCA(32).fit(X_train)
plain = AutoencoderTransformer(100, **settings).fit(X_train)

corruptions = {"masking": 0.3, "gaussian": 0.4, "salt_and_pepper": 0.2}
figure, axes = plt.subplots(3, 1, figsize=(7, 9), layout="constrained")
figure.set_label(
    "Digits with three kinds of corruption, and reconstructions by PCA, a plain and a denoising autoencoder; the "
    "last are the cleanest."
)
for ax, (corruption, level) in zip(axes, corruptions.items()):
    denoising = DenoisingAE(100, corruption=corruption, noise_level=level, **settings).fit(X_train)
    ReconstructionDisplay.from_estimator(
        {"PCA": pca, "plain": plain, "denoising": denoising}, X_test, n_images=12, random_state=0, cmap="gray_r", ax=ax
    )

# %%
# PCA and the plain autoencoder reproduce the corruption, each in its own way. Only the denoising autoencoder has learnt
# what a digit looks like without it.
