"""Room in memory, asked for before the work: what fails in its midst may be BLAS, which then ends the process."""

from __future__ import annotations

import numpy as np

# Bytes that BLAS takes for itself at the first products, for each precision and thread, and what code takes as it is
# loaded or compiled.
WORKING_BYTES = 2**26


def check_available_memory(n_bytes=0):
    """Raise MemoryError where a number of bytes, with what BLAS needs, cannot be had; nothing is kept of them.

    Parameters
    ----------
    n_bytes : int, default=0

    Raises
    ------
    MemoryError
        In the words of NumPy.
    """
    np.empty(int(n_bytes) + WORKING_BYTES, np.uint8)
