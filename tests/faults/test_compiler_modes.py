"""Kernels as plain Python, and kernels that check their indices."""

import json

import numba
import numpy as np
import pytest

# Every kernel that a training can meet: all activations, losses, penalties, corruptions, solvers, sparse rows and NaN.
SWEEP = """
from scipy import sparse
from skae import AutoencoderOutlierDetector, ContractiveAE, SparseAE
from skae.impute import AutoencoderImputer
from skae.kernels.activations import ACTIVATIONS
from skae.kernels.corruptions import CORRUPTIONS
from skae.kernels.losses import LOSSES

A = np.random.default_rng(0).random((23, 7))
A[0, 0], A[1, 1] = 0.0, 1.0
B = sparse.random(30, 600, 0.02, "csr", random_state=0, data_rvs=lambda n: np.random.default_rng(1).random(n))
HOLES = np.where(np.random.default_rng(2).random(A.shape) < 0.2, np.nan, A)
values = []


def use(cls, rows, *arguments, **parameters):
    ae = cls(*(arguments or [3]), max_iter=2, batch_size=10, random_state=0, **parameters).fit(rows)
    H = ae.transform(rows)
    values.extend([ae.loss_curve_[-1], ae.score(rows), ae.score_samples(rows)[0]])
    values.extend([*H[0], *ae.inverse_transform(H)[0, :3]])


def sweep(dtype):
    rows, stored, holes = A.astype(dtype), B.astype(dtype), HOLES.astype(dtype)
    for name in ACTIVATIONS:
        use(AutoencoderTransformer, rows, activation=name, output_activation=name, hidden_layer_sizes=(5,), alpha=0.1)
        use(ContractiveAE, rows, activation=name)
    for corruption in CORRUPTIONS:
        use(DenoisingAE, rows, corruption=corruption, noise_level=0.3)
    for loss in LOSSES:
        use(AutoencoderTransformer, stored, loss=loss)
        use(AutoencoderTransformer, stored, loss=loss, zero_sampling=0.1)
        use(DenoisingAE, rows, loss=loss, emphasis=0.5)
        use(AutoencoderTransformer, holes, loss=loss, missing_values="mask")
    for solver in ("sgd", "lbfgs"):
        use(AutoencoderTransformer, rows, solver=solver, tied_weights=True, max_grad_norm=None)
    use(AutoencoderTransformer, rows, max_grad_norm=0.1, early_stopping=True)
    use(SparseAE, rows)
    use(SparseAE, rows, 6, sparsity="topk", n_active=2)
    values.append(AutoencoderOutlierDetector(AutoencoderTransformer(2, max_iter=1, random_state=0)).fit(rows).offset_)
    AutoencoderImputer(AutoencoderTransformer(2, max_iter=1, missing_values="mask")).fit_transform(holes)
"""

PLAIN = "from skae.kernels import optimizers\nassert not hasattr(optimizers.adam_step, 'signatures')\n"
CHECKED = """
from skae.kernels import csr
try:
    csr.scatter(np.ones(1), np.array([3], np.int32), np.array([0, 1]), np.zeros((1, 3)))
except IndexError:
    pass
else:
    raise AssertionError("an index out of bounds went unnoticed")
"""
PRINTED = "print(json.dumps(list(map(float, values))))"


@pytest.fixture(scope="module")
def expected(fork):
    """What compiled kernels make of both precisions."""
    return json.loads(fork(SWEEP + "sweep(np.float32)\nsweep(np.float64)\n" + PRINTED).out)


@pytest.mark.slow
def test_kernels_as_plain_python(run, expected):
    code = PLAIN + SWEEP + "sweep(np.float32)\nsweep(np.float64)\n" + PRINTED
    values = json.loads(run(code, environment={"NUMBA_DISABLE_JIT": "1"}).out)
    np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="indices are checked by compiled code")
def test_kernels_that_check_their_indices(run, expected):
    code = CHECKED + SWEEP + "sweep(np.float32)\nsweep(np.float64)\n" + PRINTED
    values = json.loads(run(code, environment={"NUMBA_BOUNDSCHECK": "1"}).out)
    np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-5)
