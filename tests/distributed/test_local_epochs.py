"""Mini-batch training by local epochs."""

import dask.array as da
import numpy as np
import pytest
from sklearn.base import clone

from skae import AutoencoderTransformer, DenoisingAE, SparseAE
from skae.distributed import fit
from skae.distributed.local_epochs import Copy, _mean

SETTINGS = {"learning_rate_init": 1e-2, "batch_size": 20, "max_iter": 30, "tol": 0.0, "random_state": 0}


@pytest.mark.slow
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_approaches_training_on_one_machine(solver, client, rows, parts):
    settings = {**SETTINGS, "init": "glorot", "solver": solver}
    averaged = fit(AutoencoderTransformer(4, **settings), parts)
    # Two copies make half the steps each: no more than with 15 epochs is promised.
    one = AutoencoderTransformer(4, **{**settings, "max_iter": 15}).fit(rows)
    assert averaged.score(rows) > 0.95 * one.score(rows) > 0.6
    assert len(averaged.loss_curve_) == averaged.n_iter_ == 30


def test_one_copy_on_one_partition_is_mini_batch_training(client, rows):
    settings = {**SETTINGS, "shuffle": False, "max_iter": 5}
    estimator = fit(AutoencoderTransformer(4, **settings), da.from_array(rows, chunks=rows.shape), n_copies=1)
    one = AutoencoderTransformer(4, **settings).fit(rows)
    assert estimator.loss_curve_ == one.loss_curve_
    np.testing.assert_array_equal(estimator.coefs_[0], one.coefs_[0])


def test_one_copy_goes_through_all_partitions_in_turn(client, rows):
    settings = {**SETTINGS, "init": "glorot", "shuffle": False, "max_iter": 3, "warmup_epochs": 2}
    # Partitions of whole batches, which are then those of one machine.
    estimator = fit(AutoencoderTransformer(4, **settings), da.from_array(rows, chunks=(100, 10)), n_copies=1)
    one = AutoencoderTransformer(4, **settings).fit(rows)
    np.testing.assert_allclose(estimator.loss_curve_, one.loss_curve_, rtol=1e-12)
    np.testing.assert_allclose(estimator.coefs_[0], one.coefs_[0], rtol=1e-9)


@pytest.mark.slow
def test_copies_decide_the_result_and_nothing_else(client, parts):
    ae = DenoisingAE(4, noise_level=0.2, early_stopping=True, **{**SETTINGS, "max_iter": 5})
    two, again, three = (fit(clone(ae), parts, n_copies=n) for n in (2, 2, 3))
    np.testing.assert_array_equal(two.coefs_[0], again.coefs_[0])
    assert two.validation_loss_curve_ == again.validation_loss_curve_
    assert not np.array_equal(two.coefs_[0], three.coefs_[0])


def test_more_copies_than_partitions(client, rows):
    estimator = AutoencoderTransformer(4, **{**SETTINGS, "max_iter": 2})
    assert np.isfinite(fit(estimator, da.from_array(rows, chunks=(400, 10)), n_copies=10**30).loss_curve_).all()


def test_the_mean_is_weighted_by_rows():
    copies = [Copy(np.full(2, v, np.float32), (np.full(2, 2 * v, np.float32),), int(v), v, 3 * v) for v in (1.0, 4.0)]
    mean, loss = _mean(copies, [20, 10])
    assert mean.theta.tolist() == [2.0, 2.0]
    assert mean.optimizer_state[0].tolist() == [4.0, 4.0]
    assert mean.theta.dtype == mean.optimizer_state[0].dtype == np.float32
    assert (mean.step, mean.divergence_baseline, loss) == (4, 4.0, 0.5)


def test_the_optimiser_is_remembered(client, parts):
    settings = {**SETTINGS, "max_iter": 4, "warm_start": True}
    estimator = fit(AutoencoderTransformer(4, **settings), parts)
    # Six of the eleven partitions have 17 batches of at most 20 rows, the others, of the other copy, 15.
    assert estimator._fitted.training.step == 4 * 17
    before = estimator._fitted.training.optimizer_state[1].copy()
    assert (before > 0).any()
    fit(estimator, parts)
    assert estimator._fitted.training.epoch == estimator.n_iter_ == 8
    assert not np.array_equal(estimator._fitted.training.optimizer_state[1], before)


@pytest.mark.slow
@pytest.mark.parametrize("sparsity", ["topk", "batchtopk", "lifetime"])
def test_gates_work_within_the_batches(sparsity, client, parts):
    ae = SparseAE(6, sparsity=sparsity, n_active=2, sparsity_target=0.2, activation="relu", **SETTINGS)
    assert fit(ae, parts).score(parts.compute()) > 0.5


def test_divergence_is_told(client, parts):
    estimator = AutoencoderTransformer(4, **{**SETTINGS, "learning_rate_init": 1e10})
    with pytest.raises(ValueError, match=r"diverged.*learning_rate_init"):
        fit(estimator, parts)
    assert not hasattr(estimator, "n_features_in_")
