"""The first fit: explained variance, regrets, and what is told of the cases."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import log_loss, r2_score

from benchmarks.quality import _first_fit_contenders as contenders
from benchmarks.quality import first_fit


def test_explained_variance_is_that_of_scikit_learn_weighted_by_variance(rng):
    X, other = rng.standard_normal((2, 20, 3)) * [1.0, 2.0, 5.0]
    expected = r2_score(X, other, multioutput="variance_weighted")
    assert contenders.explained(X, other) == pytest.approx(expected)
    assert contenders.explained(sparse.csr_matrix(X), other) == pytest.approx(expected)


def test_units_of_regret_are_the_loss_of_the_means(rng):
    X = (rng.random((30, 4)) < [0.2, 0.5, 0.9, 0.0]).astype(float)
    entropies = [log_loss(column, np.full(30, column.mean()), labels=[0, 1]) for column in X.T]
    assert contenders.unexplained_loss(X, "log_loss") == pytest.approx(sum(entropies))
    assert contenders.unexplained_loss(X, "squared_error") == pytest.approx(X.var(axis=0).sum())


def row(contender, train, test=0.5, **own):
    return {"contender": contender, "train": train, "test": test, "seconds": 1.0, **own}


def test_regret_is_missed_variance_with_the_squared_error():
    X = np.array([[0.0], [2.0]])
    rows = [row("PCA", 0.9), row("default", 0.7, objective=0.3, loss="squared_error")]
    assert [found["regret"] for found in first_fit.with_regrets(rows, X)] == pytest.approx([0.0, 0.2])


def test_with_cross_entropy_only_autoencoders_have_a_regret():
    X = np.array([[0.0], [1.0]])
    fits = [
        row(name, 0.5, objective=value * np.log(2), loss="log_loss") for name, value in (("default", 0.5), ("b", 1))
    ]
    regrets = [found["regret"] for found in first_fit.with_regrets([row("PCA", 0.9), *fits], X)]
    assert regrets[0] is None
    assert regrets[1:] == pytest.approx([0.0, 0.5])


def test_what_is_below_pca_and_what_warned_is_told():
    case = {"data": "iris", "k": 2, "hidden": ()}
    rows = [row("PCA", 0.9, 0.8), row("default", 0.89, 0.799, warnings=["UserWarning: so"], solver="adam", regret=None)]
    told = list(first_fit.problems([case | {"contenders": rows}]))
    assert told == ["iris, k = 2, shallow: train 0.8900, PCA 0.9000", "iris, k = 2, shallow: UserWarning: so"]
