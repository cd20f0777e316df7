"""Training and test rows for the representations, and held-out rows for the choice of settings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.ndimage import shift
from sklearn.datasets import load_digits
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.preprocessing import MinMaxScaler

from skae.datasets import fetch_mnist, load_digits_unit


class Split(NamedTuple):
    """Labelled training rows, test rows, and rows that train only the encoder, or None.

    Rows with writers have no test rows: each writer in turn is held out.
    """

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray | None = None
    y_test: np.ndarray | None = None
    X_unlabelled: np.ndarray | None = None
    writers: np.ndarray | None = None


def mnist(held_out):
    """The official rows; with held_out, 10,000 of the training rows replace the test rows."""
    X, y = fetch_mnist(subset="train", return_X_y=True)
    if not held_out:
        return Split(X, y, *fetch_mnist(subset="test", return_X_y=True))
    order = np.random.default_rng(0).permutation(len(X))
    kept, held = order[:-10_000], order[-10_000:]
    return Split(X[kept], y[kept], X[held], y[held])


def mnist_basic(held_out):
    """10,000 training and 50,000 test rows out of all 70,000; with held_out, the test rows are the other 10,000."""
    X, y = fetch_mnist(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    train, rest, test = np.split(order, [10_000, 20_000])
    measured = rest if held_out else test
    return Split(X[train], y[train], X[measured], y[measured])


def self_taught(held_out):
    """The encoder is trained on digits 5 to 9. Of the training rows with digits 0 to 4 the first half trains the
    classifier, and the second half is the test; with held_out, the last 5,000 of the first half are the test."""
    X, y = fetch_mnist(subset="train", return_X_y=True)
    low = y < 5
    few, labels = X[low], y[low]
    half = len(few) // 2
    train = slice(half - 5_000 if held_out else half)
    measured = slice(half - 5_000, half) if held_out else slice(half, None)
    return Split(few[train], labels[train], few[measured], labels[measured], X[~low])


def digits(held_out, number=0):
    """scikit-learn's digits, split as in the published comparison, or at random in another way of some number; with
    held_out, a third of the training rows is the test."""
    X, y = load_digits_unit(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.35, random_state=number)
    if held_out:
        X, X_test, y, y_test = train_test_split(X, y, test_size=0.35, random_state=1, stratify=y)
    return Split(X, y, X_test, y_test)


def digits_by_writer(held_out):
    """scikit-learn's digits with their writers; with held_out, only the nine writers whose digits are the training rows
    of ``python -m skae handwriting``."""
    X, y, writers = load_digits_unit(return_X_y=True, return_groups=True)
    if held_out:
        kept, _ = next(GroupShuffleSplit(1, test_size=5, random_state=0).split(X, y, writers))
        X, y, writers = X[kept], y[kept], writers[kept]
    return Split(X, y, writers=writers)


def nudged_digits(held_out):
    """scikit-learn's digits and their copies moved by one pixel in four directions, as in its example of BernoulliRBM;
    with held_out, a fifth of the training rows is the test."""
    data = load_digits()
    images, y = data.images, np.tile(data.target, 5)
    moves = ((0, 0), (-1, 0), (0, -1), (0, 1), (1, 0))
    moved = [shift(images, (0, *move), order=0) for move in moves]
    X = MinMaxScaler().fit_transform(np.concatenate(moved).reshape(-1, 64))
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    if held_out:
        X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, random_state=1)
    return Split(X, y, X_test, y_test)
