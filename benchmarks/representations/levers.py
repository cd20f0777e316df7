"""Levers for the rows that are short of their goal: what each of them gives, on training rows alone.

``digits`` are the 1,168 training rows of that row of the table, in five folds. ``writers`` are the rows of the nine
writers that are training rows of ``python -m skae handwriting``, in nine folds by writer: the other five have no part
in the choice. Encoders are fitted on the training rows of each fold, without labels. C of the classifier is that with
the best accuracy over all folds. A seed is that of the encoders. ``mnist`` are some rows of MNIST that miss their goal,
with one thing changed each; the error on the 10,000 held-out rows is measured, after fewer training rows and epochs
than in the table.

Results that are in the file are not run again.

python -m benchmarks levers writers --seeds 3 --output results.json
python -m benchmarks levers --output results.json --table
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, LinearSVC

from skae import ContractiveAE, DenoisingAE, SparseAE

from ..harness import StoredResults, benchmark, flag, markdown, mean, option, positional
from ._features import kmeans_features, random_features
from ._mnist_levers import MNIST_LEVERS
from ._patches import MovedCopies, PatchCode
from ._row import centred, in_one_line, maker
from ._splits import digits, digits_by_writer
from ._training import whole_schedule

_DIGITS = ("digits", "writers")
_MNIST = "mnist"
_STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
_RECTIFIED = {"activation": "relu", "tied_weights": True}


def logistic(C):
    return LogisticRegression(C=C, max_iter=1000)


def to_the_optimum(C):
    """The same, trained a hundred times as precisely."""
    return LogisticRegression(C=C, max_iter=10_000, tol=1e-6)


def linear_svm(C):
    """Squared hinge, one digit against all others; its C has the same effect at about a hundredth."""
    return LinearSVC(C=0.01 * C)


def kernel_svm(C):
    """No linear classifier: what pixels allow."""
    return SVC(C=10.0 * C, gamma=0.25)


def topk(seed, width=256, n_active=20, noise=0.25, epochs=300, batch_size=16, **parameters):
    """Top-k units on rows less their mean, with Gaussian noise."""
    settings = {"sparsity": "topk", "n_active": n_active, "n_active_transform": width, "revive_dead": True}
    settings |= {"corruption": "gaussian", "noise_level": noise, "batch_size": batch_size, **_RECTIFIED}
    return centred(maker(SparseAE, width, **{**settings, **whole_schedule(epochs), **parameters}))(seed)


def denoising(seed, noise, width=256):
    settings = {"corruption": "gaussian", "noise_level": noise, "loss": "squared_error", "batch_size": 16}
    return centred(maker(DenoisingAE, width, **settings, **_RECTIFIED, **whole_schedule(300)))(seed)


def lifetime(seed, target=0.05, epochs=300):
    settings = {"sparsity": "lifetime", "sparsity_target": target, "batch_size": 16}
    return SparseAE(256, **settings, **_RECTIFIED, **whole_schedule(epochs), random_state=seed)


def contractive(seed):
    noise = {"corruption": "gaussian", "noise_level": 0.25, "loss": "squared_error", "tied_weights": True}
    schedule = whole_schedule(300, learning_rate_init=1e-2)
    return ContractiveAE(256, contraction_weight=0.1, batch_size=16, **noise, **schedule, random_state=seed)


def patches(seed, width, n_active=8, noise=0.3, size=5, **parameters):
    """Top-k units of patches of size x size pixels."""
    return PatchCode(topk(seed, width, n_active, noise, epochs=10, batch_size=64), size=size, **parameters)


def equal_norm(X):
    """Images of norm three, about their mean norm."""
    return 3.0 * X / np.linalg.norm(X, axis=1, keepdims=True)


def equal_contrast(patches):
    """Patches less their mean, of about the same deviation."""
    patches = patches - patches.mean(axis=1, keepdims=True)
    return patches / np.sqrt(np.square(patches).mean(axis=1, keepdims=True) + 0.01)


def patches_of_equal_contrast(seed):
    encoder = topk(seed, n_active=8, noise=0.6, epochs=10, batch_size=64)
    return PatchCode(make_pipeline(FunctionTransformer(equal_contrast), encoder))


def patches_of_equal_ink(seed):
    return make_pipeline(FunctionTransformer(equal_norm), patches(seed, 256))


def patches_of_two_sizes(seed):
    return make_union(patches(seed, 256, size=4), patches(seed, 256, size=6))


def patches_and_image(seed):
    return make_union(patches(seed, 256), topk(seed, noise=0.4, epochs=100))


class Lever(NamedTuple):
    """A transformer by seed, its classifier by C, and whether the code is standardised."""

    make: Callable
    classifier: Callable = logistic
    standardised: bool = True


LEVERS = {
    "pixels": Lever(lambda seed: FunctionTransformer()),
    "pixels, kernel SVM": Lever(lambda seed: FunctionTransformer(), kernel_svm, standardised=False),
    "random features": Lever(random_features(256, 20)),
    "k-means features": Lever(kmeans_features(256, 20)),
    "k-means features, 512": Lever(kmeans_features(512, 20)),
    "lifetime": Lever(lifetime),
    "lifetime, share 0.1": Lever(partial(lifetime, target=0.1)),
    "denoising": Lever(partial(denoising, noise=0.3)),
    "two scales of noise, 128 units each": Lever(
        lambda seed: make_union(denoising(seed, 0.15, 128), denoising(seed, 0.5, 128))
    ),
    "contractive with noise": Lever(contractive),
    "top-k": Lever(topk),
    "top-k, classifier at its optimum": Lever(topk, to_the_optimum),
    "top-k, linear SVM": Lever(topk, linear_svm),
    "top-k, code not standardised": Lever(topk, standardised=False),
    "top-k, noise 0.4": Lever(partial(topk, noise=0.4)),
    "top-k, k annealed": Lever(partial(topk, anneal_epochs=150)),
    "top-k, batches share k": Lever(partial(topk, sparsity="batchtopk", n_active_transform=None)),
    "top-k, 1,024 units": Lever(partial(topk, width=1024, epochs=100)),
    "top-k, four seeds joined": Lever(
        lambda seed: make_union(*(topk(4 * seed + part, epochs=100) for part in range(4)))
    ),
    "top-k, moved copies": Lever(lambda seed: MovedCopies(topk(seed, epochs=60))),
    "top-k, mean code of moved copies": Lever(lambda seed: MovedCopies(topk(seed, epochs=60), pooled=True)),
    "patches, 128 units": Lever(partial(patches, width=128)),
    "patches, 256 units": Lever(partial(patches, width=256)),
    "patches, 512 units": Lever(partial(patches, width=512)),
    "patches, 512 units, k = 16": Lever(partial(patches, width=512, n_active=16)),
    "patches, 512 units, greatest": Lever(partial(patches, width=512, pool="max")),
    "patches, 512 units, greatest, without noise": Lever(partial(patches, width=512, noise=0.0, pool="max")),
    "patches of 4 and of 6 pixels, 256 units each": Lever(patches_of_two_sizes),
    "patches, 256 units, and top-k, noise 0.4": Lever(patches_and_image),
    "patches, 256 units, linear SVM": Lever(partial(patches, width=256), linear_svm),
    "patches, 256 units, noise 0.5": Lever(partial(patches, width=256, noise=0.5)),
    "patches, 256 units, k = 4": Lever(partial(patches, width=256, n_active=4)),
    "patches, 256 units, root of the code": Lever(
        lambda seed: make_pipeline(patches(seed, 256), FunctionTransformer(np.sqrt))
    ),
    "patches, 256 units, a border of 2 pixels": Lever(partial(patches, width=256, border=2)),
    "patches, 256 units, nine parts": Lever(partial(patches, width=256, parts=3)),
    "patches, 256 units, images of equal norm": Lever(patches_of_equal_ink),
    "patches, 256 units, patches of equal contrast": Lever(patches_of_equal_contrast),
    "patches, 512 units, greatest, a border of 2 pixels": Lever(partial(patches, width=512, pool="max", border=2)),
    "patches of 6 pixels, 512 units, greatest, a border of 2 pixels": Lever(
        partial(patches, width=512, size=6, pool="max", border=2)
    ),
    "patches, 256 k-means": Lever(lambda seed: PatchCode(kmeans_features(256, None)(seed))),
}


def training_rows(data):
    """Rows, labels and folds of the choice."""
    if data == "digits":
        split = digits(held_out=False)
        return split.X, split.y, list(StratifiedKFold(5, shuffle=True, random_state=0).split(split.X, split.y))
    split = digits_by_writer(held_out=True)
    return split.X, split.y, list(GroupKFold(9).split(split.X, split.y, split.writers))


def accuracy(lever, X, y, folds, seed):
    """Share of all rows in per cent that are predicted right with the best C."""
    right = np.zeros(len(_STRENGTHS), int)
    for train, test in folds:
        model = make_pipeline(lever.make(seed), *([StandardScaler()] if lever.standardised else [])).fit(X[train])
        code, code_test = model.transform(X[train]), model.transform(X[test])
        for i, C in enumerate(_STRENGTHS):
            right[i] += (lever.classifier(C).fit(code, y[train]).predict(code_test) == y[test]).sum()
    return 100.0 * right.max() / len(y)


def found_by_name(results, data):
    """The values of all seeds of each lever."""
    found = {}
    for key, result in results.found.items():
        kind, name, _ = key.split("/")
        if kind == data:
            found.setdefault(name, []).append(result["value"])
    return found


def _cell(values):
    return "" if values is None else f"{mean(values):.2f} ({len(values)})"


def lines(results):
    """The table of the digits in Markdown: mean accuracy over the seeds of each lever, and their number."""
    found = [found_by_name(results, data) for data in _DIGITS]
    names = [name for name in LEVERS if any(name in values for values in found)]
    return markdown(("lever", *_DIGITS), [(name, *(_cell(values.get(name)) for values in found)) for name in names])


def mnist_lines(results):
    """The table of MNIST in Markdown: mean error over the seeds of each lever, and their number."""
    found = found_by_name(results, _MNIST)
    return markdown(("lever", "error"), [(name, _cell(found[name])) for name in MNIST_LEVERS if name in found])


def jobs(data, names, n_seeds):
    """Yield key, settings and callable of each result of the levers that are named."""
    levers = MNIST_LEVERS if data == _MNIST else LEVERS
    rows = None if data == _MNIST else training_rows(data)
    for name, seed in product([name for name in levers if name in names], range(n_seeds)):
        lever, key = levers[name], f"{data}/{name}/{seed}"
        if data == _MNIST:
            yield key, lever.described(), partial(lever.error, seed)
        else:
            settings = f"{in_one_line(lever.make(seed))}; {lever.classifier.__name__}"
            yield key, settings, partial(accuracy, lever, *rows, seed)


@benchmark(
    positional("data", [*_DIGITS, _MNIST], quick=["digits"]),
    option("--output", "levers.json", "file of results"),
    option("--levers", [*LEVERS, *MNIST_LEVERS], "levers by name", quick=["k-means features"]),
    option("--seeds", 1, "seeds of the encoders"),
    flag("--table", "print the table of the results in the file, run nothing"),
    quiet=ConvergenceWarning,
)
def main(options):
    results = StoredResults(options.output)
    for data in () if options.table else options.data or (*_DIGITS, _MNIST):
        for job in jobs(data, options.levers, options.seeds):
            results.once(*job)
    print(*lines(results), "", *mnist_lines(results), sep="\n")
