"""register_skl2onnx: pipelines with estimators of skae give in onnxruntime what they give here."""

import sys

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.export import conversions, graph, register_skl2onnx
from skae.impute import AutoencoderImputer
from skae.kernels.activations import ACTIVATIONS
from skae.kernels.losses import LOSSES
from skae.network.factor_analysis import FactorAnalysis
from skae.preprocessing import PCANormalizer

skl2onnx = pytest.importorskip("skl2onnx")

SETTINGS = dict(max_iter=5, tol=0.0, batch_size=32, learning_rate_init=1e-2, random_state=0)
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.fixture(scope="module", autouse=True)
def registered():
    register_skl2onnx()


def make(estimator=AutoencoderTransformer, n_components=8, **parameters):
    return estimator(n_components, **{**SETTINGS, "loss": "squared_error", **parameters})


def tolerance(dtype):
    return dict(rtol=1e-5, atol=1e-5) if dtype == np.float32 else dict(rtol=1e-10, atol=1e-12)


def holes(X):
    X = X.copy()
    X[np.random.default_rng(0).random(X.shape) < 0.2] = np.nan
    return X


def assert_same_transform(run, transformer, X):
    (found,) = run(skl2onnx.to_onnx(transformer, X[:1]), X=X)
    wanted = transformer.transform(X)
    assert found.dtype == X.dtype and found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, **tolerance(X.dtype))


@DTYPES
@pytest.mark.parametrize(
    "transformer",
    [
        make(),
        make(AutoencoderTransformer, hidden_layer_sizes=(20,), tied_weights=True, activation="relu"),
        make(DenoisingAE, activation="tanh"),
        make(SparseAE, sparsity="topk", n_active=2, activation="identity"),
        make(ContractiveAE),
        make(missing_values="mask"),
        PCANormalizer(),
        FeatureUnion([("sparse", make(SparseAE)), ("plain", make(n_components=3))], transformer_weights={"plain": 2}),
        ColumnTransformer(
            [("code", make(), slice(0, 40)), ("centred", PCANormalizer(), [50, 45])], remainder="passthrough"
        ),
    ],
    ids=lambda transformer: type(transformer).__name__,
)
def test_transformers(run, transformer, dtype, digits):
    X = digits[0][:150].astype(dtype)
    transformer.fit(X)
    assert_same_transform(run, transformer, X)
    if getattr(transformer, "missing_values", None) == "mask":
        assert_same_transform(run, transformer, holes(X))


@DTYPES
def test_a_pipeline_up_to_its_classifier(run, dtype, digits):
    X, y = digits[0][:300].astype(dtype), digits[1][:300]
    pipeline = make_pipeline(PCANormalizer(), make(DenoisingAE), StandardScaler(), LogisticRegression(C=0.1)).fit(X, y)
    model = skl2onnx.to_onnx(pipeline, X[:1], options={"zipmap": False})
    labels, shares = run(model, X=X)
    np.testing.assert_array_equal(labels, pipeline.predict(X))
    np.testing.assert_allclose(shares, pipeline.predict_proba(X), **tolerance(dtype))


def test_a_search(run, digits):
    X, y = digits[0][:150].astype(np.float32), digits[1][:150]
    pipeline = make_pipeline(make(DenoisingAE), LogisticRegression(max_iter=500))
    search = GridSearchCV(pipeline, {"denoisingae__noise_level": [0.1, 0.3]}, cv=2).fit(X, y)
    model = skl2onnx.to_onnx(search, X[:1])
    np.testing.assert_array_equal(run(model, X=X)[0], search.predict(X))
    search = GridSearchCV(make(DenoisingAE), {"noise_level": [0.1, 0.3]}, cv=2).fit(X)
    assert_same_transform(run, search, X)


def test_the_precision_is_that_of_the_input(run, digits):
    X = digits[0][:100]
    ae = make().fit(X)
    for converted in (X.astype(np.float32), (16 * X).astype(np.int64), (16 * X).astype(np.uint8), X > 0.5):
        (found,) = run(skl2onnx.to_onnx(ae, converted[:1]), X=converted)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, ae.transform(converted), rtol=1e-5, atol=1e-5)


@DTYPES
def test_columns_of_a_frame_one_by_one(run, dtype, digits):
    pd = pytest.importorskip("pandas")
    # Names that the graph has for values of its own.
    names = ["W0", "Gemm_0", "X1", "fill_values"]
    X, y = digits[0][:100, 18:22], digits[1][:100]
    # As in all of skl2onnx, the first column decides on the precision.
    frame = pd.DataFrame(X, columns=names).astype({"W0": dtype})
    frame["fill_values"] = y
    pipeline = make_pipeline(make(n_components=2, missing_values="mask"), LogisticRegression()).fit(frame, y)
    columns = {name: frame[[name]].to_numpy() for name in names}
    _, shares = run(skl2onnx.to_onnx(pipeline, frame[:1], options={"zipmap": False}), **columns)
    assert shares.dtype == dtype
    np.testing.assert_allclose(shares, pipeline.predict_proba(frame), **tolerance(dtype))


@DTYPES
@pytest.mark.parametrize("missing", ["error", "mask"])
@pytest.mark.parametrize("loss", LOSSES)
def test_detectors(run, loss, missing, dtype, digits):
    X = digits[0][:200].astype(dtype)
    estimator = make(DenoisingAE, loss=loss, missing_values=missing)
    detector = AutoencoderOutlierDetector(estimator, contamination=0.2).fit(X)
    X = holes(X) if missing == "mask" else X
    labels, scores = run(skl2onnx.to_onnx(detector, X[:1]), X=X)
    assert labels.shape == scores.shape == (200, 1) and labels.dtype == np.int64 and scores.dtype == dtype
    decision = detector.decision_function(X)
    scale = np.abs(detector.offset_)
    np.testing.assert_allclose(scores[:, 0], decision, rtol=0, atol=scale * (1e-5 if dtype == np.float32 else 1e-12))
    sure = np.abs(decision) > 1e-4 * scale
    np.testing.assert_array_equal(labels[sure, 0], detector.predict(X)[sure])
    assert set(labels[sure, 0]) == {-1, 1}


@DTYPES
@pytest.mark.parametrize("missing", ["error", "mask"])
@pytest.mark.parametrize("loss", LOSSES)
def test_scores_of_detectors(run, loss, missing, dtype, digits):
    X = digits[0][:200].astype(dtype)
    detector = AutoencoderOutlierDetector(make(DenoisingAE, loss=loss, missing_values=missing)).fit(X)
    X = holes(X) if missing == "mask" else X
    for opset in (graph.LEAST_OPSET, None):
        model = skl2onnx.to_onnx(detector, X[:1], options={"score_samples": True}, target_opset=opset)
        assert [value.name for value in model.graph.output] == ["label", "scores", "score_samples"]
        _, decision, scores = run(model, X=X)
        assert scores.shape == (200, 1) and scores.dtype == dtype
        np.testing.assert_allclose(scores[:, 0], detector.score_samples(X), **tolerance(dtype))
        np.testing.assert_allclose(decision, scores - dtype(detector.offset_), **tolerance(dtype))
    without = skl2onnx.to_onnx(detector, X[:1], options={"score_samples": False})
    assert [value.name for value in without.graph.output] == ["label", "scores"]


def test_scores_of_a_detector_in_a_pipeline(run, digits):
    X = digits[0][:200]
    pipeline = make_pipeline(PCANormalizer(), AutoencoderOutlierDetector(make(activation="tanh"))).fit(X)
    model = skl2onnx.to_onnx(pipeline, X[:1], options={id(pipeline[-1]): {"score_samples": True}})
    np.testing.assert_allclose(run(model, X=X)[2][:, 0], pipeline.score_samples(X), **tolerance(np.float64))


def test_the_losses_of_sure_and_wrong_outputs(run):
    X = np.array([[0.0, 1.0], [1.0, 0.0]] * 4)
    detector = AutoencoderOutlierDetector(make(n_components=1, loss="log_loss", activation="tanh")).fit(X)
    detector.estimator_.coefs_[1][...] = 0
    detector.estimator_.intercepts_[1][...] = [-600, 600]
    _, scores = run(skl2onnx.to_onnx(detector, X[:1]), X=X)
    np.testing.assert_allclose(scores[:2, 0] + detector.offset_, [0, -1200], atol=1e-12)


def test_of_detectors_with_another_estimator_it_is_said(digits):
    class Constant(BaseEstimator):
        n_features_in_ = 64

        def fit(self, X, y=None, sample_weight=None):
            self.fitted_ = True
            return self

        def score_samples(self, X):
            return np.arange(len(X), dtype=float)

        def reconstruction_error(self, X, per_feature=False):
            return np.zeros(len(X))

    X = digits[0][:50]
    detector = AutoencoderOutlierDetector(Constant()).fit(X)
    with pytest.raises(TypeError, match=r"this one was fitted with estimator=Constant\(\)"):
        skl2onnx.to_onnx(detector, X[:1])


@DTYPES
def test_imputers(run, dtype, digits):
    X = holes(digits[0][:150].astype(dtype) * np.linspace(1, 100, 64, dtype=dtype))
    X[:, 7] = np.nan
    imputer = AutoencoderImputer(make(DenoisingAE, missing_values="mask")).fit(X)
    X[0], X[1:9, 7], X[9, 20] = np.nan, 3.0, 1e36
    (found,) = run(skl2onnx.to_onnx(imputer, X[:1]), X=X)
    wanted = imputer.transform(X)
    assert found.dtype == dtype and np.isfinite(found).all()
    np.testing.assert_array_equal(found[~np.isnan(X)], wanted[~np.isnan(X)])
    np.testing.assert_array_equal(found[10:, 7], 0)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-4)


@DTYPES
@pytest.mark.parametrize("missing_values", [np.nan, -1, 0.1])
@pytest.mark.parametrize("add_indicator", [False, True])
def test_imputers_of_constant_columns_and_of_numbers_that_stand_for_gaps(
    run, dtype, missing_values, add_indicator, digits
):
    X = holes(digits[0][:150].astype(dtype) * np.linspace(1, 100, 64, dtype=dtype))
    X[:, 8] = np.where(np.arange(150) % 2, 2024, np.nan)
    X[:, 9] = 7
    X = np.where(np.isnan(X), dtype(missing_values), X)
    autoencoder = make(DenoisingAE, missing_values="mask")
    imputer = AutoencoderImputer(autoencoder, missing_values=missing_values, add_indicator=add_indicator).fit(X)
    (found,) = run(skl2onnx.to_onnx(imputer, X[:1]), X=X)
    wanted = imputer.transform(X)
    assert found.shape == wanted.shape == (150, 64 + add_indicator * len(np.setdiff1d(range(64), 9)))
    np.testing.assert_array_equal(found[:, 8], 2024)
    np.testing.assert_array_equal(found[:, 64:], wanted[:, 64:])
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-4)


@DTYPES
@pytest.mark.parametrize("n_factors", [0, 1, 5, 32])
@pytest.mark.parametrize("weight", [0.0, 0.4, 1.0])
def test_imputers_with_a_linear_model(run, n_factors, weight, dtype, digits):
    X = holes(digits[0][:150].astype(dtype) * np.linspace(1, 100, 64, dtype=dtype))
    X[:, 7] = np.nan
    imputer = AutoencoderImputer(make(DenoisingAE, missing_values="mask")).fit(X)
    rng = np.random.default_rng(0)
    # Equations of a condition up to a million.
    loadings, noise = rng.normal(size=(64, n_factors)), 10.0 ** rng.uniform(-4, 0, 64)
    imputer.linear_ = FactorAnalysis(rng.normal(size=64), loadings, noise)
    imputer.linear_weights_ = np.clip(weight + rng.uniform(-0.3, 0.3, 64), 0, 1) if weight < 1 else np.ones(64)
    if weight == 1:
        imputer.estimator_ = None
    X[0], X[1:9, 7] = np.nan, 3.0
    (found,) = run(skl2onnx.to_onnx(imputer, X[:1]), X=X)
    wanted = imputer.transform(X)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found[~np.isnan(X)], wanted[~np.isnan(X)])
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-4)
    if weight == 1:
        np.testing.assert_allclose(found, wanted, rtol=1e-6 if dtype == np.float32 else 1e-9, atol=1e-9)


@pytest.mark.parametrize("estimator", ["auto", "linear"])
def test_imputers_as_they_are_fitted(run, estimator, digits):
    X = holes(digits[0][:300])
    imputer = AutoencoderImputer(estimator, random_state=0, add_indicator=True).fit(X)
    assert (imputer.linear_weights_ < 1).any() == (estimator == "auto")
    (found,) = run(skl2onnx.to_onnx(imputer, X[:1]), X=X)
    np.testing.assert_allclose(found, imputer.transform(X), rtol=1e-5, atol=1e-5)


@DTYPES
@pytest.mark.parametrize("labels", [lambda y: y, lambda y: y > 4, lambda y: y.astype(str)])
def test_fine_tuned_classifiers(run, labels, dtype, digits):
    X, y = digits[0][:200].astype(dtype), labels(digits[1][:200])
    mlp = make().fit(X).to_mlp(max_iter=30, random_state=0).fit(X, y)
    found, shares = run(skl2onnx.to_onnx(mlp, X[:1], options={"zipmap": False}), X=X)
    np.testing.assert_array_equal(found, mlp.predict(X))
    np.testing.assert_allclose(shares, mlp.predict_proba(X), **tolerance(dtype))


@DTYPES
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("n_labels", [2, 3])
def test_fine_tuned_classifiers_of_several_labels(run, n_labels, activation, dtype, digits):
    X, y = digits[0][:200].astype(dtype), digits[1][:200]
    labels = np.column_stack([y > 4, y % 2 == 0, y < 2])[:, :n_labels].astype(int)
    mlp = make(activation=activation).fit(X).to_mlp(max_iter=100, learning_rate_init=1e-2, random_state=0)
    mlp.fit(X, labels)
    mlp.coefs_[-1][:, -1] = mlp.intercepts_[-1][-1] = 0
    for opset in (graph.LEAST_OPSET, None):
        model = skl2onnx.to_onnx(mlp, X[:1], options={"zipmap": False}, target_opset=opset)
        found, shares = run(model, X=X)
        np.testing.assert_array_equal(found, mlp.predict(X))
        np.testing.assert_allclose(shares, mlp.predict_proba(X), **tolerance(dtype))
        shapes = [[size.dim_value for size in value.type.tensor_type.shape.dim] for value in model.graph.output]
        assert shapes == [[0, n_labels], [0, n_labels]]
    assert 0 < found[:, 0].mean() < 1 and (found[:, -1] == 0).all()


def test_several_labels_of_integers_in_a_pipeline(run, digits):
    X, y = (16 * digits[0][:200]).astype(np.int64), digits[1][:200]
    scaler = PCANormalizer().fit(X)
    mlp = make().fit(scaler.transform(X)).to_mlp(max_iter=30, random_state=0)
    pipeline = make_pipeline(scaler, mlp).fit(X, np.column_stack([y > 4, y % 2]).astype(int))
    found, shares = run(skl2onnx.to_onnx(pipeline, X[:1], options={"zipmap": False}), X=X)
    np.testing.assert_array_equal(found, pipeline.predict(X))
    np.testing.assert_allclose(shares, pipeline.predict_proba(X), **tolerance(np.float32))


@DTYPES
def test_fine_tuned_regressors_in_a_pipeline(run, dtype, digits):
    X, y = digits[0][:200].astype(dtype), digits[1][:200]
    scaler = PCANormalizer().fit(X)
    mlp = make().fit(scaler.transform(X)).to_mlp("regressor", max_iter=30, random_state=0)
    pipeline = make_pipeline(scaler, mlp).fit(X, y)
    (found,) = run(skl2onnx.to_onnx(pipeline, X[:1]), X=X)
    np.testing.assert_allclose(found[:, 0], pipeline.predict(X), **tolerance(dtype))


def test_a_regressor_of_several_outputs_is_refused(digits):
    # skl2onnx would put all of them into one column.
    X = digits[0][:60]
    mlp = make().fit(X).to_mlp("regressor", max_iter=5).fit(X, X[:, :2])
    with pytest.raises(ValueError, match="perceptron of one output; StartedMLPRegressor was fitted to 2"):
        skl2onnx.to_onnx(mlp, X[:1])


def test_what_cannot_be_converted_is_named(digits):
    X = digits[0][:50]
    ae = make().fit(X)
    unfitted = [AutoencoderTransformer(), AutoencoderOutlierDetector(), AutoencoderImputer(), PCANormalizer()]
    for estimator in (*unfitted, ae.to_mlp("regressor")):
        with pytest.raises(NotFittedError):
            skl2onnx.to_onnx(estimator, X[:1])
    with pytest.raises(ValueError, match="X has 5 features, but AutoencoderTransformer is expecting 64"):
        skl2onnx.to_onnx(ae, X[:1, :5])
    with pytest.raises(ValueError, match="target_opset must be an integer from 11"):
        skl2onnx.to_onnx(ae, X[:1], target_opset=10)
    with pytest.raises(RuntimeError, match="StringTensorType"):
        skl2onnx.to_onnx(ae, X[:1].astype(str))


def test_what_is_too_large_for_a_file_is_refused(digits, monkeypatch):
    X = digits[0][:50]
    monkeypatch.setattr(graph, "_MOST_BYTES", 100)
    with pytest.raises(ValueError, match="at most 2 GiB"):
        skl2onnx.to_onnx(make().fit(X), X[:1])


def test_every_estimator_is_registered_however_often(digits):
    register_skl2onnx()
    aliases = {skl2onnx.get_model_alias(estimator) for estimator in conversions.CONVERSIONS}
    assert aliases == {f"Skae{estimator.__name__}" for estimator in conversions.CONVERSIONS}


def test_without_skl2onnx_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(ImportError, match=r"the package skl2onnx, .*: pip install 'skae\[onnx\]'"):
        register_skl2onnx()
