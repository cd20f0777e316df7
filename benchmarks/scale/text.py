"""Sparse text features: an autoencoder on TF-IDF rows against TruncatedSVD, in time and memory.

The corpus is generated. A document has about 100 distinct terms, whose frequencies follow Zipf's law, and some of which
come from its topic.

python -m benchmarks text
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import warnings
from functools import partial

import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from skae import AutoencoderTransformer

from ..harness import PeakMemory, Table, alternate, benchmark, option, rounds

_N_TOPICS = 20


def corpus(n_rows, n_terms, length, seed=0):
    """TF-IDF of generated documents, float32 CSR, and the topic of each."""
    rng = np.random.default_rng(seed)
    zipf = 1.0 / np.arange(1, n_terms + 1)
    zipf /= zipf.sum()
    general = np.cumsum(zipf)
    # Each topic has Zipf's law over its own order of the vocabulary.
    orders = np.stack([rng.permutation(n_terms) for _ in range(_N_TOPICS)])
    topics = rng.integers(_N_TOPICS, size=n_rows)
    # Frequent terms are drawn repeatedly, so draw more terms than shall be distinct.
    drawn = int(1.5 * length)
    ranks = np.searchsorted(general, rng.random((n_rows, drawn))).clip(max=n_terms - 1)
    own = rng.random((n_rows, drawn)) < 0.3
    terms = np.where(own, orders[topics[:, None], ranks], ranks)
    rows = np.repeat(np.arange(n_rows), drawn)
    counts = sparse.csr_matrix((np.ones(terms.size, np.float32), (rows, terms.ravel())), (n_rows, n_terms))
    return TfidfTransformer(sublinear_tf=True).fit_transform(counts).astype(np.float32), topics


def accuracy(codes, topics):
    """Accuracy of a linear classifier of the topics, on a test set of a third of the rows."""
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
    """Peak memory of one fit in a process that has only loaded X and compiled before."""
    warnings.simplefilter("ignore")
    X = sparse.load_npz(path)
    small = sparse.random(600, 1000, density=0.01, format="csr", dtype=np.float32, random_state=0)
    CONTENDERS[name](options).fit(small)
    with PeakMemory() as peak:
        CONTENDERS[name](options).fit(X)
    return peak.mib


def fit(name, options, X):
    CONTENDERS[name](options).fit(X)


def fresh_peaks(options, X):
    """Peak memory of a fit of each contender, each in its own process."""
    peaks = {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "X.npz")
        sparse.save_npz(path, X)
        for name in CONTENDERS:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                peaks[name] = pool.apply(fresh_peak, (name, options, path))
    return peaks


def costs(options, X):
    """Seconds and memory of each contender."""
    peaks = fresh_peaks(options, X)
    # The first round compiles.
    timings = alternate({name: partial(fit, name, options, X) for name in CONTENDERS}, options.rounds, unrecorded=1)
    results = {}
    table = Table(("", "<28"), ("seconds", ">9.2f"), ("x SVD", ">8.2f"), ("peak, MiB above the start", ">28.0f"))
    for name, seconds in timings.seconds.items():
        over_svd = timings.ratio(name, "TruncatedSVD")
        results[name] = {"seconds": seconds, "peak_mib": peaks[name], "over_svd": over_svd}
        table.row(name, timings.median(name), over_svd, peaks[name])
    return results


@benchmark(
    option("--rows", 20_000, "documents", quick=600),
    option("--terms", 50_000, "vocabulary", quick=2000),
    option("--length", 100, "different terms a document, about"),
    option("--components", 64, quick=16),
    option("--epochs", 5, "for the classifier", quick=1),
    rounds(5, "rounds of the timings"),
    option("--zero-sampling", 0.1),
)
def main(options):
    X, topics = corpus(options.rows, options.terms, options.length)
    csr_mib = (X.data.nbytes + X.indices.nbytes + X.indptr.nbytes) / 2**20
    model_mib = 4 * (2 * X.shape[1] * options.components + X.shape[1] + options.components) / 2**20
    print(f"{X.shape[0]} x {X.shape[1]}, {X.nnz / X.shape[0]:.0f} terms a row: CSR {csr_mib:.0f} MiB")
    print(f"parameters {model_mib:.0f} MiB; in training, with the gradient and Adam's memory, four times that")
    results = costs(options, X)
    codes = {
        f"skae, sampled, {options.epochs} epochs": autoencoder(options, options.epochs, options.zero_sampling),
        f"skae, all zeros, {options.epochs} epochs": autoencoder(options, options.epochs, None),
        "TruncatedSVD": CONTENDERS["TruncatedSVD"](options),
    }
    for name, estimator in codes.items():
        found = accuracy(estimator.fit_transform(X), topics)
        results.setdefault(name, {})["accuracy"] = found
        print(f"{name:<28} topics by a linear classifier: {100 * found:.1f} %")
    return {"csr_mib": csr_mib, "model_mib": model_mib, "contenders": results}
