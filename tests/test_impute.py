"""AutoencoderImputer: scikit-learn's checks, what is filled and what is not, and how well."""

import pickle

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from skae import AutoencoderTransformer, DenoisingAE
from skae.impute import AutoencoderImputer

QUICK = DenoisingAE(8, noise_level=0.3, max_iter=5, tol=1.0, n_iter_no_change=1, missing_values="mask", random_state=0)


@parametrize_with_checks([AutoencoderImputer(QUICK)])
def test_common_checks(estimator, check):
    check(estimator)


@pytest.fixture
def holes(rng):
    """Rows near a line, in columns of different units, with a fifth of the entries removed."""
    t = rng.normal(size=(120, 1))
    X = np.hstack([t, 100.0 + 1000.0 * t, -0.01 * t, 5.0 * t + 3.0]) * (1.0 + 0.01 * rng.normal(size=(120, 4)))
    missing = rng.random(X.shape) < 0.2
    return X, np.where(missing, np.nan, X), missing


def test_observed_entries_stay_and_missing_ones_are_filled(holes):
    X, with_holes, missing = holes
    before = with_holes.copy()
    filled = AutoencoderImputer(random_state=0).fit_transform(with_holes)
    np.testing.assert_array_equal(with_holes, before)
    np.testing.assert_array_equal(filled[~missing], X[~missing])
    assert np.isfinite(filled).all()
    scale = X.std(axis=0)
    errors = [
        np.sqrt(np.mean((((Y - X) / scale)[missing]) ** 2)) for Y in (filled, SimpleImputer().fit_transform(with_holes))
    ]
    assert errors[0] < 0.5 * errors[1]


def test_better_than_the_mean_on_digits_in_rows_not_seen(rng):
    X = load_digits().data
    missing = rng.random(X.shape) < 0.3
    with_holes = np.where(missing, np.nan, X)
    imputer = AutoencoderImputer(DenoisingAE(**{**QUICK.get_params(), "max_iter": 40, "tol": 0.0, "batch_size": 32}))
    with pytest.warns(match="stopped at max_iter"):
        imputer.fit(with_holes[:1200])
    held = slice(1200, None)
    mean = SimpleImputer(keep_empty_features=True).fit(with_holes[:1200])
    ours, theirs = (
        np.square(fitted.transform(with_holes[held]) - X[held])[missing[held]].mean() for fitted in (imputer, mean)
    )
    assert ours < 0.7 * theirs


def test_the_units_of_the_columns_do_not_count(holes):
    _, with_holes, _ = holes
    scale, shift = np.array([1e-6, 2.0, 1e6, 8.0]), np.array([0.0, 4.0, -1e6, 0.5])
    first = AutoencoderImputer(QUICK).fit_transform(with_holes)
    second = AutoencoderImputer(QUICK).fit_transform(with_holes * scale + shift)
    np.testing.assert_allclose((second - shift) / scale, first, rtol=1e-4, atol=1e-4 * np.nanstd(with_holes))


def test_a_column_without_values_is_filled_with_zeros(holes):
    _, with_holes, _ = holes
    with_holes[:, 2] = np.nan
    filled = AutoencoderImputer(QUICK).fit_transform(with_holes)
    assert np.isfinite(filled).all()
    assert not filled[:, 2].any()


def test_nothing_missing(holes):
    X, _, _ = holes
    imputer = AutoencoderImputer(QUICK).fit(X)
    out = imputer.transform(X)
    np.testing.assert_array_equal(out, X)
    assert not np.shares_memory(out, X)


def test_frames_pipelines_and_pickles(holes):
    pd = pytest.importorskip("pandas")
    X, with_holes, _ = holes
    frame = pd.DataFrame(with_holes, columns=list("abcd"), index=range(5, 125))
    imputer = AutoencoderImputer(QUICK).set_output(transform="pandas")
    out = imputer.fit_transform(frame)
    assert list(out.columns) == list("abcd") and out.index.equals(frame.index)
    assert list(imputer.get_feature_names_out()) == list("abcd")
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(imputer)).transform(frame), out)
    model = make_pipeline(AutoencoderImputer(QUICK), LogisticRegression()).fit(with_holes, X[:, 0] > 0)
    assert model.score(with_holes, X[:, 0] > 0) > 0.8


@pytest.mark.parametrize("estimator", [AutoencoderTransformer(), DenoisingAE()])
def test_an_estimator_that_refuses_holes_is_refused(estimator, holes):
    with pytest.raises(ValueError, match="missing_values='mask'; got missing_values='error'"):
        AutoencoderImputer(estimator).fit(holes[1])


def test_infinity_is_refused_and_a_failed_refit_leaves_the_old_state(holes):
    _, with_holes, _ = holes
    imputer = AutoencoderImputer(QUICK).fit(with_holes)
    before = imputer.transform(with_holes)
    worse = with_holes.copy()
    worse[3, 1] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        imputer.fit(worse)
    np.testing.assert_array_equal(imputer.transform(with_holes), before)


def test_a_failed_refit_on_a_frame_leaves_the_old_names(holes):
    pd = pytest.importorskip("pandas")
    _, with_holes, _ = holes
    imputer = AutoencoderImputer(QUICK).fit(pd.DataFrame(with_holes, columns=list("abcd")))
    with pytest.raises(ValueError, match="infinity"):
        imputer.fit(np.where(np.isnan(with_holes), np.inf, with_holes)[:, :3])
    assert imputer.n_features_in_ == 4
    assert list(imputer.feature_names_in_) == list("abcd")


def test_values_beyond_all_measure_are_survived(holes):
    _, with_holes, _ = holes
    imputer = AutoencoderImputer(QUICK).fit(with_holes)
    rows = with_holes[:5].copy()
    rows[:, 0] = 1e300
    rows[:, 1] = np.nan
    assert np.isfinite(imputer.transform(rows)).all()


def test_weights_of_any_size_and_values_without_a_variance(holes):
    _, with_holes, _ = holes
    weights = np.random.default_rng(0).random(len(with_holes))
    first = AutoencoderImputer(QUICK).fit(with_holes, sample_weight=weights).transform(with_holes)
    second = AutoencoderImputer(QUICK).fit(with_holes, sample_weight=1e300 * weights).transform(with_holes)
    np.testing.assert_allclose(second, first, rtol=1e-6)
    with pytest.raises(ValueError, match="Column 0 of X holds values whose variance is beyond the range of float64"):
        AutoencoderImputer(QUICK).fit(1e200 * with_holes)


def test_dates_are_refused():
    dates = np.array([["2020-01-01", "NaT"], ["2021-01-01", "2022-01-01"]], "M8[D]")
    with pytest.raises(ValueError, match="X must hold numbers; got dtype datetime64"):
        AutoencoderImputer(QUICK).fit(dates)
