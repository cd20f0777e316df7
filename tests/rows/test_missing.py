"""Missing values: refused, or left out of the loss with the means of the columns in their place."""

import pickle

import numpy as np
import oracle
import pandas as pd
import pytest
from scipy import sparse
from settings import FIXED, as_compiled
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.kernels.corruptions import CORRUPTIONS
from skae.kernels.losses import LOSSES
from skae.network.architecture import Architecture
from skae.network.network import Network
from skae.objective.kl_sparsity import KLSparsity
from skae.objective.l2 import L2
from skae.objective.noise import Noise
from skae.objective.objective import Objective
from skae.rows.blocks import gather
from skae.rows.matrices import FilledRows
from skae.rows.sample import Sample

ESTIMATORS = [AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE]
every_estimator = pytest.mark.parametrize("cls", ESTIMATORS)
VARIANTS = [
    (AutoencoderTransformer, {}),
    (AutoencoderTransformer, {"hidden_layer_sizes": (6,), "tied_weights": True}),
    (AutoencoderTransformer, {"loss": "log_loss"}),
    (AutoencoderTransformer, {"output_activation": "tanh"}),
    (DenoisingAE, {"corruption": "masking"}),
    (DenoisingAE, {"corruption": "gaussian"}),
    (DenoisingAE, {"corruption": "salt_and_pepper"}),
    (SparseAE, {}),
    (ContractiveAE, {}),
    (ContractiveAE, {"hidden_layer_sizes": (6,)}),
]
every_variant = pytest.mark.parametrize("cls, parameters", VARIANTS, ids=lambda value: getattr(value, "__name__", None))
# Of the parameters that FIXED sets.
DEFAULTS = {name: AutoencoderTransformer().get_params()[name] for name in FIXED}
every_start = pytest.mark.parametrize("start", [FIXED, DEFAULTS], ids=["fixed", "defaults"])
METHODS = ("transform", "reconstruct", "score_samples", "reconstruction_error", "score")


def holed(n_rows=60, n_columns=5, share=0.2, seed=71):
    """Rows in [0, 1] with holes, one row empty."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(0, 1, (n_rows, n_columns))
    X[rng.random(X.shape) < share] = np.nan
    X[3] = np.nan
    return X


def fitted(cls, X, sample_weight=None, **parameters):
    settings = {**FIXED, "missing_values": "mask", "max_iter": 5, "random_state": 0, **parameters}
    return cls(3, **settings).fit(X, sample_weight=sample_weight)


def assert_same_models(one, other, rtol=0.0):
    np.testing.assert_allclose(one.loss_curve_, other.loss_curve_, rtol=rtol)
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)


# Refused.


@every_estimator
def test_nan_is_an_error_by_default(cls):
    X = holed()
    with pytest.raises(ValueError, match="NaN"):
        cls().fit(X)
    with pytest.raises(ValueError, match="NaN"):
        cls().partial_fit(X)
    ae = cls(3, max_iter=2).fit(np.nan_to_num(X))
    for method in METHODS:
        with pytest.raises(ValueError, match="NaN"):
            getattr(ae, method)(X)
    assert not hasattr(ae, "column_means_")


@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_start
def test_infinite_values_are_refused_even_so(start, dtype, value):
    X = holed().astype(dtype)
    ae, bad = fitted(AutoencoderTransformer, X, **start), X.copy()
    bad[7, 2] = value
    for method in (ae.fit, ae.partial_fit, *(getattr(ae, name) for name in METHODS)):
        with pytest.raises(ValueError, match="infinity"):
            method(bad)


def test_codes_have_no_holes():
    ae = fitted(AutoencoderTransformer, holed())
    H = ae.transform(holed())
    H[0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        ae.inverse_transform(H)


def test_the_parameter_is_validated():
    with pytest.raises(ValueError, match="The 'missing_values' parameter of AutoencoderTransformer must be"):
        fitted(AutoencoderTransformer, holed(), missing_values="drop")


# The objective.


def objective(loss, output, tied=False, sizes=(5, 4, 2), noise=None, terms=(), alpha=0.0):
    architecture = Architecture(sizes, "tanh" if not terms else "logistic", output, tied)
    theta = 0.7 * np.random.default_rng(72).standard_normal(architecture.n_parameters)
    means = np.array([0.3, 0.7, 0.1, 0.5, 0.9])
    return Objective(Network(architecture, theta), LOSSES[loss], [L2(alpha), *terms], noise, means)


def by_loops(J, loss, output, x, scale):
    """The loss and its gradient by the oracle, a row at a time: holes get their mean, and leave the loss."""
    architecture = J.network.architecture
    settings = oracle.Settings(architecture.encoder_sizes, "tanh", output, loss, architecture.tied)
    weights, biases = J.network.weights, J.network.biases
    depth, value, rows = architecture.depth, 0.0, []
    weight_grads, bias_grads = [np.zeros_like(w) for w in weights], [np.zeros_like(b) for b in biases]
    for r, row in zip(scale, x):
        there = ~np.isnan(row)
        filled = [value if seen else mean for value, seen, mean in zip(row, there, J.fill_values)]
        zs, outputs = oracle.forward(settings, weights, biases, filled)
        entry, slope = oracle.row_loss(settings, zs[-1][there], outputs[-1][there], row[there])
        rows.append(entry)
        value += r * entry
        delta = np.zeros(len(row))
        delta[there] = r * slope
        for layer in range(2 * depth - 1, -1, -1):
            weight_grads[layer] += np.outer(outputs[layer], delta)
            bias_grads[layer] += delta
            if layer:
                delta = (weights[layer] @ delta) * oracle.SLOPE["tanh"](zs[layer - 1])
    flat = np.concatenate([g.ravel() for g in oracle.gradients(settings, weight_grads, bias_grads)])
    return value, rows, flat


@pytest.mark.parametrize("sizes", [(5, 3), (5, 4, 2)], ids=["shallow", "deep"])
@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
@pytest.mark.parametrize(
    "loss, output", [("squared_error", "identity"), ("squared_error", "logistic"), ("log_loss", "logistic")]
)
def test_loss_and_gradient_against_loops(loss, output, tied, sizes):
    J, x = objective(loss, output, tied, sizes), holed(9)
    before = x.copy()
    scale = np.random.default_rng(73).uniform(0.5, 1.5, 9) / 9
    expected, rows, gradient = by_loops(J, loss, output, x, scale)
    assert J.value_and_gradient(x, scale) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(J.grad, gradient, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(J.batch(9).row_loss, rows, rtol=1e-12, atol=1e-15)
    assert J.batch(9).row_loss[3] == 0.0
    assert J.value(x, scale) == pytest.approx(expected, rel=1e-12)
    assert J.full(Sample.of(x)) == pytest.approx(by_loops(J, loss, output, x, np.full(9, 1 / 9))[0], rel=1e-12)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("terms", [(), (KLSparsity(0.3, 0.2),)], ids=["plain", "KL"])
@pytest.mark.parametrize("corruption", [None, *sorted(CORRUPTIONS)])
def test_gradient_against_finite_differences(corruption, terms):
    low, high = np.zeros(5), np.ones(5)
    noise = None if corruption is None else Noise(CORRUPTIONS[corruption], 0.3, low, high)
    J, x = objective("squared_error", "identity", noise=noise, terms=terms, alpha=0.01), holed(9)
    J.value_and_gradient(x, rng=np.random.default_rng(74))
    gradient, theta = J.grad.copy(), J.network.theta
    direction = np.random.default_rng(75).standard_normal(theta.size)
    start, values = theta.copy(), []
    for k in (1, -1, 2, -2):
        theta[...] = start + 1e-3 * k * direction / np.linalg.norm(direction)
        values.append(J.value(x, rng=np.random.default_rng(74)))
    slope = (8 * (values[0] - values[1]) - (values[2] - values[3])) / 12e-3
    assert gradient @ direction / np.linalg.norm(direction) == pytest.approx(slope, rel=1e-6)


def test_blocks_add_up(monkeypatch):
    X = holed(23)
    whole = objective("squared_error", "logistic")
    value, grad = whole.full(Sample.of(X)), whole.grad.copy()
    monkeypatch.setattr("skae.network.architecture.Architecture.block_size", lambda self, n_rows, dtype: min(n_rows, 4))
    parts = objective("squared_error", "logistic")
    assert parts.full(Sample.of(X)) == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(parts.grad, grad, rtol=1e-11, atol=1e-15)


# What fills the holes.


@every_estimator
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_start
def test_column_means(start, cls, dtype):
    X = holed().astype(dtype)
    ae = fitted(cls, X, **start)
    np.testing.assert_allclose(ae.column_means_, np.nanmean(X, axis=0, dtype=np.float64), rtol=1e-12)
    assert ae.column_means_.dtype == np.float64 and ae.transform(X).dtype == dtype


@every_start
def test_column_means_are_weighted(start, rng):
    X, weights = holed(), rng.uniform(0, 3, 60)
    weights[10] = 0.0
    X[10] = 1e6
    ae = fitted(AutoencoderTransformer, X, weights, **start)
    there = ~np.isnan(X)
    expected = [np.average(x[seen], weights=weights[seen]) for x, seen in zip(X.T, there.T)]
    np.testing.assert_allclose(ae.column_means_, expected, rtol=1e-12)


def test_column_means_by_blocks(monkeypatch):
    monkeypatch.setattr("skae.rows.sample.block_rows", lambda *_: 7)
    weights = np.linspace(0.5, 2, 60)
    sums, counts = Sample.of(holed(), weights, np.arange(5, 50)).column_sums()
    part, there = holed()[5:50], ~np.isnan(holed()[5:50])
    shares = weights[5:50] / weights[5:50].mean()
    np.testing.assert_allclose(sums, shares @ np.where(there, part, 0), rtol=1e-12)
    np.testing.assert_allclose(counts, shares @ there, rtol=1e-12)


def test_partial_fit_takes_the_means_of_all_rows_so_far():
    X = holed()
    ae = AutoencoderTransformer(3, missing_values="mask", random_state=0)
    for end in (10, 35, 60):
        start = {10: 0, 35: 10, 60: 35}[end]
        ae.partial_fit(X[start:end])
        np.testing.assert_allclose(ae.column_means_, np.nanmean(X[:end], axis=0), rtol=1e-12)


@every_start
def test_fit_takes_the_means_of_its_own_rows(start):
    X, other = holed(), 3 + holed(seed=78)
    ae = fitted(AutoencoderTransformer, X, warm_start=True, **start).fit(other)
    np.testing.assert_allclose(ae.column_means_, np.nanmean(other, axis=0), rtol=1e-12)
    np.testing.assert_allclose(ae.partial_fit(X).column_means_, np.nanmean(np.r_[other, X], axis=0), rtol=1e-12)


def test_a_failed_partial_fit_leaves_the_means():
    X = holed()
    ae = AutoencoderTransformer(3, missing_values="mask", random_state=0).partial_fit(X)
    means, H = ae.column_means_.copy(), ae.transform(X)
    with pytest.raises(ValueError, match="diverged"):
        ae.partial_fit(1e200 * X)
    np.testing.assert_array_equal(ae.column_means_, means)
    np.testing.assert_array_equal(ae.transform(X), H)
    np.testing.assert_allclose(ae.partial_fit(X).column_means_, means, rtol=1e-12)


@every_variant
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@every_start
def test_a_column_without_any_value(start, solver, cls, parameters):
    X = holed()
    X[:, 1] = np.nan
    ae = fitted(cls, X, **{**start, "solver": solver}, **parameters)
    assert ae.column_means_[1] == 0.0
    assert np.isfinite(ae.reconstruct(X)).all() and np.isfinite(ae.score(X)) and np.isfinite(ae.loss_curve_).all()
    other = X.copy()
    other[:, 1] = 0.0
    np.testing.assert_array_equal(ae.transform(X), ae.transform(other))


@every_start
def test_nothing_but_holes(start):
    X = np.full((12, 4), np.nan)
    for cls in ESTIMATORS:
        ae = fitted(cls, X, **start)
        assert np.isfinite(ae.transform(X)).all()
        assert (ae.score_samples(X) == 0).all() and (ae.reconstruction_error(X) == 0).all()


def test_rows_that_are_filled_where_they_are_read():
    X, means = holed(), np.arange(5.0)
    expected = np.where(np.isnan(X), means, X)
    filled, out = FilledRows(X, means), np.empty((4, 5), np.float32)
    np.testing.assert_array_equal(filled[2:9], expected[2:9])
    gather(filled, np.array([3, 50, 3, 0]), out)
    np.testing.assert_array_equal(out, expected[[3, 50, 3, 0]].astype(np.float32))
    assert len(filled) == 60 and filled.shape == X.shape and filled.dtype == X.dtype


# What a model with holes gives.


@every_variant
@every_start
def test_all_methods_give_numbers(start, cls, parameters):
    X = holed()
    before = X.copy()
    ae = fitted(cls, X, **parameters, **start)
    filled = np.where(np.isnan(X), ae.column_means_, X)
    np.testing.assert_allclose(ae.transform(X), ae.transform(filled), rtol=1e-12)
    np.testing.assert_allclose(ae.reconstruct(X), ae.inverse_transform(ae.transform(X)), rtol=1e-12)
    for method in METHODS:
        assert np.isfinite(getattr(ae, method)(X)).all(), method
    np.testing.assert_array_equal(X, before)


@every_start
def test_scores_are_over_what_is_there(start):
    X, weights = holed(), np.linspace(0, 2, 60)
    ae = fitted(AutoencoderTransformer, X, **start)
    squares = np.square(X - ae.reconstruct(X))
    np.testing.assert_allclose(ae.score_samples(X), -np.nansum(squares, axis=1), rtol=1e-12)
    np.testing.assert_allclose(ae.reconstruction_error(X), np.nansum(squares, axis=1), rtol=1e-12)
    per_feature = ae.reconstruction_error(X, per_feature=True)
    np.testing.assert_array_equal(np.isnan(per_feature), np.isnan(X))
    np.testing.assert_allclose(per_feature, squares, rtol=1e-12)
    assert ae.score(X) == pytest.approx(1 - np.nansum(squares) / np.nansum(np.square(X - np.nanmean(X, axis=0))))
    there = ~np.isnan(X)
    mean = [np.average(x[seen], weights=weights[seen]) for x, seen in zip(X.T, there.T)]
    lost, spread = weights @ np.nansum(squares, axis=1), weights @ np.nansum(np.square(X - mean), axis=1)
    assert ae.score(X, sample_weight=weights) == pytest.approx(1 - lost / spread)


@every_start
def test_log_loss_is_over_what_is_there(start):
    X = holed()
    ae = fitted(AutoencoderTransformer, X, loss="log_loss", **start)
    R = ae.reconstruct(X)
    expected = np.nansum(X * np.log(R) + (1 - X) * np.log(1 - R), axis=1)
    np.testing.assert_allclose(ae.score_samples(X), expected, rtol=1e-10)


@every_start
def test_the_loss_is_chosen_by_what_is_there(start):
    X = holed()
    assert fitted(AutoencoderTransformer, X, **start).loss_ == "squared_error"
    assert fitted(AutoencoderTransformer, np.round(X), **start).loss_ == "log_loss"
    with pytest.raises(ValueError, match=r"\[0, 1\]; they lie in \[-?\d.*, 2\]"):
        fitted(AutoencoderTransformer, np.where(X > 0.99, 2.0, X), loss="log_loss", **start)


@every_variant
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@every_start
def test_without_holes_it_is_the_plain_model(start, solver, cls, parameters):
    X, weights = np.nan_to_num(holed()), np.linspace(0.1, 2, 60)
    ae, plain = (
        fitted(cls, X, weights, **{**start, "solver": solver}, missing_values=missing, **parameters)
        for missing in ("mask", "error")
    )
    assert_same_models(ae, plain, 1e-12 if solver == "adam" else 1e-8)
    np.testing.assert_allclose(ae.transform(X), plain.transform(X), rtol=1e-11 if solver == "adam" else 1e-7)


def test_holes_are_filled_ever_better_from_correlated_columns():
    # Five columns of which one is the code: from the others the holes are known, from the means they are not.
    rng = np.random.default_rng(76)
    X = np.outer(rng.standard_normal(400), [1.0, -1.0, 1.0, 1.0, -1.0])
    holes = rng.random(X.shape) < 0.1
    masked = np.where(holes, np.nan, X)
    ae = AutoencoderTransformer(
        1, activation="identity", missing_values="mask", solver="lbfgs", max_iter=50, random_state=0
    ).fit(masked)
    guesses = np.broadcast_to(ae.column_means_, X.shape)
    lost = np.square(ae.reconstruct(masked) - X)[holes].mean()
    assert lost < 0.2 * np.square(guesses - X)[holes].mean()


@every_variant
@every_start
def test_early_stopping(start, cls, parameters):
    X = holed()
    ae = fitted(cls, X, early_stopping=True, **parameters, **start)
    assert len(ae.validation_loss_curve_) == 5 and np.isfinite(ae.validation_loss_curve_).all()
    assert ae.validation_loss_curve_[-1] < 2 * ae.validation_loss_curve_[0]


@every_estimator
def test_lbfgs_descends(cls):
    ae = fitted(cls, holed(), solver="lbfgs", max_iter=15)
    assert (np.diff(ae.loss_curve_) <= 1e-12).all() and ae.loss_curve_[-1] < 0.95 * ae.loss_curve_[0]


def test_partial_fit_over_the_batches_is_one_epoch():
    # The means of the first chunk are those of all rows: so that both meet the same inputs.
    X = np.tile(holed(20), (3, 1))
    whole = fitted(AutoencoderTransformer, X, shuffle=False, max_iter=1, batch_size=20)
    parts = AutoencoderTransformer(3, missing_values="mask", batch_size=20, random_state=0, **FIXED)
    for start in range(0, 60, 20):
        parts.partial_fit(X[start : start + 20])
    for one, other in zip(whole.coefs_, parts.coefs_):
        np.testing.assert_allclose(one, other, rtol=1e-10)


# Life of an estimator.


@every_start
def test_back_to_refusing(start):
    X = holed()
    ae = fitted(AutoencoderTransformer, X, **start).set_params(missing_values="error")
    with pytest.raises(ValueError, match="NaN"):
        ae.fit(X)
    with pytest.raises(ValueError, match="NaN"):
        ae.transform(X)
    assert hasattr(ae, "column_means_"), "a failed fit changes nothing"
    ae.fit(np.nan_to_num(X))
    assert not hasattr(ae, "column_means_") and not hasattr(ae, "_observed")
    assert_same_models(ae, fitted(AutoencoderTransformer, np.nan_to_num(X), missing_values="error", **start))


def test_a_plain_model_has_nothing_to_fill_holes_with():
    X = holed()
    ae = fitted(AutoencoderTransformer, np.nan_to_num(X), missing_values="error").set_params(missing_values="mask")
    for method in METHODS:
        with pytest.raises(ValueError, match="NaN"):
            getattr(ae, method)(X)


@pytest.mark.parametrize("warm", [False, True], ids=["partial_fit", "warm_start"])
@every_start
def test_training_that_continues_may_begin_to_meet_holes(start, warm):
    X = holed()
    ae = fitted(AutoencoderTransformer, np.nan_to_num(X), missing_values="error", warm_start=True, **start)
    ae.set_params(missing_values="mask")
    (ae.fit if warm else ae.partial_fit)(X)
    np.testing.assert_allclose(ae.column_means_, np.nanmean(X, axis=0), rtol=1e-12)
    assert np.isfinite(ae.transform(X)).all()


def test_a_refit_learns_new_means():
    ae = fitted(AutoencoderTransformer, holed())
    X = 1 - holed(seed=77)
    np.testing.assert_allclose(ae.fit(X).column_means_, np.nanmean(X, axis=0), rtol=1e-12)


@every_variant
@every_start
def test_pickle_and_clone(start, cls, parameters):
    X = holed()
    ae = fitted(cls, X, **parameters, **start)
    copy = pickle.loads(pickle.dumps(ae))
    np.testing.assert_array_equal(copy.transform(X), ae.transform(X))
    np.testing.assert_array_equal(copy.partial_fit(X).column_means_, ae.partial_fit(X).column_means_)
    np.testing.assert_array_equal(copy.coefs_[0], ae.coefs_[0])
    assert not hasattr(clone(ae), "column_means_") and clone(ae).missing_values == "mask"


def test_in_a_pipeline():
    X = holed()
    pipeline = make_pipeline(StandardScaler(), AutoencoderTransformer(3, missing_values="mask", max_iter=3))
    assert np.isfinite(pipeline.fit_transform(X)).all() and np.isfinite(pipeline.score(X))
    pipeline = make_pipeline(MinMaxScaler(), DenoisingAE(3, missing_values="mask", loss="log_loss", max_iter=3))
    assert np.isfinite(pipeline.fit_transform(X)).all()


def test_tags_say_what_is_allowed():
    assert AutoencoderTransformer(missing_values="mask").__sklearn_tags__().input_tags.allow_nan
    assert not AutoencoderTransformer().__sklearn_tags__().input_tags.allow_nan


# Forms of X.


@pytest.mark.parametrize("form", ["fortran", "big-endian", "half", "frame", "nullable frame", "objects", "memory map"])
@every_start
def test_forms_give_the_same_model(start, form, tmp_path):
    X = holed()
    if form == "half":
        X = X.astype(np.float16).astype(np.float32)
    np.save(tmp_path / "X.npy", X)
    data = {
        "fortran": lambda: np.asfortranarray(X),
        "big-endian": lambda: X.astype(">f8"),
        "half": lambda: X.astype(np.float16),
        "frame": lambda: pd.DataFrame(X, columns=list("abcde")),
        "nullable frame": lambda: pd.DataFrame(X).convert_dtypes(),
        "objects": lambda: [[None if np.isnan(value) else value for value in row] for row in X],
        "memory map": lambda: np.load(tmp_path / "X.npy", mmap_mode="r"),
    }[form]()
    ae, expected = fitted(AutoencoderTransformer, data, **start), fitted(AutoencoderTransformer, X, **start)
    rtol = 1e-5 if form == "half" else 1e-12
    assert_same_models(ae, expected, rtol)
    for method in METHODS:
        got, wanted = getattr(ae, method)(data), getattr(expected, method)(X)
        np.testing.assert_allclose(got, wanted, rtol=1e-4 if form == "half" else 1e-11, err_msg=method)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, bool])
@every_start
def test_whole_numbers_have_no_holes(start, dtype):
    # Means that do not fit the type of the rows must not matter to rows without holes.
    X = holed()
    X[:, 0] -= 1000.0
    X[:, 1] *= 1e12
    ae = fitted(AutoencoderTransformer, X, **start)
    rows = np.arange(20).reshape(4, 5).astype(dtype)
    np.testing.assert_array_equal(ae.transform(rows), ae.transform(rows.astype(float)))
    assert ae.score_samples(rows).shape == (4,)


@as_compiled
@every_start
def test_values_at_the_end_of_the_range_end_in_an_error_and_no_warning(start):
    X = np.random.default_rng(0).random((20, 3)) * 1e308
    X[0, 0] = np.nan
    with pytest.raises(ValueError, match="diverged"):
        AutoencoderTransformer(2, missing_values="mask", random_state=0, **start).fit(X)


def test_holes_in_sparse_x_are_refused_by_name():
    X = sparse.random(20, 5, density=0.5, format="csr", random_state=0)
    X.data[0] = np.nan
    with pytest.raises(ValueError, match="missing_values='mask' needs a dense X"):
        AutoencoderTransformer(2, missing_values="mask").fit(X)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        AutoencoderTransformer(2).fit(X)
