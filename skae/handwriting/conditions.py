"""The conditions under which the experiment trains."""

from __future__ import annotations

import warnings
from contextlib import contextmanager

from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits


@contextmanager
def one_thread_and_quiet():
    """One BLAS thread, and none of the warnings that the experiment provokes by design.

    Products of this size gain little from a second thread, and lose much on a busy machine. scikit-learn passes the
    warning filters on to its workers, and gives each worker its share of the cores.
    """
    with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
        # Every autoencoder trains for max_iter epochs; the schedule ends the training, not a stopping rule.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="Persisting input arguments", category=UserWarning)
        yield
