"""A refit leaves nothing of the fit before it: the estimator is as one that was fitted for the first time."""

import itertools

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ANY = [
    {},
    {"solver": "lbfgs", "tied_weights": True},
    {"solver": "sgd", "early_stopping": True},
    {"missing_values": "mask", "hidden_layer_sizes": (3,)},
    {"learning_rate": "plateau", "loss": "squared_error"},
]
NOISY = [
    {"corruption": "salt_and_pepper", "noise_level": 0.2},
    {"corruption": "masking", "noise_level": 0.3, "emphasis": 0.5},
    {"noise_level": 0.0},
]
SPARSE = [
    {"sparsity": "topk", "n_active": 1, "activation": "relu", "revive_dead": True},
    {"sparsity": "lifetime", "activation": "relu"},
]
SETTINGS = {
    AutoencoderTransformer: ANY,
    DenoisingAE: ANY + NOISY,
    ContractiveAE: ANY + NOISY,
    SparseAE: ANY + NOISY + SPARSE,
}


def rows():
    """Rows of several kinds and widths."""
    rng = np.random.default_rng(0)
    return {
        "array": 100.0 * rng.random((30, 6)),
        "binary": (rng.random((20, 4)) > 0.5).astype(float),
        "frame": pd.DataFrame(rng.random((20, 4)), columns=list("abcd")),
        "sparse": sparse.random(20, 300, 0.02, "csr", random_state=0),
    }


def fitted_state(ae):
    return {name: joblib.hash(value) for name, value in vars(ae).items()}


@pytest.mark.parametrize("kind", SETTINGS)
def test_nothing_is_left_of_the_fit_before(kind):
    first, kinds = kind(2, max_iter=2, random_state=0), rows()
    cases = [(settings, name) for settings in SETTINGS[kind] for name in kinds]
    alone = [fitted_state(clone(first).set_params(**settings).fit(kinds[name])) for settings, name in cases]
    pairs = list(itertools.permutations(range(len(cases)), 2))
    for i, j in pairs[:: max(1, len(pairs) // 150)]:
        ae = clone(first).set_params(**cases[i][0]).fit(kinds[cases[i][1]])
        ae.set_params(**{**first.get_params(), **cases[j][0]}).fit(kinds[cases[j][1]])
        assert fitted_state(ae) == alone[j], f"{cases[j]} after {cases[i]}"
