"""Settings with which a deep autoencoder trains without pre-training: 784-1000-500-250-30 on part of MNIST.

The result is the squared error of an image on 10,000 held-out training rows; that of the mean image is 52.7.

python -m benchmarks deep
"""

from __future__ import annotations

import contextlib
from unittest.mock import patch

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skae import AutoencoderTransformer
from skae.network import initialization

from ..harness import Table, benchmark, timed
from ._splits import mnist
from ._training import part_of_mnist, whole_schedule

_INK = {"loss": "log_loss"}
_LOGISTIC_OUTPUT = {"output_activation": "logistic", "loss": "squared_error"}
VARIANTS = {
    "logistic, from Glorot's draw": {"activation": "logistic", **_INK},
    "logistic": {"activation": "logistic", **_INK},
    "tanh": {"activation": "tanh", **_INK},
    "relu, squared error": {"activation": "relu", **_LOGISTIC_OUTPUT},
    "relu": {"activation": "relu", **_INK},
    "relu, one epoch of warm-up": {"activation": "relu", "warmup_epochs": 1, **_INK},
    "relu, warm-up, gradient norm at most 1": {"activation": "relu", "warmup_epochs": 1, "max_grad_norm": 1.0, **_INK},
    "relu, constant rate": {"activation": "relu", "learning_rate": "constant", **_INK},
    "relu, tied": {"activation": "relu", "tied_weights": True, **_INK},
    "relu, tied, one epoch of warm-up": {"activation": "relu", "tied_weights": True, "warmup_epochs": 1, **_INK},
    "tanh, tied": {"activation": "tanh", "tied_weights": True, **_INK},
}


@benchmark(*part_of_mnist(epochs=10), quiet=ConvergenceWarning)
def main(options):
    split = mnist(held_out=True)
    X = split.X[: options.rows]
    results = []
    table = Table(("variant", "<42"), ("squared error", ">14.2f"), ("dead units", ">12"), ("seconds", ">9.1f"))
    for name, parameters in VARIANTS.items():
        ae = AutoencoderTransformer(
            30,
            hidden_layer_sizes=(1000, 500, 250),
            random_state=options.seed,
            **{**whole_schedule(options.epochs), **parameters},
        )
        plain = patch.object(initialization, "_as_tanh", lambda architecture, parameters: None)
        with plain if "Glorot" in name else contextlib.nullcontext():
            seconds, _ = timed(lambda ae=ae: ae.fit(X))
        error = np.square(ae.reconstruct(split.X_test) - split.X_test, dtype=np.float64).sum(axis=1).mean()
        code = ae.transform(split.X_test)
        figures = {"squared_error": float(error), "dead": int((code.std(axis=0) < 1e-6).sum()), "seconds": seconds}
        results.append({"variant": name, **figures})
        table.row(name, *figures.values())
    return results
