"""Input that is wrong in ways of its own: an error that names it, in place of other errors, of warnings, and of NaN."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from settings import FIXED, as_compiled

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, DenoisingAE
from skae.impute import AutoencoderImputer
from skae.metrics import reconstruction_score
from skae.preprocessing import PCANormalizer

SETTINGS = dict(n_components=2, max_iter=1, random_state=0)
MASKING = DenoisingAE(**SETTINGS, missing_values="mask")
# All that take X, by what makes one.
READERS = {
    "AutoencoderTransformer": lambda: AutoencoderTransformer(**SETTINGS),
    "AutoencoderImputer": lambda: AutoencoderImputer(MASKING),
    "AutoencoderOutlierDetector": lambda: AutoencoderOutlierDetector(AutoencoderTransformer(**SETTINGS)),
    "PCANormalizer": PCANormalizer,
}
every_start = pytest.mark.parametrize("start", [FIXED, {}], ids=["fixed", "defaults"])
DATE = datetime.date(2020, 1, 1)


@pytest.fixture
def X(rng):
    return rng.random((6, 3))


def frame(**columns):
    return pd.DataFrame({"a": [1.0, 2.0], **columns})


class Broken:
    """What fails when it is to become an array."""

    def __array__(self, dtype=None, copy=None):
        raise KeyError("no such chunk")


UNREADABLE = {
    "a long integer": [[10**400, 1.0], [1.0, 2.0]],
    "a word": [["a", 1.0], [1.0, 2.0]],
    "bytes": np.array([[b"1", b"2"]]),
    "an object": np.array([[object(), 1.0]]),
    "a missing date": pd.DataFrame({"a": [1.0], "b": pd.Series([pd.NaT], dtype=object)}),
    "dates": frame(b=pd.Series(pd.period_range("2020", periods=2, freq="D"))),
    "complex columns": frame(b=[1j, 2j], c=pd.Series([True, False], dtype="boolean")),
    "a long float": np.array([[np.longdouble("1e4000"), 1.0], [1.0, 2.0]], dtype=object),
    "an error of its own": Broken(),
    "a query": pl.LazyFrame({"a": [1.0, 2.0]}),
    "a mask that nothing reads": np.ma.masked_less(np.array([[1.0, 2.0], [3.0, 0.0]]), 1.0),
}


# What polars says when scikit-learn asks for the types of columns.
@pytest.mark.filterwarnings("ignore:Determining the data types of a LazyFrame")
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("case", UNREADABLE)
def test_what_is_no_matrix_of_numbers_is_named(reader, case):
    estimator = READERS[reader]()
    before = dict(vars(estimator))
    with pytest.raises((ValueError, TypeError), match=r"\bX\b"):
        estimator.fit(UNREADABLE[case])
    assert vars(estimator) == before


@pytest.mark.parametrize("case", ["a word", "an object", "dates", "complex columns", "a mask that nothing reads"])
def test_a_code_that_is_no_matrix_of_numbers_is_named(X, case):
    ae = AutoencoderTransformer(**SETTINGS).fit(X)
    with pytest.raises((ValueError, TypeError), match=r"\bX\b"):
        ae.inverse_transform(UNREADABLE[case])


def test_a_masked_array_without_masked_values_is_an_array(X):
    masked = np.ma.array(X)
    one, other = (AutoencoderTransformer(**SETTINGS).fit(rows).transform(rows) for rows in (X, masked))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("code", [[[np.nan, 0.0]], [[None, 0.0]], [[np.inf, -np.inf]]])
def test_a_code_that_is_not_finite(X, code):
    with pytest.raises(ValueError, match="Input X contains") as error:
        AutoencoderTransformer(**SETTINGS).fit(X).inverse_transform(code)
    # Nothing takes gaps in a code.
    assert "missing_values" not in str(error.value)


def test_infinities_that_cancel_are_refused_without_a_warning():
    with pytest.raises(ValueError, match="Input X contains infinity"):
        AutoencoderTransformer(**SETTINGS).fit(np.array([[-np.inf, np.inf], [1.0, 2.0]]))


@every_start
def test_great_numbers_whose_sums_are_not_finite_are_finite(start):
    # Summed in parts, each of which overflows, to infinities of both signs.
    X = np.tile([1.7e308, -1.7e308], 8)[:, None]
    with pytest.raises(ValueError, match="variance is beyond the range of float64"):
        AutoencoderImputer(MASKING).fit(X)
    with pytest.raises(ValueError, match="The training diverged"):
        AutoencoderTransformer(**SETTINGS, **start).fit(X)


WEIGHTS = [[10**400] * 6, ["a"] * 6, [None, *[DATE] * 5], np.zeros(6), {}, 10**400, -1.0]
WEIGHTS += [
    np.arange(6).astype("M8[D]"),
    pd.Series(np.arange(6).astype("m8[s]")),
    np.ma.masked_equal(np.arange(6.0), 5),
]


@pytest.mark.parametrize("weights", WEIGHTS)
def test_weights_are_named(X, weights):
    for estimator in (AutoencoderTransformer(**SETTINGS), AutoencoderImputer(MASKING)):
        with pytest.raises((ValueError, TypeError), match=r"sample_weight|Sample weights"):
            estimator.fit(X, sample_weight=weights)
    ae = AutoencoderTransformer(**SETTINGS).fit(X)
    for score in (ae.score, lambda X, sample_weight: reconstruction_score(ae, X, sample_weight=sample_weight)):
        with pytest.raises((ValueError, TypeError), match=r"sample_weight|Sample weights"):
            score(X, sample_weight=weights)


@every_start
def test_weights_near_the_ends_of_the_range_have_a_score(start, X):
    ae = AutoencoderTransformer(**SETTINGS, **start).fit(X)
    for scale in (1e308, 1e-308):
        weights = np.linspace(0.1, 1, 6)
        assert ae.score(X, sample_weight=weights * scale) == pytest.approx(ae.score(X, sample_weight=weights))


def broken(kind, **changed):
    """A sparse matrix some arrays of which were changed after it was made."""
    X = sparse.csr_array(np.eye(4)).asformat(kind)
    for name, value in changed.items():
        setattr(X, name, np.array(value, getattr(X, name).dtype))
    return X


def dictionary_beyond():
    X = sparse.dok_array((4, 4))
    # Before SciPy 1.13 the matrix is a dict itself.
    dict.__setitem__(getattr(X, "_dict", X), (0, 10**6), 1.0)
    return X


def lists_of(columns, values):
    X = sparse.lil_array(np.eye(4))
    X.rows[0], X.data[0] = columns, values
    return X


def listed(name):
    X = sparse.csr_array(np.eye(4))
    setattr(X, name, getattr(X, name).tolist())
    return X


BROKEN = {
    "column beyond": broken("csr", indices=[0, 1, 2, 10**6]),
    "column below zero": broken("csr", indices=[0, 1, -1, 3]),
    "row starts that fall": broken("csr", indptr=[0, 4, 1, 3, 4]),
    "row starts beyond": broken("csr", indptr=[0, 1, 2, 3, 9]),
    "too few row starts": broken("csr", indptr=[0, 4]),
    "row beyond": broken("csc", indices=[0, 1, 2, 4]),
    "block beyond": broken("bsr", indices=[0, 1, 2, 10**6]),
    "coordinate beyond": broken("coo", row=[0, 1, 2, 10**6]),
    "coordinates without values": broken("coo", data=[1.0]),
    "too few offsets": broken("dia", offsets=[], data=np.ones((1, 4))),
    "keys beyond": dictionary_beyond(),
    "list beyond": lists_of([0, 10**6], [1.0, 2.0]),
    "lists of two lengths": lists_of([0, 1, 2], [1.0]),
    "list of words": lists_of(["a"], [1.0]),
    "indices in a list": listed("indices"),
    "row starts in a list": listed("indptr"),
    "values in a list": listed("data"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_sparse_matrices_that_reach_beyond_their_shape(case):
    with pytest.raises(ValueError, match=r"no valid sparse matrix in \w+ format"):
        AutoencoderTransformer(**SETTINGS).fit(BROKEN[case])


@pytest.mark.parametrize("kind", ["csr", "csc", "bsr", "coo", "dia", "dok", "lil"])
@pytest.mark.parametrize("entries", [np.eye(5, 3), np.zeros((5, 3)), np.arange(15.0).reshape(5, 3)])
def test_sparse_matrices_of_every_format(kind, entries):
    one, other = (
        AutoencoderTransformer(**SETTINGS, **FIXED).fit(X) for X in (sparse.csr_array(entries).asformat(kind), entries)
    )
    np.testing.assert_allclose(one.transform(entries), other.transform(entries), rtol=1e-6)


@pytest.mark.parametrize("kind", ["csr", "csc", "bsr"])
@pytest.mark.parametrize("widths", [(np.int32, np.int64), (np.int64, np.int32)])
@every_start
def test_sparse_matrices_whose_arrays_of_indices_differ_in_width(start, rng, kind, widths):
    entries = rng.random((8, 3)) * (rng.random((8, 3)) < 0.5)
    X, expected = sparse.csr_matrix(entries).asformat(kind), sparse.csr_matrix(entries)
    X.indices, X.indptr = (array.astype(width) for array, width in zip((X.indices, X.indptr), widths))
    one, other = (AutoencoderTransformer(**SETTINGS, **start, batch_size=2).fit(rows) for rows in (X, expected))
    np.testing.assert_array_equal(one.transform(X), other.transform(expected))
    assert one.score(X) == other.score(expected) == pytest.approx(reconstruction_score(one, X), rel=1e-12)
    np.testing.assert_array_equal(one.score_samples(X), other.score_samples(expected))
    np.testing.assert_array_equal(one.partial_fit(X).coefs_[0], other.partial_fit(expected).coefs_[0])
    assert (X.indices.dtype, X.indptr.dtype) == widths


def test_nan_names_what_takes_it(X):
    gaps = np.where(X == X[0, 0], np.nan, X)
    ae, detector = AutoencoderTransformer(**SETTINGS).fit(X), AutoencoderOutlierDetector(random_state=0).fit(X)
    normalizer = PCANormalizer().fit(X)
    calls = [AutoencoderTransformer(**SETTINGS).fit, DenoisingAE(**SETTINGS).partial_fit, ae.transform, ae.score]
    calls += [ae.score_samples, ae.reconstruct, AutoencoderOutlierDetector(random_state=0).fit, detector.predict]
    calls += [PCANormalizer().fit, normalizer.transform, normalizer.inverse_transform]
    calls += [lambda X: ae.fit(sparse.csr_array(X)), lambda X: reconstruction_score(ae, X)]
    calls += [lambda X: reconstruction_score(ae, sparse.csr_array(X))]
    for call in calls:
        with pytest.raises(ValueError, match=r"(?s)Input X contains NaN.*") as error:
            call(gaps)
        text = str(error.value)
        assert "missing_values='mask'" in text and "skae.impute.AutoencoderImputer" in text
        assert "HistGradientBoosting" not in text


def test_duplicates_whose_sum_overflows():
    X = sparse.csr_array(([1.5e308, 1.5e308, 1.0], [0, 0, 1], [0, 2, 3]), shape=(2, 2))
    with pytest.raises(ValueError, match="Input X contains infinity"):
        AutoencoderTransformer(**SETTINGS).fit(X)


@pytest.mark.skipif(not hasattr(sparse, "permute_dims"), reason="sparse arrays have two dimensions before SciPy 1.15")
@pytest.mark.parametrize("shape", [(3,), (2, 2, 2)])
def test_sparse_arrays_of_other_dimensions(shape):
    X = sparse.coo_array(np.ones(shape))
    with pytest.raises(ValueError, match="X must have two dimensions"):
        AutoencoderTransformer(**SETTINGS).fit(X)


@pytest.mark.parametrize("dtype, huge", [(np.float32, 1e300), (np.float64, 1e308)])
@every_start
def test_results_beyond_the_range_are_refused(start, X, dtype, huge):
    ae = AutoencoderTransformer(**SETTINGS, **start, activation="identity").fit(X.astype(dtype))
    rows = np.vstack([X[:2], [huge, huge, huge]])
    for weights in ae._fitted.network.weights:
        weights[...] = 10
    methods = {"transform": "The code", "reconstruct": "The reconstruction"}
    for method, what in methods.items():
        with pytest.raises(ValueError, match=f"{what} of row 2 of X is beyond the range of {np.dtype(dtype)}"):
            getattr(ae, method)(rows)
    with pytest.raises(ValueError, match="The reconstruction of row 0 of X is beyond the range"):
        ae.inverse_transform([[huge, huge]])
    with pytest.raises(ValueError, match="The score cannot be calculated"):
        ae.score(rows)


@as_compiled
@every_start
def test_losses_beyond_the_range_are_the_greatest_number(start, X):
    rows = np.vstack([X[:2], [1e308, -1e308, 1e308]])
    ae = AutoencoderTransformer(**SETTINGS, **start, activation="identity").fit(X)
    scores, errors = ae.score_samples(rows), ae.reconstruction_error(rows)
    assert scores[2] == -np.finfo(float).max and errors[2] == np.finfo(float).max
    assert np.isfinite(ae.reconstruction_error(rows, per_feature=True)).all()
    np.testing.assert_array_equal(scores[:2], ae.score_samples(X[:2]))
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(**SETTINGS, **start)).fit(X)
    assert np.isfinite(detector.decision_function(rows)).all() and detector.predict(rows)[2] == -1


@every_start
def test_a_score_whose_quotient_overflows(start, X):
    ae = AutoencoderTransformer(**SETTINGS, **start).fit(X)
    with pytest.raises(ValueError, match="The score cannot be calculated"):
        ae.score(1e-158 * X)


def test_a_normalizer_of_great_numbers():
    X = np.array([[1.7e308, 1.0], [1.7e308, 2.0]])
    with pytest.raises(ValueError, match="The sum of column 0 of X is beyond the range"):
        PCANormalizer().fit(X)
    normalizer = PCANormalizer().fit(-X[:1])
    with pytest.raises(ValueError, match="The difference from the mean of row 0 of X is beyond the range"):
        normalizer.transform(X)
    with pytest.raises(ValueError, match="of row 0 of X is beyond the range"):
        PCANormalizer().fit(np.ones((4, 2))).inverse_transform(X)


def test_a_normalizer_names_what_is_missing(X):
    holes = np.array([[None, 1.0], [2.0, 3.0]])
    normalizer = PCANormalizer()
    with pytest.raises(ValueError, match="Input X contains NaN"):
        normalizer.fit(holes)
    normalizer.fit([[0.0, 1.0], [2.0, 3.0]])
    for method in (normalizer.transform, normalizer.inverse_transform):
        with pytest.raises(ValueError, match="Input X contains NaN"):
            method(holes)


def test_a_normalizer_keeps_what_it_had(X):
    normalizer = PCANormalizer().fit(X)
    before = dict(vars(normalizer))
    with pytest.raises(ValueError, match="NaN"):
        normalizer.fit(np.full((2, 2), np.nan))
    assert vars(normalizer) == before


@pytest.mark.parametrize("wrapper", [AutoencoderImputer, AutoencoderOutlierDetector])
def test_parameters_that_cannot_be_copied_are_named(X, wrapper):
    with pytest.raises(ValueError, match="'random_state' parameter of DenoisingAE"):
        wrapper(DenoisingAE(random_state=np.random, missing_values="mask")).fit(X)


@pytest.mark.parametrize("name", ["n_components", "max_iter", "alpha"])
def test_durations_are_no_numbers(X, name):
    ae = AutoencoderTransformer(**SETTINGS).set_params(**{name: np.timedelta64(5, "s")})
    with pytest.raises(ValueError, match=f"'{name}' parameter of AutoencoderTransformer"):
        ae.fit(X)


@pytest.mark.parametrize("cls", [AutoencoderTransformer, DenoisingAE])
def test_a_string_is_no_list_of_widths(X, cls):
    with pytest.raises(ValueError, match="'hidden_layer_sizes' parameter"):
        cls(**SETTINGS, hidden_layer_sizes=np.array(["2"])).fit(X)


def test_weights_of_outliers_near_the_end_of_the_range(X):
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(**SETTINGS))
    weights = np.linspace(0.1, 1, 6)
    offset = detector.fit(X, sample_weight=weights).offset_
    assert detector.fit(X, sample_weight=1e308 * weights).offset_ == pytest.approx(offset)


@as_compiled
@pytest.mark.parametrize("settings", [{"corruption": "salt_and_pepper"}, {"missing_values": "mask"}])
@every_start
def test_rows_beyond_the_precision_of_the_model(start, X, settings):
    ae = DenoisingAE(**SETTINGS, **start, **settings).partial_fit(X.astype(np.float32))
    before = dict(vars(ae))
    with pytest.raises(ValueError, match="The training diverged"):
        ae.partial_fit(1e200 * X)
    assert vars(ae) == before


# The loss of the greatest row is close to the greatest number of the precision, in which all have a sum.
@as_compiled
@pytest.mark.parametrize("dtype, n_rows, greatest", [(np.float32, 41, 1.8e19), (np.float64, 3, 1.2e154)])
@pytest.mark.parametrize("contamination", ["auto", 0.01])
@every_start
def test_an_offset_stays_within_the_range_of_the_scores(start, dtype, n_rows, greatest, contamination):
    rows = np.linspace(0, greatest ** (2 / 3), n_rows)[:, None].astype(dtype) ** 1.5
    inner = AutoencoderTransformer(1, loss="squared_error", max_iter=1, random_state=0, **start)
    detector = AutoencoderOutlierDetector(inner, contamination=contamination).fit(rows)
    decisions = detector.decision_function(rows)
    assert decisions.dtype == dtype and np.isfinite(decisions).all() and np.isfinite(detector.offset_)


@pytest.mark.parametrize("init", ["glorot", "auto"])
def test_parameters_beyond_the_precision_of_the_rows(init):
    X = np.full((8, 3), 1e-44, np.float32)
    X[::2] = 0
    ae = AutoencoderTransformer(2, init=init, solver="lbfgs", max_iter=20, random_state=0)
    with pytest.raises(ValueError, match="parameters that were found are beyond the range of float32"):
        ae.fit(X)
    assert not hasattr(ae, "coefs_") and np.isfinite(ae.fit(X.astype(np.float64)).transform(X)).all()


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(np.float64).max, reason="long doubles are doubles here")
@pytest.mark.parametrize("reader", READERS)
def test_long_doubles_are_read_as_doubles(reader, X):
    wide, beyond = X.astype(np.longdouble), X.astype(np.longdouble)
    beyond[0, 0] = np.longdouble("1e4000")
    with pytest.raises(ValueError, match="Input X contains infinity"):
        READERS[reader]().fit(beyond)
    READERS[reader]().fit(wide)
