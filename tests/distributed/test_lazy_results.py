"""Lazy results: what the estimator's own methods give, block by block."""

import dask.array as da
import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, StandardScaler

from skae import AutoencoderOutlierDetector, AutoencoderTransformer
from skae.distributed import (
    decision_function,
    fit,
    inverse_transform,
    predict,
    reconstruct,
    score,
    score_samples,
    transform,
)

METHODS = {"transform": transform, "reconstruct": reconstruct, "score_samples": score_samples}


@pytest.fixture(scope="module", params=[np.float32, np.float64])
def fitted(request, rows):
    X = rows.astype(request.param)
    return AutoencoderTransformer(3, max_iter=5, random_state=0).fit(X), X


@pytest.mark.parametrize("method", METHODS)
def test_blocks_of_an_array(method, client, fitted):
    ae, X = fitted
    expected = getattr(ae, method)(X)
    lazy = METHODS[method](ae, da.from_array(X, chunks=(170, 4)))
    assert lazy.chunks[0] == (170, 170, 170, 90)
    assert (lazy.shape, lazy.dtype, lazy._meta.dtype) == (expected.shape, expected.dtype, expected.dtype)
    np.testing.assert_allclose(lazy.compute(), expected, rtol=1e-5, atol=1e-6)


def test_codes_back(client, fitted):
    ae, X = fitted
    H = transform(ae, da.from_array(X, chunks=(200, 10)))
    back = inverse_transform(ae, H)
    assert back.shape == X.shape
    np.testing.assert_allclose(back.compute(), ae.reconstruct(X), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_score(offset, client, rows):
    ae = AutoencoderTransformer(4, solver="lbfgs", max_iter=20, random_state=0).fit(rows + offset)
    for chunks in ((600, 10), (1, 10), (170, 3)):
        lazy = score(ae, da.from_array(rows + offset, chunks=chunks))
        assert (lazy.shape, lazy.dtype) == ((), np.float64)
        assert float(lazy.compute()) == pytest.approx(ae.score(rows + offset), abs=1e-9 if offset else 1e-12)


def test_score_of_rows_with_gaps_and_of_constant_ones(client, rows):
    holed = np.where(np.random.default_rng(2).random(rows.shape) < 0.3, np.nan, rows)
    holed[:100, 3] = np.nan
    ae = AutoencoderTransformer(4, missing_values="mask", max_iter=5, random_state=0).fit(holed)
    assert score(ae, da.from_array(holed, chunks=(100, 10))).compute() == pytest.approx(ae.score(holed), rel=1e-12)
    constant = np.full((40, 10), 3.0)
    assert score(ae, da.from_array(constant, chunks=(10, 10))).compute() == ae.score(constant)


def test_frames_keep_their_index_and_get_names(client, rows):
    dd, pd = pytest.importorskip("dask.dataframe"), pytest.importorskip("pandas")
    frame = pd.DataFrame(rows, columns=list("abcdefghij"), index=np.arange(600) * 2)
    ae = AutoencoderTransformer(3, max_iter=5, random_state=0).fit(frame)
    lazy = dd.from_pandas(frame, npartitions=3)
    codes = transform(ae, lazy)
    assert list(codes.columns) == list(ae.get_feature_names_out())
    expected = pd.DataFrame(ae.transform(frame), index=frame.index, columns=codes.columns)
    pd.testing.assert_frame_equal(codes.compute(), expected)
    pd.testing.assert_series_equal(score_samples(ae, lazy).compute(), pd.Series(ae.score_samples(frame), frame.index))
    assert list(reconstruct(ae, lazy).columns) == list(frame.columns)
    ae.set_output(transform="pandas")
    pd.testing.assert_frame_equal(transform(ae, lazy).compute(), expected)
    with pytest.raises(ValueError, match="feature names"):
        transform(ae, lazy.rename(columns={"a": "z"})).compute()


def test_blocks_without_rows_or_of_unknown_size(client, fitted):
    ae, X = fitted
    blocks = da.from_array(X, chunks=(200, 10))
    some = blocks[blocks[:, 0] > 1e9]
    assert transform(ae, some).compute().shape == (0, 3)
    positive = blocks[blocks[:, 0] > 0]
    np.testing.assert_allclose(transform(ae, positive).compute(), ae.transform(X[X[:, 0] > 0]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("piped", [False, True])
def test_later_fits_change_nothing(piped, client, rows, parts):
    ae = AutoencoderTransformer(3, max_iter=2, random_state=0)
    ae = make_pipeline(StandardScaler(), ae) if piped else ae
    codes, scores = ae.fit(rows).transform(rows), ae.score_samples(rows)
    fraction = None if piped else (ae.score(rows), score(ae, parts))
    lazy_codes, lazy_scores = transform(ae, parts), score_samples(ae, parts)
    ae.set_params(**{"autoencodertransformer__n_components" if piped else "n_components": 2}).fit(3 * rows)
    np.testing.assert_allclose(lazy_codes.compute(), codes, rtol=1e-12)
    np.testing.assert_allclose(lazy_scores.compute(), scores, rtol=1e-12)
    if not piped:
        assert float(fraction[1].compute()) == pytest.approx(fraction[0], rel=1e-12)


def test_pipelines_whose_first_steps_take_no_made_up_row(client, rows):
    positive = np.exp(rows / 10) + 100.0
    for first in (FunctionTransformer(np.log), MinMaxScaler((0.1, 0.9))):
        ae = AutoencoderTransformer(
            3, loss="squared_error" if first.get_params().get("func") else "log_loss", max_iter=2
        )
        model = make_pipeline(first, ae).fit(positive)
        codes = transform(model, da.from_array(positive, chunks=(100, 10)))
        assert codes.shape == (600, 3) and codes.dtype == np.float64
        np.testing.assert_allclose(codes.compute(), model.transform(positive), rtol=1e-12)


@pytest.mark.parametrize("unknown", ["error", "ignore"])
def test_pipelines_that_take_strings(unknown, client, rows):
    pandas, dataframe = pytest.importorskip("pandas"), pytest.importorskip("dask.dataframe")
    frame = pandas.DataFrame({"a": rows[:, 0], "s": np.where(rows[:, 1] > 0, "x", "y"), "b": rows[:, 2]})
    frame["c"] = frame["s"].astype("category")
    columns = [(StandardScaler(), ["a", "b"]), (OneHotEncoder(handle_unknown=unknown), ["s", "c"])]
    model = make_pipeline(make_column_transformer(*columns), AutoencoderTransformer(2, max_iter=2)).fit(frame)
    parts = dataframe.from_pandas(frame, npartitions=3)
    codes, scores = transform(model, parts), score_samples(model, parts)
    np.testing.assert_allclose(codes.compute().to_numpy(), model.transform(frame), rtol=1e-12)
    np.testing.assert_allclose(scores.compute().to_numpy(), model.score_samples(frame), rtol=1e-12)


def test_results_that_are_sparse(client, rows):
    signs = np.sign(rows)
    encoder = OneHotEncoder(handle_unknown="ignore").fit(signs)
    codes = transform(encoder, da.from_array(signs, chunks=(100, 10)))
    np.testing.assert_array_equal(codes.compute(), encoder.transform(signs).toarray())


def test_estimators_without_the_method(client, rows, parts):
    with pytest.raises(TypeError, match="method score_samples; got StandardScaler"):
        score_samples(StandardScaler().fit(rows), parts)


def test_scores_of_a_detector(client, rows, parts):
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(3, max_iter=5, random_state=0)).fit(rows)
    np.testing.assert_allclose(score_samples(detector, parts).compute(), detector.score_samples(rows), rtol=1e-9)


OF_DETECTORS = {"score_samples": score_samples, "decision_function": decision_function, "predict": predict}


@pytest.mark.parametrize("method", OF_DETECTORS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_a_detector_says_of_arrays_and_frames(method, dtype, client, rows):
    dataframe, pd = pytest.importorskip("dask.dataframe"), pytest.importorskip("pandas")
    X = rows.astype(dtype)
    ae = AutoencoderTransformer(3, max_iter=5, random_state=0)
    detector = AutoencoderOutlierDetector(ae, contamination=0.1).fit(X)
    for model in (
        detector,
        make_pipeline(StandardScaler(), detector).fit(X),
        IsolationForest(n_estimators=5, random_state=0).fit(X),
    ):
        expected = getattr(model, method)(X)
        lazy = OF_DETECTORS[method](model, da.from_array(X, chunks=(170, 10)))
        assert (lazy.shape, lazy.dtype, lazy.chunks[0]) == ((600,), expected.dtype, (170, 170, 170, 90))
        np.testing.assert_allclose(lazy.compute(), expected, rtol=1e-4, atol=1e-4)
    frame = pd.DataFrame(X, columns=list("abcdefghij"), index=np.arange(600) * 2)
    detector.fit(frame)
    series = OF_DETECTORS[method](detector, dataframe.from_pandas(frame, npartitions=3)).compute()
    assert isinstance(series, pd.Series) and list(series.index) == list(frame.index)
    np.testing.assert_allclose(series, getattr(detector, method)(frame), rtol=1e-4, atol=1e-4)


def test_what_a_classifier_on_codes_says(client, rows):
    dataframe, pd = pytest.importorskip("dask.dataframe"), pytest.importorskip("pandas")
    y = np.array(["low", "middle", "very high"])[np.digitize(rows[:, 0], [-1.0, 1.0])]
    model = make_pipeline(AutoencoderTransformer(3, max_iter=5, random_state=0), LogisticRegression()).fit(rows, y)
    labels = predict(model, da.from_array(rows, chunks=(170, 10)))
    assert labels.dtype == model.predict(rows).dtype
    np.testing.assert_array_equal(labels.compute(), model.predict(rows))
    sides = decision_function(model, da.from_array(rows, chunks=(170, 10)))
    assert sides.shape == (600, 3)
    np.testing.assert_allclose(sides.compute(), model.decision_function(rows), rtol=1e-9)
    parts = dataframe.from_pandas(pd.DataFrame(rows).add_prefix("x"), npartitions=3)
    model.fit(pd.DataFrame(rows).add_prefix("x"), y)
    np.testing.assert_array_equal(predict(model, parts).compute().to_numpy(), model.predict(parts.compute()))
    np.testing.assert_allclose(decision_function(model, parts).compute(), model.decision_function(parts.compute()))


def test_what_has_no_decision_is_named(client, fitted):
    ae, X = fitted
    for method in ("decision_function", "predict"):
        with pytest.raises(TypeError, match=f"method {method}; got AutoencoderTransformer"):
            OF_DETECTORS[method](ae, da.from_array(X, chunks=(170, 10)))


@pytest.mark.parametrize("kind", ["datetime64[s]", "timedelta64[s]"])
def test_dates_are_no_numbers(kind, client, rows):
    pandas = pytest.importorskip("pandas")
    dataframe = pytest.importorskip("dask.dataframe")
    numbers = pandas.DataFrame(rows[:, :3], columns=["a", "b", "when"])
    ae = AutoencoderTransformer(2, max_iter=2, random_state=0)
    dates = numbers.assign(when=np.arange(len(rows)).astype(kind))
    lazy = dataframe.from_pandas(dates, npartitions=3)
    with pytest.raises(ValueError, match=r"X must hold numbers; column 'when' has dtype (datetime|timedelta)64"):
        fit(ae, lazy)
    ae.fit(numbers)
    for method in METHODS.values():
        with pytest.raises(ValueError, match=r"X must hold numbers; column 'when' has dtype (datetime|timedelta)64"):
            method(ae, lazy).compute()
    with pytest.raises(ValueError, match=r"X must hold numbers; got dtype (datetime|timedelta)64"):
        transform(ae.fit(rows[:, :3]), da.from_array(np.arange(9).reshape(3, 3).astype(kind))).compute()
