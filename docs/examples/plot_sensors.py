"""
Sensors with gaps
=================

Generated temperatures of 24 rooms over 90 days: the weather, the hour, and the sun on walls that face different ways.
Sensors fail for 6 to 48 hours at a time. What the sensors that work tell at the same hour is worth more than the hours
before and after.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.impute import KNNImputer, SimpleImputer

from skae.impute import AutoencoderImputer

rng = np.random.default_rng(0)
hours, n_rooms = np.arange(24 * 90), 24


def smooth(width):
    """Noise of variance one, smooth over so many hours."""
    kernel = np.ones(width) / np.sqrt(width)
    return np.convolve(rng.standard_normal(len(hours) + width - 1), kernel, "valid")


def daily(delay):
    """A wave that is greatest at 15 h, or later."""
    return np.sin(2 * np.pi * (hours - 9 - delay) / 24)


weather, clouds = smooth(60), np.clip(0.5 + 0.6 * smooth(12), 0, 1)
rooms = []
for room in range(n_rooms):
    outside = 10 + 6 * rng.uniform(0.5, 1) * weather + 4 * rng.uniform(0.3, 1) * daily(0)
    sun = np.maximum(daily(rng.uniform(-4, 4)), 0) * (1 - 0.9 * clouds)
    temperature = outside + 10 * rng.uniform(0.3, 1) * sun
    # Every third room is heated.
    rooms.append(np.maximum(temperature, 14) + 0.2 * temperature if room % 3 == 0 else temperature)
truth = np.column_stack(rooms) + 0.3 * rng.standard_normal((len(hours), n_rooms))

failed = np.zeros(truth.shape, bool)
for room in range(n_rooms):
    for start in rng.integers(0, len(hours) - 48, 12):
        failed[start : start + rng.integers(6, 49), room] = True
X = np.where(failed, np.nan, truth)
print(f"{failed.mean():.0%} of the values are missing, some in {failed.any(axis=1).mean():.0%} of the hours")

# %%
# Errors of the values that were missing, in degrees. The noise of the sensors, 0.3 degrees, is in each of them.


def between(X):
    """Straight lines over the gaps of each sensor."""
    gaps = np.isnan(X)
    return np.column_stack([np.interp(hours, hours[~gap], column[~gap]) for column, gap in zip(X.T, gaps.T)])


imputer = AutoencoderImputer(random_state=0)
filled = {
    "mean of the sensor": SimpleImputer().fit_transform(X),
    "straight line in time": between(X),
    "nearest hours": KNNImputer().fit_transform(X),
    "AutoencoderImputer": imputer.fit_transform(X),
}
for name, values in filled.items():
    print(f"{name:22} {np.sqrt(np.mean((values - truth)[failed] ** 2)):.2f}")
by = "the linear model alone" if imputer.estimator_ is None else "the linear model and an autoencoder"
print(f"AutoencoderImputer filled by {by}, after a comparison on values that it hid.")

# %%
# Ten days of three sensors, with their failures shaded:

days = slice(24 * 30, 24 * 40)
worst = np.argsort(-failed[days].sum(axis=0))[:3]
figure, axes = plt.subplots(3, 1, figsize=(8, 7), sharex=True, layout="constrained")
figure.set_label(
    "Temperatures of three rooms with gaps; the imputer follows the truth within them, a straight line in time "
    "does not."
)
for ax, room in zip(axes, worst):
    time = hours[days] / 24
    for start in np.flatnonzero(failed[days, room]):
        ax.axvspan(time[start] - 0.5 / 24, time[start] + 0.5 / 24, color="0.92", linewidth=0)
    gap = failed[days, room]
    ax.plot(time, truth[days, room], color="black", linewidth=2.5, alpha=0.35, label="truth")
    for color, name in (("C0", "straight line in time"), ("C3", "AutoencoderImputer")):
        ax.plot(time, np.where(gap, filled[name][days, room], np.nan), color=color, linewidth=1.3, label=name)
    ax.set_ylabel(f"room {room}, degrees")
axes[-1].set_xlabel("day")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
