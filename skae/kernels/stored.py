"""Products and copies over the stored entries of sparse rows: their values, columns and the start of each row."""

from .._jit import kernel


@kernel
def product(stored, columns, row_starts, weights, out):
    """out_i = sum_p stored_p weights_{columns_p} over the entries p of row i: x W without the zeros of x."""
    for i in range(out.shape[0]):
        for k in range(out.shape[1]):
            out[i, k] = 0
        for p in range(row_starts[i], row_starts[i + 1]):
            value = stored[p]
            j = columns[p]
            for k in range(out.shape[1]):
                out[i, k] += value * weights[j, k]


@kernel
def transposed_product(stored, columns, row_starts, delta, grad):
    """grad = x^T delta without the zeros of x."""
    for j in range(grad.shape[0]):
        for k in range(grad.shape[1]):
            grad[j, k] = 0
    for i in range(delta.shape[0]):
        for p in range(row_starts[i], row_starts[i + 1]):
            value = stored[p]
            j = columns[p]
            for k in range(grad.shape[1]):
                grad[j, k] += value * delta[i, k]


@kernel
def scatter(stored, columns, row_starts, out):
    """The rows with their zeros."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = 0
        for p in range(row_starts[i], row_starts[i + 1]):
            out[i, columns[p]] = stored[p]


@kernel
def scatter_sampled(stored, columns, row_starts, places, zero_weights, out, entry_weights):
    """Some columns of the rows, with the weight of each entry: 1 for the stored, that of their column for the zeros.

    ``places`` gives the place of each column of X among those columns.
    """
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = 0
            entry_weights[i, j] = zero_weights[j]
        for p in range(row_starts[i], row_starts[i + 1]):
            place = places[columns[p]]
            out[i, place] = stored[p]
            entry_weights[i, place] = 1
