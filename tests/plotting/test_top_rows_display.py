"""TopRowsDisplay: the rows of a unit in order, as images and as numbers, and what is refused."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skae import SparseAE
from skae.plotting import TopRowsDisplay


def by_hand(ae, X, unit, n):
    """Rows of the greatest activations, without those of zero."""
    h = ae.transform(X)[:, unit]
    order = np.argsort(-h, kind="stable")[:n]
    return order[h[order] != 0]


@pytest.fixture(scope="module")
def ae(digits):
    settings = {"activation": "relu", "max_iter": 20, "random_state": 0}
    return SparseAE(40, sparsity="topk", n_active=3, **settings).fit(digits[0][:200])


def test_images_are_the_rows_in_order(ae, X):
    display = TopRowsDisplay.from_estimator(ae, X, units=[4, 9], n=6)
    picture = display.im_.get_array().filled(np.nan)
    for i, unit in enumerate([4, 9]):
        rows = by_hand(ae, X, unit, 6)
        np.testing.assert_array_equal(display.rows[i][: len(rows)], rows)
        assert (display.rows[i][len(rows) :] == -1).all()
        for j, row in enumerate(rows):
            tile = picture[9 * i : 9 * i + 8, 9 * j : 9 * j + 8]
            np.testing.assert_allclose(tile, X[row].reshape(8, 8), rtol=1e-6)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["unit 4", "unit 9"]


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array, np.ndarray.tolist])
def test_numbers_have_the_activations_and_the_rows(container, ae, X):
    display = TopRowsDisplay.from_estimator(ae, container(X), units=[2], n=5, image_shape=(1, 64), cmap="viridis")
    rows = by_hand(ae, X, 2, 5)
    np.testing.assert_allclose(display.im_.get_array()[0, : len(rows)], ae.transform(X)[rows, 2], rtol=1e-6)
    assert [text.get_text() for text in display.texts_] == list(map(str, rows))
    assert display.images is None


def test_units_are_by_default_those_of_the_greatest_mean(ae, X):
    display = TopRowsDisplay.from_estimator(make_pipeline(FunctionTransformer(), ae), X)
    wanted = np.argsort(-ae.transform(X).mean(axis=0), kind="stable")[:10]
    np.testing.assert_array_equal(display.units, wanted)


def test_a_dead_unit_has_no_rows(ae, X):
    zeros = np.flatnonzero((ae.transform(X[:5]) == 0).all(axis=0))[:1]
    display = TopRowsDisplay.from_estimator(ae, X[:5], units=zeros)
    assert np.isnan(display.activations).all() and (display.rows == -1).all()
    assert TopRowsDisplay(display.activations).plot().texts_ == []


@pytest.mark.parametrize("units", [[40], [-1], [0.5], []])
def test_units_that_are_not_there(units, ae, X):
    with pytest.raises(ValueError, match="units must hold integers from 0 to 39"):
        TopRowsDisplay.from_estimator(ae, X, units=units)
    assert not plt.get_fignums()
