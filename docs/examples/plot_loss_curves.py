"""
Loss curves and schedules
=========================

The learning rate may be constant, fall as a cosine over the epochs, or fall whenever the loss stops falling. The
validation rows of ``early_stopping`` show when further training is useless.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.exceptions import ConvergenceWarning

from skae import AutoencoderTransformer
from skae.datasets import load_digits_unit
from skae.plotting import LossCurveDisplay

# The cosine schedule needs all epochs.
warnings.simplefilter("ignore", ConvergenceWarning)

X, _ = load_digits_unit(return_X_y=True)
settings = {
    "loss": "log_loss",
    "learning_rate_init": 3e-2,
    "batch_size": 32,
    "early_stopping": True,
    "max_iter": 60,
    "n_iter_no_change": 5,
    "random_state": 0,
}
fits = {
    "constant": AutoencoderTransformer(64, tol=0, **settings),
    "cosine": AutoencoderTransformer(64, learning_rate="cosine", tol=0, **{**settings, "n_iter_no_change": 60}),
    "plateau": AutoencoderTransformer(64, learning_rate="plateau", tol=1e-3, **settings),
}
fits = {name: model.fit(X) for name, model in fits.items()}

figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
figure.set_label(
    "Training and validation loss by epoch for a constant learning rate, a cosine and a plateau; the cosine ends "
    "lowest in training."
)
display = LossCurveDisplay.from_estimator(fits, ax=ax)
ax.set_ylim(14.3, 15.2)

# %%
# With a constant rate of 0.03 the loss ends up jumping about the minimum, at which point ``early_stopping`` stops; with
# the cosine and the plateau schedules it comes closer. The lowest validation losses:

for name, model in fits.items():
    print(f"{name}: {min(model.validation_loss_curve_):.2f} nats after {model.n_iter_} epochs")
