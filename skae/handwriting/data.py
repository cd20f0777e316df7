"""The training rows of the experiment, and the test rows, which are used once at the end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from ..datasets import fetch_mnist, load_digits_unit, load_idx_folder
from ..runtime.image_folders import folder_and_prefix

# Writers whose rows are held out, of the 14 of the digits.
_TEST_WRITERS = 5


class Split(NamedTuple):
    """Training and test rows.

    Attributes
    ----------
    X_train, X_test : ndarray of shape (n_rows, n_pixels), float32
        In [0, 1].
    y_train, y_test : ndarray of shape (n_rows,)
    image_shape : tuple of int
    groups : ndarray of shape (n_rows,) or None
        Writers of the training rows, none of whom wrote a test row; None where they are not known.
    shuffled : Split or None
        A random split of the same rows into parts of the same sizes, where the writers are known: it tests on writers
        that were seen in training.
    """

    X_train: np.ndarray
    X_test: np.ndarray
    y_train: np.ndarray
    y_test: np.ndarray
    image_shape: tuple
    groups: np.ndarray | None = None
    shuffled: Split | None = None

    def part(self, n_rows, seed):
        """A stratified part of the training rows; the test rows are as they are."""
        if n_rows >= len(self.X_train):
            return self
        rows = stratified_part(self.y_train, n_rows, seed)
        return self._replace(
            X_train=self.X_train[rows],
            y_train=self.y_train[rows],
            groups=None if self.groups is None else self.groups[rows],
            shuffled=None if self.shuffled is None else self.shuffled.part(n_rows, seed),
        )


def load_split(settings):
    """Rows for the given settings.

    The test rows of the embedded digits are those of five of the 14 writers, chosen by
    ``GroupShuffleSplit(test_size=5, random_state=0)`` whatever the seed, which makes results comparable. MNIST and data
    of a folder have their own test rows.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    Split

    Raises
    ------
    OSError
        If MNIST is not available from any source.
    ValueError
        When its files are damaged.
    """
    return _whole(settings.data).part(settings.samples, settings.seed)


def _whole(data):
    """All rows of the data, split."""
    if data == "digits":
        return _digits()
    if data == "mnist":
        X_train, y_train = fetch_mnist(subset="train", return_X_y=True)
        X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
        return Split(X_train, X_test, y_train, y_test, (28, 28))
    folder, prefix = folder_and_prefix(data)
    train, test = (load_idx_folder(folder, prefix=prefix, subset=subset) for subset in ("train", "test"))
    return Split(train.data, test.data, train.target, test.target, train.image_shape)


def _digits():
    X, y, groups = load_digits_unit(return_X_y=True, return_groups=True, dtype=np.float32)
    writers = GroupShuffleSplit(1, test_size=_TEST_WRITERS, random_state=0)
    train, test = next(writers.split(X, y, groups))
    seen = train_test_split(X, y, test_size=len(test), random_state=0)
    shuffled = Split(*seen, (8, 8))
    return Split(X[train], X[test], y[train], y[test], (8, 8), groups[train], shuffled)


def stratified_part(y, n_rows, seed):
    """Indices of n_rows rows in random order, stratified by class, with shares rounded up or down.

    scikit-learn's splitters raise an error if fewer rows than classes are left out, as with a part of nearly all rows.
    """
    rng = np.random.default_rng(seed)
    classes, counts = np.unique(y, return_counts=True)
    shares = n_rows * counts / len(y)
    taken = np.floor(shares).astype(int)
    for most in np.argsort(taken - shares, kind="stable")[: n_rows - taken.sum()]:
        taken[most] += 1
    rows = [rng.permutation(np.flatnonzero(y == label))[:count] for label, count in zip(classes, taken)]
    return rng.permutation(np.concatenate(rows))
