"""
Anomalies in a signal
=====================

A synthetic heartbeat with noise is cut into windows. The detector is trained on the first half, which is normal. In the
second half a beat is missing, one is too high, one comes too early, and once the sensor is stuck.
"""

import matplotlib.pyplot as plt
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from skae import AutoencoderOutlierDetector

rng = np.random.default_rng(0)
beat = np.exp(-0.5 * ((np.arange(40) - 12) / 2.0) ** 2) - 0.4 * np.exp(-0.5 * ((np.arange(40) - 22) / 4.0) ** 2)
signal = np.tile(beat, 60)
signal[1560:1600] = 0.0
signal[1800:1840] *= 1.6
signal[2000:2040] = np.roll(beat, -6)
signal += 0.05 * rng.standard_normal(signal.size)
signal[2210:2235] = signal[2210]

width = 40
windows = sliding_window_view(signal, width)
middle = np.arange(len(windows)) + width // 2
half = len(signal) // 2
detector = AutoencoderOutlierDetector(contamination=0.01, random_state=0).fit(windows[: half - width])

# %%
# The decision of each window, drawn at its middle; windows below zero are outliers.

decision = detector.decision_function(windows)
figure, axes = plt.subplots(2, 1, figsize=(8, 5), sharex=True, layout="constrained")
figure.set_label(
    "A heartbeat with four stretches marked in red, and below it the decision of the detector, which falls below "
    "its threshold there."
)
axes[0].plot(signal, linewidth=0.8)
axes[0].axvspan(0, half, color="C2", alpha=0.15, label="training")
for start in np.flatnonzero(decision < 0):
    axes[0].axvspan(middle[start], middle[start] + 1, color="C3", alpha=0.15, linewidth=0)
axes[0].set(ylabel="signal", title="what the detector marks is red")
axes[0].legend(loc="lower left")
axes[1].plot(middle, decision, linewidth=0.8)
axes[1].axhline(0, color="black", linestyle="--", linewidth=1)
axes[1].set_yscale("symlog", linthresh=0.1)
axes[1].set(xlabel="time", ylabel="decision")

# %%
# The error of each entry shows where in a window the anomaly is. In the worst window around the missing beat it is at
# the end, where the reconstruction begins with a beat that does not come.

worst = windows[[1500 + decision[1500:1700].argmin()]]
errors = detector.reconstruction_error(worst, per_feature=True)[0]
figure, ax = plt.subplots(figsize=(8, 3), layout="constrained")
figure.set_label(
    "The window of the least decision, its reconstruction, and their squared difference, which is great at the end "
    "of the window."
)
ax.plot(worst[0], label="window")
ax.plot(detector.estimator_.reconstruct(worst)[0], label="its reconstruction")
ax.bar(np.arange(width), errors, color="C3", alpha=0.4, label="squared error")
ax.set_xlabel("time within the window")
ax.legend()
