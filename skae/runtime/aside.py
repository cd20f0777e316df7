"""PutAside: the values of an array, kept while it is used for others."""

from __future__ import annotations

import tempfile

import numpy as np

# Bytes from which values go to a temporary file, where one can be written.
LARGE = 2**26


class PutAside:
    """The values of an array, in memory, or where they are many in a temporary file.

    Parameters
    ----------
    array : ndarray, contiguous
    """

    def __init__(self, array):
        self._file = _written(array) if array.nbytes >= LARGE else None
        self._copy = array.copy() if self._file is None else None

    def put_back(self, array):
        """Give an array, that from which they came or one like it, the values.

        Raises
        ------
        OSError
            Where the file does not give them back.
        """
        if self._file is None:
            array[...] = self._copy
            return
        self._file.seek(0)
        if self._file.readinto(_bytes(array)) != array.nbytes:
            raise OSError("The temporary file with the parameters at the start of the training was cut short.")

    def close(self):
        """Let go of the values."""
        self._copy = None
        if self._file is not None:
            self._file.close()


def _written(array):
    """A temporary file with the values of an array; None where there is no room for it."""
    try:
        file = tempfile.TemporaryFile(prefix="skae-")
    except OSError:
        return None
    try:
        file.write(_bytes(array))
        file.flush()
    except OSError:
        file.close()
        return None
    return file


def _bytes(array):
    return memoryview(array.reshape(-1).view(np.uint8))
