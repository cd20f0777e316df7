"""Cases of the benchmarks: each has one network, data set, batch size and penalty."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse

from skae.datasets import fetch_mnist, load_digits_unit


@dataclass(frozen=True)
class Case:
    """One training, in float32 with Adam at its usual settings.

    Attributes
    ----------
    name : str
    data : {"digits", "mnist", "random", "csr"}
    n_components : int
    batch_size : int
    rows, features : int
        Rows of the data; columns of random data and of CSR.
    hidden : tuple of int
        Widths of further encoder layers.
    kind : {"plain", "denoising", "sparse", "contractive", "topk", "lifetime"}
    epochs : int
        Epochs of one timed run.
    threads : int
        Threads that every contender may use.
    activation : str
        Of the code.
    n_active : int
        Units that stay on in each row, with "topk"; with "lifetime" it is the share ``sparsity_target``.
    density : float
        Share of the entries of CSR that are stored.
    """

    name: str
    data: str
    n_components: int
    batch_size: int = 128
    rows: int = 20_000
    features: int = 784
    hidden: tuple = ()
    kind: str = "plain"
    epochs: int = 2
    threads: int = 2
    learning_rate: float = 1e-3
    noise_level: float = 0.25
    sparsity_target: float = 0.05
    sparsity_weight: float = 0.1
    contraction_weight: float = 0.1
    activation: str = "logistic"
    n_active: int = 25
    density: float = 0.02

    @property
    def gated(self):
        """Whether units of the code are set to zero."""
        return self.kind in ("topk", "lifetime")

    def load(self):
        """The rows, float32, C-ordered or in CSR."""
        if self.data == "csr":
            shape = self.rows, self.features
            return sparse.random(*shape, density=self.density, format="csr", dtype=np.float32, random_state=0)
        if self.data == "digits":
            return load_digits_unit(return_X_y=True, dtype=np.float32)[0]
        if self.data == "mnist":
            try:
                X, _ = fetch_mnist(subset="train", return_X_y=True)
                return np.ascontiguousarray(X[: self.rows])
            except OSError:
                # The time of a step does not depend on the values. The loss does, equally for all contenders.
                pass
        return np.random.default_rng(0).random((self.rows, self.features), dtype=np.float32)

    def sizes(self, n_features):
        """Widths from the input to its reconstruction."""
        encoder = (n_features, *self.hidden, self.n_components)
        return encoder + encoder[-2::-1]

    def flops(self, n_rows, n_features):
        """Floating-point operations of the matrix products of one epoch: three for each layer but two for the first."""
        sizes = self.sizes(n_features)
        layers = [2 * a * b for a, b in pairwise(sizes)]
        return n_rows * (3 * sum(layers) - layers[0])


TRAINING = [
    Case("digits 64-32-64", "digits", 32, batch_size=32, epochs=20),
    Case("MNIST 784-64-784", "mnist", 64, epochs=5),
    Case("MNIST 784-256-784", "mnist", 256, epochs=3),
    Case("MNIST 784-1000-784", "mnist", 1000, epochs=2),
]

PENALISED = [
    Case("denoising 784-256-784", "mnist", 256, kind="denoising"),
    Case("sparse 784-256-784", "mnist", 256, kind="sparse"),
    # Few rows, since the Jacobians of torch.func are slow.
    Case("contractive 784-256-784", "mnist", 256, kind="contractive", rows=2_560, epochs=1),
]

GATED = [
    Case("topk digits 64-512, k = 8", "digits", 512, kind="topk", n_active=8, activation="relu"),
    Case("topk 784-1000, k = 25", "mnist", 1000, kind="topk", rows=10_000, epochs=4, activation="relu"),
    Case("lifetime 784-2000, 5 %", "mnist", 2000, kind="lifetime", rows=10_000, activation="relu", epochs=3),
    Case(
        "topk 384-4096, k = 32",
        "random",
        4096,
        batch_size=256,
        rows=10_000,
        features=384,
        kind="topk",
        n_active=32,
        activation="relu",
        epochs=3,
    ),
    Case(
        "topk 768-16384, k = 64",
        "random",
        16384,
        batch_size=256,
        rows=5_120,
        features=768,
        kind="topk",
        n_active=64,
        activation="relu",
        epochs=2,
    ),
]

_CSR = {"data": "csr", "n_components": 1024, "kind": "topk", "n_active": 32, "activation": "relu"}

SPARSE = [
    Case("topk 3000-1024, CSR", rows=4096, features=3000, **_CSR),
    Case("topk 20000-1024, CSR", rows=2048, features=20_000, density=0.003, **_CSR),
]

GROWTH = [
    *(Case(f"rows {rows}", "random", 64, rows=rows, features=256) for rows in (5_000, 20_000, 80_000)),
    *(Case(f"features {n}", "random", 64, rows=10_000, features=n) for n in (64, 256, 1024, 4096)),
    *(Case(f"components {k}", "random", k, rows=10_000, features=256) for k in (16, 64, 256, 1024)),
    *(Case(f"batch {b}", "random", 64, rows=10_000, features=256, batch_size=b) for b in (32, 128, 512, 2048)),
    *(
        Case(f"depth {len(hidden) + 1}", "random", 64, rows=10_000, features=256, hidden=hidden)
        for hidden in ((), (128,), (128, 128))
    ),
]
