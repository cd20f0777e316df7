"""What goes wrong on a cluster: workers that die, memory that is short, threads, bad input; and nothing is lost."""

import gc
import os
import signal
import sys
import time

import dask
import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster
from sklearn.base import clone
from sklearn.decomposition import PCA

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, SparseAE
from skae.distributed import fit, inverse_transform, reconstruct, score, transform
from skae.distributed.local_epochs import Copy, _mean
from skae.distributed.partitions import _add
from skae.training.callbacks import Callback, use_callback

EXACT = AutoencoderTransformer(4, solver="lbfgs", max_iter=12, tol=0.0, n_iter_no_change=12, random_state=0)
LOCAL = SparseAE(4, max_iter=6, tol=0.0, random_state=0, batch_size=20)


class KillsWorkers(Callback):
    """Kills the first workers without a warning once, in the middle of a training."""

    def __init__(self, client, epoch, n_workers=1):
        self.client = client
        self.epoch = epoch
        self.n_workers = n_workers
        self.killed = []

    def end(self, epoch, loss, validation_loss):
        if epoch == self.epoch:
            self.killed = [pid for _, pid in sorted(self.client.run(os.getpid).items())[: self.n_workers]]
            for pid in self.killed:
                os.kill(pid, signal.SIGKILL)
        return False


@pytest.mark.slow
@pytest.mark.parametrize("ae", [EXACT, LOCAL], ids=["lbfgs", "local epochs"])
def test_a_killed_worker_changes_nothing(ae, client, parts):
    undisturbed = fit(clone(ae), parts, n_copies=2)
    killer = KillsWorkers(client, 3)
    with use_callback(lambda *_: killer):
        survived = fit(clone(ae), parts, n_copies=2)
    client.wait_for_workers(2, timeout=60)
    assert len(killer.killed) == 1
    assert killer.killed[0] not in client.run(os.getpid).values()
    assert survived.loss_curve_ == undisturbed.loss_curve_
    np.testing.assert_array_equal(survived.coefs_[0], undisturbed.coefs_[0])


def peak_of_process():
    """Greatest resident memory since the process was started; ru_maxrss counts that of the parent before it as well."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is read in /proc")
def test_memory_stays_under_the_limit_with_twice_the_data(tmp_path):
    # Above the three hundred MiB that an idle worker has, with room for what comes up while Dask writes to the disk.
    limit, n_blocks, block = 640 * 2**20, 160, (2**17, 16)
    settings = {"n_workers": 1, "threads_per_worker": 1, "memory_limit": limit, "dashboard_address": ":0"}
    X = da.random.default_rng(0).standard_normal((n_blocks * block[0], block[1]), chunks=block, dtype=np.float32)
    assert X.nbytes >= 2 * limit
    # Blocks beyond this share are on the disk before the next one is made; by default Dask looks at the memory of the
    # process, a few times a second, which is late where a disk is slow.
    early = dask.config.set({"distributed.worker.memory.target": 0.3})
    with early, LocalCluster(**settings, local_directory=str(tmp_path)) as cluster, Client(cluster) as client:
        before = client.run(os.getpid)
        fit(AutoencoderTransformer(2, solver="lbfgs", max_iter=2, random_state=0), X, client)
        (peak,) = client.run(peak_of_process).values()
        # Nor was the worker replaced.
        assert client.run(os.getpid) == before
    assert peak < limit


@pytest.mark.slow
def test_many_threads_in_one_process(parts, rows):
    with LocalCluster(n_workers=1, threads_per_worker=8, processes=False, dashboard_address=":0") as cluster:
        with Client(cluster) as client:
            estimator = fit(clone(EXACT), parts, client)
            codes = transform(estimator, parts).compute()
            fit(clone(LOCAL), parts, client)
    np.testing.assert_allclose(codes, clone(EXACT).fit(rows).transform(rows), atol=1e-8)


def as_before(estimator, call, error, message):
    before = dict(vars(estimator))
    with pytest.raises(error, match=message):
        call()
    assert vars(estimator).keys() == before.keys()
    assert all(vars(estimator)[name] is before[name] for name in before)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite(value, client, rows):
    holed = rows.copy()
    holed[333, 4] = value
    ae = clone(EXACT)
    as_before(ae, lambda: fit(ae, da.from_array(holed, chunks=(100, 10))), ValueError, "contains (NaN|infinity)")


def test_a_failed_refit_leaves_the_first_fit(client, parts):
    ae = fit(clone(EXACT), parts)
    ae.set_params(loss="log_loss")
    as_before(ae, lambda: fit(ae, parts), ValueError, r"loss='log_loss' needs values of X in \[0, 1\]")


@pytest.mark.slow
def test_an_interrupt_leaves_what_the_last_iteration_gave(client, parts):
    class Interrupts(Callback):
        def end(self, epoch, loss, validation_loss):
            if epoch == 4:
                raise KeyboardInterrupt

    ae = clone(EXACT).set_params(warm_start=True)
    with pytest.raises(KeyboardInterrupt), use_callback(lambda *_: Interrupts()):
        fit(ae, parts)
    assert ae.n_iter_ == 4
    fit(ae, parts)
    assert ae.n_iter_ == 12


@pytest.mark.parametrize(
    "change, error, message",
    [
        (lambda X: X.compute(), TypeError, "X must be a Dask array or a Dask DataFrame; got ndarray"),
        (lambda X: dask.delayed(X), TypeError, "X must be a Dask array or a Dask DataFrame; got Delayed"),
        (lambda X: X[0], ValueError, "two dimensions"),
        (lambda X: X[:0], ValueError, "0 sample"),
        (lambda X: X.astype(str), ValueError, "could not convert|dtype"),
        (lambda X: X.astype(complex), ValueError, "[Cc]omplex"),
    ],
)
def test_what_is_no_matrix_of_rows(change, error, message, client, parts):
    ae = clone(EXACT)
    as_before(ae, lambda: fit(ae, change(parts)), error, message)


@pytest.mark.parametrize("n_copies", [0, -1, 1.5, True, "all"])
def test_number_of_copies(n_copies, client, parts):
    with pytest.raises(ValueError, match="n_copies must be an int of at least 1, or None; got"):
        fit(clone(LOCAL), parts, n_copies=n_copies)


def test_what_partitions_do_not_allow(client, parts, rows):
    with pytest.raises(TypeError, match="estimator must be an autoencoder of skae; got AutoencoderOutlierDetector"):
        fit(AutoencoderOutlierDetector(), parts)
    with pytest.raises(ValueError, match="revive_dead=True"):
        fit(SparseAE(4, revive_dead=True), parts)
    with pytest.raises(ValueError, match=r"solver='kfac' is not possible on partitions"):
        fit(SparseAE(4, solver="kfac"), parts)
    with pytest.raises(ValueError, match="n_components"):
        fit(AutoencoderTransformer(0), parts)
    for weights, message in (
        (np.ones(3), "sample_weight"),
        (np.zeros(len(rows)), "non-zero"),
        (-np.ones(600), "egative"),
    ):
        with pytest.raises(ValueError, match=message):
            fit(clone(EXACT), parts, sample_weight=weights)
    for lazy in (transform, score):
        with pytest.raises(ValueError, match="not fitted"):
            lazy(clone(EXACT), parts)
    for lazy in (score, reconstruct, inverse_transform):
        with pytest.raises(TypeError, match="estimator must be an autoencoder of skae; got PCA"):
            lazy(PCA(2).fit(rows), parts)
    fitted = clone(EXACT).fit(rows)
    with pytest.raises(ValueError, match="5 features"):
        score(fitted, parts[:, :5])
    with pytest.raises(ValueError, match="0 sample"):
        score(fitted, parts[:0]).compute()


def tasks_left(client):
    """Tasks that the scheduler still knows; it forgets them a moment after the last Future is gone."""
    gc.collect()
    for _ in range(100):
        left = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
        if left == 0:
            return 0
        time.sleep(0.05)
    return left


@pytest.mark.slow
def test_nothing_is_left_on_the_cluster(client, rows, parts):
    fit(clone(EXACT), parts)
    assert tasks_left(client) == 0
    holed = rows.copy()
    holed[333, 4] = np.nan
    failing = [
        (clone(EXACT), da.from_array(holed, chunks=(100, 10))),
        (clone(LOCAL).set_params(learning_rate_init=1e10, sparsity="l1", activation="relu"), parts),
    ]
    for ae, X in failing:
        with pytest.raises(ValueError, match=r"NaN|diverged"):
            fit(ae, X)
        assert tasks_left(client) == 0


@pytest.mark.slow
def test_rows_that_nobody_can_make_again(client, rows):
    blocks = [client.scatter(rows[i : i + 100]) for i in range(0, 600, 100)]
    X = da.concatenate([da.from_delayed(block, (100, 10), float) for block in blocks])
    # Both: what is left on one may be enough.
    killer = KillsWorkers(client, 3, n_workers=2)
    ae = clone(EXACT)
    with use_callback(lambda *_: killer), pytest.raises(RuntimeError, match=r"lost with a worker.*client.scatter"):
        fit(ae, X)
    assert not hasattr(ae, "n_features_in_")
    client.wait_for_workers(2, timeout=60)


def test_client_of_another_kind(client, cluster, parts):
    for other in ("tcp://127.0.0.1", cluster):
        with pytest.raises(TypeError, match=r"client must be a distributed\.Client; got"):
            fit(clone(EXACT), parts, other)


class Closes(Callback):
    """Closes the client in the middle of a training."""

    def __init__(self, client):
        self.client = client

    def end(self, epoch, loss, validation_loss):
        if epoch == 3:
            self.client.close()
        return False


@pytest.mark.slow
@pytest.mark.parametrize("ae", [EXACT, LOCAL], ids=["lbfgs", "local epochs"])
def test_a_client_that_is_closed(ae, cluster, parts):
    ae = clone(ae)
    with Client(cluster, set_as_default=False) as client:
        with use_callback(lambda *_: Closes(client)), pytest.raises(RuntimeError, match="client was closed"):
            fit(ae, parts, client)
    assert not hasattr(ae, "n_features_in_")
    with pytest.raises(ValueError, match=r"must be connected.*closed"):
        fit(ae, parts, client)


def test_sums_that_overflow_are_no_warning():
    huge = np.array([np.inf, 1e308])
    copies = [Copy(sign * huge, (sign * huge,), 1, 1.0, loss) for sign, loss in ((1, np.inf), (-1, -np.inf))]
    with np.errstate(all="raise"):
        ((total,), (mean, loss)) = _add([(huge,), (-huge,)]), _mean(copies, [1, 1])
    assert np.isnan(total[0]) and np.isnan(mean.theta[0]) and np.isnan(loss)


@pytest.mark.slow
@pytest.mark.parametrize("ae", [EXACT, LOCAL], ids=["lbfgs", "local epochs"])
def test_rows_that_overflow(ae, client, rows):
    with pytest.raises(ValueError, match=r"diverged|overflow"):
        fit(clone(ae), da.from_array(rows * 1e200, chunks=(57, 10)))


def test_blocks_that_are_no_arrays(client, rows):
    X = da.from_delayed(dask.delayed(rows.tolist()), rows.shape, float)
    ae = clone(EXACT)
    for work in (lambda: fit(ae, X), *(lambda f=f: f(ae.fit(rows), X).compute() for f in (transform, score))):
        with pytest.raises(TypeError, match=r"blocks of X must be arrays.*list"):
            work()


def test_without_a_cluster(parts):
    with pytest.raises(ValueError, match="no cluster to work on"):
        fit(clone(EXACT), parts)
