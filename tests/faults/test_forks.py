"""A pool of forked processes after a fit in their parent."""

import sys

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


def test_a_forked_pool_after_a_fit(run):
    run(POOL, environment={"OPENBLAS_NUM_THREADS": "2"})
