"""
Loss curves and schedules
=========================

The learning rate may stay, fall as a cosine over the epochs, or fall wherever the loss does not. Rows that are held out
by ``early_stopping`` tell when a training goes on for nothing.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.exceptions import ConvergenceWarning

from skae import AutoencoderTransformer
from skae.datasets import load_digits_unit
from skae.plotting import LossCurveDisplay

# With the cosine schedule all epochs are run.
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
display = LossCurveDisplay.from_estimator(fits, ax=ax)
ax.set_ylim(14, 16)

# %%
# A constant rate of 0.03 ends in jumps about the minimum, which ``early_stopping`` takes for the end; the cosine and
# the plateau come closer. The least losses on the rows held out:

for name, model in fits.items():
    print(f"{name}: {min(model.validation_loss_curve_):.2f} nats after {model.n_iter_} epochs")
