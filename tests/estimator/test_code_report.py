"""The report of a code and the rows of a unit, against the dense code."""

import numpy as np
import pytest
import sklearn
from settings import FIXED

from skae import SparseAE
from skae.estimator.code_report import unit_statistics
from skae.kernels.activations import ACTIVATIONS
from skae.network import network

SETTINGS = {**FIXED, "max_iter": 2, "tol": 0.0, "random_state": 0}
CASES = {
    "relu": {"sparsity": "topk", "n_active": 3, "activation": "relu"},
    "tanh": {"sparsity": "topk", "n_active": 30, "activation": "tanh"},
    "logistic": {"sparsity": "topk", "n_active": 3},
    "kl": {},
    "lifetime": {"sparsity": "lifetime", "activation": "relu"},
}


@pytest.fixture
def X(rng):
    return rng.random((90, 30))


@pytest.fixture(params=CASES.values(), ids=CASES)
def fitted(request, X, monkeypatch):
    # Several blocks of rows.
    monkeypatch.setattr(network, "block_rows", lambda width, dtype: 17)
    with pytest.warns(sklearn.exceptions.ConvergenceWarning):
        return SparseAE(40, **request.param, **SETTINGS).fit(X)


@pytest.mark.parametrize("threshold", [None, 0.2, 1.5])
def test_report_against_the_dense_code(threshold, fitted, X):
    code, report = fitted.transform(X), fitted.sparsity_report(X, threshold)
    least = (0.0 if fitted.activation == "relu" else 0.01) if threshold is None else threshold
    on = np.abs(code) > least
    np.testing.assert_array_equal(report["active_fraction"], on.mean(axis=0))
    np.testing.assert_allclose(report["mean_activation"], code.mean(axis=0), rtol=1e-10, atol=1e-15)
    assert report["active_units_per_row"] == pytest.approx(on.sum(axis=1).mean())
    assert report["dead_fraction"] == (~on.any(axis=0)).mean()
    assert report["dense_fraction"] == (on.mean(axis=0) > 0.1).mean()
    bound = np.inf if fitted.activation == "relu" else 1.0
    assert report["saturated_fraction"] == (np.abs(code) >= bound - least).all(axis=0).mean()


def test_a_unit_that_is_always_at_its_bound_is_saturated(X):
    with pytest.warns(sklearn.exceptions.ConvergenceWarning):
        ae = SparseAE(40, sparsity="topk", n_active=3, **SETTINGS).fit(X)
    inner = ae._fitted.network
    inner.weights[0][:, 7], inner.biases[0][7] = 0.0, 50.0
    units = unit_statistics(ae._fitted, X, ACTIVATIONS["logistic"], 0.01)
    assert np.flatnonzero(units.saturated).tolist() == [7]


@pytest.mark.parametrize("n", [1, 7, 1000])
def test_top_rows_are_those_of_the_greatest_activations(n, fitted, X):
    code = fitted.transform(X)
    for unit in (0, 13, np.int64(39)):
        rows, activations = fitted.top_rows(X, unit, n)
        column = code[:, unit]
        wanted = [row for row in np.argsort(-column, kind="stable") if column[row] != 0][:n]
        assert rows.tolist() == wanted
        np.testing.assert_array_equal(activations, column[wanted])


def test_a_dead_unit_has_no_rows(X):
    with pytest.warns(sklearn.exceptions.ConvergenceWarning):
        ae = SparseAE(40, sparsity="topk", n_active=3, activation="relu", **SETTINGS).fit(X)
    inner = ae._fitted.network
    inner.weights[0][:, 7], inner.biases[0][7] = 0.0, -1.0
    rows, activations = ae.top_rows(X, 7)
    assert len(rows) == len(activations) == 0


@pytest.mark.parametrize("unit, n, message", [(40, 5, "unit must be an integer from 0 to 39"), (-1, 5, "got -1")])
def test_units_out_of_range(unit, n, message, X):
    with pytest.warns(sklearn.exceptions.ConvergenceWarning):
        ae = SparseAE(40, sparsity="topk", n_active=3, **SETTINGS).fit(X)
    with pytest.raises(ValueError, match=message):
        ae.top_rows(X, unit, n)
    for wrong in (0, 1.5, "a", True):
        with pytest.raises(ValueError, match="n must be an integer 1 or more; got"):
            ae.top_rows(X, 3, wrong)
