"""Data that many tests share."""

import numpy as np
import pytest

from skae.datasets import load_digits_unit


@pytest.fixture(scope="session")
def digits():
    """The 8 x 8 digits in [0, 1], read-only."""
    X, y = load_digits_unit(return_X_y=True)
    X.setflags(write=False)
    return X, y


@pytest.fixture
def rng():
    return np.random.default_rng(0)
