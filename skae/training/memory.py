"""Room for a training, asked for before it begins."""

from __future__ import annotations

import numpy as np

from ..runtime.memory import WORKING_BYTES, check_available_memory
from ..runtime.messages import marked
from .rate_search import COMPARED_ROWS, CURVATURE_VECTORS, needs_curvature

# Index arrays of the rows of a trial: by pass, joined, and as they are in X.
_TRIAL_ORDERS = 3


def check_training_memory(
    architecture,
    solver,
    dtype,
    n_rows,
    batch_rows,
    workspace_per_row,
    early_stopping,
    keep_epochs,
    trial_rows,
    start_bytes,
):
    """Raise MemoryError where the buffers of a training cannot be had.

    Parameters
    ----------
    architecture : Architecture
    solver : Solver
    dtype : dtype
        Of the parameters in training.
    n_rows : int
        Rows to train on.
    batch_rows : int
        Most rows of a product.
    workspace_per_row : int
        Numbers for each of them that are neither entries nor outputs of layers nor gradients.
    early_stopping, keep_epochs : bool
        Whether the best parameters are kept, and the state after the last whole epoch.
    trial_rows : int
        Rows in the steps of one trial, where the learning rate is searched for, with the parameters at the start put
        aside and a gradient of its own; 0 where it is set.
    start_bytes : int
        What the start values take, before all that.

    Raises
    ------
    MemoryError
        With the bytes that are needed.
    """
    sizes, itemsize = architecture.sizes, np.dtype(dtype).itemsize
    # The parameters, their gradient, and where weights are tied that of the decoder.
    vectors = 2 + architecture.tied + solver.n_vectors
    if trial_rows:
        vectors += 2 + architecture.tied
        if needs_curvature(solver.optimizer):
            vectors += CURVATURE_VECTORS * 8 // itemsize
    if keep_epochs:
        # The copy of the last epoch goes when that of the next one is there.
        vectors += 2 * (1 + (solver.optimizer.n_state_vectors if solver.minibatch else 0))
    if early_stopping:
        vectors += 2
    # The ends of trials are compared on rows of their own.
    rows_at_once = batch_rows + min(COMPARED_ROWS, trial_rows)
    buffers = rows_at_once * itemsize * (2 * sum(sizes[1:-1]) + 2 * sizes[0] + workspace_per_row)
    orders = (4 * n_rows + _TRIAL_ORDERS * trial_rows) * np.dtype(np.intp).itemsize
    workspace = solver.optimizer.workspace(architecture) * (1 + 2 * keep_epochs) if solver.minibatch else 0
    numbers = vectors * architecture.n_parameters + workspace
    n_bytes = max(numbers * itemsize + buffers + orders, start_bytes)
    try:
        check_available_memory(n_bytes)
    except MemoryError as error:
        text = (
            f"The training needs {_readable(n_bytes + WORKING_BYTES)} of memory, for {vectors} vectors of "
            f"{architecture.n_parameters:,} parameters and {batch_rows:,} rows at once, which is not available. Lower "
            "{n_components} or {hidden_layer_sizes}, choose a {solver} that needs less ('sgd' the least, 'lbfgs' the "
            "most), or raise the memory limit of the process."
        )
        raise MemoryError(marked(text)) from error


def _readable(n_bytes):
    return f"{n_bytes / 2**20:,.0f} MiB" if n_bytes < 2**33 else f"{n_bytes / 2**30:,.0f} GiB"
