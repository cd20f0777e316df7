"""Lazy results: what the estimator's own methods give, block by block."""

import dask.array as da
import numpy as np
import pytest

from skae import AutoencoderOutlierDetector, AutoencoderTransformer
from skae.distributed import inverse_transform, reconstruct, score, score_samples, transform

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


def test_scores_of_a_detector(client, rows, parts):
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(3, max_iter=5, random_state=0)).fit(rows)
    np.testing.assert_allclose(score_samples(detector, parts).compute(), detector.score_samples(rows), rtol=1e-9)
