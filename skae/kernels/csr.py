"""Products and copies of sparse rows, given by their stored values, the columns of these and the start of each row."""

from .compiler import kernel


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
    """out = the rows in dense form."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = 0
        for p in range(row_starts[i], row_starts[i + 1]):
            out[i, columns[p]] = stored[p]
