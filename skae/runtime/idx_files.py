"""Files in the IDX format of MNIST: one array of any type and rank, big-endian, gzipped or not."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

# By the third byte of a file.
_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}

_GZIP = b"\x1f\x8b"
# The number of dimensions that NumPy supports in all versions.
_MOST_DIMENSIONS = 32


def read_idx(path):
    """Read the array of an IDX file, the format of MNIST and of its family.

    The file begins with two zero bytes, the type of the values, the number of dimensions, and the size of each as an
    unsigned integer of 32 bits; the values follow, the last dimension running fastest. All numbers are big-endian [1]_.

    ====  ========  ====  =======
    type  values    type  values
    ====  ========  ====  =======
    0x08  uint8     0x0C  int32
    0x09  int8      0x0D  float32
    0x0B  int16     0x0E  float64
    ====  ========  ====  =======

    Parameters
    ----------
    path : str or path
        Gzipped or not, which its first bytes tell, whatever its name.

    Returns
    -------
    ndarray
        In the byte order of the machine.

    Raises
    ------
    OSError
        For a file that cannot be opened.
    ValueError
        For a file that is not in this format, or has fewer or more values than its sizes say; with the path.

    References
    ----------
    .. [1] Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits", "File formats".

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skae.datasets import read_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels-idx1-ubyte"
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]))
    ...     read_idx(path)
    array([5, 0, 4], dtype=uint8)
    """
    with _opened(path) as file:
        try:
            dtype, shape = _header(path, file)
            wanted = math.prod(shape) * dtype.itemsize
            # Sizes that are damaged must not claim the memory that they promise.
            content = file.read()
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path} is not a whole gzip file ({error}). Fetch it again.") from error
    if len(content) != wanted:
        amount = "ends early" if len(content) < wanted else "goes on after its values"
        raise ValueError(
            f"{path} is not an idx file, or not a whole one: it {amount}, with {len(content)} bytes where {dtype.name} "
            f"of shape {shape} take {wanted}. Fetch it again."
        )
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def idx_shape(path):
    """Shape of the array of an IDX file, of which only the first bytes are read."""
    with _opened(path) as file:
        try:
            return _header(path, file)[1]
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path} is not a whole gzip file ({error}). Fetch it again.") from error


def _opened(path):
    path = Path(path)
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return gzip.open(path) if packed else path.open("rb")


def _header(path, file):
    """Type and shape of the values that follow in a file."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\x00\x00" or magic[2] not in _TYPES or magic[3] > _MOST_DIMENSIONS:
        raise ValueError(
            f"{path} is not an idx file: it begins with {magic.hex(' ') or 'nothing'}, where two zeros, a type out of "
            f"{', '.join(f'{code:02x}' for code in _TYPES)} and a number of dimensions up to {_MOST_DIMENSIONS} are "
            "expected. Fetch it again."
        )
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise ValueError(f"{path} is not an idx file, or not a whole one: its sizes are missing. Fetch it again.")
    return np.dtype(_TYPES[magic[2]]), tuple(np.frombuffer(sizes, ">u4").tolist())
