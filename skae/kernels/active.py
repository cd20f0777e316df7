"""Loops over the active entries of a code, given row by row: where each row starts, the unit and the value of an entry.

Each of them does the rows, or the units, from ``first`` to ``last`` alone, so that several threads can share the work:
what one of them computes does not depend on the others.
"""

import numpy as np

from .compiler import kernel


@kernel
def decode(row_starts, units, values, weights, first, last, out):
    """out_i = sum_p values_p weights_{units_p} over the entries p of row i."""
    for i in range(first, last):
        row = out[i]
        row[:] = 0
        p, end = row_starts[i], row_starts[i + 1]
        # Four units at once, so that a row is read and written a fourth as often.
        while p + 4 <= end:
            w0, w1, w2, w3 = weights[units[p]], weights[units[p + 1]], weights[units[p + 2]], weights[units[p + 3]]
            v0, v1, v2, v3 = values[p], values[p + 1], values[p + 2], values[p + 3]
            for j in range(row.shape[0]):
                row[j] += v0 * w0[j] + v1 * w1[j] + v2 * w2[j] + v3 * w3[j]
            p += 4
        while p < end:
            w0, v0 = weights[units[p]], values[p]
            for j in range(row.shape[0]):
                row[j] += v0 * w0[j]
            p += 1


@kernel
def code_gradient(row_starts, units, weights, output_delta, first, last, delta):
    """delta_p = output_delta_i . weights_{units_p} for the entries p of row i."""
    for i in range(first, last):
        row = output_delta[i]
        p, end = row_starts[i], row_starts[i + 1]
        while p + 4 <= end:
            w0, w1, w2, w3 = weights[units[p]], weights[units[p + 1]], weights[units[p + 2]], weights[units[p + 3]]
            t0 = t1 = t2 = t3 = delta.dtype.type(0)
            for j in range(row.shape[0]):
                d = row[j]
                t0 += d * w0[j]
                t1 += d * w1[j]
                t2 += d * w2[j]
                t3 += d * w3[j]
            delta[p], delta[p + 1], delta[p + 2], delta[p + 3] = t0, t1, t2, t3
            p += 4
        while p < end:
            w0 = weights[units[p]]
            t0 = delta.dtype.type(0)
            for j in range(row.shape[0]):
                t0 += row[j] * w0[j]
            delta[p] = t0
            p += 1


def entries_by_unit(row_starts, units, n_units):
    """The entries unit by unit: where each unit starts, the row of an entry and its place among the given ones."""
    unit_starts = np.empty(n_units + 1, np.int64)
    rows, places = np.empty(len(units), np.int32), np.empty(len(units), np.int32)
    by_units(row_starts, units, unit_starts, rows, places)
    return unit_starts, rows, places


@kernel
def by_units(row_starts, units, unit_starts, rows, places):
    """``entries_by_unit`` into arrays that are there."""
    unit_starts[:] = 0
    for p in range(row_starts[-1]):
        unit_starts[units[p] + 1] += 1
    for u in range(unit_starts.shape[0] - 1):
        unit_starts[u + 1] += unit_starts[u]
    for i in range(row_starts.shape[0] - 1):
        for p in range(row_starts[i], row_starts[i + 1]):
            q = unit_starts[units[p]]
            rows[q] = i
            places[q] = p
            unit_starts[units[p]] += 1
    # Each start has moved on to that of the next unit.
    for u in range(unit_starts.shape[0] - 1, 0, -1):
        unit_starts[u] = unit_starts[u - 1]
    unit_starts[0] = 0


@kernel
def add_unit_sums(unit_starts, rows, places, values, x, first, first_column, last_column, anew, out):
    """out_u = sum_q values_{places_q} x_{rows_q} over the entries q of unit first + u, added to what is there unless
    ``anew``, for the columns of x from the first one to the last; rows of out may be longer."""
    for u in range(out.shape[0]):
        row = out[u, : last_column - first_column]
        if anew:
            for j in range(row.shape[0]):
                row[j] = 0
        q, end = unit_starts[first + u], unit_starts[first + u + 1]
        while q + 4 <= end:
            x0, x1 = x[rows[q], first_column:last_column], x[rows[q + 1], first_column:last_column]
            x2, x3 = x[rows[q + 2], first_column:last_column], x[rows[q + 3], first_column:last_column]
            v0, v1, v2, v3 = values[places[q]], values[places[q + 1]], values[places[q + 2]], values[places[q + 3]]
            for j in range(row.shape[0]):
                row[j] += v0 * x0[j] + v1 * x1[j] + v2 * x2[j] + v3 * x3[j]
            q += 4
        while q < end:
            x0, v0 = x[rows[q], first_column:last_column], values[places[q]]
            for j in range(row.shape[0]):
                row[j] += v0 * x0[j]
            q += 1


@kernel
def add_stored_unit_sums(
    column_starts, rows, stored, row_starts, units, values, first, first_column, last_column, anew, out
):
    """``add_unit_sums`` for sparse x, given column by column: where each starts, the row and the value of each entry;
    and the entries of the code row by row."""
    n_units, n_columns = out.shape[0], last_column - first_column
    if anew:
        for u in range(n_units):
            row = out[u, :n_columns]
            for j in range(n_columns):
                row[j] = 0
    for j in range(n_columns):
        for q in range(column_starts[first_column + j], column_starts[first_column + j + 1]):
            i, value = rows[q], stored[q]
            for p in range(row_starts[i], row_starts[i + 1]):
                u = units[p] - first
                if 0 <= u < n_units:
                    out[u, j] += value * values[p]


@kernel
def transpose_into(tile, first, out):
    """The rows of a tile, as far as out has rows, become columns of out, from ``first`` on."""
    for j in range(out.shape[0]):
        row = out[j, first : first + tile.shape[0]]
        for u in range(tile.shape[0]):
            row[u] = tile[u, j]


@kernel
def transpose_rows(weights, first, last, out):
    """Rows of out from first to last: these columns of the weights, by blocks that the cache holds."""
    for start in range(first, last, 64):
        stop = min(last, start + 64)
        for top in range(0, weights.shape[0], 8):
            bottom = min(weights.shape[0], top + 8)
            for u in range(start, stop):
                row = out[u, top:bottom]
                for j in range(bottom - top):
                    row[j] = weights[top + j, u]
