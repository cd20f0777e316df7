"""Rounding errors of float32 over very many rows: each sum over rows against the same in float64, with equal weights.

python -m benchmarks drift
python -m benchmarks drift --log2-rows 20
"""

from __future__ import annotations

import copy
import math
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, ContractiveAE, SparseAE
from skae.kernels.losses import LOSSES
from skae.objective.objective import Objective
from skae.preprocessing import PCANormalizer
from skae.rows.reconstruction_errors import feature_errors
from skae.rows.sample import Sample, mean_and_scale

from ..harness import Table, benchmark, option, timed

_PART = 2**20

AUTOENCODERS = {
    "squared error": AutoencoderTransformer(1, loss="squared_error"),
    "cross-entropy": AutoencoderTransformer(1, loss="log_loss"),
    "KL sparsity": SparseAE(3, sparsity_weight=1.0),
    "L1 sparsity": SparseAE(3, sparsity="l1", sparsity_weight=1.0),
    "contraction": ContractiveAE(3, contraction_weight=10.0),
    "deep contraction": ContractiveAE(2, hidden_layer_sizes=(2,), contraction_weight=10.0),
}


def rows(path, n_rows, n_features):
    """Write rows with dependent columns and values in [0, 1) to disk."""
    X = np.lib.format.open_memmap(path, "w+", np.float32, (n_rows, n_features))
    rng = np.random.default_rng(0)
    for start in range(0, n_rows, _PART):
        part = rng.random((min(_PART, n_rows - start), n_features), dtype=np.float32)
        X[start : start + len(part)] = np.sqrt(part * part[:, :1])
    X.flush()
    return np.load(path, mmap_mode="r")


def in_float64(ae):
    """The same autoencoder with its parameters in float64."""
    exact = copy.deepcopy(ae)
    exact._fitted = replace(exact._fitted, network=ae._fitted.network.in_precision(np.float64))
    exact._fitted.training.optimizer_state = ()
    return exact


def objective(ae, X):
    fitted = ae._fitted
    penalties = ae._penalties(fitted.network.architecture)
    return Objective(fitted.network, LOSSES[fitted.loss], penalties).full_value(Sample.of(X))


def epoch_loss(ae, X):
    """Mean loss of one pass in mini-batches, with a learning rate that changes no parameter."""
    ae = copy.deepcopy(ae).set_params(batch_size=4096, learning_rate_init=1e-300)
    return ae.partial_fit(X).loss_curve_[-1]


def offset(ae, X):
    """Offset of the detector whose autoencoder has these weights."""
    given = copy.deepcopy(ae).set_params(batch_size=4096, learning_rate_init=1e-300, max_iter=1, shuffle=False)
    return AutoencoderOutlierDetector(given).fit(X).offset_


# Each is a function of an autoencoder and rows in the same precision.
MEASURES = {
    "mean and scale": lambda ae, X: np.hstack(mean_and_scale(*Sample.of(X).moments())),
    "column sums": lambda ae, X: Sample.of(X).column_sums()[0],
    "sum of squares": lambda ae, X: Sample.of(X).sum_of_squares(),
    "PCANormalizer.mean_": lambda ae, X: PCANormalizer().fit(X).mean_,
    "1 - score": lambda ae, X: 1.0 - ae.score(X),
    "errors of features": lambda ae, X: feature_errors(ae.reconstruct, X),
    "mean score of a row": lambda ae, X: ae.score_samples(X).mean(dtype=np.float64),
    "loss of an epoch": epoch_loss,
    "offset of outliers": offset,
}


def relative_error(value, expected):
    return float(np.max(np.abs(np.asarray(value, np.float64) - expected) / np.abs(expected)))


def drift(measure, ae, X, wide):
    """Relative error of a measure in float32."""
    return relative_error(measure(ae, X), measure(in_float64(ae), wide))


def measures(X):
    """Each measure by name, with its autoencoder, which was trained on the first rows."""
    fitted = {name: ae.set_params(max_iter=2, random_state=0).fit(X[:4096]) for name, ae in AUTOENCODERS.items()}
    return {
        **{f"objective, {name}": (objective, ae) for name, ae in fitted.items()},
        **{name: (measure, fitted["squared error"]) for name, measure in MEASURES.items()},
        "mean activation": (lambda ae, X: ae.sparsity_report(X)["mean_activation"], fitted["KL sparsity"]),
    }


@benchmark(
    option("--log2-rows", 25, "logarithm of the number of rows", quick=13),
    option("--features", 2, "columns"),
)
def main(options):
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        X = rows(Path(folder) / "X.npy", 2**options.log2_rows, options.features)
        wide = X.astype(np.float64)
        print(f"2^{options.log2_rows} x {options.features}: largest relative error of float32 against float64")
        table = Table(("", "<32"), ("error", ">10.1e"), ("seconds", ">10.1f"))
        for name, (measure, ae) in measures(X).items():
            seconds, results[name] = timed(partial(drift, measure, ae, X, wide))
            table.row(name, results[name], seconds)
        mean = [math.fsum(map(math.fsum, np.array_split(column, 64))) / len(X) for column in wide.T]
        results["mean, against an exact sum"] = relative_error(Sample.of(X).moments()[0], mean)
        table.row("mean, against an exact sum", results["mean, against an exact sum"], None)
    return results
