"""One more layer of 64 units: Adam beside K-FAC on generated tables, by what principal components leave.

Explained variance of held-out rows, seconds, and the solver that "auto" is, with logistic and with tanh units.

python -m benchmarks two_layers
"""

from __future__ import annotations

from functools import partial

import numpy as np
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

from skae import AutoencoderTransformer
from skae.metrics import reconstruction_score

from ..harness import Table, benchmark, option, positional, seed, timed
from ..speed._loss_cases import nonlinear_table


def linear(n_rows, n_features, n_latent, seed):
    """Latent variables, mixed, with noise."""
    rng = np.random.default_rng(seed)
    table = rng.standard_normal((n_rows, n_latent)) @ rng.standard_normal((n_latent, n_features))
    return table + 0.3 * rng.standard_normal((n_rows, n_features))


def squares(n_rows, n_features, n_latent, seed):
    """Latent variables and their squares, mixed, with noise."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n_rows, n_latent))
    table = np.hstack([z, z**2]) @ rng.standard_normal((2 * n_latent, n_features)) / 3
    return table + 0.1 * rng.standard_normal((n_rows, n_features))


def counts(n_rows, n_features, n_latent, seed):
    """Poisson counts whose logarithms are linear in the latent variables."""
    rng = np.random.default_rng(seed)
    logs = rng.standard_normal((n_rows, n_latent)) @ rng.standard_normal((n_latent, n_features)) / 2
    return rng.poisson(np.exp(np.clip(logs + 0.5, None, 5.0))).astype(np.float64)


def peaks(n_rows, n_features, n_latent, seed):
    """Sums of peaks that shift and change their height, with noise."""
    rng = np.random.default_rng(seed)
    axis, centres = np.linspace(0.0, 1.0, n_features), np.linspace(0.15, 0.85, n_latent)
    shifted = centres + 0.02 * rng.standard_normal((n_rows, n_latent))
    rows = np.exp(-0.5 * ((axis - shifted[..., None]) / 0.03) ** 2)
    heights = rng.gamma(2.0, 1.0, size=(n_rows, n_latent, 1))
    return (heights * rows).sum(axis=1) + 0.01 * rng.standard_normal((n_rows, n_features))


# Function, rows, columns, latent variables, and width of the code.
DATA = {
    "nonlinear-30": (nonlinear_table, 6_000, 30, 10, 12),
    "nonlinear-50": (nonlinear_table, 10_000, 50, 8, 10),
    "nonlinear-200": (nonlinear_table, 6_000, 200, 20, 30),
    "nonlinear-100": (nonlinear_table, 50_000, 100, 20, 32),
    "linear": (linear, 8_000, 50, 10, 10),
    "counts-20": (counts, 6_000, 50, 4, 20),
    "counts-4": (counts, 6_000, 50, 4, 4),
    "peaks-15": (peaks, 6_000, 200, 5, 15),
    "peaks-5": (peaks, 6_000, 200, 5, 5),
    "squares": (squares, 8_000, 40, 5, 5),
}

ACTIVATIONS = "logistic", "tanh"


@benchmark(positional("data", list(DATA), quick=["nonlinear-30"]), option("--rows", None, "at most", quick=600), seed())
def main(options):
    figures = ("held out", ">9.4f"), ("s", ">8.1f")
    units = ("units", "<9")
    table = Table(("data", "<15"), ("left", ">7.3f"), ("", "<3"), units, ("contender", "<11"), *figures)
    results = []
    for name in options.data or DATA:
        make, n_rows, n_features, n_latent, k = DATA[name]
        n_rows = min(n_rows, options.rows or n_rows)
        X = make(n_rows, n_features, n_latent, options.seed)
        X, held_out = train_test_split(X, test_size=0.2, random_state=options.seed)
        left = 1.0 - reconstruction_score(PCA(k).fit(X), X)
        contenders = [(activation, solver) for activation in ACTIVATIONS for solver in ("auto", "adam", "kfac")]
        for activation, solver in [("", None), *contenders]:
            model = two_layers(k, activation, solver, options.seed) if activation else PCA(k)
            seconds, _ = timed(partial(model.fit, X))
            contender = "PCA" if solver is None else f"auto: {model.solver_}" if solver == "auto" else solver
            score = reconstruction_score(model, held_out)
            table.row(name, left, None, activation, contender, score, seconds)
            found = {"contender": contender, "held_out": score, "seconds": seconds}
            results.append({"data": name, "left": left, "activation": activation, **found})
    return results


def two_layers(k, activation, solver, seed):
    """The estimator with all else by its defaults."""
    return AutoencoderTransformer(k, hidden_layer_sizes=64, activation=activation, solver=solver, random_state=seed)
