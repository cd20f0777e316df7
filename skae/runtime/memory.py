"""Room in memory, asked for before the work: what fails in its midst may be BLAS, which then ends the process."""

from __future__ import annotations

import numpy as np

# Bytes that BLAS takes for itself at the first products, for each precision and thread, and what code takes as it is
# loaded or compiled.
_WORKING_BYTES = 2**26

# Vectors of the length of the parameters that SciPy's L-BFGS-B works on, and the copies in float64 beside them; older
# versions of SciPy make this many.
_LBFGS_VECTORS = 25 + 23


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
    np.empty(int(n_bytes) + _WORKING_BYTES, np.uint8)


def check_memory_for_training(
    architecture, dtype, n_rows, batch_rows, row_numbers, n_state_vectors, early_stopping, keep_epochs
):
    """Raise MemoryError where the buffers of a training cannot be had.

    Parameters
    ----------
    architecture : Architecture
    dtype : dtype
        Of the parameters in training.
    n_rows : int
        Rows to train on.
    batch_rows : int
        Most rows of a product.
    row_numbers : int
        Numbers for each of them that are neither entries nor outputs of layers nor gradients.
    n_state_vectors : int or None
        Vectors that the update keeps; None for L-BFGS.
    early_stopping, keep_epochs : bool
        Whether the best parameters are kept, and the state after the last whole epoch.

    Raises
    ------
    MemoryError
        With the bytes that are needed.
    """
    sizes, itemsize = architecture.sizes, np.dtype(dtype).itemsize
    # The parameters, their gradient, and where weights are tied that of the decoder.
    vectors = 2 + architecture.tied + (_LBFGS_VECTORS if n_state_vectors is None else n_state_vectors)
    if keep_epochs:
        # The copy of the last epoch goes when that of the next one is there.
        vectors += 2 * (1 + (n_state_vectors or 0))
    if early_stopping:
        vectors += 2
    buffers = batch_rows * itemsize * (2 * sum(sizes[1:-1]) + 2 * sizes[0] + row_numbers)
    orders = 4 * n_rows * np.dtype(np.intp).itemsize
    n_bytes = vectors * architecture.n_parameters * itemsize + buffers + orders
    try:
        check_available_memory(n_bytes)
    except MemoryError as error:
        raise MemoryError(
            f"The training needs {_readable(n_bytes + _WORKING_BYTES)} of memory, for {vectors} vectors of "
            f"{architecture.n_parameters:,} parameters and {batch_rows:,} rows at once, and cannot have them. Lower "
            "n_components or hidden_layer_sizes, choose a solver that needs less ('sgd' the least, 'lbfgs' the most), "
            "or raise the memory limit of the process."
        ) from error


def _readable(n_bytes):
    return f"{n_bytes / 2**20:,.0f} MiB" if n_bytes < 2**33 else f"{n_bytes / 2**30:,.0f} GiB"
