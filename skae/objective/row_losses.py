"""row_losses: the reconstruction loss of each row, by a forward pass alone."""

from __future__ import annotations

import numpy as np

from ..network.output_layer import OutputLayer
from ..rows.blocks import Reader, release_mapped_pages, row_blocks
from ..rows.coordinates import inner_rows
from .batch import Batch
from .objective import inner_fill


@np.errstate(over="ignore", invalid="ignore")
def row_losses(network, loss, X, fill_values=None, gate=None):
    """Reconstruction loss of each row of X, by blocks of rows, without the entries that are NaN.

    Parameters
    ----------
    network : Network
    loss : Loss
    X : ndarray, CSRMatrix or FilledRows of shape (n_samples, n_features)
    fill_values : ndarray of shape (n_features,), default=None
        Inputs in the place of NaN.
    gate : TopK or WinnerTakeAll, default=None
        Which units of the code stay on; None for those that the network keeps outside of training.

    Returns
    -------
    ndarray of shape (n_samples,)
        In nats for ``log_loss``, in squared units of X for ``squared_error``.
    """
    n_rows, dtype = len(X), network.dtype
    out = np.empty(n_rows, dtype)
    size = network.architecture.block_size(n_rows, dtype)
    read = Reader(inner_rows(X, network.coordinates), dtype, size, keep_sparse=fill_values is None)
    last = OutputLayer(network.layers[-1], loss)
    # The kernels of the losses give it along with their value.
    bias_grad = np.empty(network.architecture.sizes[-1], dtype)
    batches, observed = {}, None
    fill_values = inner_fill(network, fill_values)
    for block in row_blocks(n_rows, size):
        x = read(np.arange(block.start, block.stop))
        if len(x) not in batches:
            batches[len(x)] = Batch(network, len(x), gradients=False)
        batch = batches[len(x)]
        if fill_values is not None:
            x, observed = batch.fill(x, fill_values)
        last.value(batch, batch.run_hidden(x, gate), x, observed, None, bias_grad)
        out[block] = batch.row_loss
        release_mapped_pages(X)
    return out if network.coordinates is None else out * dtype.type(network.loss_unit)
