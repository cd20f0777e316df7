"""The compiled-code cache and what compilation must not do; faults are the subject of ``tests/faults/``."""

import itertools
import os
import platform
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core import event
from numba.core.caching import NullCache
from scipy import sparse

import skae
from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.kernels import csr
from skae.kernels.compiler import kernel

needs_jit = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled with NUMBA_DISABLE_JIT")

FIT = """
import warnings
import numpy as np
from skae import AutoencoderTransformer
warnings.simplefilter("ignore", category=UserWarning)
X = np.random.default_rng(0).random((30, 4)).astype(np.float32)
print(float(AutoencoderTransformer(2, solver='adam', max_iter=3, random_state=0).fit(X).loss_curve_[-1]))
"""


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(skae.__file__).parents[1]), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


@needs_jit
def test_a_second_process_compiles_nothing(tmp_path):
    count = FIT + (
        "from skae.kernels import optimizers\n"
        "from skae.kernels.activations import ACTIVATIONS\n"
        "from skae.kernels.losses import LOSSES\n"
        "kernels = [ACTIVATIONS['logistic'].forward, LOSSES['squared_error'].fused['identity'], optimizers.adam_step]\n"
        "print([sum(k.stats.cache_hits.values()) for k in kernels])\n"
    )
    first = run(count, NUMBA_CACHE_DIR=str(tmp_path))
    second = run(count, NUMBA_CACHE_DIR=str(tmp_path))
    assert first.stdout.splitlines()[1] == "[0, 0, 0]", first.stderr
    assert second.stdout.splitlines()[1] == "[1, 1, 1]", second.stderr
    assert first.stdout.splitlines()[0] == second.stdout.splitlines()[0]


@needs_jit
def test_the_cache_notices_a_change_in_any_kernel_file(tmp_path, monkeypatch):
    from skae.kernels import compiler
    from skae.kernels.activations import ACTIVATIONS

    forward = ACTIVATIONS["logistic"].forward.py_func
    before = compiler._KernelCache(forward)._cache_file._source_stamp
    for path in Path(compiler._KERNEL_FOLDER).glob("*.py"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "elementary.py").write_text("# changed")
    monkeypatch.setattr(compiler, "_KERNEL_FOLDER", tmp_path)
    compiler._source_stamp.cache_clear()
    try:
        after = compiler._KernelCache(forward)._cache_file._source_stamp
    finally:
        compiler._source_stamp.cache_clear()
    assert before != after


@needs_jit
def test_one_compilation_for_each_precision(rng):
    """Whatever the layout of X, kernels meet only our own buffers: one signature for float32 and one for float64."""
    from skae.kernels import corruptions, gates, optimizers, penalties
    from skae.kernels.activations import ACTIVATIONS
    from skae.kernels.losses import LOSSES

    X = rng.random((40, 6))
    for data in (X, X.astype(np.float32), np.asfortranarray(X), X[::2], X.astype(">f8")):
        data.setflags(write=False)
        for cls in (AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE):
            ae = cls(3, max_iter=2, batch_size=16, random_state=0).fit(data, sample_weight=np.arange(1, len(data) + 1))
            ae.score_samples(data)
            ae.inverse_transform(ae.transform(data))
    kernels = [kernel for part in (corruptions, gates, penalties, optimizers) for kernel in vars(part).values()]
    for record in (*ACTIVATIONS.values(), *LOSSES.values()):
        for made in vars(record).values():
            kernels += made.values() if isinstance(made, dict) and made is not record._entries else [made]
    counts = {kernel.__name__: len(kernel.signatures) for kernel in kernels if hasattr(kernel, "signatures")}
    assert counts["logistic_forward"] == counts["squared_error_identity"] == 2
    assert max(counts.values()) == 2, counts


@needs_jit
def test_one_compilation_of_the_kernels_of_sparse_codes_for_each_precision():
    from skae.kernels import active, coordinates, csr, optimizers, selection

    modules = active, coordinates, csr, optimizers, selection
    values = [value for part in modules for value in vars(part).values()]
    kernels = {value.__name__: value for value in values if hasattr(value, "signatures")}
    before = {name: set(kernel.signatures) for name, kernel in kernels.items()}
    settings = {"activation": "relu", "max_iter": 2, "batch_size": 64, "random_state": 0}
    for dtype, tied in itertools.product((np.float32, np.float64), (False, True)):
        X = sparse.random(150, 600, density=0.02, random_state=0, format="csr", dtype=dtype)
        for rows, sparsity in itertools.product((X, X.toarray()), ("topk", "lifetime")):
            SparseAE(200, sparsity=sparsity, n_active=5, tied_weights=tied, **settings).fit(rows)
    found = {name: set(kernel.signatures) - before[name] for name, kernel in kernels.items()}
    assert "add_stored_unit_sums" in found and "inner_gradients" in found
    assert max(map(len, found.values())) <= 2, found


@pytest.mark.slow
@needs_jit
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the packed instructions are those of x86")
def test_the_loops_that_cost_time_are_vectorised(tmp_path):
    # Numba shows the assembly of fresh code only, so that the cache must be empty.
    code = FIT + (
        "AutoencoderTransformer(2, max_iter=3, random_state=0, loss='log_loss').fit(X)\n"
        "from skae.kernels import optimizers\n"
        "from skae.kernels.activations import ACTIVATIONS\n"
        "from skae.kernels.losses import LOSSES\n"
        "logistic = ACTIVATIONS['logistic']\n"
        "for kernel in (logistic.forward, logistic.backward, LOSSES['squared_error'].fused['identity'],\n"
        "               LOSSES['log_loss'].fused['logistic'], optimizers.adam_step):\n"
        "    (assembly,) = kernel.inspect_asm().values()\n"
        "    print(kernel.__name__, 'mulps' in assembly)\n"
    )
    result = run(code, NUMBA_CACHE_DIR=str(tmp_path))
    lines = result.stdout.splitlines()[1:]
    assert len(lines) == 5, result.stderr
    assert [line for line in lines if line.endswith("False")] == []


class Interrupting(event.Listener):
    """Sends an interrupt as a compilation begins."""

    def __init__(self):
        self.came = 0

    def on_start(self, happening):
        self.came += 1
        signal.raise_signal(signal.SIGINT)

    def on_end(self, happening):
        pass


@needs_jit
def test_an_interrupt_waits_for_the_compiler():
    # What is raised in the callbacks of LLVM is lost, and with it the code that it compiles.
    listener, handler = Interrupting(), signal.signal(signal.SIGINT, signal.default_int_handler)
    compiled = kernel(csr.scatter.py_func)
    compiled._cache = NullCache()
    arguments = (np.ones(1), np.zeros(1, np.int32), np.array([0, 1]), np.full((1, 3), np.nan))
    try:
        with event.install_listener("numba:compile", listener), pytest.raises(KeyboardInterrupt):
            compiled(*arguments)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, handler)
    assert listener.came == len(compiled.signatures) == 1
    compiled(*arguments)
    assert arguments[-1].tolist() == [[1.0, 0.0, 0.0]]


@needs_jit
def test_other_threads_and_ignored_interrupts_leave_the_handler_alone():
    def compile_anew(dtype):
        compiled = kernel(csr.scatter.py_func)
        compiled._cache = NullCache()
        compiled(np.ones(1, dtype), np.zeros(1, np.int32), np.array([0, 1]), np.empty((1, 3), dtype))
        assert len(compiled.signatures) == 1

    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        compile_anew(np.float64)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, handler)
    thread = threading.Thread(target=compile_anew, args=(np.float32,))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is handler
