"""Handwritten digits with pixels in [0, 1]: the ones that scikit-learn ships, and MNIST."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
from sklearn.datasets import fetch_openml, load_digits
from sklearn.utils import Bunch

_IDX_FILES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}
_N_TRAIN, _N_TEST = 60_000, 10_000
_SUBSETS = {"train": slice(0, _N_TRAIN), "test": slice(_N_TRAIN, None), "all": slice(None)}


def load_digits_unit(*, return_X_y=False, dtype=np.float64):
    """scikit-learn's 1,797 digits of 8 x 8 pixels, scaled to [0, 1].

    Parameters
    ----------
    return_X_y : bool, default=False
        Whether to return (data, target) in place of a Bunch.
    dtype : floating-point dtype, default=float64
        Of the pixels.

    Returns
    -------
    Bunch or (data, target)
        ``data``: ndarray of shape (1797, 64); ``target``: ndarray of shape (1797,), the digits; ``images``: ndarray of
        shape (1797, 8, 8), a view of the data; ``DESCR``: str.
    """
    dtype = _pixel_dtype(dtype)
    digits = load_digits()
    data = (digits.data / 16.0).astype(dtype)
    if return_X_y:
        return data, digits.target
    return Bunch(data=data, target=digits.target, images=data.reshape(-1, 8, 8), DESCR=digits.DESCR)


def fetch_mnist(*, subset="all", data_home=None, return_X_y=False, dtype=np.float32):
    """MNIST: 70,000 digits of 28 x 28 pixels, scaled to [0, 1].

    Read from the folder in the environment variable ``SKAE_DATA`` (the four original gzipped files, in the folder or
    its subfolder ``mnist``). Otherwise read from scikit-learn's OpenML cache, after a download if it is not there.

    Parameters
    ----------
    subset : {"all", "train", "test"}, default="all"
        All rows, the official 60,000 training rows, or the 10,000 test rows. "all" has the training rows first.
    data_home : str or path, default=None
        Folder of scikit-learn's cache.
    return_X_y : bool, default=False
        Whether to return (data, target) in place of a Bunch.
    dtype : floating-point dtype, default=float32
        Of the pixels.

    Returns
    -------
    Bunch or (data, target)
        ``data``: ndarray of shape (n, 784); ``target``: ndarray of shape (n,), the digits as integers.

    Raises
    ------
    ValueError
        For an illegal subset or dtype, and for files that are not MNIST's.
    OSError
        If the data are not available from any source; the message says what to do.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
       Proceedings of the IEEE 86 (1998).
    """
    if subset not in _SUBSETS:
        raise ValueError(f"subset must be one of {sorted(_SUBSETS)}; got {subset!r}.")
    dtype = _pixel_dtype(dtype)
    folder = _idx_folder()
    if folder is not None:
        parts = ["train", "test"] if subset == "all" else [subset]
        images, labels = zip(*(_read_part(folder, part) for part in parts))
        pixels, target = np.concatenate(images), np.concatenate(labels)
    else:
        pixels, target = _from_openml(data_home)
        pixels, target = pixels[_SUBSETS[subset]], target[_SUBSETS[subset]]
    data = pixels.astype(dtype)
    data /= np.asarray(255, dtype)
    return (data, target) if return_X_y else Bunch(data=data, target=target)


def _pixel_dtype(dtype):
    if np.dtype(dtype).kind != "f":
        raise ValueError(f"dtype must be a floating-point type, since pixels are in [0, 1]; got {dtype!r}.")
    return np.dtype(dtype)


def _idx_folder():
    """The folder of the original files, found through SKAE_DATA, or None if there is none."""
    root = os.environ.get("SKAE_DATA")
    if not root:
        return None
    names = [name for part in _IDX_FILES.values() for name in part]
    for folder in (Path(root) / "mnist", Path(root)):
        if all((folder / name).is_file() for name in names):
            return folder
    return None


def _read_part(folder, part):
    images, labels = (_read_idx(folder / name) for name in _IDX_FILES[part])
    if images.shape[1:] != (28, 28) or labels.shape != images.shape[:1]:
        raise ValueError(
            f"{folder} holds {part} images of shape {images.shape} and labels of shape {labels.shape}; MNIST has "
            "(n, 28, 28) and (n,). Fetch the four files again."
        )
    return images.reshape(len(images), -1), labels.astype(np.int64)


def _read_idx(path):
    """Array of unsigned bytes in a gzipped idx file: two zero bytes, the type 8, the rank, the big-endian sizes."""
    try:
        with gzip.open(path) as file:
            content = file.read()
    except (EOFError, gzip.BadGzipFile, OSError) as error:
        raise ValueError(f"{path} is not a whole gzip file ({error}). Fetch it again.") from error
    rank = content[3] if len(content) > 3 else 0
    shape = np.frombuffer(content[4 : 4 + 4 * rank], ">u4").astype(int)
    values = np.frombuffer(content, np.uint8, offset=min(len(content), 4 + 4 * rank))
    if content[:3] != b"\x00\x00\x08" or len(shape) != rank or values.size != shape.prod():
        raise ValueError(f"{path} is not an idx file of unsigned bytes, or not a whole one. Fetch it again.")
    return values.reshape(shape)


def _from_openml(data_home):
    try:
        mnist = fetch_openml("mnist_784", version=1, as_frame=False, parser="liac-arff", data_home=data_home)
    except Exception as error:
        raise OSError(
            f"MNIST was not found: SKAE_DATA is {os.environ.get('SKAE_DATA')!r} and holds no MNIST, and OpenML "
            f"gave {type(error).__name__}: {error}. Either put the four original files "
            f"({', '.join(name for part in _IDX_FILES.values() for name in part)}) into a folder and name it in "
            "SKAE_DATA, or connect to the network once so that scikit-learn can fill its cache."
        ) from error
    return mnist.data, mnist.target.astype(np.int64)
