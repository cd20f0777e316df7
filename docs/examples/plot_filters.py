"""
Filters under noise
===================

The filters of an autoencoder depend on the noise in its training. All autoencoders are trained with the same data, seed
and L2. A filter is the input of norm one that maximally activates its unit, drawn with its own grey scale with zero in
the middle.
"""

import matplotlib.pyplot as plt

from skae import AutoencoderTransformer, DenoisingAE
from skae.datasets import load_digits_unit
from skae.plotting import FilterDisplay

X, _ = load_digits_unit(return_X_y=True)
settings = {
    "loss": "log_loss",
    "alpha": 1e-4,
    "learning_rate_init": 1e-2,
    "batch_size": 32,
    "max_iter": 100,
    "tol": 1e-3,
    "random_state": 0,
}
models = {
    "no noise": AutoencoderTransformer(100, **settings),
    "masking 0.25": DenoisingAE(100, noise_level=0.25, **settings),
    "masking 0.5": DenoisingAE(100, noise_level=0.5, **settings),
    "Gaussian 0.3": DenoisingAE(100, corruption="gaussian", noise_level=0.3, **settings),
    "Gaussian 0.6": DenoisingAE(100, corruption="gaussian", noise_level=0.6, **settings),
    "salt and pepper 0.25": DenoisingAE(100, corruption="salt_and_pepper", noise_level=0.25, **settings),
}
figure, axes = plt.subplots(2, 3, figsize=(9, 6.4), layout="constrained")
figure.set_label("Filters of six autoencoders; without noise they look random, with noise they are strokes and blobs.")
for ax, (name, model) in zip(axes.flat, models.items()):
    FilterDisplay.from_estimator(model.fit(X), X, max_units=36, ax=ax)
    ax.set_title(name)

# %%
# Without noise in training the filters themselves look like noise. The more pixels are masked, the smoother the filters
# are, and the fewer pixels they combine. With Gaussian noise they are strokes.
