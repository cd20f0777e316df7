"""What the tests of the displays share: a backend without windows, and fitted estimators on few digits."""

import matplotlib
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skae import AutoencoderTransformer, DenoisingAE, SparseAE

matplotlib.use("Agg")

SETTINGS = {"max_iter": 6, "tol": 0.0, "learning_rate_init": 1e-2, "random_state": 0}


@pytest.fixture(autouse=True)
def closed_figures():
    """No figure is left open, by another test or by this one."""
    import matplotlib.pyplot as plt

    plt.close("all")
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def X(digits):
    return digits[0][:200]


@pytest.fixture(scope="session")
def y(digits):
    return digits[1][:200]


@pytest.fixture(scope="session")
def fitted(X):
    """Fitted estimators by name."""
    return {
        "plain": AutoencoderTransformer(12, early_stopping=True, **SETTINGS).fit(X),
        "denoising": DenoisingAE(10, noise_level=0.25, **SETTINGS).fit(X),
        "sparse": SparseAE(15, sparsity_target=0.1, **SETTINGS).fit(X),
        "deep": AutoencoderTransformer(9, hidden_layer_sizes=(9,), activation="tanh", **SETTINGS).fit(X),
        "pca": PCA(8, random_state=0).fit(X),
        "pipeline": make_pipeline(MinMaxScaler((0, 2)), DenoisingAE(10, noise_level=0.25, **SETTINGS)).fit(X),
    }


@pytest.fixture
def tile():
    """Cuts the image at a line and a column out of a picture."""

    def cut(picture, line, column, shape=(8, 8)):
        top, left = line * (shape[0] + 1), column * (shape[1] + 1)
        return picture[top : top + shape[0], left : left + shape[1]].ravel()

    return cut
