"""A process that may run on one core alone: the same numbers."""

import os

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs sched_setaffinity")

# Before the import, of which the libraries take their numbers of threads.
LIMIT = "import os\nos.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])\n"
RESULTS = """
ae = DenoisingAE(5, max_iter=5, random_state=0).fit(np.random.default_rng(0).random((500, 60)))
lbfgs = fitted(solver="lbfgs")
print(json.dumps([ae.loss_curve_, ae.components_.tolist(), lbfgs.loss_curve_]))
"""


@pytest.mark.slow
def test_one_core(run, fork):
    limited = run(RESULTS, before=LIMIT, environment={"OPENBLAS_NUM_THREADS": None})
    assert limited.out == fork(RESULTS).out
