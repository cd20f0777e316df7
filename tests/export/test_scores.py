"""to_onnx of scores, detectors and imputers: what they give here, of saturated units too."""

import json

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.export import to_onnx
from skae.impute import AutoencoderImputer
from skae.kernels.losses import LOSSES

onnx = pytest.importorskip("onnx")

SETTINGS = dict(max_iter=3, tol=0.0, batch_size=32, learning_rate_init=1e-2, random_state=0)
OPSETS = range(17, onnx.defs.onnx_opset_version() + 1)
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
WIDTH = 20


def make(estimator=AutoencoderTransformer, **parameters):
    return estimator(10, **{**SETTINGS, "loss": "squared_error", **parameters})


def relative(dtype):
    return 1e-5 if dtype == np.float32 else 1e-12


@pytest.fixture
def loaded(run):
    """``run``; a test is skipped where onnxruntime does not know the version of the operators yet."""

    def attempt(model, **inputs):
        try:
            return run(model, **inputs)
        except Exception as error:
            if "opset" in str(error).lower():
                pytest.skip("onnxruntime does not know this version of the operators")
            raise

    return attempt


def saturated(size, dtype, n_rows=50):
    """An autoencoder that reconstructs binary rows by logits of about plus and minus a size, the rows, and logits."""
    X = np.random.default_rng(0).integers(0, 2, (n_rows, WIDTH)).astype(dtype)
    ae = AutoencoderTransformer(WIDTH, loss="log_loss", activation="identity", init="glorot", max_iter=1).fit(X)
    ae.coefs_[0][...], ae.intercepts_[0][...] = np.eye(WIDTH), 0
    # Powers of two and small integers, so that the logits are exact in both precisions.
    ae.coefs_[1][...], ae.intercepts_[1][...] = 2 * size * np.eye(WIDTH), -size
    X[::7, 0] = 1 - X[::7, 0] / 2
    return ae, X, X.astype(np.float64) * 2 * size - size


def log_losses(z, x):
    """-x log sigma(z) - (1 - x) log(1 - sigma(z)) in float64, without a difference of large numbers."""
    return x * np.logaddexp(0, -z) + (1 - x) * np.logaddexp(0, z)


@DTYPES
@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("size", [2, 8, 16, 17, 18, 32, 64])
def test_saturated_units(loaded, size, opset, dtype):
    ae, X, z = saturated(size, dtype)
    losses = log_losses(z, X.astype(np.float64))
    np.testing.assert_allclose(-ae.score_samples(X), losses.sum(axis=1), rtol=relative(dtype) / 10)
    score, features = loaded(to_onnx(ae, "score", target_opset=opset), X=X)
    assert (score.dtype, score.shape, features.dtype, features.shape) == (dtype, (50,), dtype, X.shape)
    np.testing.assert_allclose(score, ae.score_samples(X), rtol=relative(dtype))
    np.testing.assert_allclose(features, -losses, rtol=relative(dtype))


@DTYPES
def test_the_log_loss_of_an_exported_reconstruction_is_none(run, dtype):
    """Why the scores are made from the logits: 1 - x_hat is 0 where x_hat rounds to 1."""
    size = 18 if dtype == np.float32 else 40
    ae, X, _ = saturated(size, dtype)
    (x_hat,) = run(to_onnx(ae, "autoencoder"), X=X)
    with np.errstate(divide="ignore", invalid="ignore"):
        losses = np.where(X >= 0.5, -np.log(x_hat), -np.log1p(-x_hat))
    wanted = -ae.score_samples(X)
    assert not np.isclose(losses.sum(axis=1)[1:7], wanted[1:7], rtol=0.5, atol=0.0).any()


@DTYPES
@pytest.mark.parametrize("n_rows", [1, 10_000])
@pytest.mark.parametrize("loss", LOSSES)
def test_any_number_of_rows(run, loss, n_rows, dtype, digits):
    X = digits[0].astype(dtype)
    ae = make(loss=loss).fit(X[:200])
    model = to_onnx(ae, "score")
    rows = np.resize(X, (n_rows, 64))
    score, features = run(model, X=rows)
    np.testing.assert_allclose(score, ae.score_samples(rows), rtol=relative(dtype))
    np.testing.assert_allclose(features.sum(axis=1), score, rtol=10 * relative(dtype))
    for value in (*model.graph.input, *model.graph.output):
        assert value.type.tensor_type.shape.dim[0].dim_param == "n_samples"


@pytest.mark.parametrize("opset", [11, *OPSETS])
@pytest.mark.parametrize("estimator", [AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE])
def test_features_of_every_autoencoder(loaded, estimator, opset, digits):
    X = digits[0][:200].astype(np.float32)
    ae = make(estimator, init="auto").fit(X)
    score, features = loaded(to_onnx(ae, "score", target_opset=opset), X=X)
    np.testing.assert_allclose(score, ae.score_samples(X), rtol=1e-5)
    np.testing.assert_allclose(features, -ae.reconstruction_error(X, per_feature=True), rtol=1e-3, atol=1e-6)


@DTYPES
@pytest.mark.parametrize("loss", LOSSES)
def test_missing_values_have_no_score(run, loss, dtype, digits):
    X = digits[0][:200].astype(dtype)
    X[np.random.default_rng(0).random(X.shape) < 0.2] = np.nan
    ae = make(loss=loss, missing_values="mask").fit(X)
    score, features = run(to_onnx(ae, "score"), X=X)
    np.testing.assert_allclose(score, ae.score_samples(X), rtol=relative(dtype))
    np.testing.assert_array_equal(np.isnan(features), np.isnan(X))
    np.testing.assert_allclose(np.nansum(features, axis=1), score, rtol=10 * relative(dtype))


@DTYPES
@pytest.mark.parametrize("missing", ["error", "mask"])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_detector(run, loss, missing, dtype, digits):
    X = digits[0][:200].astype(dtype)
    detector = AutoencoderOutlierDetector(make(loss=loss, missing_values=missing), contamination=0.2).fit(X)
    model = to_onnx(detector)
    assert [value.name for value in model.graph.output] == ["score", "feature_scores", "label", "decision"]
    score, features, label, decision = run(model, X=X)
    np.testing.assert_allclose(score, detector.score_samples(X), rtol=relative(dtype))
    np.testing.assert_allclose(features.sum(axis=1), score, rtol=10 * relative(dtype))
    wanted, scale = detector.decision_function(X), np.abs(detector.offset_)
    np.testing.assert_allclose(decision / scale, wanted / scale, atol=relative(dtype))
    clear = np.abs(wanted) > 1e-4 * scale
    assert clear.mean() > 0.9 and {-1, 1} == set(label[clear]) and label.dtype == np.int64
    np.testing.assert_array_equal(label[clear], detector.predict(X)[clear])


@DTYPES
def test_distances_of_a_detector(run, dtype, digits):
    X = digits[0][:300].astype(dtype)
    detector = AutoencoderOutlierDetector(contamination=0.2, random_state=0).fit(X)
    assert detector.precision_ is not None
    model = to_onnx(detector)
    score, label = run(model, X=X)[::2]
    np.testing.assert_allclose(score, detector.score_samples(X), rtol=10 * relative(dtype))
    far = X[:4].copy()
    far[0, 0], far[1, 3], far[2] = -np.finfo(dtype).max, np.finfo(dtype).max / 2, np.sqrt(np.finfo(dtype).max)
    far[3] = 1e3
    score, label = run(model, X=far)[::2]
    assert np.isfinite(score).all() and (label == -1).all()
    assert (detector.predict(far) == -1).all()


@DTYPES
@pytest.mark.parametrize("marker", [np.nan, -1.0])
@pytest.mark.parametrize("indicator", [False, True])
def test_an_imputer(run, indicator, marker, dtype, digits):
    X = digits[0][:200].astype(dtype)
    gaps = np.random.default_rng(0).random(X.shape) < 0.2
    inner = make(DenoisingAE, missing_values="mask")
    given = np.where(gaps, dtype(marker), X)
    imputer = AutoencoderImputer(inner, missing_values=marker, add_indicator=indicator).fit(given)
    model = to_onnx(imputer)
    assert [(value.name, value.type.tensor_type.shape.dim[1].dim_value) for value in model.graph.output] == [
        ("X_imputed", 64 + indicator * len(imputer.indicator_.features_ if indicator else ()))
    ]
    (filled,) = run(model, X=given.astype(np.float64))
    np.testing.assert_allclose(filled, imputer.transform(given), rtol=1e-5, atol=1e-5)
    score, features = run(to_onnx(imputer, "score"), X=given.astype(np.float64))
    with np.errstate(invalid="ignore"):
        scaled = (np.where(gaps, np.nan, X).astype(np.float64) - imputer.scaler_.mean_) / imputer.scaler_.scale_
    np.testing.assert_allclose(score, imputer.estimator_.score_samples(scaled.astype(np.float32)), rtol=1e-5)
    np.testing.assert_array_equal(np.isnan(features), gaps)


def test_an_imputer_of_factors_alone(run, digits):
    X = np.where(np.random.default_rng(0).random((200, 64)) < 0.2, np.nan, digits[0][:200])
    imputer = AutoencoderImputer("linear", random_state=0).fit(X)
    np.testing.assert_allclose(run(to_onnx(imputer), X=X)[0], imputer.transform(X), rtol=1e-9, atol=1e-12)
    with pytest.raises(ValueError, match="This imputer has no scores: factor analysis alone"):
        to_onnx(imputer, "score")


def test_what_cannot_be_converted_is_named(digits):
    X = digits[0][:50]
    detector = AutoencoderOutlierDetector(make()).fit(X)
    for part in ("encoder", "transform", None):
        with pytest.raises(ValueError, match=r"part must be one of \['auto', 'score'\]; got"):
            to_onnx(detector, part)
    with pytest.raises(ValueError, match=r"part must be one of \['auto', 'transform', 'score'\]; got 'encoder'"):
        to_onnx(AutoencoderImputer("linear").fit(X), "encoder")
    with pytest.raises(TypeError, match=r"register_skl2onnx"):
        to_onnx(IsolationForest())


def test_a_detector_of_another_estimator(digits):
    from sklearn.decomposition import PCA

    detector = AutoencoderOutlierDetector(make()).fit(digits[0][:50])
    detector.estimator_ = PCA(2)
    with pytest.raises(TypeError, match=r"Only a detector whose estimator is an autoencoder of skae .*estimator=PCA"):
        to_onnx(detector)


def test_the_model_says_what_it_is(digits):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(digits[0][:50], columns=[f"pixel {j}" for j in range(64)])
    model = to_onnx(AutoencoderOutlierDetector(make(loss="log_loss")).fit(frame))
    found = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(found.pop("feature_names")) == list(frame.columns)
    assert found == {"estimator": "AutoencoderOutlierDetector", "part": "score", "loss": "log_loss"}
    assert model.doc_string == (
        "Score of AutoencoderOutlierDetector: X of shape (n_samples, 64) to score of shape (n_samples), feature_scores "
        "of shape (n_samples, 64), label of shape (n_samples), decision of shape (n_samples)"
    )
