"""Files of earlier versions are read, as long as there are any."""

import numpy as np
import pandas as pd
import pytest
from version_1 import EXPECTED, FILES

from skae import AutoencoderOutlierDetector, DenoisingAE, load, save
from skae.impute import AutoencoderImputer
from skae.preprocessing import PCANormalizer


@pytest.fixture(params=FILES)
def file(request, tmp_path):
    path = tmp_path / f"{request.param}.skae"
    path.write_bytes(FILES[request.param])
    return path


def test_what_is_loaded_computes_what_it_did(file):
    estimator, name = load(file), file.stem
    classes = (DenoisingAE, AutoencoderOutlierDetector, AutoencoderImputer, PCANormalizer)
    assert type(estimator) is dict(zip(FILES, classes))[name]
    X = np.array([[0.1, np.nan if name == "imputer" else 0.2, 0.3, 0.4]])
    if hasattr(estimator, "feature_names_in_"):
        X = pd.DataFrame(X, columns=estimator.feature_names_in_)
    method = estimator.score_samples if name == "detector" else estimator.transform
    np.testing.assert_allclose(np.ravel(method(X)), EXPECTED[name], rtol=1e-5)


def test_what_is_loaded_can_be_saved(file):
    save(load(file), file)
    load(file)


def test_a_training_goes_on(tmp_path):
    path = tmp_path / "model.skae"
    path.write_bytes(FILES["denoising"])
    estimator = load(path)
    assert list(estimator.feature_names_in_) == ["width", "h\u00f6he", "depth, cm", "line\nbreak"]
    assert estimator.hidden_layer_sizes == [3] and repr(estimator.emphasis) == repr(np.float32(0.25))
    assert estimator.n_iter_ == 3 and estimator._fitted.training.progress.epoch == 3
    X = np.linspace(0, 1, 48).reshape(12, 4) ** 2
    X[::3, 1] = 1 - X[::3, 1]
    X[::4, 2] = np.nan
    estimator.fit(pd.DataFrame(X, columns=estimator.feature_names_in_))
    assert estimator.n_iter_ == 6
