import numpy as np
import pytest

from skae.runtime import buffers


@pytest.mark.parametrize("shape", [0, 5, (3, 7), (4, 0), np.int64(9)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint16])
def test_arrays_begin_a_cache_line(shape, dtype):
    for make in (buffers.empty, buffers.zeros):
        out = make(shape, dtype)
        assert out.size == 0 or out.ctypes.data % 64 == 0
        assert out.flags.c_contiguous and out.flags.writeable
        assert out.shape == np.empty(shape).shape
        assert out.dtype == dtype
    assert not buffers.zeros(shape, dtype).any()


def test_aligned_copies_only_what_needs_it():
    array = buffers.zeros(40, np.float32)
    assert buffers.aligned(array) is array
    shifted = array[1:]
    shifted[...] = np.arange(39)
    copy = buffers.aligned(shifted)
    assert copy.ctypes.data % 64 == 0
    assert np.array_equal(copy, shifted)
    array.flags.writeable = False
    assert buffers.aligned(array).flags.writeable


def test_parameters_and_their_memory_begin_a_cache_line():
    from skae import AutoencoderTransformer

    X = np.random.default_rng(0).random((20, 5))
    ae = AutoencoderTransformer(3, max_iter=2, tol=1.0, n_iter_no_change=1).fit(X)
    for array in (ae._fitted.network.theta, *ae._fitted.training.optimizer_state):
        assert array.ctypes.data % 64 == 0
