"""
A code that is insensitive to small changes
===========================================

Random noise of growing length is added to digits. The picture shows how far their codes move, relative to the mean
distance between the codes of two digits. The contractive autoencoder keeps this distance small.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import pairwise_distances

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE
from skae.datasets import load_digits_unit

X, _ = load_digits_unit(return_X_y=True)
settings = {
    "loss": "log_loss",
    "learning_rate_init": 1e-2,
    "batch_size": 32,
    "tol": 3e-3,
    "random_state": 0,
}
models = {
    "plain": AutoencoderTransformer(64, **settings),
    "denoising, Gaussian 0.3": DenoisingAE(64, corruption="gaussian", noise_level=0.3, **settings),
    "contractive, 0.1": ContractiveAE(64, contraction_weight=0.1, **settings),
    "contractive, 1": ContractiveAE(64, contraction_weight=1.0, **settings),
}
noise = np.random.default_rng(0).standard_normal(X.shape)
noise /= np.linalg.norm(noise, axis=1, keepdims=True)
lengths = np.linspace(0, 2, 21)

figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
figure.set_label("How far codes move by the length of the noise; those of the contractive autoencoders move least.")
for name, model in models.items():
    code = model.fit(X).transform(X)
    between = pairwise_distances(code[:500]).mean()
    moved = [np.linalg.norm(model.transform(X + length * noise) - code, axis=1).mean() for length in lengths]
    ax.plot(lengths, np.array(moved) / between, label=f"{name}; explains {model.score(X):.0%}")
apart = pairwise_distances(X[:500]).mean()
ax.plot(lengths, lengths / apart, "k:", label="the digits themselves")
ax.set(xlabel="length of the noise", ylabel="distance moved / distance between digits")
ax.legend()

# %%
# A relative movement below that of the digits themselves means that the code keeps the differences between digits, and
# drops other changes.
