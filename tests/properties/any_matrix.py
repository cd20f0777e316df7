"""X of every kind: what a user may pass where a matrix of numbers is wanted, right or wrong."""

import array
import datetime
import decimal
import fractions
import warnings

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import strategies as st
from scipy import sparse

# What is made here may overflow; the library must not.
QUIET = {"all": "ignore"}

FLOATS = ("f4", "f8", "f2", "g", ">f4", ">f8", "<f4")
INTEGERS = ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", ">i2", ">i4", ">u8")
# Those of which no fit makes sense.
OTHERS = ("F", "D", "G", "S4", "U4", "V8", "M8[s]", "M8[D]", "m8[ns]", "f8,i4", "O")

FILLS = {
    "unit": lambda rng, shape: rng.random(shape),
    "normal": lambda rng, shape: rng.normal(size=shape),
    "binary": lambda rng, shape: rng.integers(0, 2, shape),
    "integers": lambda rng, shape: rng.integers(-300, 300, shape),
    "mostly zero": lambda rng, shape: rng.normal(size=shape) * (rng.random(shape) < 0.2),
    "zeros": lambda rng, shape: np.zeros(shape),
    "constant": lambda rng, shape: np.full(shape, rng.normal()),
    "constant columns": lambda rng, shape: np.full(shape, rng.normal(size=shape[-1:])),
    "all magnitudes": lambda rng, shape: rng.choice([-1, 1], shape) * 10.0 ** rng.uniform(-320, 308, shape),
}
SCALES = (
    1e-320,
    1e-310,
    1e-160,
    1e-45,
    1e-30,
    1e-8,
    1e4,
    1e8,
    1e18,
    1e19,
    1e38,
    1e77,
    1e153,
    1e154,
    1e200,
    1e300,
    1e308,
)
SPECIAL = (np.nan, np.inf, -np.inf, 5e-324, -0.0, 1.7e308, -1.7e308, 3e38, 1e-38)
# What has no place among numbers, inside a list or an array of objects; decimals and fractions have one.
FOREIGN = (
    None,
    "a",
    "1.5",
    b"1",
    10**400,
    -(10**400),
    2**64,
    1j,
    {},
    [],
    [1.0],
    (1.0, 2.0),
    object(),
    pd.NA,
    pd.NaT,
    np.ma.masked,
    decimal.Decimal("1.5"),
    decimal.Decimal("1e400"),
    decimal.Decimal("sNaN"),
    fractions.Fraction(1, 3),
    fractions.Fraction(10**400),
    datetime.date(2020, 1, 1),
    np.datetime64("2020-01-01"),
    np.float16(1.0),
    np.longdouble("1e4000"),
    np.array([1.0, 2.0]),
    np.array(3.0),
    True,
)


@st.composite
def rarely(draw, strategy, otherwise, one_in=4):
    """Mostly the second strategy, of which the search would otherwise see too little."""
    return draw(strategy if draw(st.integers(1, one_in)) == one_in else otherwise)


def widths():
    return st.sampled_from((1, 2, 3, 4, 5, 7, 20))


@st.composite
def numbers(draw, shape):
    """An array of float64: of one magnitude or of many, with or without values that are special."""
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    X = np.array(FILLS[draw(st.sampled_from(sorted(FILLS)))](rng, shape), np.float64)
    with np.errstate(**QUIET):
        X *= draw(rarely(st.sampled_from(SCALES), st.just(1.0), 3))
    for value in draw(rarely(st.lists(st.sampled_from(SPECIAL), min_size=1, max_size=3), st.just([]), 8)):
        if X.size:
            X.flat[draw(st.integers(0, X.size - 1))] = value
    return X


@st.composite
def arrays(draw, shape):
    """An ndarray of any dtype and layout."""
    X = draw(numbers(shape))
    others = rarely(st.sampled_from(OTHERS), st.sampled_from(INTEGERS))
    dtype = np.dtype(draw(rarely(others, st.sampled_from(FLOATS), 3)))
    with np.errstate(**QUIET):
        if dtype.kind == "M" or dtype.kind == "m":
            X = np.nan_to_num(X).astype("i8").astype(dtype)
        elif dtype.kind == "V":
            X = np.zeros(shape, dtype)
        else:
            X = X.astype(dtype)
            if dtype.char == "g" and X.size and draw(st.booleans()):
                X.flat[0] = np.longdouble("1e4000")
    if dtype.kind == "O" and X.size:
        X.flat[draw(st.integers(0, X.size - 1))] = draw(st.sampled_from(FOREIGN))
    return draw(st.sampled_from(LAYOUTS))(X)


def _unaligned(X):
    if X.dtype.hasobject or not X.size:
        return X
    return np.frombuffer(b"\0" + X.tobytes(), np.uint8, offset=1).view(X.dtype).reshape(X.shape)


def _read_only(X):
    X = X.copy()
    X.setflags(write=False)
    return X


# Each gives an array of the same shape, most of them the same values.
LAYOUTS = (
    lambda X: X,
    lambda X: X,
    lambda X: X,
    np.asfortranarray,
    _read_only,
    _unaligned,
    lambda X: X[::-1] if X.ndim else X,
    lambda X: X[..., ::-1] if X.ndim else X,
    lambda X: np.repeat(X, 2, axis=-1)[..., ::2] if X.ndim else X,
    lambda X: np.repeat(X, 3, axis=0)[::3] if X.ndim else X,
    lambda X: np.broadcast_to(X[:1], X.shape) if X.ndim and len(X) else X,
    lambda X: np.broadcast_to(X[..., :1], X.shape) if X.ndim and X.size else X,
)


@st.composite
def sparse_matrices(draw, shape):
    """A sparse matrix or array of any format and index dtype, in order or not."""
    dtype = np.dtype(
        draw(rarely(st.sampled_from(("?", "i1", "u8", "i8", "F", "g", "f8")), st.sampled_from(("f4", "f8"))))
    )
    X = draw(numbers(shape))
    X[np.random.default_rng(draw(st.integers(0, 9))).random(shape) < draw(st.sampled_from((0.0, 0.5, 1.0)))] = 0
    with np.errstate(**QUIET):
        X = X.astype(dtype)
    kind = draw(st.sampled_from(("array", "matrix")))
    made = getattr(sparse, f"csr_{kind}")(X)
    disorder = draw(rarely(st.sampled_from(sorted(DISORDERS)), st.just("none"), 3))
    if made.nnz:
        made = DISORDERS[disorder](made)
    if disorder == "none":
        made = made.asformat(draw(st.sampled_from(("csr", "csr", "csc", "coo", "bsr", "dia", "dok", "lil"))))
    if hasattr(made, "indices"):
        index = draw(st.sampled_from((np.int32, np.int64)))
        made.indices, made.indptr = made.indices.astype(index), made.indptr.astype(index)
    return made


def _shuffled(X):
    X = X.copy()
    for start, stop in zip(X.indptr, X.indptr[1:]):
        X.indices[start:stop] = X.indices[start:stop][::-1].copy()
        X.data[start:stop] = X.data[start:stop][::-1].copy()
    X.has_sorted_indices = X.has_canonical_format = False
    return X


def _twice(X):
    return type(X)((np.repeat(X.data, 2), np.repeat(X.indices, 2), X.indptr * 2), shape=X.shape)


def _with_zeros(X):
    X = X.copy()
    X.data[0] = 0
    return X


def _with_index(value):
    def broken(X):
        X = X.copy()
        X.indices[-1] = value
        return X

    return broken


def _falling(X):
    X = X.copy()
    X.indptr[1:-1] = X.indptr[-1]
    X.indptr[len(X.indptr) // 2] = 0
    return X


DISORDERS = {
    "none": lambda X: X,
    "shuffled": _shuffled,
    "duplicate": _twice,
    "explicit zero": _with_zeros,
    "index beyond": _with_index(10**6),
    "index below": _with_index(-3),
    "row starts that fall": _falling,
    "beyond, by column": lambda X: _with_index(10**6)(X.tocsc()),
}


# Frames: by column from an array, of NumPy's types and of others.

PANDAS_DTYPES = (
    "float64",
    "float32",
    "Float64",
    "Float32",
    "Int64",
    "boolean",
    "string",
    "category",
    "object",
    "double[pyarrow]",
    "bool",
    "Sparse[float64]",
    "datetime64[ns]",
    "timedelta64[s]",
    "complex128",
    "period",
)


@np.errstate(**QUIET)
def pandas_column(values, dtype):
    values = np.asarray(values, np.float64)
    if dtype == "period":
        return pd.Series(pd.period_range("2020", periods=len(values), freq="D"))
    if dtype in ("Int64", "datetime64[ns]", "timedelta64[s]", "boolean"):
        values = np.nan_to_num(values).astype("i8")
        values = values % 2 == 1 if dtype == "boolean" else values
    return pd.Series(values).astype(dtype)


@st.composite
def pandas_frames(draw, shape):
    X = draw(numbers(shape))
    usual = draw(st.sampled_from(("float64", "float32", "Float64")))
    dtypes = [draw(rarely(st.sampled_from(PANDAS_DTYPES), st.just(usual), 12)) for _ in range(shape[1])]
    frame = pd.DataFrame({j: pandas_column(X[:, j], dtype) for j, dtype in enumerate(dtypes)})
    frame.columns = draw(st.sampled_from(COLUMN_NAMES))(shape[1])
    if draw(st.integers(1, 6)) == 6 and X.size and frame.dtypes.iloc[0] in ("Float64", "Int64", "string"):
        frame.iloc[0, 0] = pd.NA
    return frame


COLUMN_NAMES = (
    lambda n: [f"c{j}" for j in range(n)],
    lambda n: [f"c{j}" for j in range(n)],
    lambda n: list(range(n)),
    lambda n: ["same"] * n,
    lambda n: [j if j % 2 else str(j) for j in range(n)],
    lambda n: pd.MultiIndex.from_tuples([("a", str(j)) for j in range(n)]),
    lambda n: pd.date_range("2020", periods=n),
)

POLARS_DTYPES = (pl.Float32, pl.Int16, pl.Boolean, pl.String, pl.Decimal, pl.Date, pl.Categorical, pl.Object, pl.List)


@np.errstate(**QUIET)
def polars_column(values, dtype):
    values = np.asarray(values, np.float64)
    if dtype in (pl.String, pl.Categorical):
        return pl.Series([str(v) for v in values], dtype=dtype)
    if dtype == pl.Decimal:
        return pl.Series([decimal.Decimal(f"{v:.3f}") for v in np.clip(np.nan_to_num(values), -1e9, 1e9)])
    if dtype == pl.Date:
        return pl.Series([datetime.date(2020, 1, 1)] * len(values))
    if dtype == pl.Object:
        return pl.Series([object()] * len(values), dtype=pl.Object)
    if dtype == pl.List:
        return pl.Series([[v] for v in values], dtype=pl.List(pl.Float64))
    if dtype == pl.Int16:
        return pl.Series(np.clip(np.nan_to_num(values), -9e3, 9e3).astype("i2"))
    return pl.Series(values > 0) if dtype == pl.Boolean else pl.Series(values).cast(dtype)


@st.composite
def polars_frames(draw, shape):
    X = draw(numbers(shape))
    dtypes = [draw(rarely(st.sampled_from(POLARS_DTYPES), st.just(pl.Float64), 12)) for _ in range(shape[1])]
    frame = pl.DataFrame({f"c{j}": polars_column(X[:, j], dtype) for j, dtype in enumerate(dtypes)})
    if draw(st.integers(1, 6)) == 6 and X.size:
        frame = frame.with_columns(pl.lit(None).alias("c0"))
    return frame.lazy() if draw(st.integers(1, 8)) == 8 else frame


@st.composite
def lists(draw, shape):
    """Rows in lists or tuples; some ragged, or with something foreign in them."""
    rows = draw(numbers(shape)).tolist()
    fault = draw(rarely(st.sampled_from(("ragged", "foreign")), st.just("none"), 3))
    if rows and rows[0] and fault == "ragged":
        rows[-1] = draw(st.sampled_from((rows[-1][:-1], rows[-1] * 2, [], None, 1.0, [rows[-1]])))
    if rows and rows[0] and fault == "foreign":
        rows[-1][-1] = draw(st.sampled_from(FOREIGN))
    return tuple(map(tuple, rows)) if fault == "none" and draw(st.booleans()) else rows


class Converts:
    """What says that it converts itself to an array."""

    def __init__(self, X):
        self._X = X

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self._X, dtype)


@st.composite
def odd_containers(draw, shape):
    """What holds a matrix, and is no array."""
    return draw(st.sampled_from(ODD_CONTAINERS))(draw(numbers(shape)))


def _matrix(X):
    with warnings.catch_warnings(action="ignore"):
        return np.asmatrix(X)


ODD_CONTAINERS = (
    _matrix,
    Converts,
    lambda X: np.ma.array(X, mask=np.abs(X) > 0.7),
    lambda X: np.ma.array(X, mask=True),
    lambda X: memoryview(X) if X.size else X,
    lambda X: pd.Series(X.ravel()),
    lambda X: map(list, X.tolist()),
    lambda X: dict(enumerate(X)),
)


# Since SciPy 1.15.
MORE_DIMENSIONS = []
if hasattr(sparse, "permute_dims"):
    MORE_DIMENSIONS = [sparse.coo_array(np.ones(3)), sparse.coo_array(np.ones((2, 2, 2)))]

NO_MATRIX = (
    None,
    0,
    1.5,
    np.nan,
    10**400,
    "abc",
    b"abc",
    "",
    [],
    [[]],
    (),
    {},
    set(),
    range(3),
    object(),
    len,
    np.float64(1.0),
    np.array(5),
    array.array("d", [1.0, 2.0]),
    pd.DataFrame(),
    pl.DataFrame(),
    pl.Series([1.0]),
    pd.Series([1.0, 2.0]),
    [1.0, 2.0],
    [None],
    [[None]],
    ["a", "b"],
    [["a"], ["b"]],
    [[["a"]]],
    np.array([["a", "b"]]),
    np.empty((0, 3)),
    np.empty((3, 0)),
    np.empty((0, 0)),
    sparse.csr_array((0, 3)),
    sparse.csr_array((3, 0)),
    *MORE_DIMENSIONS,
)


@st.composite
def matrices(draw, n_columns=None, n_rows=None):
    """X: mostly something of the given width, or of any, with a few rows."""
    if draw(st.integers(1, 20)) == 20:
        return draw(st.sampled_from(NO_MATRIX))
    n_rows = draw(st.sampled_from((1, 2, 3, 5, 8, 20, 60))) if n_rows is None else n_rows
    n_columns = draw(widths()) if n_columns is None else n_columns
    shape = (n_rows, n_columns)
    if draw(st.integers(1, 20)) == 20:
        return draw(arrays(draw(st.sampled_from(((), (0,), (3,), (1, 2, 3), (2,) * 5, (1,) * 32, (0, 3), (3, 0))))))
    kinds = (
        arrays,
        arrays,
        arrays,
        arrays,
        sparse_matrices,
        sparse_matrices,
        pandas_frames,
        polars_frames,
        lists,
        odd_containers,
    )
    return draw(draw(st.sampled_from(kinds))(shape))


@st.composite
def sample_weights(draw, n_rows):
    """sample_weight: mostly None or right."""
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    right = rng.random(n_rows)
    wrong = (
        lambda: np.zeros(n_rows),
        lambda: -right,
        lambda: rng.random(n_rows + 1),
        lambda: rng.random((n_rows, 2)),
        lambda: np.full(n_rows, np.nan),
        lambda: np.full(n_rows, np.inf),
        lambda: ["a"] * n_rows,
        lambda: [10**400] * n_rows,
        lambda: [None] * n_rows,
        lambda: right.astype(complex),
        lambda: right.astype(object),
        lambda: np.arange(n_rows).astype("M8[s]"),
        lambda: [[1.0], [1.0, 2.0]],
        lambda: "balanced",
        lambda: {},
        lambda: 10**400,
        lambda: object(),
        lambda: sparse.csr_array(right[None]),
        lambda: np.full(n_rows, np.longdouble("1e4000")),
    )
    fine = (
        lambda: right,
        lambda: right.astype("f4"),
        lambda: right.astype(">f8"),
        lambda: right.tolist(),
        lambda: np.arange(n_rows),
        lambda: right > 0.5,
        lambda: pd.Series(right),
        lambda: pl.Series(right),
        lambda: right * 1e308,
        lambda: right * 1e-315,
        lambda: 10.0 ** rng.uniform(-320, 308, n_rows),
        lambda: 2.0,
        lambda: 0,
    )
    return draw(rarely(st.sampled_from(wrong), st.sampled_from((lambda: None, *fine)), 8))()
