"""How many processes share the tests: one a core that this one may use."""

import joblib


def pytest_xdist_auto_num_workers(config):
    # pytest-xdist counts the cores of the machine; here also count the affinity and the quota of a container.
    return joblib.cpu_count()
