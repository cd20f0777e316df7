"""A cluster of two processes for all tests of this folder; they are skipped without Dask."""

import numpy as np
import pytest

distributed = pytest.importorskip("distributed", reason="Dask is not installed")
array = pytest.importorskip("dask.array", reason="dask[array] is not installed")


@pytest.fixture(scope="session")
def cluster():
    settings = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    cluster = distributed.LocalCluster(**settings)
    yield cluster
    try:
        cluster.close()
    except KeyError as lost:
        # Tests kill workers. Where the scheduler reports the end of one before its start, distributed (2026.8) loses
        # its watcher and raises the address here, after all processes have ended.
        assert str(lost.args[0]).startswith("tcp://")
        cluster.status = distributed.Status.closed


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster) as client:
        yield client


@pytest.fixture(scope="session")
def rows():
    """Rows of four dimensions in a space of ten, with a little noise."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((600, 4)) @ rng.standard_normal((4, 10)) + 0.1 * rng.standard_normal((600, 10))


@pytest.fixture(scope="session")
def parts(rows):
    """The rows as a Dask array of eleven blocks, the last of them smaller."""
    return array.from_array(rows, chunks=(57, 10))
