"""The limit to one BLAS thread: where it holds, and that it is lifted."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from skae import AutoencoderTransformer
from skae.runtime.threads import WORTH_SHARING, one_thread_if_small

SMALL, LARGE = WORTH_SHARING - 1, WORTH_SHARING


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2, user_api="blas"):
        yield


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


def test_several_at_once_leave_no_limit_behind():
    before = blas_threads()
    inside, leave = threading.Event(), threading.Event()

    def other():
        with threadpool_limits(2, user_api="blas"), one_thread_if_small(SMALL):
            inside.set()
            leave.wait(30)

    with one_thread_if_small(SMALL):
        thread = threading.Thread(target=other)
        thread.start()
        assert inside.wait(30)
    assert blas_threads() == before
    leave.set()
    thread.join()
    assert blas_threads() == before


def test_many_threads_leave_no_limit_behind():
    before = blas_threads()

    def work():
        for _ in range(200):
            with one_thread_if_small(SMALL):
                pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
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
