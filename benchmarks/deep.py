"""What makes a deep autoencoder train without pre-training: 784-1000-500-250-30 on part of MNIST.

Squared error of an image, on 10,000 rows that are held out of the training rows; the mean image has 52.7.

python -m benchmarks.deep
"""

from __future__ import annotations

import argparse
import contextlib
import time
import warnings
from unittest.mock import patch

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skae import AutoencoderTransformer
from skae.network.architecture import Architecture

from .report import add_output, write
from .representation_data import mnist

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


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deep", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000, help="training rows (default: 10,000)")
    parser.add_argument("--epochs", type=int, default=10, help="of each training (default: 10)")
    parser.add_argument("--seed", type=int, default=0, help="random state (default: 0)")
    add_output(parser)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)
    split = mnist(held_out=True)
    results = []
    print(f"{'variant':<42}{'squared error':>14}{'dead units':>12}{'seconds':>9}")
    for name, parameters in VARIANTS.items():
        ae = AutoencoderTransformer(
            30,
            hidden_layer_sizes=(1000, 500, 250),
            max_iter=options.epochs,
            tol=0.0,
            n_iter_no_change=options.epochs,
            random_state=options.seed,
            **{"learning_rate": "cosine", **parameters},
        )
        plain = patch.object(Architecture, "_as_tanh", lambda self, layers: None)
        start = time.perf_counter()
        with plain if "Glorot" in name else contextlib.nullcontext():
            ae.fit(split.X[: options.rows])
        seconds = time.perf_counter() - start
        error = np.square(ae.reconstruct(split.X_test) - split.X_test, dtype=np.float64).sum(axis=1).mean()
        code = ae.transform(split.X_test)
        dead = int((code.std(axis=0) < 1e-6).sum())
        results.append({"variant": name, "squared_error": float(error), "dead": dead, "seconds": seconds})
        print(f"{name:<42}{error:>14.2f}{dead:>12}{seconds:>9.1f}", flush=True)
    write(options, results)


if __name__ == "__main__":
    main()
