"""A check for available memory before the work: if BLAS fails to allocate later, it may end the process."""

from __future__ import annotations

import numpy as np

# Bytes that BLAS allocates at the first products, for each precision and thread, and those for loading or compiling
# code. NumPy and SciPy have a BLAS each; in their lowest versions, with older ones, all that takes a third more.
WORKING_BYTES = 3 * 2**25


def check_available_memory(n_bytes=0):
    """Raise MemoryError if a number of bytes, and those that BLAS needs, cannot be allocated; they are freed at once.

    Parameters
    ----------
    n_bytes : int, default=0

    Raises
    ------
    MemoryError
        With NumPy's message.
    """
    np.empty(int(n_bytes) + WORKING_BYTES, np.uint8)
