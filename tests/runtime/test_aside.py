"""Values that are put aside: the same bits again, from memory or from a file that nobody else sees."""

import tempfile

import numpy as np
import pytest

from skae.runtime import aside
from skae.runtime.aside import PutAside


@pytest.fixture(params=["in memory", "in a file"])
def large(request, monkeypatch):
    monkeypatch.setattr(aside, "LARGE", 2**26 if request.param == "in memory" else 1)
    return request.param


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_bits_as_often_as_wanted(dtype, large, rng, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    array = rng.standard_normal((300, 7)).astype(dtype)
    array[3, 2], array[4, 1] = np.nan, -0.0
    before, kept = array.tobytes(), PutAside(array)
    for value in (0.0, np.inf):
        array[...] = value
        kept.put_back(array)
        assert array.tobytes() == before
    other = np.empty_like(array)
    kept.put_back(other)
    assert other.tobytes() == before
    kept.close()
    kept.close()
    assert list(tmp_path.iterdir()) == []


def test_only_many_values_go_to_a_file(monkeypatch):
    made = []
    monkeypatch.setattr(aside, "LARGE", 800)
    monkeypatch.setattr(aside, "_written", made.append)
    for length in (99, 100):
        PutAside(np.zeros(length))
    assert [len(array) for array in made] == [100]


@pytest.mark.parametrize("fails", ["TemporaryFile", "write"])
def test_in_memory_where_no_file_can_be_written(fails, monkeypatch, rng):
    def full(*arguments, **parameters):
        raise OSError("no space left")

    class Full:
        write, closed = full, False

        def close(self):
            Full.closed = True

    monkeypatch.setattr(aside, "LARGE", 1)
    monkeypatch.setattr(tempfile, "TemporaryFile", full if fails == "TemporaryFile" else lambda **parameters: Full())
    array = rng.random(50)
    before, kept = array.copy(), PutAside(array)
    array[:] = 0.0
    kept.put_back(array)
    np.testing.assert_array_equal(array, before)
    assert Full.closed == (fails == "write")


def test_a_file_that_lost_its_end(monkeypatch):
    monkeypatch.setattr(aside, "LARGE", 1)
    array = np.zeros(50)
    kept = PutAside(array)
    kept._file.truncate(80)
    with pytest.raises(OSError, match="cut short"):
        kept.put_back(array)
    kept.close()
