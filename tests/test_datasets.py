"""Digits and MNIST: shapes and scales, the original files, and what is said when there are none."""

import gzip
import struct
import urllib.error

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.utils import Bunch

from skae import datasets
from skae.datasets import fetch_mnist, load_digits_unit

ROWS = {"train": 7, "t10k": 3}


def idx(array):
    """An idx file of unsigned bytes, by its published layout."""
    return struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write(folder, part, kind, content):
    rank = 3 if kind == "images" else 1
    (folder / f"{part}-{kind}-idx{rank}-ubyte.gz").write_bytes(content)


@pytest.fixture
def files(tmp_path, monkeypatch, rng):
    """A small MNIST in a folder that SKAE_DATA names: (folder, arrays by part)."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    arrays = {}
    for part, n in ROWS.items():
        images = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        images[0, 0, :2] = 0, 255
        labels = rng.integers(0, 10, n, dtype=np.uint8)
        arrays[part] = images, labels
        write(folder, part, "images", gzip.compress(idx(images)))
        write(folder, part, "labels", gzip.compress(idx(labels)))
    monkeypatch.setenv("SKAE_DATA", str(tmp_path))
    return folder, arrays


@pytest.fixture
def no_files(tmp_path, monkeypatch):
    """An environment without the original files; gives the calls to fetch_openml, which fail."""
    monkeypatch.setenv("SKAE_DATA", str(tmp_path))
    calls = []

    def offline(*arguments, **options):
        calls.append((arguments, options))
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(datasets, "fetch_openml", offline)
    return calls


def test_digits_are_scaled():
    bunch, original = load_digits_unit(), load_digits()
    np.testing.assert_array_equal(bunch.data * 16, original.data)
    np.testing.assert_array_equal(bunch.target, original.target)
    assert bunch.images.shape == (1797, 8, 8) and np.shares_memory(bunch.images, bunch.data) and bunch.DESCR
    X, y = load_digits_unit(return_X_y=True, dtype=np.float32)
    assert X.dtype == np.float32 and X.shape == (1797, 64) and len(y) == 1797


@pytest.mark.parametrize("nested", [True, False])
def test_mnist_from_the_original_files(files, nested, monkeypatch):
    folder, arrays = files
    if not nested:
        monkeypatch.setenv("SKAE_DATA", str(folder))
    for subset, parts in {"train": ["train"], "test": ["t10k"], "all": ["train", "t10k"]}.items():
        X, y = fetch_mnist(subset=subset, return_X_y=True)
        images = np.concatenate([arrays[part][0] for part in parts]).reshape(-1, 784)
        np.testing.assert_allclose(X, images / 255, rtol=1e-6)
        np.testing.assert_array_equal(y, np.concatenate([arrays[part][1] for part in parts]))
        assert X.dtype == np.float32 and (X.min(), X.max()) == (0, 1) and y.dtype == np.int64
    bunch = fetch_mnist(subset="test", dtype=np.float64)
    assert bunch.data.dtype == np.float64 and bunch.target.shape == (3,)


def test_mnist_unknown_subset():
    with pytest.raises(ValueError, match=r"subset must be one of \['all', 'test', 'train'\]; got 'half'"):
        fetch_mnist(subset="half")


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed, plain: packed[: len(packed) // 2],
        lambda packed, plain: b"no gzip at all",
        lambda packed, plain: b"",
        lambda packed, plain: packed[:-6] + bytes([packed[-6] ^ 255]) + packed[-5:],
    ],
    ids=["truncated", "foreign", "empty", "checksum"],
)
def test_mnist_damaged_gzip(files, damage):
    folder, arrays = files
    plain = idx(arrays["train"][0])
    write(folder, "train", "images", damage(gzip.compress(plain), plain))
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz is not .*Fetch it again"):
        fetch_mnist(subset="train")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x00",
        struct.pack(">HBB", 0, 8, 3),
        struct.pack(">HBBIII", 0, 8, 3, 7, 28, 28) + bytes(100),
        struct.pack(">HBBIII", 0, 13, 3, 1, 28, 28) + bytes(784),
        struct.pack(">HBBIII", 1, 8, 3, 1, 28, 28) + bytes(784),
    ],
    ids=["empty", "short", "no sizes", "too few values", "another type", "another magic"],
)
def test_mnist_damaged_idx(files, content):
    folder, _ = files
    write(folder, "train", "images", gzip.compress(content))
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz is not an idx file .*Fetch it again"):
        fetch_mnist(subset="train")


@pytest.mark.parametrize("images, labels", [((7, 27, 28), (7,)), ((7, 28, 28), (6,)), ((7, 784), (7,))])
def test_mnist_files_that_do_not_go_together(files, images, labels):
    folder, _ = files
    write(folder, "train", "images", gzip.compress(idx(np.zeros(images, np.uint8))))
    write(folder, "train", "labels", gzip.compress(idx(np.zeros(labels, np.uint8))))
    with pytest.raises(ValueError, match=r"train images of shape .* Fetch the four files again"):
        fetch_mnist(subset="train")


def test_mnist_nowhere(no_files):
    with pytest.raises(OSError, match="MNIST was not found") as raised:
        fetch_mnist()
    message = str(raised.value)
    assert "no network" in message and "SKAE_DATA" in message
    assert all(name in message for pair in datasets._IDX_FILES.values() for name in pair)
    assert isinstance(raised.value.__cause__, urllib.error.URLError)


@pytest.mark.parametrize("load", [load_digits_unit, fetch_mnist])
def test_pixels_are_floating_point_numbers(load):
    with pytest.raises(ValueError, match=r"dtype must be a floating-point type, .* got <class 'int'>"):
        load(dtype=int)


def test_mnist_incomplete_folder_is_passed_over(files, monkeypatch):
    folder, _ = files
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    pixels = np.arange(70_000 * 2, dtype=np.float64).reshape(-1, 2) % 256
    target = (np.arange(70_000) % 10).astype(str)
    monkeypatch.setattr(datasets, "fetch_openml", lambda *a, **k: Bunch(data=pixels, target=target))
    X, y = fetch_mnist(subset="test", return_X_y=True)
    np.testing.assert_allclose(X, pixels[60_000:] / 255, rtol=1e-6)
    np.testing.assert_array_equal(y, np.arange(10_000) % 10)
    assert len(fetch_mnist(subset="train").target) == 60_000 and len(fetch_mnist().target) == 70_000
