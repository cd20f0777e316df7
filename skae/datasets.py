"""Data: the digits that scikit-learn ships, MNIST and all images in files of its form; rows of a known dictionary."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.datasets import fetch_openml, load_digits
from sklearn.utils import Bunch, check_random_state

from .runtime.exceptions import ParameterError
from .runtime.idx_files import read_idx
from .runtime.image_folders import image_sets

__all__ = ["fetch_mnist", "load_digits_unit", "load_idx_folder", "make_dictionary", "read_idx"]

_IDX_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
_N_TRAIN, _N_TEST = 60_000, 10_000
_SUBSETS = {"train": slice(0, _N_TRAIN), "test": slice(_N_TRAIN, None), "all": slice(None)}


# Every writer filled in the same form of 130 digits, some of which are missing. It begins and ends with these.
_FORM_HEAD, _FORM_TAIL = bytes(range(10)) * 3, bytes([4, 9, 0, 8, 9, 8])


def load_digits_unit(*, return_X_y=False, return_groups=False, dtype=np.float64):
    """scikit-learn's 1,797 digits of 8 x 8 pixels, scaled to [0, 1].

    The rows lie in blocks, one writer after the other, and a random split tests on writers that were seen in training.
    The groups tell them apart, for ``GroupKFold`` and others. The blocks follow from the labels: each is the same form
    of 130 digits, from which a few are missing. There are 14 forms, and the description of the data counts 13 writers,
    so that one of them may have filled in two.

    Parameters
    ----------
    return_X_y : bool, default=False
        Whether to return (data, target) in place of a Bunch.
    return_groups : bool, default=False
        Whether to return the groups as well: (data, target, groups), or a Bunch with ``groups``.
    dtype : floating-point dtype, default=float64
        Of the pixels.

    Returns
    -------
    Bunch, (data, target) or (data, target, groups)
        ``data``: ndarray of shape (1797, 64); ``target``: ndarray of shape (1797,), the digits; ``images``: ndarray of
        shape (1797, 8, 8), a view of the data; ``DESCR``: str; ``groups``: ndarray of shape (1797,), integers from 0
        to 13, the writer of each row.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import GroupKFold, cross_val_score
    >>> from skae.datasets import load_digits_unit
    >>> X, y, groups = load_digits_unit(return_X_y=True, return_groups=True)
    >>> scores = cross_val_score(LogisticRegression(max_iter=500), X, y, groups=groups, cv=GroupKFold(7))
    >>> len(scores)
    7
    """
    dtype = _pixel_dtype(dtype)
    digits = load_digits()
    data = (digits.data / 16.0).astype(dtype)
    groups = {"groups": _writers(digits.target)} if return_groups else {}
    if return_X_y:
        return (data, digits.target, *groups.values())
    return Bunch(data=data, target=digits.target, images=data.reshape(-1, 8, 8), DESCR=digits.DESCR, **groups)


def _writers(target):
    """Number of the form of each row."""
    text = target.astype(np.uint8).tobytes()
    # Two forms lack a digit of their head, and others one of their tail.
    starts = {found.start() for found in re.finditer(re.escape(_FORM_HEAD), text)}
    starts |= {found.end() for found in re.finditer(re.escape(_FORM_TAIL), text)} - {len(text)}
    return np.searchsorted(sorted(starts), np.arange(len(text)), side="right") - 1


def fetch_mnist(*, subset="all", data_home=None, return_X_y=False, dtype=np.float32):
    """MNIST: 70,000 digits of 28 x 28 pixels, scaled to [0, 1].

    Read from the folder in the environment variable ``SKAE_DATA`` (the four original files, gzipped or not, in the
    folder, its subfolder ``mnist`` or ``MNIST``, or the subfolder ``raw`` of one of these). Otherwise read from
    scikit-learn's OpenML cache, after a download if it is not there.

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

    See Also
    --------
    load_idx_folder : For other data sets in files of the same form.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
       Proceedings of the IEEE 86 (1998).
    """
    _check_subset(subset)
    dtype = _pixel_dtype(dtype)
    found = _local_mnist()
    if found is not None:
        folder, parts = found
        images, labels = zip(*(_read_mnist(folder, part, parts[part]) for part in _parts_of(subset)))
        pixels, target = np.concatenate(images).reshape(-1, 784), np.concatenate(labels)
    else:
        pixels, target = _from_openml(data_home)
        pixels, target = pixels[_SUBSETS[subset]], target[_SUBSETS[subset]]
    data = _scaled(pixels, dtype)
    return (data, target) if return_X_y else Bunch(data=data, target=target)


def load_idx_folder(folder, *, subset="all", prefix=None, transpose="auto", return_X_y=False, dtype=np.float32):
    """Images and labels of a folder with IDX files: MNIST, Fashion-MNIST, KMNIST, EMNIST, QMNIST and others.

    Files are found by the names that these data sets use: ``train`` and ``t10k`` or ``test``, ``images`` and
    ``labels``, then ``-idx3-ubyte`` or ``.idx3-ubyte``, gzipped or not, for example ``train-images.idx3-ubyte`` or
    ``emnist-letters-test-labels-idx1-ubyte.gz``. They are in the folder or in its subfolder ``raw``.

    Parameters
    ----------
    folder : str or path
    subset : {"all", "train", "test"}, default="all"
        "all" has the training rows first.
    prefix : str, default=None
        What the names of the files begin with, "emnist-letters-" for example, if the folder holds several data sets.
    transpose : {"auto", True, False}, default="auto"
        Whether to exchange rows and columns of the images. "auto" does so for names that begin with "emnist", whose
        images are stored transposed.
    return_X_y : bool, default=False
        Whether to return (data, target) in place of a Bunch.
    dtype : floating-point dtype, default=float32
        Of the pixels.

    Returns
    -------
    Bunch or (data, target)
        ``data``: ndarray of shape (n, n_pixels) in [0, 1]; ``target``: ndarray of shape (n,), the labels as integers,
        which begin at 1 in EMNIST's letters; ``image_shape``: (height, width); ``labels``: ndarray, the labels as they
        are in the files. Those of QMNIST have eight columns, of which the target is the first and the writer the third.

    Raises
    ------
    ValueError
        For an illegal parameter, a folder without such files or with those of several data sets, and for damaged files.
    OSError
        For a file that cannot be opened.

    See Also
    --------
    read_idx : One file of any type and number of dimensions.

    Examples
    --------
    >>> from skae.datasets import load_idx_folder
    >>> letters = load_idx_folder("emnist", prefix="emnist-letters-", subset="test")  # doctest: +SKIP
    """
    _check_subset(subset)
    dtype = _pixel_dtype(dtype)
    found = image_set(folder, prefix)
    missing = [part for part in _parts_of(subset) if part not in found.parts]
    if missing:
        raise ParameterError("subset", subset, list(found.parts), remedy=f"The folder holds no {missing[0]} rows.")
    if transpose == "auto":
        transpose = found.prefix.startswith("emnist")
    elif not isinstance(transpose, (bool, np.bool_)):
        raise ParameterError("transpose", transpose, ["auto", True, False])
    images, labels = zip(*(_read_images(found.parts[part]) for part in _parts_of(subset)))
    if len({(part.shape[1:], kinds.shape[1:]) for part, kinds in zip(images, labels)}) > 1:
        raise ValueError(
            f"{folder} holds train and test images of shapes {images[0].shape} and {images[1].shape}, with labels of "
            f"shapes {labels[0].shape} and {labels[1].shape}, which do not go together. Fetch the files again."
        )
    images, labels = np.concatenate(images), np.concatenate(labels)
    images = images.transpose(0, 2, 1) if transpose else images
    target = (labels if labels.ndim == 1 else labels[:, 0]).astype(np.int64)
    data = _scaled(images.reshape(len(images), -1), dtype)
    if return_X_y:
        return data, target
    return Bunch(data=data, target=target, image_shape=images.shape[1:], labels=labels)


def image_set(folder, prefix=None):
    """The data set in a folder whose files' names have a prefix, or the only one.

    Returns
    -------
    ImageSet
    """
    found = {one.prefix: one for one in image_sets(folder)}
    if not found:
        raise ParameterError(
            "folder",
            str(folder),
            "a folder with images and labels in IDX files, train-images-idx3-ubyte and train-labels-idx1-ubyte for "
            "example",
            remedy="skae.datasets.read_idx reads a file of another name.",
        )
    if prefix is None and len(found) > 1:
        raise ParameterError("prefix", prefix, list(found), remedy="The folder holds several data sets.")
    if prefix is not None and prefix not in found:
        raise ParameterError("prefix", prefix, list(found), remedy="The folder holds no others.")
    return next(iter(found.values())) if prefix is None else found[prefix]


def _read_images(files):
    """Images as unsigned bytes, and their labels, of one number of rows."""
    images, labels = map(read_idx, files)
    if images.dtype != np.uint8 or images.ndim != 3:
        raise ValueError(
            f"{files.images} holds {images.dtype} of shape {images.shape}; images are unsigned bytes of shape (n, "
            "height, width). Read it by skae.datasets.read_idx."
        )
    if labels.dtype.kind not in "iu" or labels.ndim not in (1, 2) or len(labels) != len(images):
        raise ValueError(
            f"{files.labels} holds {labels.dtype} of shape {labels.shape}; the labels of {len(images)} images are "
            "integers of as many rows. Fetch both files again."
        )
    return images, labels


def make_dictionary(
    n_samples=20_000,
    n_features=256,
    n_atoms=1024,
    *,
    n_active=8,
    noise=0.0,
    return_dictionary=False,
    random_state=None,
    dtype=np.float32,
):
    """Rows that are sums of a few atoms of a random dictionary: data of which the best sparse code is known.

    The atoms are uniform on the unit sphere. Each row has ``n_active`` of them, drawn without replacement, times
    weights that are uniform in [0.5, 1.5].

    Parameters
    ----------
    n_samples, n_features, n_atoms : int
    n_active : int, default=8
        Atoms of a row.
    noise : float, default=0.0
        Standard deviation of normal noise on every entry.
    return_dictionary : bool, default=False
        Whether to return the atoms and the weights as well.
    random_state : int, RandomState instance or None, default=None
        Pass an int for reproducible data.
    dtype : floating-point dtype, default=float32

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
    atoms : ndarray of shape (n_atoms, n_features)
        With ``return_dictionary``.
    codes : CSR array of shape (n_samples, n_atoms)
        The weights, with ``return_dictionary``: X is ``codes @ atoms`` and the noise.

    See Also
    --------
    skae.metrics.mean_max_cosine : How near another dictionary comes to the atoms.

    Examples
    --------
    >>> from skae.datasets import make_dictionary
    >>> X, atoms, codes = make_dictionary(100, 16, 40, n_active=3, return_dictionary=True, random_state=0)
    >>> X.shape, atoms.shape, codes.nnz
    ((100, 16), (40, 16), 300)
    """
    if not 1 <= n_active <= n_atoms:
        raise ValueError(f"n_active must be from 1 to n_atoms={n_atoms}; got {n_active}.")
    rng, dtype = check_random_state(random_state), np.dtype(dtype)
    atoms = rng.standard_normal((n_atoms, n_features))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    units = np.concatenate([rng.choice(n_atoms, n_active, replace=False) for _ in range(n_samples)])
    starts = np.arange(0, n_samples * n_active + 1, n_active)
    codes = sparse.csr_array((rng.uniform(0.5, 1.5, len(units)), units, starts), shape=(n_samples, n_atoms))
    codes.sort_indices()
    X = codes @ atoms
    if noise:
        X += noise * rng.standard_normal(X.shape)
    X = X.astype(dtype)
    return (X, atoms.astype(dtype), codes.astype(dtype)) if return_dictionary else X


def _check_subset(subset):
    if not (isinstance(subset, str) and subset in _SUBSETS):
        raise ValueError(f"subset must be one of {sorted(_SUBSETS)}; got {subset!r}.")


def _parts_of(subset):
    return ["train", "test"] if subset == "all" else [subset]


def _scaled(pixels, dtype):
    """Bytes as numbers in [0, 1]."""
    data = pixels.astype(dtype)
    data /= np.asarray(255, dtype)
    return data


def _pixel_dtype(dtype):
    if np.dtype(dtype).kind != "f":
        raise ValueError(f"dtype must be a floating-point type, since pixels are in [0, 1]; got {dtype!r}.")
    return np.dtype(dtype)


def _local_mnist():
    """The first folder with all files of MNIST that SKAE_DATA leads to, and its parts; None if there is none."""
    root = os.environ.get("SKAE_DATA")
    for folder in (Path(root) / "mnist", Path(root) / "MNIST", Path(root)) if root else ():
        for found in image_sets(folder):
            if not found.prefix and len(found.parts) == 2:
                return folder, found.parts
    return None


def _read_mnist(folder, part, files):
    images, labels = map(read_idx, files)
    # Labels of several columns are QMNIST's, of other types nobody's.
    if images.shape[1:] != (28, 28) or labels.shape != images.shape[:1] or images.dtype != np.uint8:
        raise ValueError(
            f"{folder} holds {part} images of shape {images.shape} and labels of shape {labels.shape}; MNIST has "
            "(n, 28, 28) and (n,). Fetch the four files again."
        )
    return images, labels.astype(np.int64)


def _from_openml(data_home):
    try:
        mnist = fetch_openml("mnist_784", version=1, as_frame=False, parser="liac-arff", data_home=data_home)
    except Exception as error:
        raise OSError(
            f"MNIST was not found: SKAE_DATA is {os.environ.get('SKAE_DATA')!r} and holds no MNIST, and OpenML "
            f"gave {type(error).__name__}: {error}. Either put the four original files "
            f"({', '.join(_IDX_FILES)}; gzipped or not) into a folder and name it in SKAE_DATA, or "
            "connect to the network once so that scikit-learn can fill its cache."
        ) from error
    return mnist.data, mnist.target.astype(np.int64)
