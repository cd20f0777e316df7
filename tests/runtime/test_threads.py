"""The limit to one BLAS thread: where it holds, and that it is lifted."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from skae import AutoencoderTransformer
from skae.runtime import threads
from skae.runtime.threads import WORTH_SHARING, one_thread_if_small

SMALL, LARGE = WORTH_SHARING - 1, WORTH_SHARING


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def in_another_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()


@pytest.fixture(autouse=True)
def two_threads():
    """Set by a thread that has ended: while it lives, threadpoolctl may let no other thread set them."""
    before = blas_threads()
    in_another_thread(lambda: threadpool_limits(2, user_api="blas"))
    yield
    in_another_thread(lambda: threadpool_limits(max(before, default=1), user_api="blas"))


def test_small_products_have_one_thread():
    before = blas_threads()
    with one_thread_if_small(SMALL):
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


def test_large_products_keep_theirs():
    before = blas_threads()
    with one_thread_if_small(LARGE):
        assert blas_threads() == before


def test_the_limit_is_lifted_after_an_error():
    before = blas_threads()
    with pytest.raises(ZeroDivisionError), one_thread_if_small(SMALL):
        1 / 0  # noqa: B018
    assert blas_threads() == before


def test_the_limit_holds_until_the_last_of_several_blocks_ends():
    before = blas_threads()
    inside, leave, seen = threading.Event(), threading.Event(), []

    def other():
        with one_thread_if_small(SMALL):
            inside.set()
            leave.wait(30)
            seen.append(set(blas_threads()))

    with one_thread_if_small(SMALL):
        thread = threading.Thread(target=other)
        thread.start()
        assert inside.wait(30)
    assert set(blas_threads()) == {1}
    leave.set()
    thread.join()
    assert seen == [{1}]
    assert blas_threads() == before


def test_blocks_within_blocks():
    before = blas_threads()
    with one_thread_if_small(SMALL):
        with one_thread_if_small(SMALL), one_thread_if_small(LARGE):
            assert set(blas_threads()) == {1}
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


def test_a_block_ends_beside_a_thread_that_set_the_number():
    seen = []

    def other():
        with one_thread_if_small(SMALL):
            seen.append(set(blas_threads()))
        seen.append(blas_threads())

    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        in_another_thread(other)
        assert seen == [{1}, before]


class NumberOfEachThread(threading.local):
    """A stand-in for a BLAS of which each thread has a number of threads of its own."""

    num_threads, internal_api = 2, "mkl"

    def set_num_threads(self, number):
        self.num_threads = number


def test_a_block_of_a_library_with_a_number_for_each_thread(monkeypatch):
    library = NumberOfEachThread()
    monkeypatch.setattr(threads, "_libraries", lambda: threads._Libraries([], [library]))
    monkeypatch.setattr(threads, "_setter", lambda library: library.set_num_threads)
    inside, leave, seen = threading.Event(), threading.Event(), []

    def other():
        library.set_num_threads(3)
        with one_thread_if_small(SMALL):
            inside.set()
            leave.wait(30)
            seen.append(library.num_threads)
        seen.append(library.num_threads)

    with one_thread_if_small(SMALL):
        thread = threading.Thread(target=other)
        thread.start()
        assert inside.wait(30)
        assert library.num_threads == 1
    assert library.num_threads == 2
    leave.set()
    thread.join()
    assert seen == [1, 3]


@pytest.mark.parametrize("api, layer", [("mkl", "intel"), ("openblas", "openmp"), ("openblas", "pthreads")])
@pytest.mark.parametrize("version", ["3.6.0", "3.10.0"])
def test_which_libraries_have_a_number_for_each_thread(api, layer, version, monkeypatch):
    monkeypatch.setattr(threads.threadpoolctl, "__version__", version)
    library = SimpleNamespace(internal_api=api, threading_layer=layer)
    assert threads._counts_for_thread(library) == (version == "3.10.0" and layer != "pthreads")


def test_many_threads_leave_no_limit_behind():
    before = blas_threads()

    def work():
        for _ in range(200):
            with one_thread_if_small(SMALL):
                pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert blas_threads() == before


def test_a_limit_of_the_user_stays():
    with threadpool_limits(1, user_api="blas"):
        with one_thread_if_small(SMALL):
            pass
        assert set(blas_threads()) == {1}


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_fit_leaves_the_threads_as_they_were(solver):
    before = blas_threads()
    X = np.random.default_rng(0).random((20, 4))
    AutoencoderTransformer(2, solver=solver, max_iter=2).fit(X)
    assert blas_threads() == before
