"""How the tests share the cores: one process each, with one thread of BLAS."""

import os

# Before NumPy is imported. Threads of several processes would wait for each other; tests of threads ask for their own.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("MKL_NUM_THREADS", "1")


def pytest_xdist_auto_num_workers(config):
    # pytest-xdist counts the cores of the machine; here also count the affinity and the quota of a container.
    import joblib

    return joblib.cpu_count()
