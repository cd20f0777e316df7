"""fit: an estimator trained on the partitions of a Dask collection."""

from __future__ import annotations

import sys
from functools import partial

from sklearn.base import clone

from ..estimator.input import training_rows
from ..estimator.plan import plan_training
from ..rows.validation import checked_weights
from ..runtime.interrupts import interruptible
from ..runtime.numbers import is_integer
from ..runtime.progress import ProgressBar
from ..runtime.threads import one_thread_if_small
from ..training.callbacks import EpochBar, use_callback
from .checks import check_autoencoder, current_client, kept_open
from .collections import by_rows, example
from .local_epochs import local_epochs
from .objective import PartitionedObjective
from .partitions import PartitionedSample, Partitions


def fit(estimator, X, client=None, *, sample_weight=None, n_copies=None, progress=False):
    """Train an autoencoder on the rows of a Dask collection, which stay on the workers.

    With ``solver="lbfgs"`` the training is exact: the objective and its gradient are sums over all rows,

        J(theta) = sum_p sum_{i in p} r_i l(x_i, x_hat_i) + alpha (||W||^2 + ||W*||^2) + terms,

    whose parts over each partition p are taken by the worker that holds it, and added in an order that depends on the
    partitions alone; the optimiser runs on the client. The result is that of ``estimator.fit`` on the same rows up to
    the order of summation, and bit for bit the same for any number of workers, should some of them fail as well.

    With "adam" and "sgd" it is training by local epochs: ``n_copies`` copies of the network each pass over partitions
    of their own, from the same parameters, in mini-batches; after each epoch their mean, weighted by rows, takes the
    place of all, and that of the optimisers' memories [1]_. This is not the training of ``estimator.fit``: a copy makes
    1 / n_copies of its steps an epoch, on 1 / n_copies of the rows, and so more epochs are needed.

    Parameters
    ----------
    estimator : AutoencoderTransformer, DenoisingAE, SparseAE or ContractiveAE
        Fitted in place.
    X : dask array or dataframe of shape (n_samples, n_features)
        Its blocks of rows are checked, kept on the workers in memory (Dask writes to disk what has no place there), and
        given free at the end. Blocks of sparse matrices in SciPy's formats stay sparse.
    client : distributed.Client, default=None
        None for the current one.
    sample_weight : array-like or dask array of shape (n_samples,), default=None
        Weights of the rows in the mean loss; only their ratios count.
    n_copies : int, default=None
        Of the network, in local epochs; None for the number of threads of all workers, at most one for each partition.
        The result depends on it.
    progress : bool, default=False
        Whether to draw a bar on standard error, where that is a terminal. Dask's dashboard shows the tasks in any case:
        "gradient", "local_epoch".

    Returns
    -------
    estimator

    Raises
    ------
    ImportError
        Without dask and distributed.
    TypeError, ValueError
        As ``estimator.fit``; for what is no Dask collection; with ``revive_dead``, which looks for rows everywhere; and
        with scikit-learn's callbacks, which are given X. The estimator is then as it was before.
    RuntimeError
        Where rows were lost with a worker, and cannot be made again, as those of ``client.scatter``; and where the
        client was closed meanwhile. The estimator is then as it was before.

    Notes
    -----
    The noise of a corruption is drawn anew for each partition, and differs from that of ``estimator.fit``. Rows held
    out by ``early_stopping`` are the same. The client holds 8 bytes a row, twice where rows have weights.

    References
    ----------
    .. [1] B. McMahan, E. Moore, D. Ramage, S. Hampson and B. Aguera y Arcas, "Communication-efficient learning of deep
       networks from decentralized data", AISTATS (2017), algorithm 1.
    """
    check_autoencoder(estimator)
    _check_options(estimator, n_copies)
    X, client = by_rows(X), current_client(client)
    bar = ProgressBar(sys.stderr, enabled=progress)
    previous = estimator._fitted if estimator.warm_start else None
    # What waits for Futures asks the surroundings for a client.
    with interruptible(), kept_open(client), client.as_current(), bar:
        estimator._validate_params()
        _, columns = training_rows(estimator, example(X), None, previous)
        partitions = Partitions(X, client, clone(estimator), columns)
        sample = PartitionedSample.of(partitions, _weights(sample_weight, partitions.n_samples, client))
        if n_copies is None:
            n_copies = sum(client.nthreads().values())
        plan = plan_training(estimator, sample, previous)
        train = _train(plan.solver, partitions, n_copies)
        with use_callback(lambda name, max_iter, n_rows: EpochBar(bar, max_iter)):
            result, fitted = estimator._train(plan, columns, previous, train)
        estimator._fitted = fitted
    estimator._conclude(result, plan)
    return estimator


def _check_options(estimator, n_copies):
    if n_copies is not None and not (is_integer(n_copies) and n_copies >= 1):
        raise ValueError(f"n_copies must be an int of at least 1, or None; got {n_copies!r}.")
    if getattr(estimator, "revive_dead", False):
        raise ValueError("revive_dead=True is not possible on partitions; got it. Set revive_dead=False.")
    if getattr(estimator, "_skl_callbacks", None):
        raise ValueError(
            "Callbacks are given X, which the client does not hold; got "
            f"{estimator._skl_callbacks!r}. Use progress=True, or verbose, and call set_callbacks() to remove them."
        )


def _weights(sample_weight, n_samples, client):
    if hasattr(sample_weight, "compute"):
        sample_weight = client.compute(sample_weight).result()
    return checked_weights(sample_weight, n_samples)


def _train(solver, partitions, n_copies):
    """What trains on partitions in the place of a solver."""
    train = partial(local_epochs, optimizer=solver.name, n_copies=n_copies) if solver.minibatch else solver.train

    # As the tasks do.
    @one_thread_if_small(0)
    def train_on_partitions(objective, *rest):
        return train(PartitionedObjective(objective, partitions), *rest)

    return train_on_partitions
