"""Four threads fit and transform at once, whatever layer Numba is told to take for threads of its own."""

import pytest

# Own estimators, one that all fit again, and one that all read; each result is that of a thread alone.
AT_ONCE = """
import threading
A = np.random.default_rng(1).random((400, 12))
make = lambda: DenoisingAE(5, max_iter=12, random_state=0)
alone = make().fit(A)
H, curve, score = alone.transform(A), alone.loss_curve_, alone.score(A)
shared, read, failures = make().fit(A), make().fit(A), []
start = threading.Barrier(4)


def work(number):
    try:
        start.wait()
        for _ in range(3):
            own = make().fit(A)
            assert own.loss_curve_ == curve and np.array_equal(own.transform(A), H)
            # The other threads are in the midst of a fit of it.
            assert np.array_equal(shared.transform(A), H)
            assert shared.fit(A).loss_curve_ == curve
            assert np.array_equal(read.transform(A), H) and read.score(A) == score
            assert np.array_equal(read.inverse_transform(H), alone.inverse_transform(H))
    except BaseException:
        sys.excepthook(*sys.exc_info())
        failures.append(number)


threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert failures == []
"""


@pytest.mark.parametrize(
    "layer", ["default", *(pytest.param(layer, marks=pytest.mark.slow) for layer in ("workqueue", "omp", "tbb"))]
)
def test_four_threads(layer, run):
    environment = {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": "2"}
    assert run(AT_ONCE, environment=environment).err == ""
