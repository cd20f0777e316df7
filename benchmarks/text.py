"""Sparse text features: an autoencoder on TF-IDF rows against TruncatedSVD, in time and memory.

The corpus is generated: terms of a Zipf vocabulary, about 100 different ones a document, of which a part comes from
the topic of the document.

python -m benchmarks.text
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import tempfile
import threading
import time
import warnings

import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from skae import AutoencoderTransformer

from .report import add_output, write

_N_TOPICS = 20


def corpus(n_rows, n_terms, length, seed=0):
    """TF-IDF of generated documents, float32 CSR, and the topic of each."""
    rng = np.random.default_rng(seed)
    zipf = 1.0 / np.arange(1, n_terms + 1)
    zipf /= zipf.sum()
    general = np.cumsum(zipf)
    # Each topic has the Zipf law over an order of the vocabulary of its own.
    orders = np.stack([rng.permutation(n_terms) for _ in range(_N_TOPICS)])
    topics = rng.integers(_N_TOPICS, size=n_rows)
    # Frequent terms repeat, so that more are drawn than are different.
    drawn = int(1.5 * length)
    ranks = np.searchsorted(general, rng.random((n_rows, drawn))).clip(max=n_terms - 1)
    own = rng.random((n_rows, drawn)) < 0.3
    terms = np.where(own, orders[topics[:, None], ranks], ranks)
    rows = np.repeat(np.arange(n_rows), drawn)
    counts = sparse.csr_matrix((np.ones(terms.size, np.float32), (rows, terms.ravel())), (n_rows, n_terms))
    return TfidfTransformer(sublinear_tf=True).fit_transform(counts).astype(np.float32), topics


class PeakMemory:
    """Greatest resident memory of the process within the block, in MiB above its beginning."""

    def __enter__(self):
        self._over = threading.Event()
        self._start = self.mib = resident_mib()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def _watch(self):
        while not self._over.wait(0.002):
            self.mib = max(self.mib, resident_mib())

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self.mib -= self._start


def resident_mib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))


def accuracy(codes, topics):
    """Accuracy of a linear classifier of the topics on a third of the rows."""
    train, test, y_train, y_test = train_test_split(codes, topics, test_size=1 / 3, random_state=0)
    scale = train.std()
    return LogisticRegression(max_iter=300).fit(train / scale, y_train).score(test / scale, y_test)


def autoencoder(options, epochs, zero_sampling):
    return AutoencoderTransformer(
        options.components,
        activation="tanh",
        loss="squared_error",
        batch_size=256,
        learning_rate_init=3e-4 if zero_sampling else 1e-3,
        zero_sampling=zero_sampling,
        max_iter=epochs,
        tol=0.0,
        n_iter_no_change=10**6,
        random_state=0,
    )


CONTENDERS = {
    "skae, sampled, one epoch": lambda options: autoencoder(options, 1, options.zero_sampling),
    "skae, all zeros, one epoch": lambda options: autoencoder(options, 1, None),
    "TruncatedSVD": lambda options: TruncatedSVD(options.components, random_state=0),
}


def fresh_peak(name, options, path):
    """Peak of one fit in a process that has done no more than load X and compile."""
    warnings.simplefilter("ignore")
    X = sparse.load_npz(path)
    small = sparse.random(600, 1000, density=0.01, format="csr", dtype=np.float32, random_state=0)
    CONTENDERS[name](options).fit(small)
    with PeakMemory() as peak:
        CONTENDERS[name](options).fit(X)
    return peak.mib


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.text", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000, help="documents (default: 20000)")
    parser.add_argument("--terms", type=int, default=50_000, help="vocabulary (default: 50000)")
    parser.add_argument("--length", type=int, default=100, help="different terms a document, about (default: 100)")
    parser.add_argument("--components", type=int, default=64, help="default: 64")
    parser.add_argument("--epochs", type=int, default=5, help="for the classifier (default: 5)")
    parser.add_argument("--repeats", type=int, default=5, help="rounds of the timings (default: 5)")
    parser.add_argument("--zero-sampling", type=float, default=0.1, help="default: 0.1")
    add_output(parser)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    X, topics = corpus(options.rows, options.terms, options.length)
    csr_mib = (X.data.nbytes + X.indices.nbytes + X.indptr.nbytes) / 2**20
    model_mib = 4 * (2 * X.shape[1] * options.components + X.shape[1] + options.components) / 2**20
    print(f"{X.shape[0]} x {X.shape[1]}, {X.nnz / X.shape[0]:.0f} terms a row: CSR {csr_mib:.0f} MiB")
    print(f"parameters {model_mib:.0f} MiB; in training, with the gradient and Adam's memory, four times that")
    results = {name: {"seconds": []} for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "X.npz")
        sparse.save_npz(path, X)
        for name in CONTENDERS:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                results[name]["peak_mib"] = pool.apply(fresh_peak, (name, options, path))
    for turn in range(options.repeats + 1):
        for name, make in CONTENDERS.items():
            start = time.perf_counter()
            make(options).fit(X)
            # The first turn compiles.
            if turn:
                results[name]["seconds"].append(time.perf_counter() - start)
    svd = results["TruncatedSVD"]["seconds"]
    print(f"{'':<28}{'seconds':>9}{'x SVD':>8}{'peak, MiB above the start':>28}")
    for name, result in results.items():
        result["over_svd"] = statistics.median(a / b for a, b in zip(result["seconds"], svd))
        seconds = statistics.median(result["seconds"])
        print(f"{name:<28}{seconds:>9.2f}{result['over_svd']:>8.2f}{result['peak_mib']:>28.0f}", flush=True)
    codes = {
        f"skae, sampled, {options.epochs} epochs": autoencoder(options, options.epochs, options.zero_sampling),
        f"skae, all zeros, {options.epochs} epochs": autoencoder(options, options.epochs, None),
        "TruncatedSVD": CONTENDERS["TruncatedSVD"](options),
    }
    for name, estimator in codes.items():
        found = accuracy(estimator.fit_transform(X), topics)
        results.setdefault(name, {})["accuracy"] = found
        print(f"{name:<28} topics by a linear classifier: {100 * found:.1f} %", flush=True)
    write(options, {"csr_mib": csr_mib, "model_mib": model_mib, "contenders": results})


if __name__ == "__main__":
    main()
