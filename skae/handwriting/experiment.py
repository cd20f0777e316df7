"""The experiment: search each representation's strength on the training rows, then test it once."""

from __future__ import annotations

import platform
import tempfile
import time
from pathlib import Path

import joblib
import numba
import numpy as np
import scipy
import sklearn
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from ..metrics import reconstruction_score
from ..runtime.version import __version__
from .conditions import one_thread_and_quiet
from .data import load_split
from .representations import REPRESENTATIONS
from .settings import settings_for
from .table import Comparison, Result, wilson_interval

CLASSIFIER_C = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)


def compare(
    data="digits",
    *,
    samples=None,
    n_components=None,
    max_iter=None,
    cv=None,
    seed=0,
    n_jobs=None,
    representations=None,
    progress=None,
):
    """Compare representations of handwritten digits by the accuracy of a linear classifier on them, for new writers.

    Each is a Pipeline of the representation, StandardScaler and LogisticRegression. Its strength (L2, noise, sparsity
    or contraction; for PCA whether to standardise its components) and the classifier's C are chosen by GridSearchCV on
    the training rows. The test rows are used once, for the figures of the table. Every autoencoder has the same width
    and the same training.

    On the digits, writers of test rows have no training rows. The same pipelines, fitted to and tested on a random
    split of the same sizes, give the shuffled accuracy beside it, which is higher, as it is about writers that were
    seen. On MNIST the accuracies on the first and on the last 5,000 test rows
    are told as well: they come from different writers, and the first are harder for all representations.

    Parameters
    ----------
    data : {"digits", "mnist"} or path, default="digits"
        The 1,797 digits of 8 x 8 pixels that scikit-learn ships, of which the test rows are those of five of the 14
        writers, by ``GroupShuffleSplit(test_size=5, random_state=0)``; or MNIST with its official test rows; or a
        folder with training and test rows that ``skae.datasets.load_idx_folder`` reads.
    samples : int, default=None
        Training rows to use, a stratified part; None for all.
    n_components : int, default=None
        Width of every learnt code; None for 256. PCA has fewer components if the data do not allow as many.
    max_iter : int, default=None
        Epochs of every autoencoder; None for 200 on the digits and 30 on MNIST.
    cv : int, default=None
        Folds of the search; None for 3. On the digits each writer is in one fold.
    seed : int, default=0
        Random state of every estimator and of the stratified part.
    n_jobs : int, default=None
        Processes of the search, as in scikit-learn.
    representations : iterable of str, default=None
        Names of the representations to compare, keys of ``skae.handwriting.representations.REPRESENTATIONS``; None for
        all.
    progress : callable (done, total, label) -> None, default=None
        Called before each representation with the number done, and at the end with done equal to total.

    Returns
    -------
    Comparison
        Printed as a table; holds the rows, the fitted pipelines and the split.

    Raises
    ------
    ValueError
        For an illegal parameter.
    OSError
        If MNIST is not available from any source.

    Examples
    --------
    >>> from skae.handwriting import compare
    >>> table = compare(samples=200, representations=["raw", "pca"])
    >>> [row.representation for row in table.rows]
    ['raw pixels', 'PCA']
    """
    settings = settings_for(data, samples=samples, n_components=n_components, max_iter=max_iter, cv=cv, seed=seed)
    chosen = _selected(representations)
    split = load_split(settings)
    rows, estimators = [], {}
    for done, representation in enumerate(chosen):
        if progress is not None:
            progress(done, len(chosen), representation.label)
        search, seconds = _search(representation, settings, split, n_jobs)
        estimators[representation.name] = search.best_estimator_
        rows.append(_result(representation, search, seconds, split, settings))
    if progress is not None:
        progress(len(chosen), len(chosen), "")
    return Comparison(rows, settings, versions(), estimators, split)


def versions():
    """Versions of the packages that the results depend on.

    Returns
    -------
    dict of str to str
    """
    modules = {"numpy": np, "scipy": scipy, "scikit-learn": sklearn, "numba": numba}
    found = {name: module.__version__ for name, module in modules.items()}
    return {"skae": __version__, "python": platform.python_version(), **found}


def _selected(names):
    if names is None:
        return list(REPRESENTATIONS.values())
    names = [names] if isinstance(names, str) else list(names)
    unknown = [name for name in names if name not in REPRESENTATIONS]
    if unknown or not names:
        raise ValueError(f"representations must be names out of {list(REPRESENTATIONS)}; got {names!r}.")
    return [REPRESENTATIONS[name] for name in dict.fromkeys(names)]


def _search(representation, settings, split, n_jobs):
    """The fitted search, and its seconds without those of the last fit."""
    folds = StratifiedKFold(settings.cv) if split.groups is None else GroupKFold(settings.cv)
    folds = list(folds.split(split.X_train, split.y_train, split.groups))
    smallest_fold = min(len(train) for train, _ in folds)
    steps = [
        ("representation", representation.build(settings, min(split.X_train.shape[1], smallest_fold))),
        ("scale", StandardScaler()),
        ("classifier", LogisticRegression(max_iter=1000)),
    ]
    # The candidates for C are the outer loop of the grid: all but the first find the representation in the cache.
    grid = {representation.parameter: list(representation.values[settings.family]), "classifier__C": list(CLASSIFIER_C)}
    with tempfile.TemporaryDirectory(prefix="skae-", ignore_cleanup_errors=True) as cache, one_thread_and_quiet():
        pipeline = Pipeline(steps, memory=joblib.Memory(Path(cache), verbose=0))
        search = GridSearchCV(pipeline, grid, cv=folds, n_jobs=n_jobs, error_score="raise")
        start = time.perf_counter()
        search.fit(split.X_train, split.y_train)
        seconds = time.perf_counter() - start - search.refit_time_
    # The cache is deleted; if a clone of the pipeline is fitted, it must not look for it.
    search.best_estimator_.set_params(memory=None)
    return search, seconds


def _shuffled_accuracy(pipeline, split):
    """Accuracy of a pipeline with the same parameters on a random split; None where there is no other."""
    if split.shuffled is None:
        return None
    seen = split.shuffled
    with one_thread_and_quiet():
        return float(clone(pipeline).fit(seen.X_train, seen.y_train).score(seen.X_test, seen.y_test))


def _result(representation, search, search_seconds, split, settings):
    pipeline = search.best_estimator_
    right = pipeline.predict(split.X_test) == split.y_test
    correct, half = int(right.sum()), len(right) // 2
    low, high = wilson_interval(correct, len(right))
    halves = [float(right[:half].mean()), float(right[half:].mean())] if settings.data == "mnist" else [None, None]
    transformer = pipeline.named_steps["representation"]
    raw = transformer == "passthrough"
    codes = pipeline[:-2].transform(split.X_test[:1])
    return Result(
        representation=representation.label,
        width=codes.shape[1],
        accuracy=correct / len(right),
        accuracy_low=low,
        accuracy_high=high,
        reconstruction_score=1.0 if raw else reconstruction_score(transformer, split.X_test),
        strength=representation.parameter.partition("__")[2],
        strength_value=search.best_params_[representation.parameter],
        C=search.best_params_["classifier__C"],
        cv_accuracy=float(search.best_score_),
        search_seconds=search_seconds,
        fit_seconds=float(search.refit_time_),
        accuracy_shuffled=_shuffled_accuracy(pipeline, split),
        accuracy_first_half=halves[0],
        accuracy_last_half=halves[1],
    )
