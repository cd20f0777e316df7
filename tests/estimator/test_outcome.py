"""Warnings of fits that are of little use: where they are given, and that they name the page that explains them."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from skae import AutoencoderTransformer, SparseAE
from skae.estimator import outcome
from skae.exceptions import CollapsedCodeWarning, DeadUnitsWarning, FitWarning, OutputRangeWarning, PoorFitWarning

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "when_it_goes_wrong.md"
ADAM = dict(solver="adam", init="glorot", random_state=0)
ROWS = np.random.default_rng(0).random((200, 12))

CASES = [
    (PoorFitWarning, AutoencoderTransformer(8, learning_rate_init=10.0, **ADAM), ROWS),
    (CollapsedCodeWarning, AutoencoderTransformer(8, activation="relu", learning_rate_init=1.0, **ADAM), ROWS),
    (OutputRangeWarning, AutoencoderTransformer(4, output_activation="relu", random_state=0), ROWS - 0.5),
    (
        DeadUnitsWarning,
        SparseAE(20, sparsity="topk", n_active=1, activation="relu", revive_dead=True, max_iter=3, random_state=0),
        np.ones((50, 6)),
    ),
]


@pytest.mark.parametrize("category, estimator, X", CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_fit_of_little_use_warns_and_names_the_page(category, estimator, X):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(X)
    found = [str(warning.message) for warning in caught if issubclass(warning.category, FitWarning)]
    assert category in [warning.category for warning in caught]
    for text in found:
        page = re.search(r' See "([^"]+)" in the documentation\.$', text)
        assert PAGE.read_text(encoding="utf-8").startswith(f"# {page[1]}\n")


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_a_usual_fit_does_not_warn(scale):
    with warnings.catch_warnings():
        warnings.simplefilter("error", FitWarning)
        AutoencoderTransformer(4, random_state=0).fit(scale * ROWS)


# Most units are on for none of the rows that a fit is judged by.
@pytest.mark.parametrize("sparsity", ["topk", "batchtopk"])
def test_a_dictionary_of_more_units_than_rows_turn_on_does_not_warn(sparsity, monkeypatch):
    monkeypatch.setattr(outcome, "_ROWS", 20)
    with warnings.catch_warnings():
        warnings.simplefilter("error", FitWarning)
        SparseAE(200, sparsity=sparsity, n_active=2, max_iter=3, random_state=0).fit(ROWS)


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_units_that_are_still_are_counted_over_all_blocks(block, monkeypatch):
    monkeypatch.setattr(outcome, "block_rows", lambda width, dtype: block)
    ae = AutoencoderTransformer(3, max_iter=1, init="glorot", random_state=0, activation="relu", learning_rate_init=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ae.fit(ROWS)
        network = ae._fitted.network
        network.biases[0][:] = 0.0
        network.weights[0][:] = 0.0
        network.weights[0][0, 0] = 1.0
    # One unit varies; in the second half of the rows one more.
    rows = ROWS.copy()
    rows[:100, 1] = 0.0
    network.weights[0][1, 1] = 1.0
    code = network.encode(rows)
    low, high = outcome._code_range(ae._fitted, rows)
    np.testing.assert_array_equal(low, code.min(axis=0))
    np.testing.assert_array_equal(high, code.max(axis=0))
    assert (low == high).tolist() == [False, False, True]


def test_a_sparse_code_that_is_the_same_for_every_row_warns():
    ae = SparseAE(20, sparsity="topk", n_active=3, activation="relu", max_iter=1, random_state=0).fit(ROWS)
    network = ae._fitted.network
    network.weights[0][:] = 0.0
    network.biases[0][:] = np.arange(20.0)
    with pytest.warns(CollapsedCodeWarning, match="20 of the 20 units"):
        outcome._warn_of_codes("SparseAE", ae._fitted, ROWS)
