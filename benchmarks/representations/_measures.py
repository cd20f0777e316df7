"""Measures of a model that is trained without labels.

A measure trains the model on a split and returns one number; the seed is for classifiers that the measure trains.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skae import stack

# Inverse L2 strengths of the classifiers whose strength is searched.
CANDIDATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


def linear(C):
    """The classifier of frozen codes."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=1000, tol=1e-4))


def right(classifier, model, split):
    """Whether each test row is classified right on its code, by a classifier trained on the codes of a fitted model."""
    classifier.fit(model.transform(split.X), split.y)
    return classifier.predict(model.transform(split.X_test)) == split.y_test


class Frozen(NamedTuple):
    """Test accuracy in per cent of a linear classifier on frozen codes, with inverse L2 strength C."""

    C: float

    def __call__(self, model, split, seed):
        return 100.0 * float(self.right(model, split).mean())

    def right(self, model, split):
        """Train the model; whether each test row is classified right."""
        model.fit(split.X if split.X_unlabelled is None else split.X_unlabelled)
        return right(linear(self.C), model, split)


class FrozenSearched(NamedTuple):
    """The same with C chosen by five-fold cross-validation on the training rows."""

    candidates: tuple = CANDIDATES

    def __call__(self, model, split, seed):
        return 100.0 * float(self.right(model, split).mean())

    def right(self, model, split):
        """Train the model; whether each test row is classified right."""
        model.fit(split.X)
        return right(GridSearchCV(linear(1.0), {"logisticregression__C": self.candidates}, cv=5), model, split)


class ByWriters(NamedTuple):
    """Accuracy in per cent over all rows, each predicted by a model and a classifier that saw no row of its writer.

    The writers make as many folds as the description of the digits counts writers. C is chosen for each fold by
    cross-validation over the writers of its training rows, in four folds.
    """

    candidates: tuple = CANDIDATES

    def __call__(self, model, split, seed):
        folds = GroupKFold(min(13, len(np.unique(split.writers)))).split(split.X, split.y, split.writers)
        return 100.0 * sum(self._right(clone(model), split, *fold) for fold in folds) / len(split.y)

    def _right(self, model, split, train, test):
        """Number of rows of the fold that are predicted right."""
        code = model.fit(split.X[train]).transform(split.X[train])
        search = GridSearchCV(linear(1.0), {"logisticregression__C": self.candidates}, cv=GroupKFold(4))
        search.fit(code, split.y[train], groups=split.writers[train])
        return int((search.predict(model.transform(split.X[test])) == split.y[test]).sum())


class FineTuned(NamedTuple):
    """Test accuracy in per cent of a classifier that starts from the stacked layers and is trained with labels; steps
    before the layers are kept."""

    parameters: dict

    def __call__(self, model, split, seed):
        before, mlp = _perceptron(model, split, random_state=seed, **self.parameters)
        mlp.fit(before.transform(split.X), split.y)
        return 100.0 * mlp.score(before.transform(split.X_test), split.y_test)


class FineTunedMean(NamedTuple):
    """The same of a classifier whose weights are the mean of those after each of the last ``averaged`` epochs."""

    parameters: dict
    averaged: int

    def __call__(self, model, split, seed):
        before, mlp = _perceptron(model, split, random_state=np.random.RandomState(seed), **self.parameters)
        ends = []
        for left in _epochs(mlp, before.transform(split.X), split.y):
            if left < self.averaged:
                ends.append([array.copy() for array in (*mlp.coefs_, *mlp.intercepts_)])
        mean = [np.mean(arrays, axis=0) for arrays in zip(*ends)]
        mlp.coefs_, mlp.intercepts_ = mean[: len(mlp.coefs_)], mean[len(mlp.coefs_) :]
        return 100.0 * mlp.score(before.transform(split.X_test), split.y_test)


class FineTunedFalling(NamedTuple):
    """The same of a classifier whose rate falls from epoch to epoch, along half a cosine that would reach zero after
    the last one. In training a share ``dropped`` of the inputs is set to zero, and the others grow by as much."""

    parameters: dict
    dropped: float

    def __call__(self, model, split, seed):
        before, mlp = _perceptron(model, split, random_state=np.random.RandomState(seed), **self.parameters)
        drop = partial(_drop, self.dropped, np.random.default_rng(seed))
        for left in _epochs(mlp, before.transform(split.X), split.y, drop):
            _set_rate(mlp, mlp.learning_rate_init * 0.5 * (1.0 - np.cos(np.pi * left / mlp.max_iter)))
        return 100.0 * mlp.score(before.transform(split.X_test), split.y_test)


def _drop(share, rng, X):
    """X with a share of its entries set to zero and the others divided by what is left, so that means stay."""
    return X * ((rng.random(X.shape, dtype=np.float32) >= share) / X.dtype.type(1.0 - share))


def _epochs(mlp, X, y, corrupted=lambda X: X):
    """Train a perceptron for all its epochs, each on the rows that ``corrupted`` makes of X; yields after each how many
    are left.

    Its random state must be no number: each epoch would draw the same order of the rows.
    """
    digits = np.unique(y)
    for left in reversed(range(mlp.max_iter)):
        mlp.partial_fit(corrupted(X), y, classes=digits)
        yield left


def _set_rate(mlp, rate):
    """Rate of Adam from now on: ``learning_rate_init`` reaches the solver only once, when it is made."""
    adam = getattr(mlp, "_optimizer", None)
    if not hasattr(adam, "learning_rate_init"):
        raise RuntimeError("This version of scikit-learn keeps the rate of a perceptron's solver somewhere else.")
    adam.learning_rate_init = rate


def _perceptron(model, split, **parameters):
    """The steps of a model before its layers, trained without labels, and a perceptron that starts from these."""
    steps = list(model.fit(split.X))
    first = next(place for place, step in enumerate(steps) if hasattr(step, "to_mlp"))
    return make_pipeline(*(steps[:first] or ["passthrough"])), stack(*steps[first:]).to_mlp("classifier", **parameters)


class SquaredError(NamedTuple):
    """Squared error of a test image, summed over its pixels."""

    def __call__(self, model, split, seed):
        model.fit(split.X)
        restored = model.inverse_transform(model.transform(split.X_test))
        return float(np.square(restored - split.X_test, dtype=np.float64).sum(axis=1).mean())
