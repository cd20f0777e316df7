"""The number of BLAS threads while fits run in several threads, and what other libraries can set after them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from skae import AutoencoderTransformer

X = np.random.default_rng(0).random((20, 4))


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def in_another_thread(work):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result(60)


@pytest.fixture(autouse=True)
def two_threads():
    """Two threads of BLAS, set by a thread that has ended, since threadpoolctl may let only one thread set them."""
    before = blas_threads()
    if not before:
        pytest.skip("no BLAS whose threads can be counted")
    in_another_thread(lambda: threadpool_limits(2, user_api="blas"))
    if set(blas_threads()) != {2}:
        pytest.skip("a BLAS whose number of threads is that of each thread")
    yield
    in_another_thread(lambda: threadpool_limits(before[0], user_api="blas"))


@pytest.fixture
def in_epochs(monkeypatch):
    """Call a function at the end of the epochs of fits, in their threads."""

    def call(function):
        monkeypatch.setattr("builtins.print", lambda *texts, **options: function())

    return call


def fit(**parameters):
    return AutoencoderTransformer(2, **{"max_iter": 1, "verbose": True, **parameters}).fit(X)


def others_limit():
    def limited():
        with threadpool_limits(1, user_api="blas"):
            return blas_threads()

    return in_another_thread(limited)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_after_a_fit_any_thread_sets_its_limit(solver):
    fit(solver=solver, verbose=False)
    assert set(others_limit()) == {1}
    assert set(blas_threads()) == {2}


def test_after_partial_fit_any_thread_sets_its_limit():
    AutoencoderTransformer(2).partial_fit(X)
    assert set(others_limit()) == {1}


def test_a_fit_within_a_limit_of_its_thread_leaves_to_others_what_they_had():
    with threadpool_limits(2, user_api="blas"):
        before = others_limit()
        fit(verbose=False)
        assert others_limit() == before


def test_a_fit_has_its_limit_beside_a_thread_that_set_the_number(in_epochs):
    seen = []
    in_epochs(lambda: seen.append(set(blas_threads())))
    with threadpool_limits(2, user_api="blas"):
        in_another_thread(fit)
        assert set(blas_threads()) == {2}
    assert seen == [{1}]
    assert set(blas_threads()) == {2}


@pytest.mark.parametrize("first", ["early", "late"])
def test_the_limit_holds_until_the_last_fit_ends(first, in_epochs):
    begun, leave = ({name: threading.Event() for name in ("early", "late")} for _ in range(2))
    seen = {}

    def stop():
        name = threading.current_thread().name
        begun[name].set()
        assert leave[name].wait(60)
        seen[name] = set(blas_threads())

    in_epochs(stop)
    fits = {name: threading.Thread(target=fit, name=name, daemon=True) for name in begun}
    for name, thread in fits.items():
        thread.start()
        assert begun[name].wait(60)
    after = {}
    for name in (first, "late" if first == "early" else "early"):
        leave[name].set()
        fits[name].join(60)
        after[name] = set(blas_threads())
    assert seen == {"early": {1}, "late": {1}}
    assert list(after.values()) == [{1}, {2}]
    assert set(others_limit()) == {1}
