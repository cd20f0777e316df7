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
def changes(x, base, first, last, values, columns, ends):
    """The entries that differ from those of ``base``, for the rows of x from first to last: what is left of them
    without it, and their columns. Those of row i are from place i n_columns on, where there is room for a whole row, up
    to ends_i."""
    n_columns = x.shape[1]
    for i in range(first, last):
        end = i * n_columns
        # Those of images lie side by side: sixteen that are all alike are passed over.
        for start in range(0, n_columns, 16):
            row, same = x[i, start : start + 16], base[start : start + 16]
            n_changed = 0
            for j in range(row.shape[0]):
                n_changed += row[j] != same[j]
            if n_changed > 0:
                for j in range(row.shape[0]):
                    # An entry that does not count is written over by the next.
                    values[end] = row[j] - same[j]
                    columns[end] = start + j
                    end += row[j] != same[j]
        ends[i] = end


@kernel
def part_of_product(values, columns, starts, ends, weights, bias, first, last, first_unit, last_unit, out):
    """out_i = bias + sum_p values_p weights_{columns_p} over the entries p of row i, for the rows and units from the
    first to the last."""
    for i in range(first, last):
        row = out[i, first_unit:last_unit]
        row[:] = bias[first_unit:last_unit]
        p, end = starts[i], ends[i]
        # Eight entries at once, so that a row is read and written an eighth as often.
        while p + 8 <= end:
            w0, w1 = weights[columns[p], first_unit:last_unit], weights[columns[p + 1], first_unit:last_unit]
            w2, w3 = weights[columns[p + 2], first_unit:last_unit], weights[columns[p + 3], first_unit:last_unit]
            w4, w5 = weights[columns[p + 4], first_unit:last_unit], weights[columns[p + 5], first_unit:last_unit]
            w6, w7 = weights[columns[p + 6], first_unit:last_unit], weights[columns[p + 7], first_unit:last_unit]
            v0, v1, v2, v3 = values[p], values[p + 1], values[p + 2], values[p + 3]
            v4, v5, v6, v7 = values[p + 4], values[p + 5], values[p + 6], values[p + 7]
            for k in range(row.shape[0]):
                low = v0 * w0[k] + v1 * w1[k] + v2 * w2[k] + v3 * w3[k]
                row[k] += low + (v4 * w4[k] + v5 * w5[k] + v6 * w6[k] + v7 * w7[k])
            p += 8
        while p < end:
            w0, v0 = weights[columns[p], first_unit:last_unit], values[p]
            for k in range(row.shape[0]):
                row[k] += v0 * w0[k]
            p += 1


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
