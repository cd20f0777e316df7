"""Products that the threads of ``workers`` share, each with one of BLAS.

The threads of BLAS itself keep a core busy for a while after each product, while other loops would need it.
"""

from __future__ import annotations

import numpy as np

from ..rows.matrices import CSRBatch
from ..runtime import workers
from ..runtime.threads import one_thread_if_small

# Columns that are multiplied at once, at least; most parts of a product; and what they are multiples of.
_COLUMNS, _PARTS, _MULTIPLE = 512, 8, 64

# How many numbers of a dense product are gone through in the time of one of a product of active entries.
_DENSE = 3


def shared_product(a, weights, out):
    """out = a W, by parts that do not depend on the number of threads, so that neither do the roundings.

    Parameters
    ----------
    a : ndarray or CSRBatch of shape (n_rows, fan_in)
    weights : ndarray of shape (fan_in, fan_out)
    out : ndarray of shape (n_rows, fan_out)
    """
    if isinstance(a, CSRBatch):

        def multiply(first, last):
            a[first:last].product(weights, out[first:last])

        n_stored = int(a.row_starts[-1] - a.row_starts[0])
        workers.shared(multiply, workers.parts(len(out), n_stored * out.shape[1]))
        return
    width = out.shape[1]
    size = max(_COLUMNS, -(-width // _PARTS // _MULTIPLE) * _MULTIPLE)

    # Each thread has its own state of errors.
    @np.errstate(over="ignore", invalid="ignore")
    def multiply_columns(first, last):
        with one_thread_if_small(0):
            for start in range(first, last, size):
                columns = slice(start, min(last, start + size))
                np.matmul(a, weights[:, columns], out=out[:, columns])

    workers.shared(multiply_columns, workers.parts(width, out.size * a.shape[1] // _DENSE, size))
