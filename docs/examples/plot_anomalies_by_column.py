"""
The wrong value of a row
========================

In every test row of a table of 30 measurements of tumours, one value is replaced by that of another row. It lies within
the usual range of its column, so that no limit by column finds it. The detector knows what the other 29 values let
expect; the column with the greatest error is the one that it blames.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderOutlierDetector
from skae.plotting import FeatureErrorDisplay

frame = load_breast_cancer(as_frame=True).data
rng = np.random.default_rng(0)
order = rng.permutation(len(frame))
scaler = StandardScaler().set_output(transform="pandas").fit(frame.iloc[order[:400]])
train, test = scaler.transform(frame.iloc[order[:400]]), scaler.transform(frame.iloc[order[400:]])

rows, columns = np.arange(len(test)), rng.integers(0, test.shape[1], len(test))
values = test.to_numpy(copy=True)
before = values[rows, columns]
values[rows, columns] = train.to_numpy()[rng.integers(0, len(train), len(test)), columns]
change = np.abs(values[rows, columns] - before)

# %%
# How often the blamed column is the one that was changed, by how much the value was changed:

detector = AutoencoderOutlierDetector(random_state=0).fit(train.to_numpy())
pca = PCA(10).fit(train.to_numpy())
errors = {
    "distance to the mean of the column": values**2,
    "PCA, 10 components": (values - pca.inverse_transform(pca.transform(values))) ** 2,
    "detector, 10 components": detector.reconstruction_error(values, per_feature=True),
}
groups = {"below 0.5": change < 0.5, "0.5 to 1": (change >= 0.5) & (change < 1), "above 1": change >= 1}
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
figure.set_label(
    "Share of rows in which the right column is blamed, by the length of the change; the autoencoder and PCA are "
    "far above the distance to the mean."
)
for i, (name, error) in enumerate(errors.items()):
    right = np.asarray(error).argmax(axis=1) == columns
    ax.bar(np.arange(3) + 0.27 * (i - 1), [right[group].mean() for group in groups.values()], 0.25, label=name)
    print(f"{name:35} {right.mean():.0%} of all rows")
ax.set_xticks(range(3), [f"{name}\n{group.sum()} rows" for name, group in groups.items()])
ax.set(xlabel="change, in standard deviations of the column", ylabel="share of rows\nblamed on the right column")
ax.set_ylim(0, 1)
ax.legend(loc="upper left")

# %%
# The errors of a row in which the column was found, though its new value alone is not unusual:

found = np.asarray(errors["detector, 10 components"]).argmax(axis=1) == columns
row = np.where(found & (np.abs(values[rows, columns]) < 1), change, 0).argmax()
name = test.columns[columns[row]]
print(f"{name}: {before[row]:.1f} became {values[row, columns[row]]:.1f} standard deviations from the mean")
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
figure.set_label("Errors of the columns of one row; that of the changed column is five times the next.")
display = FeatureErrorDisplay.from_estimator(
    detector, values[[row]], feature_names=list(test.columns), max_features=8, ax=ax
)
