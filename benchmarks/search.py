"""GridSearchCV over the L2 strength of an autoencoder on the digits: skae against PyTorch behind the same interface.

python -m benchmarks.search
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
import warnings

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import GridSearchCV

from skae import AutoencoderTransformer
from skae.datasets import load_digits_unit

from .report import add_output, write

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


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3, help="rounds (default: 3)")
    add_output(parser)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    X = load_digits_unit(return_X_y=True, dtype=np.float32)[0]
    ours = AutoencoderTransformer(
        _WIDTH, max_iter=_EPOCHS, batch_size=_BATCH, learning_rate_init=_RATE, tol=0.0, random_state=0
    ).set_params(n_iter_no_change=_EPOCHS)
    contenders = {"skae": ours}
    if importlib.util.find_spec("torch") is None:
        print("PyTorch left out: torch is not installed")
    else:
        contenders["PyTorch"] = TorchAutoencoder()
    print(f"{'n_jobs':>6}  {'':<10}{'seconds':>9}{'best score':>12}   (5 strengths x 5 folds, then the last fit)")
    results = []
    for n_jobs in (1, 2):
        seconds = {name: [] for name in contenders}
        scores = {}
        for turn in range(options.repeats + 1):
            for name, estimator in contenders.items():
                search = GridSearchCV(estimator, {"alpha": [0.0, 1e-5, 1e-4, 1e-3, 1e-2]}, cv=5, n_jobs=n_jobs)
                time.sleep(0.3)
                start = time.perf_counter()
                search.fit(X)
                # The first turn starts the processes and compiles.
                if turn:
                    seconds[name].append(time.perf_counter() - start)
                scores[name] = search.best_score_
        for name, times in seconds.items():
            print(f"{n_jobs:>6}  {name:<10}{statistics.median(times):>9.2f}{scores[name]:>12.4f}", flush=True)
            results.append({"n_jobs": n_jobs, "contender": name, "seconds": times, "best_score": scores[name]})
    write(options, results)


if __name__ == "__main__":
    main()
