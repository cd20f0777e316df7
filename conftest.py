"""How the tests share the cores: one process each, with one thread of BLAS."""

import os

import joblib
from threadpoolctl import threadpool_limits

# Threads of several processes would wait for each other; tests of threads ask for their own.
if "PYTEST_XDIST_WORKER" in os.environ:
    # For what is loaded already, by the filters of warnings, and for what is loaded later or by other processes.
    threadpool_limits(1, user_api="blas")
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def pytest_xdist_auto_num_workers(config):
    # pytest-xdist counts the cores of the machine; here also count the affinity and the quota of a container.
    return joblib.cpu_count()
