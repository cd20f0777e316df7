"""Columns of frames: which are numbers, which are not and are named, and what stands for a gap in them."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, DenoisingAE
from skae.impute import AutoencoderImputer
from skae.metrics import reconstruction_score
from skae.preprocessing import PCANormalizer
from skae.rows.columns import with_readable_columns

N = 6
SETTINGS = dict(n_components=1, max_iter=1, random_state=0)
STAMPS = pd.date_range("2020", periods=N)
DATES, TIMES = [datetime.date(2020, 1, 1)] * N, [datetime.time(1)] * N
SPANS = [datetime.timedelta(1)] * N
DECIMALS = [Decimal("1.5"), None, Decimal("2.5")] * 2
WORDS = ["1", "word"] * 3


def pandas(values, dtype=None):
    return pd.DataFrame({"a": np.linspace(0, 1, N), "when": pd.Series(values, dtype=dtype)})


def arrow(values, dtype=None):
    return pa.table({"a": np.linspace(0, 1, N), "when": pa.array(values, dtype)})


def polars(values, dtype=None):
    return pl.DataFrame({"a": np.linspace(0, 1, N), "when": pl.Series(values, dtype=dtype)})


def objects(value):
    return pandas([value] * N, object)


NO_NUMBERS = {
    "pandas timestamps": pandas(STAMPS),
    "pandas timestamps alone": pandas(STAMPS)[["when"]],
    "pandas timestamps with a zone": pandas(STAMPS.tz_localize("UTC")),
    "pandas durations": pandas(STAMPS - STAMPS[0]),
    "pandas periods": pandas(STAMPS.to_period("D")),
    "pandas text": pandas(WORDS, "string"),
    "pandas categories": pandas(list("abc") * 2, "category"),
    "pandas words among objects": pandas([1.0, "word"] * 3, object),
    "pandas dates among objects": pandas(DATES, object),
    "pandas NumPy dates among objects": objects(np.datetime64("2020-01-01")),
    "pandas NumPy durations among objects": objects(np.timedelta64(1, "D")),
    "pandas Arrow timestamps": pandas(STAMPS, pd.ArrowDtype(pa.timestamp("us"))),
    "pandas Arrow dates": pandas(DATES, pd.ArrowDtype(pa.date32())),
    "pandas Arrow durations": pandas(STAMPS - STAMPS[0], pd.ArrowDtype(pa.duration("us"))),
    "pandas Arrow times": pandas(TIMES, pd.ArrowDtype(pa.time64("us"))),
    "pandas Arrow text": pandas(WORDS, pd.ArrowDtype(pa.string())),
    "pandas Arrow bytes": pandas([b"1"] * N, pd.ArrowDtype(pa.binary())),
    "polars dates": polars(DATES),
    "polars dates among objects": polars(DATES, pl.Object),
    "polars bytes": polars([b"1"] * N),
    "polars dates alone": polars(DATES)[["when"]],
    "polars timestamps": polars([datetime.datetime(2020, 1, 1)] * N),
    "polars durations": polars(SPANS),
    "polars times": polars(TIMES),
    "polars text": polars(WORDS),
    "polars categories": polars(WORDS, pl.Categorical),
    "polars lists": polars([[1.0]] * N),
    "polars structures": polars([{"x": 1.0}] * N),
    "Arrow timestamps": arrow(list(STAMPS)),
    "Arrow timestamps alone": arrow(list(STAMPS)).select(["when"]),
    "Arrow dates": arrow(DATES),
    "Arrow durations": arrow(SPANS),
    "Arrow times": arrow(TIMES),
    "Arrow text": arrow(WORDS),
    "Arrow bytes": arrow([b"1"] * N),
    "Arrow categories of dates": arrow(pa.array(DATES).dictionary_encode()),
    "Arrow categories": arrow(pa.array(WORDS).dictionary_encode()),
    "a batch of Arrow timestamps": arrow(list(STAMPS)).to_batches()[0],
}


@pytest.mark.parametrize("case", NO_NUMBERS)
def test_a_column_that_is_no_number_is_named(case):
    with pytest.raises((ValueError, TypeError), match=r"(?s)(?=.*\bX\b)(?=.*[Cc]olumn 'when')"):
        AutoencoderTransformer(**SETTINGS).fit(NO_NUMBERS[case])


TRAINING = pandas(np.linspace(2, 3, N) ** 2)
READERS = {
    "AutoencoderTransformer": AutoencoderTransformer(**SETTINGS),
    "AutoencoderImputer": AutoencoderImputer(DenoisingAE(**SETTINGS, missing_values="mask")),
    "AutoencoderOutlierDetector": AutoencoderOutlierDetector(AutoencoderTransformer(**SETTINGS)),
    "the detector's default": AutoencoderOutlierDetector(random_state=0),
    "PCANormalizer": PCANormalizer(),
}
METHODS = ["fit", "partial_fit", "transform", "reconstruct", "score", "score_samples", "reconstruction_error"]
METHODS += ["decision_function", "predict", "inverse_transform"]


@pytest.mark.parametrize("case", ["pandas timestamps", "polars timestamps", "Arrow timestamps", "polars lists"])
@pytest.mark.parametrize("reader", READERS)
def test_it_is_named_by_every_method(reader, case):
    estimator = READERS[reader].fit(TRAINING)
    for method in METHODS:
        if hasattr(estimator, method):
            with pytest.raises(ValueError, match="must hold numbers; column 'when'"):
                getattr(estimator, method)(NO_NUMBERS[case])
    if hasattr(estimator, "inverse_transform"):
        with pytest.raises(ValueError, match="must hold numbers; column 'when'"):
            reconstruction_score(estimator, NO_NUMBERS[case])


class Labelled:
    """An array with labels, as xarray has them: no array of NumPy, and of a type."""

    def __init__(self, values):
        self.values, self.dtype, self.shape, self.ndim = values, values.dtype, values.shape, values.ndim

    def __array__(self, dtype=None, copy=None):
        return self.values if dtype is None else self.values.astype(dtype)

    def __len__(self):
        return len(self.values)


@pytest.mark.parametrize("dtype", ["datetime64[ns]", "timedelta64[s]"])
def test_an_array_of_another_library_that_is_no_number(dtype):
    X = Labelled(np.arange(12).reshape(6, 2).astype(dtype))
    with pytest.raises(ValueError, match=r"X must hold numbers; got dtype (datetime|timedelta)64"):
        AutoencoderTransformer(**SETTINGS).fit(X)


class Tensor:
    """What torch's tensors offer; their dtypes are not those of NumPy."""

    dtype = object()

    def __init__(self, values):
        self._values = values
        self.shape = values.shape

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self._values, dtype)

    def __dlpack__(self, **_):
        return self._values.__dlpack__()

    def __dlpack_device__(self):
        return self._values.__dlpack_device__()


class Strict:
    """An array that offers its memory alone."""

    dtype = object()

    def __init__(self, values):
        self._values = values

    def __dlpack__(self, **options):
        return self._values.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._values.__dlpack_device__()


@pytest.mark.parametrize("kind", [Tensor, Strict])
def test_tensors_are_read_as_arrays_that_share_their_memory(kind):
    X = np.arange(12.0).reshape(4, 3)
    read = with_readable_columns(kind(X), "X")
    assert type(read) is np.ndarray and np.shares_memory(read, X)
    np.testing.assert_array_equal(read, X)
    ae = AutoencoderTransformer(**SETTINGS).fit(X)
    np.testing.assert_array_equal(ae.transform(kind(X)), ae.transform(X))


def test_dates_among_the_objects_of_another_library():
    X = Labelled(np.array([[1.0, np.timedelta64(1, "D")]] * N, dtype=object))
    with pytest.raises(ValueError, match=r"^Column 1 of X holds a timedelta64, which is no number"):
        AutoencoderTransformer(**SETTINGS).fit(X)


@pytest.mark.parametrize("case", ["polars dates", "pandas timestamps", "Arrow timestamps"])
def test_a_frame_in_the_wrapper_of_narwhals(case):
    narwhals = pytest.importorskip("narwhals", reason="narwhals is not installed")
    X = narwhals.from_native(NO_NUMBERS[case])
    with pytest.raises(ValueError, match="X must hold numbers; column 'when'"):
        AutoencoderTransformer(**SETTINGS).fit(X)
    numbers = polars(np.linspace(2, 3, N) ** 2)
    wrapped = AutoencoderTransformer(**SETTINGS).fit(narwhals.from_native(numbers))
    assert list(wrapped.feature_names_in_) == ["a", "when"]
    native = AutoencoderTransformer(**SETTINGS).fit(numbers)
    np.testing.assert_array_equal(wrapped.transform(numbers), native.transform(narwhals.from_native(numbers)))


def test_dates_of_xarray():
    xarray = pytest.importorskip("xarray", reason="xarray is not installed")
    stamps = np.tile(STAMPS.to_numpy()[:, None], 2)
    for dtype in ("datetime64[ns]", "timedelta64[ns]"):
        array = xarray.DataArray(stamps.astype("i8").astype(dtype), dims=("row", "column"))
        with pytest.raises(ValueError, match=r"X must hold numbers; got dtype (datetime|timedelta)64"):
            AutoencoderTransformer(**SETTINGS).fit(array)
        with pytest.raises(ValueError, match="X must hold numbers; column 'when' has dtype"):
            AutoencoderTransformer(**SETTINGS).fit(array.assign_coords(column=["when", "then"]))
    numbers = {"a": ("row", np.linspace(0, 1, N)), "b": ("row", np.linspace(0, 1, N) ** 2)}
    with pytest.raises(ValueError, match="X must hold numbers; column 'when' has dtype datetime64"):
        AutoencoderTransformer(**SETTINGS).fit(xarray.Dataset({**numbers, "when": ("row", STAMPS)}))
    with pytest.raises(TypeError, match=r"X must have rows and columns; got a Dataset.* X\.to_array\(\)\.T"):
        AutoencoderTransformer(**SETTINGS).fit(xarray.Dataset(numbers))
    AutoencoderTransformer(**SETTINGS).fit(xarray.Dataset(numbers).to_array().T)


@pytest.mark.parametrize("value", [np.datetime64("2020-01-01"), np.timedelta64(1, "D"), STAMPS[0], DATES[0], SPANS[0]])
def test_dates_among_objects_are_no_numbers(value):
    for X in (np.array([[1.0, value]] * N, dtype=object), [[1.0, value]] * N):
        with pytest.raises(
            ValueError, match=rf"^Column 1 of X holds a {type(value).__name__}, which is no number.* days"
        ):
            AutoencoderTransformer(**SETTINGS).fit(X)


WORDS_AMONG_NUMBERS = np.array([[pd.NA, float(i), "word"] for i in range(N)], dtype=object)


@pytest.mark.parametrize("reader", READERS)
def test_a_column_of_words_has_its_number(reader):
    text = WORDS_AMONG_NUMBERS.astype(str)
    text[:, 0] = "1.5"
    for X in (WORDS_AMONG_NUMBERS, WORDS_AMONG_NUMBERS.tolist(), text, text.tolist()):
        with pytest.raises(
            ValueError, match=r"^Column 2 of X cannot be read as numbers: .*'word'\. Make numbers of it"
        ):
            READERS[reader].fit(X)


@pytest.mark.parametrize("X", [[[1.0, 2.0], [3.0]], np.array(["1", "word"], dtype=object), np.full((6, 2), "1.5")])
def test_where_no_column_is_at_fault_none_is_named(X):
    with pytest.raises(ValueError, match=r"^X cannot be read as an array of numbers: "):
        AutoencoderTransformer(**SETTINGS).fit(X)


NUMBERS = [1.0, 2.0, 4.0] * 2
SPELT = list(map(str, NUMBERS))
COLUMNS = {
    "pandas text": pandas(SPELT, "string"),
    "pandas text among objects": pandas(SPELT, object),
    "pandas Arrow text": pandas(SPELT, pd.ArrowDtype(pa.string())),
    "polars text": polars(SPELT),
    "Arrow text": arrow(SPELT),
    "pandas categories of numbers": pandas(NUMBERS, "category"),
    "pandas objects": pandas(NUMBERS, object),
    "pandas decimals": pandas(list(map(Decimal, NUMBERS)), pd.ArrowDtype(pa.decimal128(5, 2))),
    "polars decimals": polars(list(map(Decimal, NUMBERS)), pl.Decimal(5, 2)),
    "polars integers": polars(list(map(int, NUMBERS))),
    "Arrow integers": arrow(list(map(int, NUMBERS))),
    "Arrow decimals": arrow(list(map(Decimal, NUMBERS))),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_columns_of_numbers_are_read(case):
    expected = AutoencoderTransformer(**SETTINGS).fit(pandas(NUMBERS))
    model = AutoencoderTransformer(**SETTINGS).fit(COLUMNS[case])
    np.testing.assert_array_equal(model.coefs_[0], expected.coefs_[0])
    np.testing.assert_array_equal(model.feature_names_in_, ["a", "when"])


WITH_GAPS = {
    "pandas.NA among objects": pandas([1.0, pd.NA, 2.0] * 2, object),
    "Arrow decimals in pandas": pandas(DECIMALS, pd.ArrowDtype(pa.decimal128(5, 2))),
    "text with gaps": pandas(["1.0", pd.NA, "2.0"] * 2, "string"),
    "polars text with gaps": polars(["1.0", None, "2.0"] * 2),
    "nullable integers": pandas([1, pd.NA, 2] * 2, "Int64"),
    "nullable booleans": pandas([True, pd.NA, False] * 2, "boolean"),
    "Arrow decimals": arrow(DECIMALS),
    "polars decimals": polars(DECIMALS),
    "an array of objects": pandas([1.0, pd.NA, 2.0] * 2, object).to_numpy(),
    "lists": pandas([1.0, pd.NA, 2.0] * 2, object).to_numpy().tolist(),
}


def gaps():
    return np.column_stack([np.zeros(N, bool), [False, True, False] * 2])


@pytest.mark.parametrize("case", WITH_GAPS)
def test_what_stands_for_a_gap_is_missing(case):
    X = WITH_GAPS[case]
    ae = AutoencoderTransformer(**SETTINGS, missing_values="mask").fit(X)
    np.testing.assert_array_equal(np.isnan(ae.reconstruction_error(X, per_feature=True)), gaps())
    assert np.isfinite([ae.score(X), *ae.transform(X).ravel()]).all()
    ae.partial_fit(X)
    filled = READERS["AutoencoderImputer"].fit_transform(X)
    assert np.isfinite(filled).all()
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(**SETTINGS, missing_values="mask")).fit(X)
    assert np.isfinite(detector.decision_function(X)).all()
    for estimator in (AutoencoderTransformer(**SETTINGS), PCANormalizer()):
        with pytest.raises(ValueError, match="Input X contains NaN"):
            estimator.fit(X)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        reconstruction_score(PCANormalizer().fit(np.eye(6, 2)), X)


def test_a_frame_stays_as_it_was():
    X = WITH_GAPS["pandas.NA among objects"].copy()
    before = X.copy()
    AutoencoderTransformer(**SETTINGS, missing_values="mask").fit(X)
    pd.testing.assert_frame_equal(X, before)
