"""Batch top-k: what stays on in training, the threshold that it leaves, and the codes from that threshold on."""

import copy
import pickle

import numpy as np
import pytest
from settings import FIXED, compiled
from sklearn.exceptions import ConvergenceWarning

import skae
from skae import SparseAE
from skae.kernels.activations import ACTIVATIONS
from skae.network.batch_gates import MEAN_OF, BatchTopK, Threshold
from skae.network.layer import Layer

SETTINGS = {**FIXED, "sparsity": "batchtopk", "n_active": 4, "learning_rate": "constant", "random_state": 0, "tol": 0.0}


def greatest(sums, count):
    """The greatest entries, of equal ones those of earlier rows and lower units."""
    kept = np.zeros(sums.size, bool)
    kept[np.argsort(-sums.ravel(), kind="stable")[:count]] = True
    return kept.reshape(sums.shape)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("k", [1, 3, 40, 60])
def test_the_greatest_of_the_batch_stay(k, ties, dtype, rng):
    z = (rng.integers(0, 4, (33, 60)) if ties else rng.standard_normal((33, 60))).astype(dtype)
    bias = (rng.integers(0, 2, 60) if ties else rng.standard_normal(60)).astype(dtype)
    wanted, gate = greatest(z + bias, 33 * k), BatchTopK(k, 60)
    np.testing.assert_array_equal(gate.choose(z, bias), wanted)
    code, dense = gate.active(z, bias), np.empty_like(z)
    code.scatter(dense)
    np.testing.assert_array_equal(dense, np.where(wanted, z + bias, 0))
    assert code.shape == z.shape and len(code.values) == 33 * k
    threshold = np.zeros(2)
    gate.learn(threshold)
    np.testing.assert_array_equal(threshold, [(z + bias)[wanted].min(), 1])


def test_what_is_no_number_is_seen(rng):
    z, bias = rng.standard_normal((5, 30)), np.zeros(30)
    z[3, 4] = np.nan
    for gate in (BatchTopK(1, 30), Threshold(np.array([0.5, 1.0]), 1)):
        assert gate.active(z, bias) is None
        out = Layer(np.eye(30), bias, ACTIVATIONS["identity"], gate).forward(z, np.empty_like(z))
        assert np.isnan(out[3, 4])


def test_the_threshold_is_the_mean_of_the_least_active(rng):
    gate, threshold, least = BatchTopK(2, 9, floor=0.0), np.zeros(2), []
    for n in range(MEAN_OF):
        z = rng.standard_normal((6, 9)) - 1.0
        gate.choose(z, np.zeros(9))
        gate.learn(threshold)
        greatest_of_all = np.sort(z.ravel())[-12:]
        least.append(greatest_of_all[greatest_of_all > 0].min())
        # The n-th of the batches counts n times.
        np.testing.assert_allclose(threshold, [np.average(least, weights=np.arange(1, n + 2)), n + 1])
    before = threshold[0]
    gate.choose(z, np.zeros(9))
    gate.learn(threshold)
    least.append(np.sort(z.ravel())[-12:][np.sort(z.ravel())[-12:] > 0].min())
    np.testing.assert_allclose(threshold, [before + (least[-1] - before) * 2 / (MEAN_OF + 1), MEAN_OF])
    # A batch without any active unit says nothing.
    gate.choose(-np.ones((6, 9)), np.zeros(9))
    gate.learn(threshold)
    assert threshold[1] == MEAN_OF


@pytest.mark.parametrize("activation", ["relu", "logistic"])
def test_codes_are_those_from_the_threshold_on(activation, rng):
    X = rng.standard_normal((300, 20))
    ae = SparseAE(70, activation=activation, max_iter=8, batch_size=50, **SETTINGS)
    with pytest.warns(ConvergenceWarning):
        ae.fit(X)
    z = X @ ae.coefs_[0] + ae.intercepts_[0]
    assert np.abs(z - ae.threshold_).min() > 1e-9
    h = np.maximum(z, 0) if activation == "relu" else 1 / (1 + np.exp(-z))
    wanted = np.where(z >= ae.threshold_, h, 0)
    np.testing.assert_allclose(ae.transform(X), wanted, atol=1e-10)
    assert 2 < (wanted != 0).sum(axis=1).mean() < 8 and np.ptp((wanted != 0).sum(axis=1)) > 0
    np.testing.assert_allclose(ae.reconstruct(X), wanted @ ae.coefs_[1] + ae.intercepts_[1], atol=1e-10)


def test_steps_of_zero_leave_the_code_of_the_batch(rng):
    X = rng.standard_normal((40, 20))
    ae = SparseAE(70, **{**SETTINGS, "learning_rate_init": 1e-300}, activation="relu", batch_size=40, shuffle=False)
    ae.partial_fit(X)
    wanted = greatest(X @ ae.coefs_[0] + ae.intercepts_[0], 160)
    np.testing.assert_array_equal(ae.transform(X) != 0, wanted)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_threshold_goes_where_the_parameters_go(tmp_path, rng):
    X = rng.standard_normal((200, 12)).astype(np.float32)
    ae = SparseAE(40, max_iter=6, batch_size=20, warm_start=True, **SETTINGS).fit(X)
    skae.save(ae, tmp_path / "model.skae")
    for other in (copy.deepcopy(ae), pickle.loads(pickle.dumps(ae)), skae.load(tmp_path / "model.skae")):
        assert other.threshold_ == ae.threshold_
        np.testing.assert_array_equal(other.transform(X), ae.transform(X))
    other = copy.deepcopy(ae)
    other._fitted.network.threshold[1] = -1
    # What could not be read is not written.
    with pytest.raises(ValueError, match=r"a mean of -1\.0 batches"):
        skae.save(other, tmp_path / "other.skae")
    before = ae.threshold_
    assert ae.fit(X).threshold_ != before
    # Held-out rows: the threshold is that of the epoch whose parameters are given back.
    held = SparseAE(40, early_stopping=True, batch_size=20, max_iter=30, **SETTINGS).fit(X)
    best = int(np.argmin(held.validation_loss_curve_))
    short = SparseAE(40, early_stopping=True, batch_size=20, max_iter=best + 1, **SETTINGS).fit(X)
    assert held.threshold_ == short.threshold_


def test_other_sparsities_have_none(rng):
    ae = SparseAE(5, sparsity="topk", n_active=2, max_iter=3, **FIXED)
    with pytest.warns(ConvergenceWarning):
        ae.fit(rng.standard_normal((30, 8)))
    assert not hasattr(ae, "threshold_")
    with pytest.raises(ValueError, match="The training cannot continue"):
        ae.set_params(sparsity="batchtopk", warm_start=True).fit(rng.standard_normal((30, 8)))
    with pytest.raises(ValueError, match="n_active must be at most n_components=5 with sparsity='batchtopk'"):
        SparseAE(5, sparsity="batchtopk", n_active=6).fit(rng.standard_normal((30, 8)))


@compiled
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_rows_of_unlike_need_are_reconstructed_better_than_by_top_k():
    """Rows of a known dictionary with 1 to 11 atoms each, 6 on average: a fixed number is too many or too few."""
    rng = np.random.default_rng(0)
    atoms = rng.standard_normal((60, 24))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    codes = rng.random((4000, 60)) * (rng.random((4000, 60)).argsort(axis=1) < rng.integers(1, 12, 4000)[:, None])
    X = (codes @ atoms).astype(np.float32)
    kinds = {}
    for sparsity in ("topk", "batchtopk"):
        ae = SparseAE(
            60, sparsity=sparsity, n_active=6, activation="relu", learning_rate_init=3e-3, max_iter=40, random_state=0
        ).fit(X)
        report = ae.sparsity_report(X)
        kinds[sparsity] = report["explained_variance"]
        assert report["active_units_per_row"] == pytest.approx(6, rel=0.15)
    assert kinds["batchtopk"] > kinds["topk"]


def test_batches_of_the_annealing_leave_no_trace_in_the_threshold(rng):
    gate, threshold = BatchTopK(2, 9, epochs=2, floor=0.0), np.zeros(2)
    for epoch in range(3):
        gate.begin_epoch(epoch)
        z = rng.standard_normal((6, 9))
        gate.choose(z, np.zeros(9))
        gate.learn(threshold)
    gate.choose(z, np.zeros(9))
    gate.learn(threshold)
    greatest = np.sort(z.ravel())[-12:]
    np.testing.assert_allclose(threshold, [greatest[greatest > 0].min(), 2])


@pytest.mark.parametrize(
    "settings, name", [({"n_active_transform": 8}, "n_active_transform"), ({"anneal_epochs": 3}, "anneal_epochs")]
)
def test_what_does_not_go_with_a_threshold_is_refused(settings, name, rng):
    with pytest.raises(ValueError, match=name):
        SparseAE(9, sparsity="batchtopk", n_active=2, early_stopping=True, **settings).fit(rng.random((40, 5)))
