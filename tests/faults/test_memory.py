"""A limit of memory: MemoryError before the work, and what an estimator had stays."""

import json
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is kept to on Linux")

# Each limit is tried in a process of its own, since a limit holds for all that follows.
LIMITED = """
import resource
from skae.objective.objective import Objective

steps = []
forward = Objective._forward
Objective._forward = lambda *arguments: (steps.append(1), forward(*arguments))[1]


def limited(mebibytes, work):
    '''Exit status of work under a limit of memory above what is used.'''
    def under_limit():
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + mebibytes * 2**20, resource.RLIM_INFINITY))
        return work()

    return exit_code(under_limit)


WIDE = np.random.default_rng(0).random((150, 1000)).astype(np.float32)
"""

# Takes from the parent: parameters or an estimator, the most of the limits, and the step from one to the next.
# Status: 0 fitted, 1 refused before the first step with the estimator as it was, whatever else is a fault.
CHECK = """
def refused_or_fitted(ae):
    before = dict(vars(ae))
    steps.clear()
    try:
        ae.fit(rows)
    except MemoryError as error:
        assert steps == [] and vars(ae) == before and "MiB" in str(error), error
        return 1
    return 0


def check(ae):
    limits = range(0, int(sys.argv[2]), int(sys.argv[3]))
    outcomes = [limited(mebibytes, lambda: refused_or_fitted(ae)) for mebibytes in limits]
    assert set(outcomes) == {0, 1} and outcomes == sorted(outcomes, reverse=True), outcomes


"""

FITS = """
rows = WIDE
parameters = {"n_components": 1000, "max_iter": 3, "tol": 0.0, "random_state": 0, **json.loads(sys.argv[1])}
# No product was made yet, for which BLAS asks for memory of its own.
check(AutoencoderTransformer(**parameters))
check(AutoencoderTransformer(**{**parameters, "n_components": 3, "warm_start": False}).fit(WIDE[:, :5]).set_params(
    n_components=1000
))
"""


@pytest.mark.parametrize(
    "parameters, most, step",
    [
        ('{"solver": "adam"}', 300, 50),
        pytest.param('{"solver": "adam", "warm_start": true, "early_stopping": true}', 390, 30, marks=pytest.mark.slow),
        pytest.param('{"solver": "lbfgs"}', 960, 60, marks=pytest.mark.slow),
    ],
)
def test_a_fit_is_refused_before_its_first_step(parameters, most, step, fork):
    fork(LIMITED + CHECK + FITS, parameters, most, step)


BESIDE = """
from skae import ContractiveAE, SparseAE

shape = json.loads(sys.argv[4])
rows = np.random.default_rng(0).random(shape).astype(np.float32)
check(eval(sys.argv[1]).set_params(batch_size=shape[0], max_iter=1, tol=0.0, random_state=0))
"""

TALL, WIDE = [80_000, 20], [4_000, 6_000]


@pytest.mark.slow
@pytest.mark.parametrize(
    "ae, shape, most",
    [
        ("ContractiveAE(300)", TALL, 540),
        ("SparseAE(300, sparsity='topk', n_active=5, revive_dead=True)", TALL, 440),
        ("SparseAE(300, sparsity='lifetime')", TALL, 440),
        ("DenoisingAE(20, corruption='gaussian', noise_level=0.25)", WIDE, 640),
        ("DenoisingAE(20, emphasis=0.5)", WIDE, 940),
        ("AutoencoderTransformer(20, missing_values='mask')", WIDE, 640),
    ],
)
def test_what_is_made_beside_the_layers_is_counted(ae, shape, most, fork):
    fork(LIMITED + CHECK + BESIDE, ae, most, 20, json.dumps(shape))


TRANSFORMS = """
from dataclasses import replace

rows = np.broadcast_to(WIDE[:1, :6], (200_000, 6))
ae = AutoencoderTransformer(500, max_iter=1, random_state=0).fit(X.astype(np.float32))
codes = ae.transform(X.astype(np.float32))
layers = []


def seen(activation):
    # Notes each use.
    noting, forward = replace(activation), activation.forward
    vars(noting)["forward"] = lambda *arguments: (layers.append(1), forward(*arguments))
    return noting


ae._fitted.network.layers = [layer._replace(activation=seen(layer.activation)) for layer in ae._fitted.network.layers]


def refused():
    layers.clear()
    try:
        ae.transform(rows)
    except MemoryError as error:
        assert layers == [] and "iB" in str(error)
    else:
        return 2
    return int(not np.array_equal(ae.transform(X.astype(np.float32)), codes))


assert limited(200, refused) == 0
"""


def test_a_result_that_is_too_large_is_refused_before_the_work(fork):
    fork(LIMITED + TRANSFORMS)


# No product was made in these processes, in which BLAS asks for its own memory at the first.
FIRST_PRODUCTS = """
ae = load(sys.argv[1])


def refused_or_done():
    try:
        ae.transform(WIDE[:, :300])
    except MemoryError:
        return 1
    return 0


outcomes = [limited(mebibytes, refused_or_done) for mebibytes in range(0, 160, 10)]
assert set(outcomes) == {0, 1}, outcomes
"""


@pytest.mark.slow
def test_blas_does_not_end_the_process(fork, tmp_path):
    fork(LIMITED + "save(AutoencoderTransformer(300, max_iter=1).fit(WIDE[:, :300]), sys.argv[1])", tmp_path / "model")
    fork(LIMITED + FIRST_PRODUCTS, tmp_path / "model")
