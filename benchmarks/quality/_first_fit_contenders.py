"""Contenders of the first fit: defaults, each ingredient removed, PCA, scikit-learn's network, and a grid."""

from __future__ import annotations

import warnings
from itertools import product

import numpy as np
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.neural_network import MLPRegressor

from skae import AutoencoderTransformer
from skae.training.budget import batch_size_auto, max_iter_auto

from ..harness import timed

GRID_RATES = (1e-3, 3e-3, 1e-2, 3e-2)
GRID_SCHEDULES = ("constant", "annealed")
GRID_BATCHES = (32, 128)

# Least variance in the place of zero.
_TINY = np.finfo(np.float64).tiny


def dense(X):
    """Rows as float64 without compression."""
    return (X.toarray() if sparse.issparse(X) else np.asarray(X)).astype(np.float64)


def explained(X, reconstruction):
    """Share of the variance of rows that their reconstruction explains."""
    X = dense(X)
    return float(1.0 - np.square(X - reconstruction).sum() / max(np.square(X - X.mean(axis=0)).sum(), _TINY))


def unexplained_loss(X, loss):
    """Loss of a row, in the mean, by the means of the columns."""
    X = dense(X)
    mean = X.mean(axis=0)
    if loss == "squared_error":
        return float(np.square(X - mean).sum() / len(X))
    inner = mean[(mean > 0.0) & (mean < 1.0)]
    return float(-(inner * np.log(inner) + (1.0 - inner) * np.log(1.0 - inner)).sum())


def pca(X, X_test, k):
    """PCA of the same width, or of the rank where that is less."""
    X, X_test = dense(X), dense(X_test)
    model = PCA(min(k, *X.shape), svd_solver="full")
    seconds, _ = timed(lambda: model.fit(X))
    return _row("PCA", seconds, X, X_test, lambda rows: model.inverse_transform(model.transform(rows)))


def perceptron(X, X_test, k, hidden, seed):
    """MLPRegressor with its defaults, from the rows to themselves."""
    X, X_test = dense(X), dense(X_test)
    model = MLPRegressor(hidden_layer_sizes=(*hidden, k, *hidden[::-1]), random_state=seed)
    seconds, _ = timed(lambda: model.fit(X, X))
    return _row("MLPRegressor", seconds, X, X_test, model.predict)


def autoencoder(name, X, X_test, k, hidden, seed, **parameters):
    """An autoencoder, with the warnings of its fit and what "auto" became."""
    model = AutoencoderTransformer(k, hidden_layer_sizes=hidden, random_state=seed, **parameters)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        seconds, _ = timed(lambda: model.fit(X))
    row = _row(name, seconds, X, X_test, lambda rows: dense(model.reconstruct(rows)))
    return row | {
        "objective": float(-model.score_samples(X).mean()),
        "loss": model.loss_,
        "solver": model.solver_,
        "rate": getattr(model, "learning_rate_", None),
        "epochs": int(model.n_iter_),
        "warnings": [f"{warning.category.__name__}: {warning.message}" for warning in caught],
    }


def _row(name, seconds, X, X_test, reconstruct):
    train, test = (explained(rows, reconstruct(rows)) for rows in (X, X_test))
    return {"contender": name, "train": train, "test": test, "seconds": seconds}


def ablations(default, n_rows):
    """Yield names and parameters of the defaults without one ingredient each.

    Rate and schedule have a part in Adam alone: where the default is L-BFGS they are removed from "adam".
    """
    adam = {} if default["solver"] == "adam" else {"solver": "adam"}
    batch_size = batch_size_auto(n_rows)
    budget = {"batch_size": batch_size, "max_iter": max_iter_auto(n_rows, min(batch_size, n_rows))}
    yield "glorot start", {"init": "glorot"}
    if adam:
        yield "adam", adam
    yield "rate 1e-3", {"learning_rate_init": 1e-3, "learning_rate": "annealed", **budget, **adam}
    yield "constant rate", {"learning_rate": "constant", **adam}


def best_of_grid(X, X_test, k, hidden, seeds):
    """The fit of the grid with the least objective, and the seconds of them all."""
    rows = []
    for rate, schedule, batch_size, seed in product(GRID_RATES, GRID_SCHEDULES, GRID_BATCHES, range(seeds)):
        name = f"{rate:g}, {schedule}, {batch_size}, {seed}"
        parameters = {"learning_rate_init": rate, "learning_rate": schedule, "batch_size": batch_size}
        fixed = {"init": "glorot", "solver": "adam"}
        rows.append(autoencoder(name, X, X_test, k, hidden, seed, **fixed, **parameters))
    best = min(rows, key=lambda row: row["objective"])
    return best | {"contender": "grid", "of_grid": best["contender"], "seconds": sum(row["seconds"] for row in rows)}
