"""Loops shared among threads: every range once, nothing goes on after an error, and the same numbers for any count."""

import threading
import time
import weakref
from itertools import pairwise
from queue import SimpleQueue

import numpy as np
import pytest

from skae.kernels.losses import LOSSES
from skae.network.architecture import Architecture
from skae.network.gates import TopK, WinnerTakeAll
from skae.network.initialization import initial_parameters
from skae.network.network import Network
from skae.objective.objective import Objective
from skae.runtime import workers
from skae.training.batch_steps import BatchSteps
from skae.training.solvers import SOLVERS


@pytest.fixture
def threads(monkeypatch):
    """Sets the number of threads, and has all that is shared be worth it."""

    def set_number(n):
        monkeypatch.setattr(workers, "blas_threads", lambda: n)
        monkeypatch.setattr(workers, "WORTH_SHARING", 1)

    return set_number


@pytest.mark.parametrize("n, multiple", [(1, 1), (2, 1), (7, 1), (100, 16), (96, 16), (15, 16)])
@pytest.mark.parametrize("number", [1, 2, 3, 8])
def test_parts_cover_all_once(number, n, multiple, threads):
    threads(number)
    found = workers.parts(n, 1000, multiple)
    assert found[0][0] == 0 and found[-1][1] == n and len(found) <= number
    assert all(first < last for first, last in found)
    assert all(a[1] == b[0] and a[1] % multiple == 0 for a, b in pairwise(found))


def test_little_work_is_not_shared(monkeypatch):
    monkeypatch.setattr(workers, "blas_threads", lambda: 8)
    assert workers.parts(1000, workers.WORTH_SHARING - 1) == [(0, 1000)]
    assert len(workers.parts(1000, 3 * workers.WORTH_SHARING)) == 4


def test_results_come_in_order_from_several_threads():
    barrier = threading.Barrier(3, timeout=60)

    def task(first, last):
        barrier.wait()
        return first, last, threading.get_ident()

    found = workers.shared(task, [(0, 1), (1, 2), (2, 3)])
    assert [part[:2] for part in found] == [(0, 1), (1, 2), (2, 3)]
    assert len({part[2] for part in found}) == 3 and found[0][2] == threading.get_ident()


def test_a_task_that_shares_does_it_alone():
    def inner(first, last):
        return first, last, threading.get_ident()

    def outer(first, last):
        return workers.shared(inner, [(first, last), (last, last + 1)]), threading.get_ident()

    for found, thread in workers.shared(outer, [(0, 1), (2, 3)]):
        assert [part[2] for part in found] == [thread, thread]
    # What comes after it is shared again.
    threads = {part[2] for part in workers.shared(inner, [(0, 1), (1, 2)])}
    assert threading.get_ident() in threads and len(threads) == 2


def test_an_error_is_raised_when_all_have_ended(monkeypatch):
    ended, waited_for, wait = [], threading.Event(), workers._Call.wait

    def watched_wait(call):
        waited_for.set()
        wait(call)

    def task(first, last):
        if first == 0:
            raise ValueError("first")
        assert waited_for.wait(60)
        ended.append(first)

    monkeypatch.setattr(workers._Call, "wait", watched_wait)

    with pytest.raises(ValueError, match="first"):
        workers.shared(task, [(0, 1), (1, 2), (2, 3)])
    assert sorted(ended) == [1, 2]
    with pytest.raises(ZeroDivisionError):
        workers.shared(lambda first, last: 1 / (1 - first), [(0, 1), (1, 2)])


def test_nothing_of_a_task_is_kept(monkeypatch):
    class Held:
        pass

    def task(held, fails):
        def part(first, last):
            if fails and first == 1:
                raise ZeroDivisionError(held)

        return part

    for fails in (False, True):
        held = Held()
        kept = weakref.ref(held)
        try:
            workers.shared(task(held, fails), [(0, 1), (1, 2)])
        except ZeroDivisionError:
            assert fails
        del held
        # The thread of the second part may still be on its way to the next.
        deadline = time.monotonic() + 60
        while kept() is not None and time.monotonic() < deadline:
            time.sleep(0.001)
        assert kept() is None


def test_an_interrupt_while_waiting_is_raised_when_all_have_ended(monkeypatch):
    go, ended = threading.Event(), []

    class Interrupted(SimpleQueue):
        """Where the caller waits: the first time an interrupt comes."""

        def get(self):
            if not go.is_set():
                go.set()
                raise KeyboardInterrupt
            return super().get()

    tasks = workers._tasks
    workers._start_threads(1)
    monkeypatch.setattr(workers, "SimpleQueue", Interrupted)

    def task(first, last):
        if first == 1:
            assert go.wait(60)
            ended.append(first)

    with pytest.raises(KeyboardInterrupt):
        workers.shared(task, [(0, 1), (1, 2)])
    assert ended == [1] and workers._tasks is tasks


def test_without_threads_its_own_does_all(monkeypatch):
    def refuse(*args, **kwargs):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(workers, "_size", 0)
    monkeypatch.setattr(threading, "Thread", refuse)
    found = workers.shared(lambda first, last: (first, threading.get_ident()), [(0, 1), (1, 2)])
    assert found == [(0, threading.get_ident()), (1, threading.get_ident())]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("gate", [TopK(5), WinnerTakeAll(0.05)], ids=["topk", "lifetime"])
@pytest.mark.parametrize("max_grad_norm", [None, 1e6], ids=["parts", "whole"])
def test_steps_do_not_depend_on_the_number_of_threads(max_grad_norm, gate, tied, dtype, threads):
    results = []
    for number in (1, 2, 5):
        threads(number)
        rng = np.random.default_rng(0)
        architecture = Architecture((80, 211), "relu", "identity", tied)
        network = Network(architecture, initial_parameters(architecture, rng, dtype))
        objective = Objective(network, LOSSES["squared_error"], gate=gate)
        x = rng.standard_normal((60, 80)).astype(dtype)
        optimizer = SOLVERS["adam"].optimizer
        state = tuple(np.zeros_like(network.theta) for _ in range(2))
        steps = BatchSteps(optimizer, objective, state, max_grad_norm)
        values = []
        for t in range(1, 4):
            values.append(steps.take(x, None, None, 1e-2, t))
            assert objective.last_batch.active is not None
        results.append((values, network.theta.copy()))
    for values, theta in results[1:]:
        assert values == results[0][0]
        np.testing.assert_array_equal(theta, results[0][1])
