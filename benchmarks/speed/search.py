"""GridSearchCV over the L2 strength of an autoencoder on the digits: skae against PyTorch with the same interface.

python -m benchmarks search
"""

from __future__ import annotations

from functools import partial

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import GridSearchCV

from skae import AutoencoderTransformer
from skae.datasets import load_digits_unit

from ..harness import Table, alternate, benchmark, installed, option, rounds

_EPOCHS, _BATCH, _RATE, _WIDTH = 30, 32, 1e-3, 32


class TorchAutoencoder(TransformerMixin, BaseEstimator):
    """The autoencoder of the search in PyTorch eager with fused Adam, as a user would wrap it."""

    def __init__(self, alpha=0.0, random_state=0):
        self.alpha = alpha
        self.random_state = random_state

    def fit(self, X, y=None):
        import torch

        torch.manual_seed(self.random_state)
        self.model_ = torch.nn.Sequential(
            torch.nn.Linear(X.shape[1], _WIDTH), torch.nn.Sigmoid(), torch.nn.Linear(_WIDTH, X.shape[1])
        )
        weights = [self.model_[0].weight, self.model_[2].weight]
        optimizer = torch.optim.Adam(self.model_.parameters(), lr=_RATE, fused=True)
        data = torch.from_numpy(X)
        for _ in range(_EPOCHS):
            order = torch.randperm(len(data))
            for start in range(0, len(data), _BATCH):
                x = data[order[start : start + _BATCH]]
                optimizer.zero_grad(set_to_none=True)
                loss = torch.nn.functional.mse_loss(self.model_(x), x, reduction="sum") / len(x)
                loss = loss + self.alpha * sum(w.square().sum() for w in weights)
                loss.backward()
                optimizer.step()
        return self

    def score(self, X, y=None):
        import torch

        with torch.no_grad():
            error = np.square(self.model_(torch.from_numpy(X)).numpy() - X).sum()
        return 1.0 - error / np.square(X - X.mean(axis=0)).sum()


def search(estimator, n_jobs, X):
    """Best score of a grid search."""
    grid = {"alpha": [0.0, 1e-5, 1e-4, 1e-3, 1e-2]}
    return GridSearchCV(estimator, grid, cv=5, n_jobs=n_jobs).fit(X).best_score_


@benchmark(option("--jobs", [1, 2], "processes of a search", quick=[1]), rounds(3))
def main(options):
    X = load_digits_unit(return_X_y=True, dtype=np.float32)[0]
    ours = AutoencoderTransformer(
        _WIDTH, max_iter=_EPOCHS, batch_size=_BATCH, learning_rate_init=_RATE, tol=0.0, random_state=0
    ).set_params(n_iter_no_change=_EPOCHS)
    estimators = {"skae": ours, "PyTorch": TorchAutoencoder()}
    names = installed({"skae": "skae", "PyTorch": "torch"})
    note = "(5 strengths x 5 folds, then the last fit)"
    table = Table(("n_jobs", ">6"), ("", "<2"), ("", "<10"), ("seconds", ">9.2f"), ("best score", ">12.4f"), note=note)
    results = []
    for n_jobs in options.jobs:
        contenders = {name: partial(search, estimators[name], n_jobs, X) for name in names}
        # The first round starts the processes and compiles.
        timings = alternate(contenders, options.rounds, unrecorded=1, pause=0.3)
        for name, seconds in timings.seconds.items():
            score = timings.values[name][-1]
            table.row(n_jobs, None, name, timings.median(name), score)
            results.append({"n_jobs": n_jobs, "contender": name, "seconds": seconds, "best_score": score})
    return results
