"""fit: an estimator trained on the partitions of a Dask collection."""

from __future__ import annotations

import sys
from functools import partial

from sklearn.base import clone

from ..estimator.input import training_rows
from ..estimator.plan import plan_training
from ..kernels.optimizers import OPTIMIZERS
from ..rows.validation import checked_weights
from ..runtime.exceptions import ParameterError
from ..runtime.interrupts import interruptible
from ..runtime.numbers import is_integer
from ..runtime.progress import ProgressBar
from ..runtime.threads import one_thread_if_small
from ..training.callbacks import EpochBar, use_callback
from ..training.solvers import SOLVERS
from .checks import check_autoencoder, current_client, kept_open
from .collections import by_rows, example
from .local_epochs import local_epochs
from .objective import PartitionedObjective
from .partitions import PartitionedSample, Partitions


def fit(estimator, X, client=None, *, sample_weight=None, n_copies=None, progress=False):
    """Train an autoencoder on the rows of a Dask collection, which stay on the workers.

    With ``solver="lbfgs"`` the training is exact: the objective and its gradient are sums over all rows,

        J(theta) = sum_p sum_{i in p} r_i l(x_i, x_hat_i) + alpha (||W||^2 + ||W*||^2) + terms,

    The sum over each partition p is computed by the worker that holds it. The partial sums are added in an order that
    depends on the partitions alone, and the optimiser runs on the client. The result is that of ``estimator.fit`` on
    the same rows up to the order of summation. It is bit for bit the same for any number of workers, even if some fail.

    With "adam" and "sgd" the training is by local epochs [1]_: ``n_copies`` copies of the network start from the same
    parameters, and each passes over different partitions in mini-batches. After each epoch all copies are replaced by
    their mean, weighted by rows, and so are the states of their optimisers. This is not the training of
    ``estimator.fit``: a copy makes 1 / n_copies of its steps an epoch, on 1 / n_copies of the rows, and so more epochs
    are needed.

    Parameters
    ----------
    estimator : AutoencoderTransformer, DenoisingAE, SparseAE or ContractiveAE
        Fitted in place.
    X : dask array or dataframe of shape (n_samples, n_features)
        Its blocks of rows are checked, kept in the memory of the workers (Dask spills to disk what does not fit), and
        released at the end. Blocks that are SciPy sparse matrices stay sparse.
    client : distributed.Client, default=None
        None for the current one.
    sample_weight : array-like or dask array of shape (n_samples,), default=None
        Weights of the rows in the mean loss; only their ratios count.
    n_copies : int, default=None
        Number of copies of the network in local epochs; None for the number of threads of all workers, but at most one
        copy for each partition. The result depends on it.
    progress : bool, default=False
        Whether to draw a progress bar on standard error if that is a terminal. Dask's dashboard always shows the tasks:
        "gradient", "local_epoch".

    Returns
    -------
    estimator

    Raises
    ------
    ImportError
        If dask and distributed are not installed.
    TypeError, ValueError
        As ``estimator.fit``; for an X that is not a Dask collection; with ``revive_dead`` and ``aux_weight``, which
        need all rows; and with scikit-learn's callbacks, which are given X. The estimator is then unchanged.
    RuntimeError
        If rows were lost with a worker and cannot be computed again, as those of ``client.scatter``; and if the client
        was closed meanwhile. The estimator is then unchanged.

    Notes
    -----
    The noise of a corruption is drawn anew for each partition, and differs from that of ``estimator.fit``. Rows held
    out by ``early_stopping`` are the same. The client needs 8 bytes for each row, or 16 with sample weights.

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
    # Functions that wait for Futures use the current client.
    with interruptible(), kept_open(client), client.as_current(), bar:
        estimator._validate_params()
        _, columns = training_rows(estimator, example(X), None, previous)
        partitions = Partitions(X, client, clone(estimator), columns)
        sample = PartitionedSample.of(partitions, _weights(sample_weight, partitions.n_samples, client))
        if n_copies is None:
            n_copies = sum(client.nthreads().values())
        # In one thread, on whose number the last bits of the start values depend.
        with one_thread_if_small(0):
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
    if getattr(estimator, "aux_weight", 0) > 0:
        rule = "{given} is not possible on partitions: which units are dead shows over all of them"
        raise ParameterError("aux_weight", estimator.aux_weight, [0], rule, "Set {aux_weight}={legal}.", found=".")
    if getattr(estimator, "revive_dead", False):
        rule = "{revive_dead=True} is not possible on partitions"
        raise ParameterError("revive_dead", True, [False], rule, "Set {revive_dead}={legal}.", found=".")
    solver = SOLVERS.get(estimator.solver)
    if solver is not None and solver.minibatch and solver.name not in OPTIMIZERS:
        rule = "{given} is not possible on partitions: what it keeps of the rows is no mean over copies"
        raise ParameterError("solver", solver.name, ["auto", "lbfgs", *OPTIMIZERS], rule, "Use {legal}.", found=".")
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
