"""
Few labels
==========

Only a few of the training digits have labels. An autoencoder learns from all digits; a linear classifier on its code,
or a network that starts from its encoder, learns from the labelled ones. They are compared with the same models without
the autoencoder. ``python -m benchmarks few_labels digits`` is a larger comparison, over ten seeds.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from skae import ContractiveAE
from skae.datasets import load_digits_unit

# The epochs of all networks are fixed.
warnings.simplefilter("ignore", ConvergenceWarning)

X, y = load_digits_unit(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.35, random_state=0)
encoder = ContractiveAE(
    256,
    contraction_weight=0.3,
    tied_weights=True,
    loss="log_loss",
    learning_rate_init=3e-2,
    learning_rate="cosine",
    batch_size=100,
    max_iter=200,
    n_iter_no_change=200,
    tol=0,
    random_state=0,
).fit(X_train)
training = {
    "solver": "sgd",
    "learning_rate_init": 0.1,
    "alpha": 0.01,
    "max_iter": 200,
    "n_iter_no_change": 200,
    "tol": 0,
}
code_train, code_test = encoder.transform(X_train), encoder.transform(X_test)

# %%
# For each number of labels, the mean over five draws of the labelled rows.

sizes = [20, 50, 120]
methods = {
    "pixels, linear": lambda seed: LogisticRegression(C=10, max_iter=2000),
    "pixels, network": lambda seed: MLPClassifier((256,), activation="logistic", random_state=seed, **training),
    "code, linear": lambda seed: LogisticRegression(C=10, max_iter=2000),
    "network from the encoder": lambda seed: encoder.to_mlp("classifier", random_state=seed, **training),
}
accuracy = {name: np.zeros((len(sizes), 5)) for name in methods}
for i, size in enumerate(sizes):
    for seed in range(5):
        few, _ = train_test_split(np.arange(len(y_train)), train_size=size, stratify=y_train, random_state=seed)
        for name, make in methods.items():
            train, test = (code_train, code_test) if name.startswith("code") else (X_train, X_test)
            accuracy[name][i, seed] = make(seed).fit(train[few], y_train[few]).score(test, y_test)

figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
figure.set_label(
    "Test accuracy by the number of labels; a linear classifier on the code is best, most so with 20 labels."
)
for name, values in accuracy.items():
    ax.errorbar(sizes, values.mean(axis=1), values.std(axis=1), fmt="o-", capsize=3, label=name)
ax.set(xscale="log", xlabel="labels", ylabel="test accuracy")
ax.set_xticks(sizes, sizes)
ax.minorticks_off()
ax.legend()
for name, values in accuracy.items():
    print(f"{name:25}", *(f"{100 * mean:5.1f}" for mean in values.mean(axis=1)))
