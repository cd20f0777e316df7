"""SIGINT is noted while a fit runs, and raised again where Python dropped it."""

import ctypes
import signal
import threading

import numpy as np
import pytest

from skae import AutoencoderTransformer
from skae.runtime import interrupts
from skae.runtime.interrupts import check, interruptible

main_only = pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals are handled in the main thread"
)


@pytest.fixture(autouse=True)
def default_handler():
    """Python's own, which a process that was started in the background does not have."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@main_only
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_python_drops_is_raised_by_the_next_check():
    with pytest.raises(KeyboardInterrupt), interruptible():
        # Python drops what a callback from C raises.
        ctypes.CFUNCTYPE(None)(lambda: signal.raise_signal(signal.SIGINT))()
        check()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    check()


@main_only
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("solver", ["adam", "kfac", "lbfgs"])
def test_a_fit_ends_by_an_interrupt_that_python_drops(solver, monkeypatch):
    X = np.random.default_rng(0).random((40, 6))
    drop = ctypes.CFUNCTYPE(None)(lambda: signal.raise_signal(signal.SIGINT))
    from skae.objective.objective import Objective

    forward = Objective._forward
    monkeypatch.setattr(Objective, "_forward", lambda *args: (drop(), forward(*args))[1])
    ae = AutoencoderTransformer(2, solver=solver, max_iter=10**6, tol=0.0, n_iter_no_change=10**6)
    with pytest.raises(KeyboardInterrupt):
        ae.fit(X)
    assert not hasattr(ae, "loss_curve_")


@main_only
def test_the_handler_is_left_alone_where_the_program_has_its_own():
    def mine(number, frame):
        pass

    before = signal.signal(signal.SIGINT, mine)
    try:
        with interruptible():
            assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, before)


@main_only
def test_other_threads_and_nested_blocks_change_nothing():
    with interruptible():
        handler = signal.getsignal(signal.SIGINT)
        assert handler is interrupts._note
        with interruptible():
            assert signal.getsignal(signal.SIGINT) is handler
        assert signal.getsignal(signal.SIGINT) is handler
        thread = threading.Thread(target=lambda: interruptible().__enter__())
        thread.start()
        thread.join()
        assert signal.getsignal(signal.SIGINT) is handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@main_only
def test_a_signal_at_the_very_end_does_no_harm_to_later_blocks(monkeypatch):
    # As a signal leaves it that arrives while the handler is being put back.
    monkeypatch.setattr(interrupts, "_noted", True)
    signal.signal(signal.SIGINT, interrupts._note)
    try:
        with interruptible():
            check()
        check()
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
