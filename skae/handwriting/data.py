"""The training rows of the experiment, and the test rows, which are used once at the end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split

from ..datasets import fetch_mnist, load_digits_unit, load_idx_folder
from ..runtime.image_folders import folder_and_prefix


class Split(NamedTuple):
    """Training and test rows.

    Attributes
    ----------
    X_train, X_test : ndarray of shape (n_rows, n_pixels), float32
        In [0, 1].
    y_train, y_test : ndarray of shape (n_rows,)
    image_shape : tuple of int
    """

    X_train: np.ndarray
    X_test: np.ndarray
    y_train: np.ndarray
    y_test: np.ndarray
    image_shape: tuple


def load_split(settings):
    """Rows for the given settings.

    The embedded digits are split by ``train_test_split(test_size=0.35, random_state=0)`` whatever the seed, which makes
    results comparable. MNIST and data of a folder have their own test rows.

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
    if settings.data == "digits":
        X, y = load_digits_unit(return_X_y=True, dtype=np.float32)
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.35, random_state=0)
        shape = (8, 8)
    elif settings.data != "mnist":
        folder, prefix = folder_and_prefix(settings.data)
        train, test = (load_idx_folder(folder, prefix=prefix, subset=subset) for subset in ("train", "test"))
        X_train, y_train, shape = train.data, train.target, train.image_shape
        X_test, y_test = test.data, test.target
    else:
        X_train, y_train = fetch_mnist(subset="train", return_X_y=True)
        X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
        shape = (28, 28)
    if settings.samples < len(X_train):
        part = stratified_part(y_train, settings.samples, settings.seed)
        X_train, y_train = X_train[part], y_train[part]
    return Split(X_train, X_test, y_train, y_test, shape)


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
