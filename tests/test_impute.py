"""AutoencoderImputer: scikit-learn's checks, what is filled and what is not, and how well."""

import contextlib
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from settings import FIXED
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

from skae import AutoencoderTransformer, DenoisingAE, load, save
from skae.impute import AutoencoderImputer

QUICK = DenoisingAE(8, noise_level=0.3, max_iter=5, tol=1.0, n_iter_no_change=1, missing_values="mask", random_state=0)


@parametrize_with_checks([AutoencoderImputer(QUICK), AutoencoderImputer("linear"), AutoencoderImputer()])
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


@pytest.mark.parametrize("settings", [FIXED, {}], ids=["fixed", "auto"])
def test_better_than_the_mean_on_digits_in_rows_not_seen(rng, settings):
    X = load_digits().data
    missing = rng.random(X.shape) < 0.3
    with_holes = np.where(missing, np.nan, X)
    settings = {**settings, "max_iter": 40, "tol": 0.0, "batch_size": 32}
    imputer = AutoencoderImputer(DenoisingAE(**{**QUICK.get_params(), **settings}))
    # A training that is annealed comes to its end.
    with pytest.warns(match="stopped at max_iter") if "solver" in settings else contextlib.nullcontext():
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


CONSTANTS = [2024.0, 0.0, 0.1, -1e30, 7e-30, 1e6 + 1 / 3]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
def test_constant_columns_are_filled_with_their_value(holes, dtype, weighted, tmp_path):
    constant = np.tile(CONSTANTS, (120, 1))
    weights = None
    if weighted:
        # Rows that do not count have other values.
        weights = np.linspace(1, 1 / 3, 120)
        weights[::10] = 0
        constant[::10] += 1
    with_holes = np.hstack([holes[1], np.where(np.arange(120)[:, None] % 3, constant, np.nan)]).astype(dtype)
    imputer = AutoencoderImputer(QUICK).fit(with_holes, sample_weight=weights)
    row = np.full((1, 10), np.nan, dtype)
    save(imputer, tmp_path / "imputer.skae")
    for fitted in (imputer, load(tmp_path / "imputer.skae"), pickle.loads(pickle.dumps(imputer))):
        np.testing.assert_array_equal(fitted.transform(row)[0, 4:], np.array(CONSTANTS, dtype))
    assert np.isfinite(imputer.transform(row)).all()


def test_a_column_that_varies_by_rounding_is_filled_with_its_value(holes):
    nearly = 2024 * (1 + np.finfo(float).eps * (np.arange(120) % 2))
    with_holes = np.column_stack([holes[1], np.where(np.arange(120) % 3, nearly, np.nan)])
    filled = AutoencoderImputer(QUICK).fit_transform(with_holes)
    np.testing.assert_allclose(filled[:, 4], 2024, rtol=1e-12)


def test_the_default_imputer_fills_a_year():
    X = load_digits().data[:200, :6]
    year = np.where(np.arange(200) % 4, 2024.0, np.nan)
    np.testing.assert_array_equal(AutoencoderImputer().fit_transform(np.column_stack([X, year]))[:, 6], 2024.0)


OUTPUTS = ["default", "pandas", "polars"]


@pytest.mark.parametrize("at_fit", OUTPUTS)
@pytest.mark.parametrize("at_transform", OUTPUTS)
@pytest.mark.parametrize("estimator", [QUICK, clone(QUICK).set_output(transform="pandas")])
def test_the_output_that_is_configured_does_not_reach_the_steps_within(
    holes, at_fit, at_transform, estimator, tmp_path
):
    X = pd.DataFrame(holes[1], columns=list("abcd"))
    expected = AutoencoderImputer(QUICK).fit(X).transform(X)
    with config_context(transform_output=at_fit):
        imputer = AutoencoderImputer(estimator).fit(X)
        save(imputer, tmp_path / "imputer.skae")
    copies = imputer, load(tmp_path / "imputer.skae"), pickle.loads(pickle.dumps(imputer))
    with config_context(transform_output=at_transform), warnings.catch_warnings():
        warnings.simplefilter("error")
        for fitted in copies:
            out = fitted.transform(X)
            assert type(out).__module__.split(".")[0] == ("numpy" if at_transform == "default" else at_transform)
            np.testing.assert_array_equal(np.asarray(out), expected)
            assert isinstance(fitted.scaler_.transform(holes[1]), np.ndarray)


MARKERS = [-1, 0, -999.0, 0.1, np.float32(0.5), np.float64(0.1), np.int64(-1), np.nan, pd.NA]


@pytest.mark.parametrize("missing_values", MARKERS, ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_what_stands_for_a_missing_value(rng, missing_values, dtype):
    # None of them is a marker.
    X, missing = (3 * rng.integers(-100, 100, (50, 4)) + 1).astype(dtype), rng.random((50, 4)) < 0.2
    marker = np.nan if missing_values is pd.NA else missing_values
    if dtype is np.int16 and marker != int(np.nan_to_num(marker)):
        pytest.skip("no integer")
    with_marks = np.where(missing, np.array(marker).astype(dtype), X)
    imputer = AutoencoderImputer(QUICK, missing_values=missing_values, add_indicator=True).fit(with_marks)
    expected = AutoencoderImputer(QUICK, add_indicator=True).fit_transform(np.where(missing, np.nan, X))
    out = imputer.transform(with_marks)
    assert out.dtype == (np.float32 if dtype is np.float32 else np.float64)
    np.testing.assert_array_equal(out, expected.astype(out.dtype))
    np.testing.assert_array_equal(out[:, 4:], missing)


def test_nan_is_refused_where_a_number_stands_for_missing_values(holes):
    with pytest.raises(
        ValueError, match=r"Input X contains NaN, but the placeholder is missing_values=-1.* missing_values=numpy.nan"
    ):
        AutoencoderImputer(QUICK, missing_values=-1).fit(holes[1])
    imputer = AutoencoderImputer(QUICK, missing_values=-1).fit(np.nan_to_num(holes[1], nan=-1))
    with pytest.raises(ValueError, match="Input X contains NaN, but the placeholder is missing_values=-1"):
        imputer.transform(holes[1])
    assert not get_tags(imputer).input_tags.allow_nan and get_tags(AutoencoderImputer()).input_tags.allow_nan


@pytest.mark.parametrize("missing_values", [np.nan, -1])
def test_an_indicator_of_missing_values_is_that_of_scikit_learn(holes, missing_values, tmp_path):
    with_holes = holes[1].copy()
    with_holes[:, 1] = holes[0][:, 1]
    training = pd.DataFrame(np.where(np.isnan(with_holes), missing_values, with_holes), columns=list("abcd"))
    # In training column b has no gap.
    rows = training.copy()
    rows.iloc[::2, 1] = missing_values
    parameters = {"missing_values": missing_values, "add_indicator": True}
    simple, imputer = SimpleImputer(**parameters).fit(training), AutoencoderImputer(QUICK, **parameters).fit(training)
    save(imputer, tmp_path / "imputer.skae")
    expected = AutoencoderImputer(QUICK, missing_values=missing_values).fit(training).transform(rows)
    for fitted in (imputer, load(tmp_path / "imputer.skae"), pickle.loads(pickle.dumps(imputer))):
        out = fitted.transform(rows)
        np.testing.assert_array_equal(out[:, :4], expected)
        np.testing.assert_array_equal(out[:, 4:], simple.transform(rows)[:, 4:])
        np.testing.assert_array_equal(fitted.get_feature_names_out(), simple.get_feature_names_out())
        np.testing.assert_array_equal(fitted.indicator_.features_, simple.indicator_.features_)
        np.testing.assert_array_equal(fitted.indicator_.transform(rows.to_numpy()), out[:, 4:].astype(bool))
        frame = clone(fitted).set_output(transform="pandas").fit(training).transform(rows)
        assert list(frame.columns) == list(simple.get_feature_names_out()) and frame.index.equals(rows.index)
    unnamed = AutoencoderImputer(QUICK, **parameters).fit(training.to_numpy())
    np.testing.assert_array_equal(
        unnamed.get_feature_names_out(), SimpleImputer(**parameters).fit(training.to_numpy()).get_feature_names_out()
    )
    assert AutoencoderImputer(QUICK, missing_values=missing_values).fit(training).indicator_ is None


def test_an_indicator_where_nothing_is_missing(holes):
    imputer = AutoencoderImputer(QUICK, add_indicator=True).fit(holes[0])
    np.testing.assert_array_equal(imputer.transform(holes[0]), holes[0])
    assert imputer.transform(holes[1]).shape == (120, 4)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_common_checks_with_an_indicator():
    check_estimator(AutoencoderImputer(QUICK, missing_values=-1, add_indicator=True))


@pytest.mark.parametrize("missing_values", ["-1", None, 10**400])
def test_what_cannot_stand_for_a_missing_value(holes, missing_values):
    with pytest.raises(ValueError, match="The 'missing_values' parameter of AutoencoderImputer must be"):
        AutoencoderImputer(QUICK, missing_values=missing_values).fit(holes[1])


def table(n_rows, rng, bend=lambda X: X, share_missing=0.2):
    """Rows with noise near a plane, or a surface, in twenty dimensions, and the same with gaps."""
    X = bend(rng.normal(size=(n_rows, 2)) @ rng.normal(size=(2, 20))) + 0.1 * rng.normal(size=(n_rows, 20))
    missing = rng.random(X.shape) < share_missing
    return X, np.where(missing, np.nan, X), missing


def wavy(X):
    return np.sin(1.5 * X)


def rmse(X, filled, missing):
    return np.sqrt(np.mean(np.square(filled - X)[missing]))


@pytest.mark.parametrize("n_rows", [300, 2000])
@pytest.mark.parametrize("share_missing", [0.1, 0.3])
def test_tables_of_low_rank_are_filled_as_well_as_by_regressions(n_rows, share_missing, rng):
    X, with_holes, missing = table(n_rows, rng, share_missing=share_missing)
    imputer = AutoencoderImputer(random_state=0).fit(with_holes)
    theirs = IterativeImputer(random_state=0).fit_transform(with_holes)
    assert rmse(X, imputer.transform(with_holes), missing) < 1.1 * rmse(X, theirs, missing)
    assert (imputer.linear_weights_ == 1).all() and imputer.estimator_ is None
    # In a small table more may be a little better.
    assert imputer.linear_.n_factors == 2 or (n_rows == 300 and imputer.linear_.n_factors < 7)


def test_curved_tables_are_filled_by_the_mean_of_both(rng):
    X, with_holes, missing = table(400, rng, wavy)
    imputers = {name: AutoencoderImputer(name, random_state=0).fit(with_holes) for name in ("auto", "linear", None)}
    errors = {name: rmse(X, imputer.transform(with_holes), missing) for name, imputer in imputers.items()}
    weight = imputers["auto"].linear_weights_
    assert 0 < weight.mean() < 1 and errors["auto"] < min(errors["linear"], errors[None])
    filled = {name: imputer.transform(with_holes) for name, imputer in imputers.items()}
    # The parts are those of the others, with the same seed.
    np.testing.assert_allclose(filled["auto"], weight * filled["linear"] + (1 - weight) * filled[None], atol=1e-6)
    assert imputers[None].linear_ is None and not imputers[None].linear_weights_.any()
    assert imputers["linear"].estimator_ is None and (imputers["linear"].linear_weights_ == 1).all()


def test_linear_filling_is_the_conditional_mean_in_the_units_of_the_columns(holes, rng):
    X, with_holes, missing = holes
    imputer = AutoencoderImputer("linear", random_state=0).fit(with_holes)
    scale, model = imputer.scaler_.scale_, imputer.linear_
    means = imputer.scaler_.mean_ + scale * model.means
    covariance = np.outer(scale, scale) * (model.loadings @ model.loadings.T + np.diag(model.noise))
    for row, gaps, filled in zip(with_holes, missing, imputer.transform(with_holes)):
        seen = ~gaps
        between = covariance[np.ix_(gaps, seen)] @ np.linalg.inv(covariance[np.ix_(seen, seen)])
        np.testing.assert_allclose(filled[gaps], means[gaps] + between @ (row - means)[seen], rtol=1e-4, atol=1e-5)


def test_none_is_the_denoising_autoencoder_alone(holes):
    _, with_holes, _ = holes
    denoising = DenoisingAE(
        128,
        hidden_layer_sizes=(128,),
        noise_level=0.3,
        learning_rate_init=1e-2,
        learning_rate="cosine",
        batch_size=64,
        max_iter=200,
        tol=0.0,
        n_iter_no_change=200,
        missing_values="mask",
        random_state=0,
    )
    expected = AutoencoderImputer(denoising).fit_transform(with_holes)
    np.testing.assert_array_equal(AutoencoderImputer(None, random_state=0).fit_transform(with_holes), expected)


@pytest.mark.parametrize("estimator", ["auto", "linear"])
def test_a_seed_makes_the_filling_the_same(estimator, rng):
    _, with_holes, _ = table(150, rng, wavy)
    first, second = (AutoencoderImputer(estimator, random_state=3).fit_transform(with_holes) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    states = [AutoencoderImputer(estimator, random_state=np.random.RandomState(3)) for _ in range(2)]
    np.testing.assert_array_equal(*(imputer.fit_transform(with_holes) for imputer in states))


def test_rows_without_a_weight_have_no_part_in_the_linear_model(rng):
    _, with_holes, _ = table(200, rng)
    counts = np.arange(200) % 3 > 0
    first = AutoencoderImputer("linear", random_state=0).fit(with_holes, sample_weight=1e5 * counts)
    second = AutoencoderImputer("linear", random_state=0).fit(with_holes[counts])
    np.testing.assert_allclose(first.transform(with_holes), second.transform(with_holes), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("estimator", ["auto", "linear"])
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (5, 4), (20, 300), (300, 1)])
def test_small_and_wide_tables(estimator, shape, rng):
    X = rng.normal(size=shape)
    X[:: max(2, len(X) // 3), -1] = np.nan
    imputer = AutoencoderImputer(estimator, random_state=0).fit(X)
    filled = imputer.transform(np.vstack([X, np.full((2, shape[1]), np.nan)]))
    assert np.isfinite(filled).all() and (abs(filled) < 10).all()


def test_values_beyond_all_measure_are_survived_by_the_linear_model(holes):
    imputer = AutoencoderImputer("linear", random_state=0).fit(holes[1])
    rows = holes[1][:5].copy()
    rows[:, 0], rows[:, 1] = 1e300, np.nan
    assert np.isfinite(imputer.transform(rows)).all()


@pytest.mark.parametrize("estimator", ["auto", "linear", None])
def test_files_frames_and_pickles_of_both_models(estimator, rng, tmp_path):
    frame = pd.DataFrame(table(300, rng, wavy)[1]).add_prefix("x")
    imputer = AutoencoderImputer(estimator, random_state=0, add_indicator=True).set_output(transform="pandas")
    expected = imputer.fit(frame).transform(frame)
    assert (0 < imputer.linear_weights_.mean() < 1) == (estimator == "auto")
    save(imputer, tmp_path / "imputer.skae")
    for copy in (load(tmp_path / "imputer.skae"), pickle.loads(pickle.dumps(imputer))):
        pd.testing.assert_frame_equal(copy.transform(frame), expected)
        np.testing.assert_array_equal(copy.linear_weights_, imputer.linear_weights_)
        assert repr(copy) == repr(imputer)
    pd.testing.assert_frame_equal(clone(imputer).fit(frame).transform(frame), expected)


def test_an_unknown_name_of_an_estimator(holes):
    with pytest.raises(ValueError, match="The 'estimator' parameter of AutoencoderImputer must be a str among"):
        AutoencoderImputer("pca").fit(holes[1])
