"""Warnings of fits that are of little use: where they are given, and that they name the page that explains them."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from skae import AutoencoderTransformer, SparseAE
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
