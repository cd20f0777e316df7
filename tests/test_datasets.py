"""Digits, MNIST and its family: shapes and scales, files as they are found, and what is said when there are none."""

import gzip
import itertools
import struct
import urllib.error

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.utils import Bunch

from skae import SparseAE, datasets
from skae.datasets import fetch_mnist, load_digits_unit, load_idx_folder, make_dictionary, read_idx
from skae.metrics import mean_max_cosine

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


def test_writers_are_told_apart_by_the_form_that_each_filled_in():
    X, y, groups = load_digits_unit(return_X_y=True, return_groups=True)
    bunch = load_digits_unit(return_groups=True)
    np.testing.assert_array_equal(bunch.groups, groups)
    np.testing.assert_array_equal(y, load_digits().target)
    assert len(load_digits_unit(return_X_y=True)) == 2 and "groups" not in load_digits_unit()
    starts = [0, *(np.flatnonzero(np.diff(groups)) + 1).tolist(), len(y)]
    assert (np.diff(groups) >= 0).all() and set(groups) == set(range(14)) and X.shape == (len(groups), 64)
    # Where 0 to 9 three times begins anew.
    thrice = [i for i in range(len(y) - 29) if y[i : i + 30].tolist() == [*range(10)] * 3]
    assert thrice[:7] == [0, 130, 256, 386, 516, 646, 776] and set(thrice) < set(starts)
    # All blocks are one form with few digits missing: found in it one after the other, but for one wrong label.
    form = y[: starts[1]].tolist()
    assert len(form) == 130
    for first, last in itertools.pairwise(starts):
        rest = iter(form)
        strangers = sum(digit not in rest for digit in y[first : last - 1].tolist())
        assert strangers == 0 and 122 <= last - first <= 130


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
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz is not an idx file.*Fetch it again"):
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
    assert all(name in message for name in datasets._IDX_FILES)
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


# Files of any type and rank.

TYPES = {0x08: "B", 0x09: "b", 0x0B: "h", 0x0C: "i", 0x0D: "f", 0x0E: "d"}
NAMES = {"B": "uint8", "b": "int8", "h": "int16", "i": "int32", "f": "float32", "d": "float64"}


def idx_of(code, shape, values):
    """An IDX file, packed number by number by its published layout."""
    sizes = struct.pack(f">{len(shape)}I", *shape)
    return struct.pack(">HBB", 0, code, len(shape)) + sizes + struct.pack(f">{len(values)}{TYPES[code]}", *values)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 2), (1, 2, 1, 3), (0, 4)])
@pytest.mark.parametrize("code", TYPES)
def test_every_type_and_rank_is_read(code, shape, packed, tmp_path):
    n = int(np.prod(shape, dtype=int))
    signed = TYPES[code] != "B"
    values = [(-1) ** i * (i + 100) if signed else i + 200 for i in range(n)]
    content = idx_of(code, shape, values)
    # The name says nothing of the compression.
    path = tmp_path / "values"
    path.write_bytes(gzip.compress(content) if packed else content)
    array = read_idx(str(path))
    assert array.dtype == np.dtype(NAMES[TYPES[code]]) and array.dtype.isnative and array.flags.writeable
    assert array.shape == shape and array.ravel().tolist() == values


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "begins with nothing"),
        (b"\x00\x00\x08", "begins with 00 00 08"),
        (b"\x00\x01\x08\x01" + bytes(8), "begins with 00 01 08 01, where two zeros"),
        (b"\x00\x00\x0a\x01" + bytes(8), "a type out of 08, 09, 0b, 0c, 0d, 0e"),
        (b"\x00\x00\x08\x21" + bytes(200), "a number of dimensions up to 32"),
        (b"\x00\x00\x08\x02" + bytes(4), "its sizes are missing"),
        (idx_of(0x0C, (3,), [1, 2]), r"ends early, with 8 bytes where int32 of shape \(3,\) take 12"),
        (
            idx_of(0x08, (3,), [1, 2, 3, 4]),
            r"goes on after its values, with 4 bytes where uint8 of shape \(3,\) take 3",
        ),
        (struct.pack(">HBB3I", 0, 8, 3, *[2**32 - 1] * 3), "ends early, with 0 bytes"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(content, message, tmp_path):
    for name, kept in {"plain": content, "packed": gzip.compress(content)}.items():
        (tmp_path / name).write_bytes(kept)
        with pytest.raises(ValueError, match=rf"{name} is not an idx file.*{message}.* Fetch it again\."):
            read_idx(tmp_path / name)
    (tmp_path / "torn").write_bytes(gzip.compress(idx_of(0x08, (500,), [i % 251 for i in range(500)]))[:-20])
    with pytest.raises(ValueError, match="torn is not a whole gzip file"):
        read_idx(tmp_path / "torn")
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "nowhere")


# Folders of images, by the names that are in use.


def save_set(folder, rng, names, n_train=5, n_test=3, labels=None, size=(6, 4), packed=False):
    """Files of images and labels; names has those of train images, train labels, test images and test labels."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {}
    for part, n, (image_name, label_name) in zip(("train", "test"), (n_train, n_test), (names[:2], names[2:])):
        images = rng.integers(0, 256, (n, *size), dtype=np.uint8)
        kinds = rng.integers(1, 27, n, dtype=np.uint8) if labels is None else labels(n)
        code = {"uint8": 0x08, "int32": 0x0C}[kinds.dtype.name]
        for name, kind, array in ((image_name, 0x08, images), (label_name, code, kinds)):
            content = idx_of(kind, array.shape, array.ravel().tolist())
            (folder / name).write_bytes(gzip.compress(content) if packed else content)
        arrays[part] = images, kinds
    return arrays


MNIST = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
DOTTED = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images.idx3", "labels.idx1")]
LETTERS = [
    f"emnist-letters-{part}-{kind}-ubyte" for part in ("train", "test") for kind in ("images-idx3", "labels-idx1")
]
QMNIST = [f"qmnist-{part}-{kind}" for part in ("train", "test") for kind in ("images-idx3-ubyte", "labels-idx2-int")]


@pytest.mark.parametrize("place", [".", "raw"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("names", [MNIST, DOTTED, LETTERS, QMNIST], ids=["mnist", "dotted", "emnist", "qmnist"])
def test_folders_of_the_family(names, packed, place, tmp_path, rng):
    wide = (lambda n: rng.integers(0, 10, (n, 8), dtype=np.int32)) if names is QMNIST else None
    names = [name + ".gz" * packed for name in names]
    arrays = save_set(tmp_path / place, rng, names, labels=wide, packed=packed)
    transposed = names[0].startswith("emnist")
    for subset, parts in {"train": ["train"], "test": ["test"], "all": ["train", "test"]}.items():
        bunch = load_idx_folder(tmp_path, subset=subset)
        images = np.concatenate([arrays[part][0] for part in parts])
        labels = np.concatenate([arrays[part][1] for part in parts])
        images = np.array([image.T for image in images]) if transposed else images
        np.testing.assert_allclose(bunch.data, images.reshape(len(images), -1) / 255, rtol=1e-6)
        assert bunch.image_shape == ((4, 6) if transposed else (6, 4)) and bunch.data.dtype == np.float32
        np.testing.assert_array_equal(bunch.labels, labels)
        np.testing.assert_array_equal(bunch.target, labels[:, 0] if names[0].startswith("qmnist") else labels)
        assert bunch.target.dtype == np.int64
    X, y = load_idx_folder(tmp_path, transpose=not transposed, return_X_y=True, dtype=np.float64)
    other = load_idx_folder(tmp_path).data.reshape(8, *((4, 6) if transposed else (6, 4))).transpose(0, 2, 1)
    np.testing.assert_allclose(X, other.reshape(8, -1), rtol=1e-6)
    np.testing.assert_array_equal(y, load_idx_folder(tmp_path).target)


def test_unpacked_files_are_taken_where_there_are_both(tmp_path, rng):
    save_set(tmp_path, rng, [name + ".gz" for name in MNIST], packed=True)
    arrays = save_set(tmp_path, rng, MNIST)
    np.testing.assert_array_equal(load_idx_folder(tmp_path, subset="test").target, arrays["test"][1])


def test_one_of_several_data_sets_is_chosen_by_its_prefix(tmp_path, rng):
    save_set(tmp_path, rng, MNIST)
    arrays = save_set(tmp_path, rng, LETTERS)
    with pytest.raises(ValueError, match=r"prefix must be '' or 'emnist-letters-'; got prefix=None.*several data sets"):
        load_idx_folder(tmp_path)
    with pytest.raises(ValueError, match="prefix must be '' or 'emnist-letters-'; got prefix='kmnist-'"):
        load_idx_folder(tmp_path, prefix="kmnist-")
    chosen = load_idx_folder(tmp_path, prefix="emnist-letters-", subset="train")
    np.testing.assert_array_equal(chosen.target, arrays["train"][1])


def test_what_a_folder_lacks_is_said(tmp_path, rng):
    with pytest.raises(ValueError, match=r"folder must be a folder with images and labels in IDX files, train-images"):
        load_idx_folder(tmp_path)
    save_set(tmp_path, rng, MNIST)
    (tmp_path / MNIST[3]).unlink()
    assert len(load_idx_folder(tmp_path, subset="train").target) == 5
    for subset in ("test", "all"):
        with pytest.raises(
            ValueError, match=f"subset must be 'train'; got subset='{subset}'. The folder holds no test"
        ):
            load_idx_folder(tmp_path, subset=subset)
    with pytest.raises(ValueError, match="subset must be one of"):
        load_idx_folder(tmp_path, subset=3)
    with pytest.raises(ValueError, match="transpose must be 'auto' or True or False; got transpose='yes'"):
        load_idx_folder(tmp_path, subset="train", transpose="yes")


def test_files_of_a_folder_that_do_not_go_together(tmp_path, rng):
    save_set(tmp_path, rng, MNIST)
    (tmp_path / MNIST[1]).write_bytes(idx(np.zeros(4, np.uint8)))
    with pytest.raises(
        ValueError, match=r"train-labels-idx1-ubyte holds uint8 of shape \(4,\); the labels of 5 images"
    ):
        load_idx_folder(tmp_path)
    (tmp_path / MNIST[0]).write_bytes(idx(np.zeros((5, 24), np.uint8)))
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte holds uint8 of shape \(5, 24\); images are"):
        load_idx_folder(tmp_path)
    save_set(tmp_path, rng, MNIST)
    (tmp_path / MNIST[2]).write_bytes(idx(np.zeros((3, 4, 4), np.uint8)))
    with pytest.raises(ValueError, match=r"shapes \(5, 6, 4\) and \(3, 4, 4\).* do not go together"):
        load_idx_folder(tmp_path)


@pytest.mark.parametrize("names", [MNIST, DOTTED], ids=["dashed", "dotted"])
@pytest.mark.parametrize("place", [".", "raw", "mnist", "MNIST/raw"])
def test_mnist_as_mirrors_have_it(names, place, tmp_path, monkeypatch, rng):
    arrays = save_set(tmp_path / place, rng, names, size=(28, 28))
    monkeypatch.setenv("SKAE_DATA", str(tmp_path))
    X, y = fetch_mnist(subset="test", return_X_y=True)
    np.testing.assert_allclose(X, arrays["test"][0].reshape(3, -1) / 255, rtol=1e-6)
    np.testing.assert_array_equal(y, arrays["test"][1])


def test_rows_of_a_dictionary():
    X, atoms, codes = make_dictionary(50, 12, 30, n_active=4, return_dictionary=True, random_state=3, dtype=np.float64)
    assert codes.shape == (50, 30) and codes.has_canonical_format and atoms.shape == (30, 12)
    np.testing.assert_array_equal((codes.toarray() > 0).sum(axis=1), 4)
    assert 0.5 <= codes.data.min() < 0.6 and 1.4 < codes.data.max() <= 1.5
    np.testing.assert_allclose(np.linalg.norm(atoms, axis=1), 1)
    np.testing.assert_allclose(X, codes.toarray() @ atoms)
    again = make_dictionary(50, 12, 30, n_active=4, random_state=3)
    assert again.dtype == np.float32
    np.testing.assert_allclose(again, X, rtol=1e-6, atol=1e-6)
    noisy = make_dictionary(50, 12, 30, n_active=4, noise=0.1, random_state=3, dtype=np.float64)
    assert np.std(noisy - X) == pytest.approx(0.1, rel=0.1)
    with pytest.raises(ValueError, match="n_active must be from 1 to n_atoms=30; got 31"):
        make_dictionary(50, 12, 30, n_active=31)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("sparsity", ["topk", "batchtopk"])
def test_the_dictionary_is_found(sparsity):
    X, atoms, _ = make_dictionary(4000, 40, 80, n_active=3, return_dictionary=True, random_state=0)
    settings = {"activation": "relu", "learning_rate_init": 1e-2, "learning_rate": "cosine", "max_iter": 30, "tol": 0}
    ae = SparseAE(80, sparsity=sparsity, n_active=3, unit_norm=True, revive_dead=True, random_state=0, **settings)
    start = mean_max_cosine(X[:80], atoms)
    assert mean_max_cosine(ae.fit(X).coefs_[1], atoms) > 0.95 > start
