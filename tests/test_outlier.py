"""AutoencoderOutlierDetector: scikit-learn's contract, the offset against plain formulas, and what passes through."""

import pickle
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from settings import FIXED
from sklearn.base import clone, is_outlier_detector
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE, load, save
from skae.estimator import cross_fitting

QUICK = {"max_iter": 30, "random_state": 0}
# With which weights of rows are repetitions to the last digits.
EXACT = {**FIXED, **QUICK}
WEIGHT_CHECKS = [f"check_sample_weight_equivalence_on_{kind}_data" for kind in ("dense", "sparse")]


def expected_failures(detector):
    if detector.estimator is None:
        reason = "L-BFGS lets the rounding of a sum over other rows grow from iteration to iteration"
        return dict.fromkeys(WEIGHT_CHECKS, reason)
    return {}


@parametrize_with_checks(
    [
        AutoencoderOutlierDetector(),
        AutoencoderOutlierDetector(AutoencoderTransformer(2, **EXACT)),
        AutoencoderOutlierDetector(AutoencoderTransformer(2, missing_values="mask", **EXACT), contamination=0.07),
        AutoencoderOutlierDetector(ContractiveAE(2, tied_weights=True, **EXACT), contamination=0.5),
    ],
    expected_failed_checks=expected_failures,
)
def test_common_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
def test_no_check_of_the_defaults_fails():
    detector = AutoencoderOutlierDetector()
    results = check_estimator(detector, expected_failed_checks=expected_failures(detector), on_skip=None)
    assert [result["check_name"] for result in results if result["status"] == "failed"] == []
    assert sum(result["status"] == "passed" for result in results) >= 45


def test_weights_of_rows_are_repetitions_for_the_default(rng):
    X = rng.normal(size=(60, 6))
    weights = rng.integers(0, 4, size=60)
    for contamination in ("auto", 0.1):
        detector = AutoencoderOutlierDetector(contamination=contamination, random_state=0)
        weighted = clone(detector).fit(X, sample_weight=weights)
        repeated = clone(detector).fit(np.repeat(X, weights, axis=0))
        np.testing.assert_allclose(weighted.decision_function(X), repeated.decision_function(X), rtol=1e-4, atol=1e-4)


def plane(rng, n_rows):
    """Rows close to a plane in six columns."""
    return rng.normal(size=(n_rows, 2)) @ PLANE + 0.05 * rng.normal(size=(n_rows, 6))


PLANE = np.random.default_rng(1).normal(size=(2, 6))


@pytest.fixture
def X(rng):
    return plane(rng, 200)


@pytest.fixture
def detector():
    return AutoencoderOutlierDetector(random_state=0)


# What it finds.


def test_finds_rows_off_the_plane(detector, X, rng):
    normal, outliers = plane(rng, 100), rng.normal(size=(100, 6)) * X.std(axis=0)
    detector.fit(X)
    scores = detector.score_samples(np.vstack([normal, outliers]))
    assert roc_auc_score(np.repeat([1, 0], 100), scores) > 0.98
    assert (detector.predict(outliers) == -1).mean() > 0.9
    assert (detector.predict(normal) == 1).mean() > 0.85


def test_outliers_among_the_training_rows(detector, X, rng):
    outliers = 3 * rng.normal(size=(6, 6))
    labels = detector.fit_predict(np.vstack([X, outliers]))
    assert (labels[-6:] == -1).all()
    assert (labels[:-6] == 1).mean() > 0.9


@pytest.mark.parametrize("inner", [AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE])
def test_delegates_to_every_autoencoder(inner, X):
    estimator = inner(2, **QUICK)
    detector = AutoencoderOutlierDetector(estimator).fit(X)
    expected = clone(estimator).fit(X)
    assert type(detector.estimator_) is inner and not hasattr(estimator, "n_iter_")
    np.testing.assert_array_equal(detector.score_samples(X), expected.score_samples(X))
    np.testing.assert_array_equal(detector.decision_function(X), expected.score_samples(X) - detector.offset_)
    np.testing.assert_array_equal(detector.predict(X), np.where(detector.decision_function(X) >= 0, 1, -1))
    np.testing.assert_array_equal(detector.reconstruction_error(X), expected.reconstruction_error(X))


def test_errors_of_each_column_name_the_one_that_is_off(detector, X):
    row = X[:1].copy()
    row[0, 3] += 5
    errors = detector.set_params(distance="loss").fit(X).reconstruction_error(row, per_feature=True)
    assert errors.shape == (1, 6)
    assert errors.sum() == pytest.approx(detector.reconstruction_error(row)[0])
    assert errors.sum() == pytest.approx(-detector.score_samples(row)[0])
    assert errors.argmax() == 3


@pytest.mark.parametrize("n_features, width", [(1, 1), (2, 1), (3, 1), (4, 2), (30, 10), (300, 64)])
def test_width_of_the_default(detector, rng, n_features, width):
    fitted = detector.fit(rng.normal(size=(40, n_features)))
    assert fitted.estimator_.n_components == width
    assert fitted.estimator_.solver == "lbfgs"


def test_default_takes_any_number(detector, rng):
    binary = (rng.random((60, 6)) < 0.5).astype(float)
    detector.fit(binary)
    # With "auto" the loss would be log_loss, which has no meaning for this row.
    assert detector.predict([[0, 1, 0, 30, 0, 1]]) == [-1]


def test_seed_of_the_default(rng):
    # More units than rows have directions: the others are drawn.
    X = rng.normal(size=(4, 30))
    first, same, other = (AutoencoderOutlierDetector(random_state=seed).fit(X) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.score_samples(X), same.score_samples(X))
    assert first.offset_ == same.offset_
    assert not np.allclose(first.estimator_.coefs_[0], other.estimator_.coefs_[0])


def test_log_loss(rng):
    X = (rng.random((100, 8)) < 0.3).astype(float)
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(3, **QUICK)).fit(X)
    assert detector.estimator_.loss_ == "log_loss"
    assert np.isfinite(detector.offset_)
    with pytest.raises(ValueError, match=r"values of X in \[0, 1\]"):
        detector.predict(X + 1)


# The offset.


@pytest.mark.parametrize("contamination", [0.01, 0.05, 0.125, 0.1, 0.333, 0.5])
def test_contamination_is_the_share_of_training_rows(X, contamination):
    detector = AutoencoderOutlierDetector(contamination=contamination, random_state=0, calibration="training").fit(X)
    scores = detector.score_samples(X)
    assert len(np.unique(scores)) == len(X)
    assert (detector.predict(X) == -1).sum() == int(contamination * len(X) + 1e-9)
    assert detector.offset_ == pytest.approx(np.quantile(scores, contamination, method="averaged_inverted_cdf"))


def test_auto_is_the_rule_of_the_docstring(X, detector):
    detector.set_params(calibration="training").fit(X)
    roots = np.cbrt(-detector.score_samples(X))
    spread = 1.4826 * np.median(np.abs(roots - np.median(roots)))
    assert detector.offset_ == pytest.approx(-((np.median(roots) + 1.96 * spread) ** 3), rel=1e-4)


def test_auto_takes_one_normal_row_in_40(rng):
    # A code of one unit on independent normal columns loses a sum of squares of about seven normal numbers.
    X = rng.normal(size=(4000, 8))
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(1, solver="lbfgs", max_iter=20, random_state=0))
    assert (detector.fit_predict(X) == -1).mean() == pytest.approx(0.025, abs=0.01)


def test_auto_is_not_moved_by_a_few_rows(rng):
    X = rng.normal(size=(400, 8))
    # As one iteration leaves them, the reconstructions of normal rows hardly depend on the others.
    estimator = AutoencoderTransformer(
        1, init="glorot", solver="sgd", learning_rate_init=1e-12, max_iter=1, random_state=0
    )
    clean = AutoencoderOutlierDetector(estimator).fit(X)
    dirty = AutoencoderOutlierDetector(estimator).fit(np.vstack([X, np.full((20, 8), 1e3)]))
    assert dirty.offset_ == pytest.approx(clean.offset_, rel=0.15)
    assert (dirty.predict(np.full((1, 8), 1e3)) == -1).all()


@pytest.mark.parametrize("contamination", ["auto", 0.1, 0.25])
def test_offset_of_weights_is_that_of_repetitions(rng, contamination):
    X = rng.normal(size=(60, 6))
    weights = rng.integers(0, 4, size=60)
    # Batches of all rows: weights and repetitions give the same training.
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(2, batch_size=1000, **EXACT))
    detector.set_params(contamination=contamination)
    repeated = clone(detector).fit(np.repeat(X, weights, axis=0))
    for factor in (1, 0.1, 1e6):
        weighted = clone(detector).fit(X, sample_weight=factor * weights)
        np.testing.assert_allclose(weighted.offset_, repeated.offset_, rtol=1e-9)
        np.testing.assert_array_equal(weighted.predict(X), repeated.predict(X))


def test_equal_rows(detector):
    labels = detector.fit(np.ones((20, 3))).predict([[1.0, 1.0, 1.0], [1.0, 5.0, -9.0]])
    np.testing.assert_array_equal(labels, [1, -1])
    assert np.isfinite(detector.offset_)


# Calibration on rows that were held out.


def low_rank(rng, n_rows):
    W = np.random.default_rng(5).normal(size=(5, 400))
    return rng.normal(size=(n_rows, 5)) @ W + 0.5 * rng.normal(size=(n_rows, 400))


TABLES = {"low rank": low_rank, "noise": lambda rng, n_rows: rng.normal(size=(n_rows, 50))}
WEIGHTED = {"max_iter": 30, "random_state": 0, "batch_size": 1000, "solver": "adam", "learning_rate_init": 1e-2}


@pytest.mark.parametrize("contamination", [0.05, "auto"])
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_few_new_rows_of_wide_tables_are_outliers(table, contamination, rng):
    # A share of one draw of few columns may be half of the mean.
    shares, seeds = {}, (7, 8, 9) if table(rng, 1).shape[1] < 100 else (7,)
    for calibration in ("auto", "cross-fit", "training"):
        detector = AutoencoderOutlierDetector(contamination=contamination, random_state=0, calibration=calibration)
        draws = [np.random.default_rng(seed) for seed in seeds]
        found = [detector.fit(table(new, 200)).predict(table(new, 1000)) == -1 for new in draws]
        shares[calibration] = np.mean(found)
    assert 0.015 < shares["auto"] < 0.1
    assert shares["cross-fit"] == shares["auto"]
    assert shares["training"] > 0.3


def losses_without(inner, X, n_rows):
    """The loss of each row by an autoencoder that was trained on the four fifths of the rows without it."""
    part, losses = np.empty(n_rows, int), np.empty(n_rows)
    part[np.argsort(-clone(inner).fit(X).score_samples(X))] = np.arange(n_rows) % 5
    for k in range(5):
        fitted = clone(inner).fit(X, sample_weight=(part != k).astype(float))
        losses[part == k] = -fitted.score_samples(X)[part == k]
    return losses


def test_offset_is_the_quantile_of_losses_of_rows_that_were_held_out(rng):
    X = rng.normal(size=(103, 30))
    inner = AutoencoderTransformer(5, **WEIGHTED)
    losses = losses_without(inner, X, 103)
    detector = AutoencoderOutlierDetector(inner, contamination=0.1, calibration="cross-fit").fit(X)
    # ceil(104 * 0.9) = 94.
    assert -detector.offset_ == pytest.approx(np.sort(losses)[93], rel=1e-9)
    roots = np.cbrt(losses)
    spread = 1.4826 * np.median(np.abs(roots - np.median(roots)))
    detector.set_params(contamination="auto").fit(X)
    assert -detector.offset_ == pytest.approx((np.median(roots) + 1.96 * spread) ** 3, rel=1e-4)


@pytest.mark.parametrize("contamination", ["auto", 0.1])
def test_calibration_does_not_touch_the_scores_nor_depend_on_the_order_of_rows(rng, contamination):
    X = rng.normal(size=(80, 20))
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(4, **WEIGHTED), contamination=contamination)
    fitted = {name: clone(detector).set_params(calibration=name).fit(X) for name in ("training", "cross-fit")}
    np.testing.assert_array_equal(*(one.score_samples(X) for one in fitted.values()))
    assert fitted["training"].offset_ != fitted["cross-fit"].offset_
    again = clone(fitted["cross-fit"]).fit(X)
    assert again.offset_ == fitted["cross-fit"].offset_
    backwards = clone(fitted["cross-fit"]).fit(X[::-1])
    assert backwards.offset_ == pytest.approx(again.offset_, rel=1e-6)


@pytest.mark.parametrize("contamination", ["auto", 0.1])
def test_cross_fitting_with_weights_is_that_with_repetitions(rng, contamination):
    X, weights = rng.normal(size=(60, 12)), rng.integers(0, 4, size=60)
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(4, **WEIGHTED), calibration="cross-fit")
    detector.set_params(contamination=contamination)
    repeated = clone(detector).fit(np.repeat(X, weights, axis=0))
    for factor in (1, 1e6):
        weighted = clone(detector).fit(X, sample_weight=factor * weights)
        assert weighted.offset_ == pytest.approx(repeated.offset_, rel=1e-6)


@pytest.mark.parametrize("form", [pd.DataFrame, sparse.csr_array, sparse.coo_array, "memmap", np.ndarray.tolist])
def test_cross_fitting_in_every_container(rng, form, tmp_path):
    X = np.where(rng.random((60, 12)) < 0.5, 0.0, rng.normal(size=(60, 12)))
    inner = AutoencoderTransformer(4, **WEIGHTED)
    detector = AutoencoderOutlierDetector(inner, contamination=0.1, calibration="cross-fit")
    if form == "memmap":
        np.save(tmp_path / "X.npy", X)
        held = np.load(tmp_path / "X.npy", mmap_mode="r")
    else:
        held = form(X)
    # ceil(61 * 0.9) = 55.
    expected = np.sort(losses_without(inner, held, 60))[54]
    assert -detector.fit(held).offset_ == pytest.approx(expected, rel=1e-6)


def test_cross_fitting_with_missing_values(rng):
    X = np.where(rng.random((200, 20)) < 0.1, np.nan, rng.normal(size=(200, 20)))
    inner = AutoencoderTransformer(6, missing_values="mask", random_state=0)
    detector = AutoencoderOutlierDetector(inner, contamination=0.05, calibration="cross-fit").fit(X)
    new = np.where(rng.random((1000, 20)) < 0.1, np.nan, rng.normal(size=(1000, 20)))
    assert 0.01 < (detector.predict(new) == -1).mean() < 0.12


def test_fewer_than_ten_rows_are_not_divided(rng):
    X = np.repeat(rng.normal(size=(9, 5)), 3, axis=0)
    first, second = (
        AutoencoderOutlierDetector(contamination=0.2, random_state=0, calibration=name).fit(X)
        for name in ("training", "cross-fit")
    )
    assert first.offset_ == second.offset_


def test_one_part_is_held_out_of_many_rows(rng, monkeypatch):
    X = rng.normal(size=(100, 30))
    inner = AutoencoderTransformer(5, **WEIGHTED)
    monkeypatch.setattr(cross_fitting, "_ONE_PART_ROWS", 99)
    detector = AutoencoderOutlierDetector(inner, contamination=0.1, calibration="cross-fit").fit(X)
    weights = np.ones(100)
    held = np.argsort(-clone(inner).fit(X).score_samples(X))[::5]
    weights[held] = 0
    losses = -clone(inner).fit(X, sample_weight=weights).score_samples(X)[held]
    # ceil(21 * 0.9) = 19.
    assert -detector.offset_ == pytest.approx(np.sort(losses)[18], rel=1e-9)


def test_an_offset_of_training_rows_that_holds_for_others_is_kept(rng):
    X = plane(rng, 4000)
    inner = AutoencoderTransformer(2, solver="lbfgs", random_state=0)
    offsets = [
        AutoencoderOutlierDetector(inner, contamination=0.05, calibration=name).fit(X).offset_
        for name in ("training", "auto", "cross-fit")
    ]
    assert offsets[0] == offsets[1]
    assert offsets[2] == pytest.approx(offsets[0], rel=0.02) and offsets[2] != offsets[0]


class FailsWithoutSomeRows(AutoencoderTransformer):
    """Its trainings fail where the weight of a row is zero, those of the given numbers."""

    failing, calls = (), 0

    def fit(self, X, y=None, sample_weight=None):
        if sample_weight is not None:
            number, type(self).calls = self.calls, self.calls + 1
            if number in self.failing:
                raise ValueError("no minimum.")
        return super().fit(X, y, sample_weight=sample_weight)


@pytest.mark.parametrize("failing, basis", [((1, 3), "the others alone"), (range(5), "the training rows' own losses")])
def test_trainings_that_fail_are_reported(rng, monkeypatch, failing, basis):
    X = rng.normal(size=(60, 12))
    monkeypatch.setattr(FailsWithoutSomeRows, "failing", failing)
    monkeypatch.setattr(FailsWithoutSomeRows, "calls", 0)
    detector = AutoencoderOutlierDetector(
        FailsWithoutSomeRows(4, **WEIGHTED), contamination=0.1, calibration="cross-fit"
    )
    with pytest.warns(UserWarning, match=f"{len(failing)} of the 5 trainings .* ValueError: no minimum. .* {basis}"):
        detector.fit(X)
    training = AutoencoderOutlierDetector(AutoencoderTransformer(4, **WEIGHTED), contamination=0.1)
    same = detector.offset_ == training.set_params(calibration="training").fit(X).offset_
    assert same == (len(failing) == 5)


# What passes through.


def test_names_of_a_dataframe(detector, X):
    frame = pd.DataFrame(X, columns=list("abcdef"), index=np.arange(200) + 7)
    detector.fit(frame)
    np.testing.assert_array_equal(detector.feature_names_in_, list("abcdef"))
    assert detector.n_features_in_ == 6
    np.testing.assert_array_equal(detector.predict(frame), clone(detector).fit(X).predict(X))
    with pytest.raises(ValueError, match="feature names should match"):
        detector.predict(frame[list("fedcba")])
    detector.fit(X)
    assert not hasattr(detector, "feature_names_in_")


def test_errors_of_each_column_as_a_dataframe(X):
    estimator = AutoencoderTransformer(2, **QUICK).set_output(transform="pandas")
    frame = pd.DataFrame(X, columns=list("abcdef"), index=np.arange(200) + 7)
    errors = AutoencoderOutlierDetector(estimator).fit(frame).reconstruction_error(frame, per_feature=True)
    assert list(errors.columns) == list("abcdef")
    assert errors.index.equals(frame.index)


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array])
def test_sparse(detector, X, form):
    X = np.where(np.abs(X) < 0.7, 0.0, X)
    dense, stored = clone(detector).fit(X), clone(detector).fit(form(X))
    assert get_tags(detector).input_tags.sparse
    np.testing.assert_allclose(stored.score_samples(form(X)), dense.score_samples(X), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(stored.score_samples(form(X)), stored.score_samples(X), rtol=1e-9)
    assert stored.offset_ == pytest.approx(dense.offset_, rel=1e-3)


def test_missing_values(X, rng):
    X[rng.random(X.shape) < 0.1] = np.nan
    masked = AutoencoderOutlierDetector(AutoencoderTransformer(2, missing_values="mask", solver="lbfgs", **QUICK))
    assert get_tags(masked).input_tags.allow_nan
    assert np.isfinite(masked.fit(X).decision_function(X)).all()
    np.testing.assert_array_equal(np.isnan(masked.reconstruction_error(X, per_feature=True)), np.isnan(X))
    default = AutoencoderOutlierDetector()
    assert not get_tags(default).input_tags.allow_nan
    with pytest.raises(ValueError, match="NaN"):
        default.fit(X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision(detector, X, dtype):
    X = X.astype(dtype)
    decision = detector.fit(X).decision_function(X)
    assert decision.dtype == dtype
    assert type(detector.offset_) is float
    np.testing.assert_array_equal(detector.predict(X) == -1, decision < 0)


def test_tags(detector):
    assert is_outlier_detector(detector)
    assert get_tags(detector).estimator_type == "outlier_detector"


def test_pickle(detector, X):
    detector.fit(X)
    loaded = pickle.loads(pickle.dumps(detector))
    np.testing.assert_array_equal(loaded.decision_function(X), detector.decision_function(X))
    assert loaded.n_features_in_ == 6


@pytest.mark.parametrize("inner", [None, AutoencoderTransformer(2, max_iter=2)])
def test_names_can_be_taken_away_as_explainers_do(X, inner, tmp_path):
    frame = pd.DataFrame(X, columns=list("abcdef"))
    detector = AutoencoderOutlierDetector(inner, random_state=0).fit(frame)
    decision, errors = detector.decision_function(frame), detector.reconstruction_error(frame)
    save(detector, tmp_path / "detector.skae")
    for one in (detector, deepcopy(detector), pickle.loads(pickle.dumps(detector)), load(tmp_path / "detector.skae")):
        np.testing.assert_array_equal(one.feature_names_in_, list("abcdef"))
        with pytest.warns(UserWarning, match="X does not have valid feature names"):
            one.decision_function(X)
        # What shap does to a copy of a model that it explains, which then gets arrays.
        explained = deepcopy(one)
        explained.feature_names_in_ = None
        np.testing.assert_array_equal(explained.decision_function(X), decision)
        np.testing.assert_array_equal(explained.predict(X), detector.predict(frame))
        np.testing.assert_array_equal(explained.reconstruction_error(X), errors)
        del explained.feature_names_in_
        np.testing.assert_array_equal(explained.score_samples(X), detector.score_samples(frame))
        np.testing.assert_array_equal(one.decision_function(frame), decision)
        np.testing.assert_array_equal(explained.fit(frame).feature_names_in_, list("abcdef"))
        assert not hasattr(explained.fit(X), "feature_names_in_")
        assert explained.n_features_in_ == 6


def test_clone(X):
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(2, **QUICK), contamination=0.2, random_state=3).fit(X)
    copy = clone(detector)
    assert copy.get_params()["estimator__n_components"] == 2
    assert (copy.contamination, copy.random_state) == (0.2, 3)
    assert copy.estimator is not detector.estimator
    assert not hasattr(copy, "estimator_") and not hasattr(copy, "n_features_in_")


def test_pipeline_makes_units_irrelevant(detector, X):
    pipeline = make_pipeline(StandardScaler(), detector)
    # Powers of two, which change no rounding.
    units = np.array([2.0**10, 2.0**-8, 1.0, 2.0**3, 1.0, 2.0])
    first = clone(pipeline).fit(X)
    second = clone(pipeline).fit(X * units)
    np.testing.assert_allclose(second.decision_function(X * units), first.decision_function(X), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(second.predict(X * units), first.predict(X))
    assert first.score_samples(X).shape == (200,)
    assert set(first.fit_predict(X)) == {-1, 1}


def test_search_over_the_autoencoder(X, rng):
    rows, labels = np.vstack([X, rng.normal(size=(20, 6))]), np.repeat([1, -1], [200, 20])
    detector = AutoencoderOutlierDetector(AutoencoderTransformer(2, solver="lbfgs", **QUICK))
    search = GridSearchCV(detector, {"estimator__n_components": [2, 6]}, scoring="roc_auc", cv=StratifiedKFold(2))
    assert search.fit(rows, labels).best_params_ == {"estimator__n_components": 2}


# Errors.


@pytest.mark.parametrize("contamination", [0, -0.1, 0.51, 1, "high", None])
def test_illegal_contamination(X, contamination):
    with pytest.raises(ValueError, match=r"'contamination' parameter .* in the range \(0.0, 0.5\]. Got .* instead"):
        AutoencoderOutlierDetector(contamination=contamination).fit(X)


@pytest.mark.parametrize("estimator", [StandardScaler(), "tanh", 3])
def test_illegal_estimator(X, estimator):
    with pytest.raises(ValueError, match=r"'estimator' parameter .* 'reconstruction_error'.* or None. Got"):
        AutoencoderOutlierDetector(estimator).fit(X)


def test_illegal_parameter_of_the_autoencoder(X):
    with pytest.raises(ValueError, match="'n_components' parameter of AutoencoderTransformer"):
        AutoencoderOutlierDetector(AutoencoderTransformer(0)).fit(X)


@pytest.mark.parametrize("bad", [[1.0, 2.0, 3.0], 5.0, "text"])
def test_not_a_table(bad):
    with pytest.raises(ValueError, match=r"Expected 2D array|could not convert"):
        AutoencoderOutlierDetector().fit(bad)


@pytest.mark.parametrize("method", ["predict", "decision_function", "score_samples", "reconstruction_error"])
def test_before_fit(detector, X, method):
    with pytest.raises(NotFittedError, match="This AutoencoderOutlierDetector instance is not fitted yet"):
        getattr(detector, method)(X)


@pytest.mark.parametrize(
    "parameters, change",
    [
        ({}, {"X": np.full((5, 4), np.nan)}),
        ({}, {"X": np.ones((5, 4)), "sample_weight": [1, 2]}),
        ({}, {"X": np.ones((5, 4)), "sample_weight": np.zeros(5)}),
        ({"contamination": 2}, {"X": np.ones((5, 4))}),
        ({"estimator": AutoencoderTransformer(2, activation="none")}, {"X": np.ones((5, 4))}),
        ({"estimator": AutoencoderTransformer(2, loss="log_loss")}, {"X": np.full((5, 4), 3.0)}),
    ],
)
def test_failed_refit_leaves_the_old_state(detector, X, parameters, change):
    frame = pd.DataFrame(X, columns=list("abcdef"))
    detector.fit(frame)
    before, decision = dict(vars(detector)), detector.decision_function(frame)
    detector.set_params(**parameters)
    with pytest.raises(ValueError):
        detector.fit(**change)
    assert detector.estimator_ is before["estimator_"] and detector.offset_ == before["offset_"]
    assert detector.n_features_in_ == 6 and list(detector.feature_names_in_) == list("abcdef")
    np.testing.assert_array_equal(detector.decision_function(frame), decision)


def test_interrupted_refit_leaves_the_old_state(detector, X, monkeypatch):
    detector.fit(X)
    before = dict(vars(detector))

    def interrupted(self, rows):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        # After the training, before the offset.
        patch.setattr(AutoencoderTransformer, "score_samples", interrupted)
        with pytest.raises(KeyboardInterrupt):
            detector.fit(X[:, :3])
    assert vars(detector) == before
    assert detector.predict(X).shape == (200,)


@pytest.mark.parametrize("seed", range(8))
def test_identical_rows_are_not_outliers(seed):
    X = np.repeat(np.random.default_rng(seed).random((1, 9)), 120, axis=0)
    assert (AutoencoderOutlierDetector(random_state=0).fit(X).predict(X) == 1).all()


def test_the_default_finds_more_than_principal_components_do():
    X, y = load_breast_cancer(return_X_y=True)
    benign, found = X[y == 1], []
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(benign))
        train = benign[order[: len(order) // 2]]
        test = np.vstack([benign[order[len(order) // 2 :]], X[y == 0]])
        anomalous = np.arange(len(test)) >= len(test) - (y == 0).sum()
        scaler = StandardScaler().fit(train)
        train, test = scaler.transform(train), scaler.transform(test)
        pca = PCA(10).fit(train)
        errors = np.square(test - pca.inverse_transform(pca.transform(test))).sum(axis=1)
        detector = AutoencoderOutlierDetector(random_state=seed).fit(train)
        found.append((roc_auc_score(anomalous, -detector.score_samples(test)), roc_auc_score(anomalous, errors)))
    own, by_pca = np.mean(found, axis=0)
    assert own > by_pca + 0.01
