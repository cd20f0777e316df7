"""A pool of forked processes after a fit in their parent."""

import sys

import joblib
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fork is safe on Linux only")

POOL = """
from multiprocessing import get_context
warnings.filterwarnings("ignore", ".*fork.*", DeprecationWarning)


def work(seed):
    ae = fitted(random_state=seed)
    return ae.loss_curve_, ae.transform(X).tolist()


# Wide enough for BLAS to share the products among its threads.
wide = np.random.default_rng(0).random((256, 300))
AutoencoderTransformer(200, max_iter=1, batch_size=256).fit(wide)
expected = [work(seed) for seed in range(4)]
with get_context("fork").Pool(2) as pool:
    assert pool.map_async(work, range(4)).get(timeout=60) == expected
"""


GATED = """
from skae import SparseAE
from multiprocessing import get_context
from skae.runtime import workers
warnings.filterwarnings("ignore", ".*fork.*", DeprecationWarning)
workers.WORTH_SHARING = 1
wide = np.random.default_rng(0).random((128, 100))


def work(seed):
    ae = SparseAE(900, sparsity="topk", n_active=20, batch_size=64, max_iter=2, random_state=seed)
    return ae.fit(wide).loss_curve_


# Loops shared among threads, which do not exist in a child.
expected = [work(seed) for seed in range(2)]
assert workers._size == 1
with get_context("fork").Pool(2) as pool:
    assert pool.map_async(work, range(2)).get(timeout=60) == expected
"""


@pytest.mark.skipif(joblib.cpu_count() < 2, reason="BLAS has one thread on one core, and nothing is shared")
def test_a_forked_pool_after_a_fit_of_shared_loops(run):
    run(GATED, environment={"OPENBLAS_NUM_THREADS": "2"})


def test_a_forked_pool_after_a_fit(run):
    run(POOL, environment={"OPENBLAS_NUM_THREADS": "2"})


FORKED = """
import threading

warnings.filterwarnings("ignore", ".*fork.*", DeprecationWarning)
"""

# A lock that another thread holds at the fork is never released in the child, and neither is what was to be put back.
WITHIN = """
from threadpoolctl import threadpool_info
from skae.runtime import threads
from skae.runtime.threads import one_thread_if_small


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def fits():
    assert fitted().loss_curve_ == expected
    assert blas_threads() == before


def leaves_and_fits():
    block.__exit__(None, None, None)
    assert threads._holders == 0
    fits()


expected, before = fitted().loss_curve_, blas_threads()
held, leave = threading.Event(), threading.Event()


def hold():
    with threads._lock:
        held.set()
        leave.wait(120)


thread = threading.Thread(target=hold)
thread.start()
held.wait(60)
assert exit_code(fits) == 0
leave.set()
thread.join()
block = one_thread_if_small(0)
block.__enter__()
assert exit_code(fits) == 0
assert exit_code(leaves_and_fits) == 0
block.__exit__(None, None, None)
fits()
"""


@pytest.mark.slow
@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_fork_while_another_thread_fits(threads, run):
    run(FORKED + WITHIN, environment={"OPENBLAS_NUM_THREADS": threads})


COMPILING = """
from numba.core.compiler_lock import global_compiler_lock

held, forking = threading.Event(), threading.Event()
# Run before what the package does at a fork, and once is enough.
os.register_at_fork(before=forking.set)


def compile_something():
    with global_compiler_lock:
        held.set()
        forking.wait(60)


thread = threading.Thread(target=compile_something)
thread.start()
held.wait(60)
assert exit_code(curves) == 0
thread.join()
assert exit_code(curves) == 0
curves()
"""


@pytest.mark.slow
def test_a_fork_while_another_thread_compiles(run):
    run(FORKED + COMPILING)
