"""ActiveCode: the active entries of the codes of some rows, and the products over them alone."""

from __future__ import annotations

import numpy as np

from ..kernels import active, csr, gates, selection
from ..rows.matrices import CSRBatch
from ..runtime import buffers, workers

# How many times as long as a number of a product takes one of a selection, and one of a transposed copy.
_SELECTION, _COPY = 16, 8

# Numbers of a cache line, of which parts are multiples. Bytes of sums that are put together before they are written as
# columns, which are to stay in the second-level cache, and the cache lines of a row of them.
_LINE, _TILE_BYTES, _TILE_LINES = 16, 2**19, 8

# Units of which the greatest entries are looked for together.
_TOGETHER = 64


class ActiveCode:
    """The active entries of the codes of some rows.

    Parameters
    ----------
    row_starts : ndarray of shape (n_rows + 1,), int64
        Place of the first entry of each row, and the end of the last row.
    units : ndarray of shape (n_active,), int32
        Unit of each entry, ascending within a row.
    values : ndarray of shape (n_active,)
        Pre-activations with their bias; after ``activate`` activations.
    n_units : int
    """

    def __init__(self, row_starts, units, values, n_units):
        self.row_starts = row_starts
        self.units = units
        self.values = values
        self.shape = (len(row_starts) - 1, n_units)

    @classmethod
    def greatest_of_rows(cls, z, bias, k):
        """The k greatest of z + bias in each row; None where one of all is not finite."""
        (n_rows, width), dtype = z.shape, z.dtype
        units, values = np.empty(n_rows * k, np.int32), np.empty(n_rows * k, dtype)

        def select(first, last):
            sums, workspace, chosen = np.empty(width, dtype), np.empty(width, dtype), np.empty(width, np.int32)
            return selection.greatest_of_rows(z, bias, k, first, last, sums, workspace, chosen, units, values)

        if not all(workers.shared(select, workers.parts(n_rows, _SELECTION * z.size))):
            return None
        return cls(np.arange(0, n_rows * k + 1, k, np.int64), units, values, width)

    @classmethod
    def greatest_of_columns(cls, z, bias, k):
        """The k greatest of z + bias in each column; None where one of all is not finite."""
        (n_rows, width), dtype = z.shape, z.dtype
        rows, values = np.empty(width * k, np.int32), np.empty(width * k, dtype)

        def select(first, last):
            sums, best = np.zeros(_TOGETHER, dtype), np.empty((k, _TOGETHER), dtype)
            room, found = np.empty(_TOGETHER, np.int32), np.empty(_TOGETHER, np.int32)
            return selection.greatest_of_columns(z, bias, first, last, sums, best, room, found, rows, values)

        if not all(workers.shared(select, workers.parts(width, _SELECTION * z.size, _LINE))):
            return None
        by_unit = cls(np.arange(0, width * k + 1, k, np.int64), rows, values, n_rows)
        row_starts, units, places = by_unit.transposed()
        return cls(row_starts, units, values[places], width)

    @classmethod
    def greatest_of_all(cls, z, bias, count):
        """The greatest of z + bias over all rows, so many; None where one of all is not finite."""
        n_rows, width = z.shape
        # The greatest of blocks, of which there are about twice as many, give a bound that enough entries reach.
        n_blocks = min(width, -(-2 * count // n_rows))
        maxima = np.empty((n_rows, n_blocks), z.dtype)

        def find_maxima(first, last):
            return selection.maxima_of_rows(z, bias, first, last, maxima)

        if not all(workers.shared(find_maxima, workers.parts(n_rows, _SELECTION * z.size))):
            return None
        code = cls.at_least(z, bias, selection.kth_greatest(maxima.ravel(), maxima.size, count))
        bound = selection.kth_greatest(code.values.copy(), len(code.values), count)
        kept = np.empty(len(code.values), np.uint8)
        selection.keep_greatest(code.values, bound, count, kept)
        return code.only(kept.view(bool))

    @classmethod
    def at_least(cls, z, bias, bound):
        """All of z + bias that are at least a bound."""
        n_rows, width = z.shape
        counts, row_parts = np.empty(n_rows, np.int64), workers.parts(n_rows, z.size)

        def count(first, last):
            selection.count_from(z, bias, bound, first, last, counts)

        workers.shared(count, row_parts)
        row_starts = np.append(0, np.cumsum(counts))
        units, values = np.empty(row_starts[-1], np.int32), np.empty(row_starts[-1], z.dtype)

        def collect(first, last):
            selection.collect_from(z, bias, bound, first, last, row_starts, units, values)

        workers.shared(collect, row_parts)
        return cls(row_starts, units, values, width)

    def transposed(self):
        """The entries unit by unit: where each unit starts, the rows of the entries, and their places among these."""
        starts = np.empty(self.shape[1] + 1, np.int64)
        rows, places = np.empty(len(self.units), np.int32), np.empty(len(self.units), np.int32)
        active.by_units(self.row_starts, self.units, starts, rows, places)
        return starts, rows, places

    def activate(self, activation):
        """Activations in the place of the pre-activations."""
        activation.forward(self.values[None], np.zeros_like(self.values))

    def at_preactivation(self, delta, activation):
        """The gradient at the activations becomes that at the pre-activations: zero for units that are zero."""
        gates.stop_where_zero(self.values[None], delta[None])
        activation.backward(delta[None], self.values[None], np.empty_like(delta))

    def without_zeros(self):
        """The entries that are not zero, as a new code."""
        return self.only(self.values != 0)

    def only(self, kept):
        """Some of the entries, as a new code; ``kept`` is of bool."""
        row_starts = np.append(0, np.cumsum(kept))[self.row_starts]
        return ActiveCode(row_starts, self.units[kept], self.values[kept], self.shape[1])

    @classmethod
    def of_dense(cls, code):
        """The entries of a code that are not zero."""
        rows, units = np.nonzero(code)
        row_starts = np.append(0, np.cumsum(np.bincount(rows, minlength=len(code))))
        return cls(row_starts, units.astype(np.int32), code[rows, units], code.shape[1])

    def scatter(self, out):
        """Put the code into out, of shape (n_rows, n_units)."""
        csr.scatter(self.values, self.units, self.row_starts, out)

    def product(self, weights, out):
        """The code times a matrix of shape (n_units, n_features)."""

        def decode(first, last):
            active.decode(self.row_starts, self.units, self.values, weights, first, last, out)

        workers.shared(decode, self._row_parts(weights))

    def gradient(self, output_delta, weights):
        """Gradient at each entry from that at its product with weights."""
        delta = np.empty_like(self.values)

        def differentiate(first, last):
            active.code_gradient(self.row_starts, self.units, weights, output_delta, first, last, delta)

        workers.shared(differentiate, self._row_parts(weights))
        return delta

    def _row_parts(self, weights):
        return workers.parts(self.shape[0], len(self.units) * weights.shape[1])


def unit_gradients(by_unit, *sums):
    """Sums over pairs of the products of transposed entries with rows: grad_l = sum_i values_il x_i.

    Parameters
    ----------
    by_unit : tuple of ndarray
        Of ``ActiveCode.transposed``.
    *sums : tuple of (out, pairs)
        ``out``, of shape (n_units, n_columns), is an ndarray of C order or the transposed of one, which is overwritten,
        or takes the sums part by part, as ``training.weight_steps.WeightStep`` does: its ``take(first, first_column,
        last_column, part)`` is called for parts of shape (n, at least last_column - first_column), each for units and
        columns of its own, by several threads at once. Each pair is the values at the entries, in the order of the
        rows, and the rows: ndarray or CSRBatch of shape (n_rows, n_columns).
    """
    n_units = len(by_unit[0]) - 1

    def add(first, last):
        for out, pairs in sums:
            if isinstance(out, np.ndarray) and out.flags.c_contiguous:
                _add_sums(by_unit, pairs, first, 0, out.shape[1], out[first:last])
            else:
                _take_parts(by_unit, pairs, first, last, out)

    numbers = sum(
        len(pairs) * len(by_unit[1]) * out.shape[1] + (1 if _whole_rows(out) else _COPY) * out.shape[0] * out.shape[1]
        for out, pairs in sums
    )
    workers.shared(add, workers.parts(n_units, numbers, _LINE))


def _whole_rows(out):
    """Whether units are rows in memory."""
    return out.flags.c_contiguous if isinstance(out, np.ndarray) else out.by_rows


def _take_parts(by_unit, pairs, first, last, out):
    """The sums of the units from first to last, tile by tile, as columns of an array or as what ``out`` takes."""
    any_sparse = any(isinstance(x, CSRBatch) for _, x in pairs)
    tile, n_columns = _tile(out, any_sparse or _whole_rows(out), pairs[0][0].dtype)
    for start in range(first, last, len(tile)):
        part = tile[: last - start]
        for column in range(0, out.shape[1], n_columns):
            end = min(out.shape[1], column + n_columns)
            _add_sums(by_unit, pairs, start, column, end, part)
            if isinstance(out, np.ndarray):
                active.transpose_into(part, start, out.T[column:end])
            else:
                out.take(start, column, end, part)


def _add_sums(by_unit, pairs, first, first_column, last_column, out):
    """The sums of ``unit_gradients`` for the units from ``first`` on; of sparse rows for all columns."""
    out[...] = 0
    for values, x in pairs:
        if isinstance(x, CSRBatch):
            active.add_stored_unit_sums(*by_unit, values, *x.entries, first, out)
        else:
            active.add_unit_sums(*by_unit, values, x, first, first_column, last_column, out)


def _tile(out, whole, dtype):
    """A buffer for the sums of some units, and for how many columns it is.

    Where units are columns in memory, many of them, so that what is read and written of a row is long, and few columns
    at once, or all where ``whole``. Its rows then take odd numbers of cache lines: with powers of two, entries of one
    column would fall on the same places of the cache. Where they are rows, it is without gaps.
    """
    per_line = _LINE * 4 // dtype.itemsize
    n_units, n_columns = out.shape
    if _whole_rows(out):
        width = n_columns
    else:
        n_columns = n_columns if whole else min(n_columns, _TILE_LINES * per_line)
        width = (-(-n_columns // per_line) | 1) * per_line
    most = _TILE_BYTES // (width * dtype.itemsize) // _LINE * _LINE
    return buffers.empty((min(n_units, max(_LINE, most)), width), dtype), n_columns


def rows_of(weights, out=None):
    """A matrix of C order: itself, or a copy of the transposed of one, in a buffer where that is given."""
    if weights.flags.c_contiguous:
        return weights
    out = np.empty(weights.shape, weights.dtype) if out is None else out

    def copy(first, last):
        active.transpose_rows(weights.T, first, last, out)

    workers.shared(copy, workers.parts(len(out), _COPY * out.size, _LINE))
    return out
