"""What a notebook shows: HTML with the fitted shapes, a short repr, a clean list of names."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skae
from skae import AutoencoderOutlierDetector, AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE, stack
from skae.impute import AutoencoderImputer

ESTIMATORS = [AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE]


def fitted(cls=AutoencoderTransformer, dtype=np.float64, **parameters):
    X = np.random.default_rng(0).random((40, 6)).astype(dtype)
    return cls(3, **{"hidden_layer_sizes": (5,), "max_iter": 2, "random_state": 0, **parameters}).fit(X)


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_html_shows_the_shapes_once_it_is_fitted(cls):
    ae = fitted(cls)
    shapes = "6 → 5 → 3 → 5 → 6"
    n_parameters = sum(w.size for w in ae.coefs_) + sum(b.size for b in ae.intercepts_)
    for html in (ae._repr_html_(), ae._repr_mimebundle_()["text/html"]):
        assert html.count(shapes) == 1
        assert f"{n_parameters} parameters" in html and "float64" in html
        assert f"2 epochs · loss {ae.loss_curve_[-1]:.4g} a row (squared_error)" in html
    assert "→" not in cls()._repr_html_()
    assert "→" not in cls()._repr_mimebundle_()["text/html"]


def test_one_epoch_iterations_tied_weights_and_precision():
    assert "· 1 epoch ·" in fitted(max_iter=1)._repr_html_()
    html = fitted(solver="lbfgs", tied_weights=True, dtype=np.float32)._repr_html_()
    # 6 x 5 and 5 x 3 weights, used twice, and 5 + 3 + 5 + 6 biases.
    assert "64 parameters" in html and "float32" in html and "2 iterations" in html


def test_a_stack_that_was_not_trained_yet_has_no_loss_to_show():
    html = stack(fitted(hidden_layer_sizes=()))._repr_html_()
    assert "6 → 3 → 6" in html and "loss " not in html.split("6 → 3 → 6")[1]


class Foreign(BaseEstimator):
    """What a detector takes for an autoencoder, and is none of this library."""

    def fit(self, X, y=None, sample_weight=None):
        self.fitted_ = True
        return self

    def score_samples(self, X):
        return -np.linalg.norm(X, axis=1)

    def reconstruction_error(self, X, per_feature=False):
        return -self.score_samples(X)


@pytest.mark.parametrize("cls", [AutoencoderOutlierDetector, AutoencoderImputer])
def test_what_holds_an_autoencoder_shows_its_shapes(cls):
    inner = DenoisingAE(3, hidden_layer_sizes=(5,), max_iter=2, random_state=0, missing_values="mask")
    outer = cls(inner)
    assert "→" not in outer._repr_html_() and "→" not in outer._repr_mimebundle_()["text/html"]
    outer.fit(np.random.default_rng(0).random((40, 6)))
    loss = outer.estimator_.loss_curve_[-1]
    for html in (outer._repr_html_(), outer._repr_mimebundle_()["text/html"]):
        assert html.count("6 → 5 → 3 → 5 → 6") == 1
        assert f"2 epochs · loss {loss:.4g} a row (squared_error)" in html


def test_a_detector_by_an_estimator_from_elsewhere_shows_no_shapes():
    detector = AutoencoderOutlierDetector(Foreign()).fit(np.random.default_rng(0).random((40, 6)))
    assert "AutoencoderOutlierDetector" in detector._repr_html_() and "→" not in detector._repr_html_()


def test_display_as_text_and_in_a_pipeline():
    ae = fitted()
    with config_context(display="text"):
        assert not hasattr(ae, "_repr_html_")
        assert set(ae._repr_mimebundle_()) == {"text/plain"}
    X = np.random.default_rng(0).random((40, 6))
    pipeline = make_pipeline(StandardScaler(), AutoencoderTransformer(3, max_iter=2)).fit(X)
    assert "AutoencoderTransformer" in pipeline._repr_html_()


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_repr_holds_what_was_set_and_no_more(cls):
    assert repr(cls()) == f"{cls.__name__}()"
    assert repr(cls(8, alpha=0.1)) == f"{cls.__name__}(alpha=0.1, n_components=8)"
    assert repr(fitted(cls)) == repr(cls(3, hidden_layer_sizes=(5,), max_iter=2, random_state=0))


def test_dir_of_the_package_holds_the_public_names():
    assert set(skae.__all__) < set(dir(skae))
    assert [name for name in dir(skae) if name.startswith("_")] == ["__version__"]
    for name in dir(skae):
        assert getattr(skae, name) is not None
    with pytest.raises(AttributeError, match="module 'skae' has no attribute 'nothing'"):
        skae.nothing  # noqa: B018


def test_submodules_are_there_without_an_import_of_their_own():
    code = (
        "import sys, skae; assert 'skae.plotting' not in sys.modules; "
        "skae.datasets.load_digits_unit; skae.plotting; skae.metrics; skae.export; "
        "assert 'skae.plotting' in sys.modules; "
        "assert not {'matplotlib', 'onnx', 'skl2onnx'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
