"""The scikit-learn contract: parameters, methods, attributes, errors and inputs of all estimators."""

import itertools
import pickle
import warnings

import matplotlib.pyplot as plt
import numba
import numpy as np
import pandas as pd
import polars as pl
import pytest
from settings import FIXED, fixed_strength
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.metadata_routing import get_routing_for_object

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE, load, save, stack
from skae.estimator.plan import _split
from skae.metrics import reconstruction_score
from skae.plotting import FeatureErrorDisplay, ReconstructionDisplay
from skae.rows.sample import Sample
from skae.runtime.exceptions import FitWarning

ESTIMATORS = [AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE]
every_estimator = pytest.mark.parametrize("cls", ESTIMATORS)


def fitted(cls, X, n_components=3, **parameters):
    return cls(n_components, **{"max_iter": 5, "random_state": 0, **parameters}).fit(X)


def fixed(cls, X, n_components=3, **parameters):
    return fitted(cls, X, n_components, **{**FIXED, **fixed_strength(cls), **parameters})


@pytest.fixture
def X(rng):
    return rng.standard_normal((60, 5))


# Attributes and shapes.


@every_estimator
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("hidden", [(), (4,), (7, 6)])
@pytest.mark.parametrize("settings", [FIXED, {}], ids=["fixed", "defaults"])
def test_shapes(settings, cls, tied, hidden, X):
    ae = fitted(cls, X, tied_weights=tied, hidden_layer_sizes=hidden, **settings)
    sizes = [5, *hidden, 3, *hidden[::-1], 5]
    assert [w.shape for w in ae.coefs_] == list(itertools.pairwise(sizes))
    assert [b.shape for b in ae.intercepts_] == [(width,) for width in sizes[1:]]
    assert ae.components_.shape == ae.filters_.shape == (sizes[1], 5)
    np.testing.assert_array_equal(ae.components_, ae.coefs_[0].T)
    np.testing.assert_allclose(np.linalg.norm(ae.filters_, axis=1), 1.0)
    assert ae.n_features_in_ == 5
    assert ae.n_iter_ == len(ae.loss_curve_) == 5
    assert ae.validation_loss_curve_ == []
    if tied:
        network = ae._fitted.network
        for encoder, decoder in zip(network.weights, network.weights[::-1]):
            np.testing.assert_array_equal(encoder, decoder.T)
        # In the units of X the outermost are divided, and multiplied, by the scale of the coordinates.
        assert (network.coordinates is None) == bool(settings)
        np.testing.assert_allclose(network.loss_unit * ae.coefs_[0], ae.coefs_[-1].T, rtol=0.0 if settings else 1e-13)
        for encoder, decoder in zip(ae.coefs_[1:-1], ae.coefs_[1:-1][::-1]):
            np.testing.assert_array_equal(encoder, decoder.T)


@every_estimator
def test_one_layer_may_be_given_by_its_width(cls, X, tmp_path):
    expected = fitted(cls, X, hidden_layer_sizes=(5,))
    for width in (5, np.int64(5)):
        ae = fitted(cls, X, hidden_layer_sizes=width)
        np.testing.assert_array_equal(ae.transform(X), expected.transform(X))
        # Stored as it was given; a clone of it has a copy, which NumPy before 2 makes of a number as well.
        assert ae.hidden_layer_sizes is width
        copied = clone(ae).hidden_layer_sizes
        assert copied == 5 and type(copied) is type(width)
    assert stack(ae).hidden_layer_sizes == (5,)
    assert ae.to_mlp().hidden_layer_sizes == (5, 3)
    save(ae, tmp_path / "model.skae")
    again = load(tmp_path / "model.skae")
    assert again.hidden_layer_sizes == 5 and type(again.hidden_layer_sizes) is np.int64
    np.testing.assert_array_equal(again.transform(X), ae.transform(X))
    assert ae.set_params(warm_start=True).fit(X).n_iter_ == 10


@pytest.mark.parametrize("width", [0, -1, 2.5, "5", None])
def test_a_width_of_one_layer_is_a_positive_integer(width, X):
    with pytest.raises(ValueError, match="'hidden_layer_sizes' parameter of AutoencoderTransformer must be an "):
        AutoencoderTransformer(3, hidden_layer_sizes=width).fit(X)


def test_filters_are_the_inputs_of_norm_one_that_activate_most(X, rng):
    ae = fitted(AutoencoderTransformer, X)
    others = rng.standard_normal((200, 5))
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    best = np.diag(ae.transform(ae.filters_))
    assert (ae.transform(others) <= best + 1e-12).all()


def test_the_filter_of_a_dead_unit_is_zero(X):
    ae = fixed(AutoencoderTransformer, X)
    ae.coefs_[0][:, 1] = 0.0
    assert (ae.filters_[1] == 0).all()
    np.testing.assert_allclose(np.linalg.norm(ae.filters_[[0, 2]], axis=1), 1.0)


@every_estimator
@pytest.mark.parametrize("k", [1, 5, 11])
def test_under_and_overcomplete(cls, k, X):
    ae = fitted(cls, X, k)
    assert ae.transform(X).shape == (60, k)
    assert ae.inverse_transform(ae.transform(X)).shape == X.shape


@every_estimator
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", ["adam", "sgd", "kfac", "lbfgs"])
def test_precision_is_kept(cls, dtype, solver, X):
    ae = fitted(cls, X.astype(dtype), solver=solver)
    H = ae.transform(X.astype(dtype))
    results = [H, ae.inverse_transform(H), ae.reconstruct(X.astype(dtype)), *ae.coefs_, *ae.intercepts_]
    assert {result.dtype for result in results} == {np.dtype(dtype)}


def test_both_precisions_train_alike(X):
    one, two = (fitted(AutoencoderTransformer, X.astype(dtype)) for dtype in (np.float32, np.float64))
    np.testing.assert_allclose(one.loss_curve_, two.loss_curve_, rtol=1e-5)


# The loss and its "auto".


def test_auto_is_log_loss_for_zeros_and_ones(rng):
    binary = rng.integers(0, 2, (50, 4))
    for X in (binary, binary.astype(float), binary.astype(bool), binary.astype(np.float32)):
        ae = fitted(AutoencoderTransformer, X)
        assert (ae.loss_, ae.output_activation_) == ("log_loss", "logistic")
    ae = fitted(AutoencoderTransformer, np.where(np.arange(50)[:, None] == 49, 0.5, binary))
    assert (ae.loss_, ae.output_activation_) == ("squared_error", "identity")


def test_auto_yields_to_an_output_without_logits(rng):
    ae = fitted(AutoencoderTransformer, rng.integers(0, 2, (50, 4)), output_activation="tanh")
    assert (ae.loss_, ae.output_activation_) == ("squared_error", "tanh")


@pytest.mark.parametrize("output", ["identity", "logistic", "tanh", "relu"])
def test_output_activations_bound_the_reconstruction(output, X):
    ae = fitted(AutoencoderTransformer, X, output_activation=output)
    low, high = {"identity": (-9, 9), "logistic": (0, 1), "tanh": (-1, 1), "relu": (0, 9)}[output]
    R = ae.reconstruct(X)
    assert R.min() >= low and R.max() <= high


# Methods.


def test_reconstruct_is_the_round_trip(X):
    ae = fitted(AutoencoderTransformer, X, hidden_layer_sizes=(4,))
    np.testing.assert_allclose(ae.reconstruct(X), ae.inverse_transform(ae.transform(X)))


def test_score_is_that_of_pca_and_of_the_metric(digits):
    X, _ = digits
    pca = PCA(10, random_state=0).fit(X)
    lost = np.square(X - pca.inverse_transform(pca.transform(X))).sum()
    assert reconstruction_score(pca, X) == pytest.approx(1 - lost / np.square(X - X.mean(0)).sum())
    ae = fitted(AutoencoderTransformer, X)
    by_hand = 1 - np.square(X - ae.reconstruct(X)).sum() / np.square(X - X.mean(0)).sum()
    assert ae.score(X) == pytest.approx(by_hand)
    assert reconstruction_score(ae, X) == pytest.approx(by_hand)


def test_score_with_weights_repeats_rows(X, rng):
    ae = fitted(AutoencoderTransformer, X)
    weights = rng.integers(0, 4, len(X))
    assert ae.score(X, sample_weight=weights) == pytest.approx(ae.score(X.repeat(weights, axis=0)))


def test_score_of_constant_data():
    X = np.full((10, 3), 2.0)
    ae = fitted(AutoencoderTransformer, X)
    assert ae.score(X) == 0.0


@pytest.mark.parametrize("value, n_rows", [(0.1, 7), (0.1, 100), (1e15, 3)])
def test_score_of_constant_columns_is_zero_or_one(value, n_rows):
    X = np.full((n_rows, 3), value)
    assert fixed(AutoencoderTransformer, X).score(X) == 0.0
    assert reconstruction_score(FunctionTransformer(inverse_func=lambda X: X * (1 + 1e-16)), X) == 1.0


def test_score_samples_needs_the_range_of_log_loss(rng):
    ae = fitted(AutoencoderTransformer, rng.integers(0, 2, (30, 4)))
    with pytest.raises(ValueError, match=r"\[0, 1\]; they lie in \[5, 5\]"):
        ae.score_samples(np.full((2, 4), 5.0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ends_of_the_range_are_met_up_to_rounding(dtype):
    P = np.random.default_rng(0).random((30, 4)).astype(dtype)
    P[0], P[1] = -np.finfo(dtype).eps, 1 + np.finfo(dtype).eps
    ae = fitted(AutoencoderTransformer, P, loss="log_loss")
    assert np.isfinite(ae.score_samples(P)).all()
    P[1] = 1.00001
    with pytest.raises(ValueError, match=r"\[0, 1\]; they lie in .*1\.00001"):
        ae.score_samples(P)


def test_score_refuses_negative_weights(X):
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        fitted(AutoencoderTransformer, X).score(X, sample_weight=-np.ones(len(X)))


def test_score_samples_is_minus_the_loss(X, rng):
    ae = fitted(AutoencoderTransformer, X)
    np.testing.assert_allclose(ae.score_samples(X), -np.square(X - ae.reconstruct(X)).sum(axis=1))
    P = rng.random((30, 4))
    ae = fitted(AutoencoderTransformer, P, loss="log_loss")
    R = ae.reconstruct(P)
    np.testing.assert_allclose(ae.score_samples(P), (P * np.log(R) + (1 - P) * np.log(1 - R)).sum(axis=1))
    ae = fitted(AutoencoderTransformer, P, output_activation="tanh")
    np.testing.assert_allclose(ae.score_samples(P), -np.square(P - ae.reconstruct(P)).sum(axis=1))


def test_reconstruction_error(X):
    ae = fitted(AutoencoderTransformer, X)
    per_entry = ae.reconstruction_error(X, per_feature=True)
    np.testing.assert_allclose(per_entry, np.square(X - ae.reconstruct(X)))
    np.testing.assert_allclose(ae.reconstruction_error(X), per_entry.sum(axis=1))


def test_the_transform_is_of_the_clean_input(X):
    ae = fitted(DenoisingAE, X, noise_level=0.9)
    np.testing.assert_array_equal(ae.transform(X), ae.transform(X))
    expected = 1 / (1 + np.exp(-(X @ ae.coefs_[0] + ae.intercepts_[0])))
    np.testing.assert_allclose(ae.transform(X), expected)


# Training.


def test_partial_fit_over_the_batches_is_one_epoch(X):
    settings = {**FIXED, "noise_level": 0.25, "batch_size": 20, "random_state": 0}
    whole = DenoisingAE(3, shuffle=False, max_iter=1, **settings).fit(X)
    parts = DenoisingAE(3, **settings)
    for start in range(0, 60, 20):
        parts.partial_fit(X[start : start + 20])
    for one, other in zip(whole.coefs_ + whole.intercepts_, parts.coefs_ + parts.intercepts_):
        np.testing.assert_array_equal(one, other)
    assert np.mean(parts.loss_curve_) == pytest.approx(whole.loss_curve_[0])


@every_estimator
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", ["adam", "sgd", "kfac"])
@pytest.mark.parametrize(
    "settings", [{}, {"max_grad_norm": 0.05}, {"tied_weights": True, "hidden_layer_sizes": (4,), "max_grad_norm": 0.5}]
)
def test_partial_fit_by_any_chunks_is_one_epoch_in_order(settings, solver, dtype, cls, X):
    X = X.astype(dtype)
    # Warm-up and falling rates are of whole fits, and the first epoch of a cosine has the full rate.
    parameters = {**FIXED, **fixed_strength(cls), "solver": solver, "batch_size": 10, "random_state": 0, **settings}
    whole = cls(3, shuffle=False, max_iter=1, learning_rate="cosine", **parameters).fit(X)
    for sizes in ([60], [30, 30], [10, 20, 30]):
        parts = cls(3, warmup_epochs=7, learning_rate="plateau", **parameters)
        for start, size in zip(np.cumsum([0, *sizes]), sizes):
            parts.partial_fit(X[start : start + size])
        for one, other in zip(whole.coefs_ + whole.intercepts_, parts.coefs_ + parts.intercepts_):
            np.testing.assert_array_equal(one, other)
        assert np.average(parts.loss_curve_, weights=sizes) == pytest.approx(whole.loss_curve_[0], rel=1e-6)


@pytest.mark.parametrize("max_grad_norm", [1e-6, 1e-2])
def test_the_first_step_of_sgd_is_as_long_as_the_clip_allows(max_grad_norm, X):
    parameters = {"init": "glorot", "solver": "sgd", "batch_size": 60, "learning_rate_init": 0.1, "random_state": 0}
    moved = AutoencoderTransformer(3, max_grad_norm=max_grad_norm, **parameters).partial_fit(X)
    still = AutoencoderTransformer(3, max_grad_norm=1e-300, **parameters).partial_fit(X)
    step = np.linalg.norm(moved._fitted.network.theta - still._fitted.network.theta)
    # Nesterov's look-ahead: 1 + 0.9 times the rate.
    assert step == pytest.approx(1.9 * 0.1 * max_grad_norm, rel=1e-6)


def test_partial_fit_needs_batches(X):
    ae = AutoencoderTransformer(solver="lbfgs")
    assert not hasattr(ae, "partial_fit")
    with pytest.raises(AttributeError, match="partial_fit"):
        ae.partial_fit(X)


def test_salt_and_pepper_knows_the_range_of_all_chunks(X):
    ae = DenoisingAE(3, corruption="salt_and_pepper", random_state=0)
    ae.partial_fit(X[:30]).partial_fit(X[30:])
    np.testing.assert_array_equal(ae._fitted.statistics.value_range, [X.min(axis=0), X.max(axis=0)])


def test_partial_fit_holds_no_rows_out(X):
    with pytest.raises(ValueError, match="early_stopping must be False"):
        AutoencoderTransformer(early_stopping=True).partial_fit(X)


def test_warm_start_refuses_another_loss(rng):
    ae = fitted(AutoencoderTransformer, rng.integers(0, 2, (30, 4)), warm_start=True)
    ae.set_params(loss="squared_error", output_activation="logistic")
    with pytest.raises(ValueError, match="began with loss='log_loss', and now loss='squared_error'"):
        ae.fit(rng.integers(0, 2, (30, 4)))


def test_warm_start_begins_the_schedule_again(X):
    ae = fixed(AutoencoderTransformer, X, learning_rate="cosine", warm_start=True)
    before = ae.coefs_[0].copy()
    assert not np.array_equal(ae.fit(X).coefs_[0], before)


def test_warm_start_holds_the_same_rows_out(X):
    ae = fitted(AutoencoderTransformer, X, early_stopping=True, warm_start=True)
    first = _split(ae, Sample.of(X), ae._fitted.training)[1].rows
    ae.fit(X)
    np.testing.assert_array_equal(_split(ae, Sample.of(X), ae._fitted.training)[1].rows, first)


def test_warm_start_continues(X):
    once = fixed(AutoencoderTransformer, X, max_iter=6, shuffle=False)
    twice = fixed(AutoencoderTransformer, X, max_iter=3, shuffle=False, warm_start=True).fit(X)
    np.testing.assert_array_equal(once.coefs_[0], twice.coefs_[0])
    assert twice.loss_curve_ == once.loss_curve_
    assert twice.n_iter_ == 6


@pytest.mark.parametrize("settings", [FIXED, {}], ids=["fixed", "defaults"])
def test_a_pickled_estimator_trains_on_the_same_way(settings, X):
    ae = DenoisingAE(3, random_state=0, **settings).partial_fit(X)
    copy = pickle.loads(pickle.dumps(ae))
    np.testing.assert_array_equal(ae.partial_fit(X).coefs_[0], copy.partial_fit(X).coefs_[0])


def test_a_fit_without_warm_start_begins_anew(X):
    ae = fitted(AutoencoderTransformer, X)
    before = ae.coefs_[0].copy()
    np.testing.assert_array_equal(ae.fit(X).coefs_[0], before)


def test_refit_with_another_width(X):
    ae = fitted(AutoencoderTransformer, X).set_params(n_components=7).fit(X[:, :4])
    assert ae.transform(X[:, :4]).shape == (60, 7)


def test_early_stopping_gives_the_best_parameters_back(X):
    ae = AutoencoderTransformer(
        40, early_stopping=True, learning_rate_init=0.05, max_iter=60, n_iter_no_change=15, tol=0, random_state=0
    ).fit(X)
    assert len(ae.validation_loss_curve_) == len(ae.loss_curve_) == ae.n_iter_
    best = int(np.argmin(ae.validation_loss_curve_)) + 1
    assert best < ae.n_iter_, "the case must be one in which the last epoch is not the best"
    stopped = AutoencoderTransformer(
        40, early_stopping=True, learning_rate_init=0.05, max_iter=best, n_iter_no_change=15, tol=0, random_state=0
    ).fit(X)
    np.testing.assert_array_equal(ae.coefs_[0], stopped.coefs_[0])


@every_estimator
def test_the_two_curves_have_the_same_units(cls, rng):
    # Rows from one distribution and a slow rate: the objective on held rows must be near that on training rows.
    X = rng.standard_normal((1000, 5))
    ae = fitted(cls, X, early_stopping=True, learning_rate_init=1e-4, max_iter=3)
    np.testing.assert_allclose(ae.validation_loss_curve_, ae.loss_curve_, rtol=0.25)


@every_estimator
@pytest.mark.parametrize("solver", ["adam", "kfac", "lbfgs"])
def test_integer_weights_repeat_rows(cls, solver, X, rng):
    weights = rng.integers(0, 4, len(X))
    parameters = {**FIXED, **fixed_strength(cls), "solver": solver, "batch_size": 1000, "max_iter": 5}
    if cls is DenoisingAE:
        parameters["noise_level"] = 0.0
    weighted = cls(3, random_state=0, **parameters).fit(X, sample_weight=weights)
    repeated = cls(3, random_state=0, **parameters).fit(X.repeat(weights, axis=0))
    np.testing.assert_allclose(weighted.transform(X), repeated.transform(X), rtol=1e-6)


@every_estimator
@pytest.mark.parametrize("scale", [1e-300, 1000.0, 1e307])
@pytest.mark.parametrize("settings", [FIXED, {}], ids=["fixed", "defaults"])
def test_only_ratios_of_weights_count(settings, cls, scale, X, rng):
    weights = rng.random(len(X))
    one, other = (
        cls(3, batch_size=16, max_iter=3, random_state=0, **settings).fit(X, sample_weight=unit * weights)
        for unit in (1.0, scale)
    )
    np.testing.assert_allclose(one.coefs_[0], other.coefs_[0], rtol=1e-7)


@every_estimator
@pytest.mark.parametrize("settings", [FIXED, {"solver": "adam"}, {}], ids=["fixed", "adam", "defaults"])
def test_batches_without_weight(settings, cls, X):
    weights = np.r_[np.full(30, 1e-300), np.full(30, 1e300)]
    ae = cls(3, batch_size=4, max_iter=3, random_state=0, **settings).fit(X, sample_weight=weights)
    assert np.isfinite(ae.loss_curve_).all()


@every_estimator
def test_integer_weights_repeat_rows_in_about(cls, rng):
    # Start values are of the rows, whatever their weights; the minima are the same.
    X = rng.standard_normal((60, 2)) @ rng.standard_normal((2, 5)) + 0.1 * rng.standard_normal((60, 5))
    weights = rng.integers(0, 4, len(X))
    weighted, repeated = cls(2, random_state=0), cls(2, random_state=0)
    if cls is DenoisingAE:
        weighted.set_params(noise_level=0.0), repeated.set_params(noise_level=0.0)
    weighted.fit(X, sample_weight=weights)
    repeated.fit(X.repeat(weights, axis=0))
    assert weighted.solver_ == repeated.solver_ == "lbfgs"
    scores = [ae.score(X, sample_weight=weights) for ae in (weighted, repeated)]
    assert scores[0] == pytest.approx(scores[1], abs=0.01) and min(scores) > 0.9


@pytest.mark.parametrize("corruption", ["masking", "salt_and_pepper"])
def test_rows_without_weight_are_as_if_left_out(corruption, rng):
    X = rng.integers(0, 2, (40, 4)).astype(float)
    more, weights = np.r_[X, [[9.0, 9.0, 9.0, 9.0]]], np.r_[np.ones(40), 0.0]
    ae = DenoisingAE(3, corruption=corruption, max_iter=3, random_state=0).fit(more, sample_weight=weights)
    expected = DenoisingAE(3, corruption=corruption, max_iter=3, random_state=0).fit(X)
    assert ae.loss_ == expected.loss_ == "log_loss"
    np.testing.assert_array_equal(ae.coefs_[0], expected.coefs_[0])


@pytest.mark.parametrize("settings", [FIXED, {}], ids=["fixed", "defaults"])
def test_the_stopping_rule_ends_training_without_a_warning(settings, X):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        ae = AutoencoderTransformer(3, max_iter=2000, tol=1e-2, random_state=0, **settings).fit(X)
    assert ae.n_iter_ < 2000


BATCHES = r"[rR]aise learning_rate_init=0.001 by .*; or raise max_iter\.$"


@pytest.mark.parametrize(
    "ae, advice",
    [
        (
            AutoencoderTransformer(3, max_iter=2, **FIXED),
            r"For small X set solver='lbfgs' .*learning_rate='cosine'.*max_iter",
        ),
        (
            DenoisingAE(3, max_iter=2, **{**FIXED, "solver": "sgd"}, learning_rate="cosine"),
            rf"solver='lbfgs' [^']*; {BATCHES}",
        ),
        (AutoencoderTransformer(3, max_iter=2, solver="lbfgs"), r"Raise max_iter, to some thousands, or scale the"),
        (SparseAE(3, max_iter=2, sparsity="topk", n_active=2, **FIXED), rf"settled\. {BATCHES}"),
        (AutoencoderTransformer(3, max_iter=2, zero_sampling=0.5, **FIXED), rf"settled\. {BATCHES}"),
    ],
    ids=["adam", "sgd with cosine", "lbfgs", "topk", "zero sampling"],
)
def test_max_iter_warns_and_names_what_helps(ae, advice, X):
    with pytest.warns(
        ConvergenceWarning, match=rf"{type(ae).__name__} stopped at max_iter=2 before .*{advice}"
    ) as told:
        ae.fit(X)
    # A wider tolerance would hide that the training is not at its end.
    assert "tol" not in str(told[0].message)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "advised",
    [
        {"solver": "lbfgs", "max_iter": 1000},
        {"learning_rate_init": 1e-2, "learning_rate": "cosine"},
        {"max_iter": 1000},
    ],
    ids=["lbfgs", "rate", "epochs"],
)
def test_what_the_warning_names_helps(advised):
    X = StandardScaler().fit_transform(load_iris().data)
    before, after = (
        AutoencoderTransformer(2, random_state=0, **{**FIXED, **more}).fit(X).score(X) for more in ({}, advised)
    )
    assert after > before + 0.2


def test_cosine_differs_from_constant_after_the_first_epoch(X):
    one, other = (fixed(AutoencoderTransformer, X, learning_rate=name) for name in ("constant", "cosine"))
    assert one.loss_curve_[0] == other.loss_curve_[0]
    assert one.loss_curve_[-1] != other.loss_curve_[-1]


def test_verbose_prints_an_aligned_line_an_epoch(X, capsys):
    fixed(AutoencoderTransformer, X, verbose=1, max_iter=12, early_stopping=True)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 12
    assert len({len(line) for line in lines}) == 1
    assert all(word in lines[0] for word in ("epoch", "loss", "validation", "rows/s", "left"))
    fitted(AutoencoderTransformer, X)
    assert capsys.readouterr().out == ""


# Errors.


@every_estimator
@pytest.mark.parametrize(
    "parameters",
    [
        {"n_components": 0},
        {"n_components": 2.5},
        {"activation": "softplus"},
        {"output_activation": "softmax"},
        {"loss": "hinge"},
        {"tied_weights": "yes"},
        {"alpha": -1.0},
        {"solver": "rmsprop"},
        {"learning_rate_init": 0.0},
        {"learning_rate": "adaptive"},
        {"warmup_epochs": -1},
        {"max_grad_norm": 0.0},
        {"missing_values": "drop"},
        {"zero_sampling": 0.0},
        {"batch_size": 0},
        {"max_iter": 0},
        {"tol": -1e-3},
        {"n_iter_no_change": 0},
        {"early_stopping": 2},
        {"validation_fraction": 1.0},
        {"shuffle": "no"},
        {"random_state": "seed"},
        {"warm_start": 3},
    ],
    ids=lambda parameters: next(iter(parameters)),
)
def test_parameters_are_validated_at_fit(cls, parameters, X):
    name = next(iter(parameters))
    with pytest.raises(ValueError, match=f"The '{name}' parameter of {cls.__name__} must be"):
        cls(**parameters).fit(X)


@pytest.mark.parametrize("hidden", [(0,), (3.5,), ("a",), [4, -1]])
def test_hidden_layer_sizes_are_positive_integers(hidden, X):
    with pytest.raises(ValueError, match=r"hidden_layer_sizes.* integers of at least 1; got"):
        AutoencoderTransformer(3, hidden_layer_sizes=hidden).fit(X)


@pytest.mark.parametrize(
    "estimator, message",
    [
        (DenoisingAE(corruption="blur"), "The 'corruption' parameter of DenoisingAE must be"),
        (DenoisingAE(noise_level=-0.1), "The 'noise_level' parameter of DenoisingAE must be"),
        (DenoisingAE(noise_level=1.5), r"noise_level with corruption='masking' .* \[0, 1\]; got noise_level=1.5"),
        (SparseAE(sparsity_target=1.0), "The 'sparsity_target' parameter of SparseAE must be"),
        (SparseAE(sparsity_weight=-1), "The 'sparsity_weight' parameter of SparseAE must be"),
        (SparseAE(activation="tanh"), r"KL sparsity .* activation='logistic'; got activation='tanh'"),
        (ContractiveAE(contraction_weight=-1), "The 'contraction_weight' parameter of ContractiveAE must be"),
        (AutoencoderTransformer(loss="log_loss"), r"\[0, 1\]; they lie in \[-.*Scale X to \[0, 1\].*'squared_error'"),
        (
            AutoencoderTransformer(loss="log_loss", output_activation="tanh"),
            r"loss='log_loss' needs output_activation='logistic' or 'auto'; got output_activation='tanh'",
        ),
    ],
    ids=str,
)
def test_own_errors_say_what_to_do(estimator, message, X):
    with pytest.raises(ValueError, match=message):
        estimator.fit(X)


def test_gaussian_noise_may_exceed_one(X):
    fitted(DenoisingAE, X, corruption="gaussian", noise_level=1.5)


def test_sparse_ae_without_weight_takes_any_activation(X):
    fitted(SparseAE, X, sparsity_weight=0.0, activation="relu")


@every_estimator
@pytest.mark.parametrize("solver", ["adam", "sgd", "kfac", "lbfgs"])
@pytest.mark.parametrize("init", ["glorot", "auto"])
def test_divergence_is_an_error_and_leaves_nothing(init, cls, solver, X):
    if solver == "lbfgs" and numba.config.DISABLE_JIT:
        pytest.skip("Python's own floor, in exp, refuses the NaN that compiled code hands on")
    estimator, data = cls(3, init=init, solver=solver, learning_rate_init=1e10), X * 1e200
    with pytest.raises(ValueError, match=r"diverged: .*(epoch \d+ at learning rate 1e\+10|iteration \d+ of L-BFGS)"):
        estimator.fit(data)
    assert not [name for name in vars(estimator) if name.endswith("_") or name.startswith("_network")]
    with pytest.raises(NotFittedError):
        estimator.transform(data)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", ["squared_error", "log_loss"])
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("settings", [{}, {"max_iter": 1}, {"batch_size": 20}], ids=str)
def test_a_huge_learning_rate_raises(dtype, loss, activation, solver, settings, rng):
    X = rng.random((60, 5)).astype(dtype)
    # One step from a decoder that is a least-squares solution need not raise the loss by much.
    init = {"init": "glorot"} if settings == {"max_iter": 1} else {}
    parameters = {"learning_rate_init": 1e10, "activation": activation, "loss": loss, "solver": solver, **settings}
    with pytest.raises(ValueError, match=r"diverged: .* in epoch \d+ at learning rate 1e\+10"):
        fitted(AutoencoderTransformer, X, **parameters, **init)


def test_a_huge_learning_rate_raises_in_partial_fit(X):
    with pytest.raises(ValueError, match=r"diverged: .* in epoch 1 at learning rate"):
        AutoencoderTransformer(3, learning_rate_init=1e10, random_state=0).partial_fit(X)


@pytest.mark.parametrize("activation", ["identity", "tanh", "relu"])
def test_chunks_of_zeros_are_no_divergence(activation, X):
    ae = AutoencoderTransformer(3, activation=activation, loss="squared_error", random_state=0)
    for chunk in (0 * X, 0 * X, X, 0 * X, X, 0 * X):
        ae.partial_fit(chunk)


def test_growth_alone_is_no_divergence(X):
    # The first rows are next to nothing, so that the loss of the epoch is far above that of its first batch.
    X = np.concatenate([1e-9 * X, X])
    for solver in ("adam", "sgd"):
        fixed(AutoencoderTransformer, X, activation="identity", batch_size=20, shuffle=False, solver=solver)
    fitted(AutoencoderTransformer, X, activation="identity", batch_size=20, shuffle=False, solver="adam")


@pytest.mark.parametrize("settings", [FIXED, {}], ids=["fixed", "defaults"])
def test_a_failed_refit_leaves_the_old_model(settings, X):
    ae = fitted(AutoencoderTransformer, X, **settings)
    before, H = dict(vars(ae)), ae.transform(X)
    with pytest.raises(ValueError, match="NaN"):
        ae.fit(np.full((10, 9), np.nan))
    with pytest.raises(ValueError, match="diverged"):
        ae.set_params(learning_rate_init=1e10).fit(X[:, :4] * 1e200)
    ae.set_params(learning_rate_init=before["learning_rate_init"])
    assert vars(ae).keys() == before.keys()
    assert ae.n_features_in_ == 5
    np.testing.assert_array_equal(ae.transform(X), H)


def test_a_failed_partial_fit_leaves_the_old_model(X):
    ae = AutoencoderTransformer(3, random_state=0).partial_fit(X)
    H, curve = ae.transform(X), list(ae.loss_curve_)
    with pytest.raises(ValueError, match="diverged"):
        ae.partial_fit(1e200 * X)
    np.testing.assert_array_equal(ae.transform(X), H)
    assert ae.loss_curve_ == curve


@pytest.mark.parametrize("convert", [np.asarray, pd.DataFrame, np.ndarray.tolist], ids=["array", "frame", "list"])
@every_estimator
def test_targets_are_told_to_be_ignored(cls, convert, X):
    noisy, ae = convert(X + 0.1), cls(3, max_iter=2, random_state=0)
    for train in (ae.fit, ae.partial_fit, ae.fit_transform):
        with pytest.warns(UserWarning, match=rf"{cls.__name__} does not use y, .*\(60, 5\).* to_mlp\('regressor'\)"):
            train(noisy, convert(X))
    np.testing.assert_array_equal(ae.fit(noisy).coefs_[0], cls(3, max_iter=2, random_state=0).fit(noisy).coefs_[0])


def test_other_y_is_ignored_in_silence(X):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FitWarning)
        for y in (None, X, X[:, 0], X[:, :1], X[:, :2], list("ab" * 30), 3.0, X[0].tolist()):
            AutoencoderTransformer(3, max_iter=1).fit(X, y)
        AutoencoderTransformer(3, max_iter=1).fit(X[:, :1], X[:, 1:2])


def test_wrong_widths(X):
    ae = fitted(AutoencoderTransformer, X)
    for method in (ae.transform, ae.reconstruct, ae.score, ae.score_samples, ae.reconstruction_error, ae.partial_fit):
        with pytest.raises(ValueError, match="X has 4 features, but AutoencoderTransformer is expecting 5 features"):
            method(X[:, :4])
    with pytest.raises(
        ValueError, match=r"X has 5 features, but AutoencoderTransformer.inverse_transform is expecting 3"
    ):
        ae.inverse_transform(X)


@every_estimator
def test_codes_are_named_as_scikit_learn_names_them(cls, X):
    ae = fitted(cls, X)
    H = ae.transform(X)
    expected = ae.inverse_transform(H)
    np.testing.assert_array_equal(ae.inverse_transform(X=H), expected)
    with pytest.warns(FutureWarning, match=rf"H of {cls.__name__}.inverse_transform\(\) is now called X"):
        np.testing.assert_array_equal(ae.inverse_transform(H=H), expected)
    for codes in ({}, {"X": H, "H": H}):
        with pytest.raises(TypeError, match=rf"{cls.__name__}.inverse_transform\(\) needs codes as X; got "):
            ae.inverse_transform(**codes)


@every_estimator
def test_codes_are_no_metadata(cls):
    assert not hasattr(cls, "set_inverse_transform_request")
    requests = get_routing_for_object(cls())
    assert requests.inverse_transform.requests == {}
    # The routing is there, as for what is metadata.
    assert requests.fit.requests == {"sample_weight": None}


@pytest.mark.parametrize("first", [np.zeros, np.ones, lambda shape: np.eye(*shape)], ids=["zeros", "ones", "both"])
@every_estimator
def test_a_loss_that_the_first_chunk_settled_by_chance(cls, first, X):
    ae = cls(3, random_state=0).partial_fit(first((20, 5)))
    settled = r"loss='auto' settled on 'log_loss' by the X of the first training, whose values were all 0 or 1"
    anew = r"Begin anew, with loss='squared_error' from the start"
    trainings = {ae.partial_fit: anew, ae.set_params(warm_start=True).fit: anew}
    for method, remedy in {**trainings, ae.score_samples: r"Fit anew with loss='squared_error'\.$"}.items():
        with pytest.raises(ValueError, match=rf"{settled}.*{remedy}") as told:
            method(X)
        # Advice for a loss that was set.
        assert "MinMaxScaler" not in str(told.value)
    # What it advises.
    advised = cls(3, loss="squared_error", random_state=0).partial_fit(first((20, 5))).partial_fit(X)
    assert np.isfinite(advised.score_samples(X)).all()
    assert ae.set_params(loss="squared_error", warm_start=False, max_iter=2).fit(X).loss_ == "squared_error"


def test_a_loss_that_the_first_chunk_settled_and_the_next_would_not_have(rng):
    chunk = rng.random((20, 5))
    ae = AutoencoderTransformer(3, random_state=0).partial_fit(np.zeros((20, 5)))
    with pytest.warns(UserWarning, match=r"settled on 'log_loss' .* Set loss='log_loss' to keep it, or begin anew"):
        ae.partial_fit(chunk)
    assert ae.loss_ == "log_loss"
    # Where it fits, and where it was asked for, there is nothing to say.
    ae.partial_fit(np.ones((20, 5))).set_params(loss="log_loss").partial_fit(chunk)
    with pytest.raises(ValueError, match=r"loss='log_loss' needs values of X in \[0, 1\].*MinMaxScaler"):
        ae.partial_fit(2 * chunk)
    with pytest.raises(ValueError, match=r"began with .*Set loss='log_loss', or begin anew: .* a new estimator"):
        ae.set_params(loss="squared_error").partial_fit(chunk)


def test_warm_start_refuses_another_network(X):
    ae = fitted(AutoencoderTransformer, X, warm_start=True).set_params(n_components=4)
    with pytest.raises(ValueError, match=r"cannot continue.*warm_start=False"):
        ae.fit(X)
    assert ae.transform(X).shape == (60, 3)


def test_early_stopping_needs_a_row_to_train_on():
    with pytest.raises(ValueError, match="leaves no row to train on: n_samples=1"):
        AutoencoderTransformer(early_stopping=True).fit([[1.0, 2.0]])


@pytest.mark.parametrize("dtype", ["datetime64[D]", "timedelta64[s]"])
def test_dates_are_not_numbers(dtype, X):
    dates = np.arange(12).reshape(4, 3).astype(dtype)
    with pytest.raises(ValueError, match=r"X must hold numbers; got dtype .*64"):
        AutoencoderTransformer(2).fit(dates)
    with pytest.raises(ValueError, match=r"X must hold numbers; got dtype .*64"):
        fitted(AutoencoderTransformer, X).inverse_transform(dates)


def test_weights_must_not_be_negative(X):
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        AutoencoderTransformer().fit(X, sample_weight=-np.ones(len(X)))


@every_estimator
def test_methods_before_fit(cls, X):
    ae = cls()
    methods = ("transform", "inverse_transform", "reconstruct", "score", "score_samples", "reconstruction_error")
    for name in methods:
        with pytest.raises(NotFittedError):
            getattr(ae, name)(X)
    for name in ("coefs_", "intercepts_", "components_", "filters_"):
        assert not hasattr(ae, name)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        ae.coefs_  # noqa: B018


# Inputs.


@pytest.mark.parametrize(
    "convert",
    [
        np.asfortranarray,
        lambda X: np.repeat(np.repeat(X, 2, axis=0), 2, axis=1)[::2, ::2],
        lambda X: X[::-1][::-1],
        lambda X: X.astype(">f8"),
        lambda X: X.tolist(),
        pd.DataFrame,
        lambda X: pl.DataFrame(X, schema=[f"c{j}" for j in range(X.shape[1])]),
    ],
    ids=["fortran", "strided", "reversed", "big-endian", "list", "pandas", "polars"],
)
@pytest.mark.parametrize("settings", [FIXED, {}, {"solver": "adam"}], ids=["fixed", "defaults", "adam"])
def test_layouts_give_the_same_model(settings, convert, X):
    expected = fitted(AutoencoderTransformer, X, **settings)
    ae = fitted(AutoencoderTransformer, convert(X), **settings)
    if settings is FIXED:
        np.testing.assert_array_equal(ae.coefs_[0], expected.coefs_[0])
    # The means of columns may differ in their rounding.
    np.testing.assert_allclose(ae.coefs_[0], expected.coefs_[0], rtol=1e-10)
    np.testing.assert_allclose(ae.transform(convert(X)), expected.transform(X), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i4", "i8", "u8", "?", "f2", "f4", ">i4", "g"])
@pytest.mark.parametrize(
    "settings",
    [FIXED, {"loss": "squared_error", **FIXED}, {}, {"loss": "squared_error"}],
    ids=["fixed", "fixed, squared_error", "defaults", "squared_error"],
)
def test_dtypes_give_the_model_of_their_values(settings, dtype, rng):
    X = rng.integers(0, 2, (40, 5)).astype(dtype)
    wide = np.float32 if dtype in ("f2", "f4") else np.float64
    ae, expected = (fitted(AutoencoderTransformer, rows, **settings) for rows in (X, X.astype(wide)))
    if settings != {"loss": "squared_error"}:
        np.testing.assert_array_equal(ae.coefs_[0], expected.coefs_[0])
    # Where rows are centred, other types of number are so in float64, with a rounding of their own.
    np.testing.assert_allclose(ae.coefs_[0], expected.coefs_[0], rtol=1e-10 if wide is np.float64 else 1e-4)
    assert ae.transform(X).dtype == wide
    for method in ("transform", "reconstruct", "score_samples", "reconstruction_error", "score"):
        np.testing.assert_allclose(getattr(ae, method)(X), getattr(ae, method)(X.astype(wide)), rtol=1e-6)


def test_read_only_memory_map(tmp_path, X):
    path = tmp_path / "X.npy"
    np.save(path, X)
    mapped = np.load(path, mmap_mode="r")
    ae = fitted(AutoencoderTransformer, mapped)
    np.testing.assert_array_equal(ae.transform(mapped), fitted(AutoencoderTransformer, X).transform(X))


@every_estimator
@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (1, 1), (3, 40)])
def test_small_shapes(cls, shape, rng):
    X = rng.standard_normal(shape)
    ae = fitted(cls, X, 4)
    assert ae.reconstruct(X).shape == shape
    assert np.isfinite(ae.score_samples(X)).all()


@pytest.mark.parametrize("scale", [1e-20, 1e-9, 1e9, 1e20])
@pytest.mark.parametrize("tied", [False, True])
def test_lbfgs_does_not_depend_on_the_units_of_x(scale, tied, X):
    parameters = {"solver": "lbfgs", "activation": "identity", "tied_weights": tied, "max_iter": 200, "tol": 1e-9}
    ae, expected = (fitted(AutoencoderTransformer, unit * X, **parameters) for unit in (scale, 1.0))
    assert ae.score(scale * X) == pytest.approx(expected.score(X), abs=1e-4)


@every_estimator
@pytest.mark.parametrize("scale", [1e-30, 1e-15, 1e15])
def test_extreme_scales(cls, scale, X):
    ae = fitted(cls, scale * X)
    assert np.isfinite(ae.reconstruct(scale * X)).all()


@every_estimator
def test_constant_columns(cls, X):
    X = X.copy()
    X[:, 2] = 3.0
    assert np.isfinite(fitted(cls, X).score(X))


@every_estimator
@pytest.mark.parametrize("order", "CF")
def test_the_input_is_not_changed(cls, order, X):
    X = np.array(X, order=order)
    weights = np.linspace(0, 1, len(X))
    before, weights_before = X.copy(), weights.copy()
    ae = fitted(cls, X)
    ae.fit(X, sample_weight=weights)
    ae.inverse_transform(ae.transform(X))
    ae.score(X), ae.score_samples(X)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(weights, weights_before)


# In scikit-learn's company.


@every_estimator
@pytest.mark.parametrize("settings", [FIXED, {}], ids=["fixed", "defaults"])
def test_clone_and_pickle(settings, cls, X):
    ae = fitted(cls, X, hidden_layer_sizes=(4,), tied_weights=True, **settings)
    assert clone(ae).get_params() == ae.get_params()
    copy = pickle.loads(pickle.dumps(ae))
    np.testing.assert_array_equal(copy.transform(X), ae.transform(X))
    np.testing.assert_array_equal(copy.reconstruct(X), ae.reconstruct(X))
    for one, other in zip(copy.coefs_ + copy.intercepts_, ae.coefs_ + ae.intercepts_):
        np.testing.assert_array_equal(one, other)
    if not settings:
        return
    copy.coefs_[0][:] = 0.0
    assert np.ptp(copy.transform(X), axis=0).max() == 0.0, "the attributes must be the parameters themselves"


@every_estimator
@pytest.mark.parametrize("container, frame", [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
def test_set_output_and_feature_names(cls, container, frame, X):
    names = [f"column {j}" for j in range(5)]
    data = frame(dict(zip(names, X.T)))
    ae = cls(3, max_iter=2).set_output(transform=container).fit(data)
    H = ae.transform(data)
    assert isinstance(H, frame)
    assert list(H.columns) == [f"{cls.__name__.lower()}{j}" for j in range(3)]
    assert list(ae.feature_names_in_) == names
    assert list(ae.get_feature_names_out()) == list(H.columns)


@every_estimator
def test_names_of_features_can_be_set_and_taken_away(cls, X):
    ae = fitted(cls, pd.DataFrame(X, columns=list("abcde")))
    ae.feature_names_in_ = list("vwxyz")
    assert ae.feature_names_in_.dtype == object and list(ae.feature_names_in_) == list("vwxyz")
    assert ae.transform(pd.DataFrame(X, columns=list("vwxyz"))).shape == (60, 3)
    for wrong in (
        list("abcd"),
        list("abcdef"),
        "abcde",
        5,
        [1, 2, 3, 4, 5],
        [*"abcd", None],
        np.array([list("abc")]),
    ):
        with pytest.raises(ValueError, match="feature_names_in_ must be None or 5 strings, one for each feature; got "):
            ae.feature_names_in_ = wrong
    assert list(ae.feature_names_in_) == list("vwxyz")
    del ae.feature_names_in_
    assert not hasattr(ae, "feature_names_in_")
    with pytest.raises(AttributeError):
        del ae.feature_names_in_
    assert ae.transform(X).shape == (60, 3)


@every_estimator
@pytest.mark.parametrize("container, frame", [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
def test_a_reconstruction_is_what_set_output_asks_for(cls, container, frame, X):
    names = [f"column {j}" for j in range(5)]
    data = frame(dict(zip(names, X.T)))
    if container == "pandas":
        data.index = np.arange(60)[::-1]
    ae = fitted(cls, data)
    expected = ae.reconstruct(data)
    assert type(expected) is np.ndarray
    ae.set_output(transform=container)
    rebuilt = ae.reconstruct(data)
    assert isinstance(rebuilt, frame) and list(rebuilt.columns) == names
    np.testing.assert_array_equal(rebuilt.to_numpy(), expected)
    if container == "pandas":
        assert list(rebuilt.index) == list(data.index)
    # As of scikit-learn's own transformers.
    assert type(ae.inverse_transform(ae.transform(data))) is np.ndarray
    assert isinstance(ae.score(data), float)
    ReconstructionDisplay.from_estimator(ae, data, n_images=2)
    assert np.isfinite(FeatureErrorDisplay.from_estimator(ae, data).errors).all()
    plt.close("all")
    with config_context(transform_output=container):
        unnamed = fitted(cls, X).reconstruct(X)
        assert isinstance(unnamed, frame) and list(unnamed.columns) == [f"x{j}" for j in range(5)]


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_grid_search_over_a_pipeline(n_jobs, digits):
    X, y = (part[:300] for part in digits)
    pipeline = make_pipeline(
        SparseAE(16, max_iter=15, learning_rate_init=0.01, random_state=0), StandardScaler(), LogisticRegression()
    )
    search = GridSearchCV(pipeline, {"sparseae__sparsity_weight": [0.01, 1.0]}, cv=3, n_jobs=n_jobs)
    search.fit(X, y)
    assert search.best_score_ > 0.5
    assert search.best_params_["sparseae__sparsity_weight"] in (0.01, 1.0)


def test_grid_search_by_reconstruction(digits):
    X, _ = digits
    search = GridSearchCV(AutoencoderTransformer(max_iter=20, random_state=0), {"n_components": [2, 32]}, cv=3)
    assert search.fit(X[:300]).best_params_ == {"n_components": 32}


def test_sample_weight_through_a_pipeline(X):
    pipeline = make_pipeline(StandardScaler(), AutoencoderTransformer(3, max_iter=2, random_state=0))
    pipeline.fit(X, autoencodertransformer__sample_weight=np.arange(len(X)))
    assert pipeline.transform(X).shape == (60, 3)


def test_documented_parameters_are_the_parameters():
    for cls in ESTIMATORS:
        text = cls.__doc__.split("Attributes\n")[0]
        assert "{" not in text.replace("{", "", 0).split("Parameters\n")[0]
        for name, value in cls().get_params().items():
            assert f"\n    {name} : " in text, (cls.__name__, name)
            if name != "hidden_layer_sizes":
                assert f"default={value!r}".replace("'", '"') in text.replace("1e-3", "0.001").replace(
                    "1e-4", "0.0001"
                ), (cls.__name__, name)
