"""Stores: matrices that lie on disk or are made block by block, behind one interface; recognised by what they offer.

A store has ``shape``, ``dtype``, ``names`` of its columns or None, ``starts``, the first row of each of its segments
and the end of the last, ``runs``, the run of each segment, and ``read(segment)``. Segments of a run are cheap to read
in their order alone; ``current`` is the run of the last segment that was read.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.sparse import issparse

from .columns import check_arrow_types

# Bytes of a segment, if the chunks of the store allow: small beside a window, so that windows mix many of them, and
# large enough for the overhead of a read.
_SEGMENT_BYTES = 2**20
_MOST_SEGMENT_BYTES = 8 * _SEGMENT_BYTES
# Rows of a sparse store that tell how many entries a row has.
_PROBED_ROWS = 256


def opened(X):
    """The store behind X, or None where X is none: an array, a frame, a list, a sparse matrix.

    Parameters
    ----------
    X : object
        A store is anything else with a ``shape`` of two integers, a ``dtype`` of NumPy and slices of rows, which are
        read as arrays or CSR matrices: data sets of h5py, arrays of zarr, backed matrices of AnnData, arrays of Dask
        and xarray; and ``ParquetFile`` and ``Dataset`` of pyarrow.

    Returns
    -------
    _Slices, _Batches or None

    Raises
    ------
    TypeError
        For sparse matrices that are stored by columns.
    ValueError
        For columns that are no numbers.
    """
    if type(X).__module__.split(".")[0] == "pyarrow":
        runs = _runs_of_file(X) if hasattr(X, "iter_batches") else _runs_of_dataset(X) if _is_dataset(X) else None
        return None if runs is None else _Batches(X, runs)
    shape, dtype = getattr(X, "shape", None), getattr(X, "dtype", None)
    sized = isinstance(shape, tuple) and len(shape) == 2 and all(isinstance(n, (int, np.integer)) for n in shape)
    known = isinstance(X, np.ndarray) or issparse(X) or hasattr(X, "iloc")
    if known or not sized or not isinstance(dtype, np.dtype) or dtype.kind not in "biuf":
        return None
    return _Slices(X) if hasattr(type(X), "__getitem__") else None


class _Slices:
    """A matrix whose rows are read by slices."""

    names = current = None

    def __init__(self, X):
        self._matrix = X
        self.shape = tuple(map(int, X.shape))
        self.dtype = _plain(X.dtype)
        first = X[: min(1, self.shape[0])]
        self.sparse = issparse(first)
        self._row_bytes = max(1, self.shape[1] * self.dtype.itemsize)
        if self.sparse and first.format != "csr":
            raise TypeError(
                f"X is a sparse matrix that is stored by columns, in {first.format} format, of which rows cannot be "
                "read one after the other. Store it in CSR format, or load it into memory."
            )
        if self.sparse:
            first = X[: min(_PROBED_ROWS, self.shape[0])]
            self._row_bytes = max(1, first.nnz * (self.dtype.itemsize + first.indices.itemsize) // first.shape[0])
        self.starts = self._starts()
        self.runs = np.arange(len(self.starts) - 1)

    def _starts(self):
        """Segments of whole chunks, or of parts of a chunk where it is too large."""
        n_rows = self.shape[0]
        chunks = getattr(self._matrix, "chunks", None)
        rows = chunks[0] if isinstance(chunks, tuple) and len(chunks) == 2 else 1
        wanted, most = (max(1, n_bytes // self._row_bytes) for n_bytes in (_SEGMENT_BYTES, _MOST_SEGMENT_BYTES))
        if isinstance(rows, tuple):
            # The sizes of the chunks of Dask, one by one.
            return _joined(np.concatenate([[0], np.cumsum(rows)]).astype(np.int64), wanted, most)
        size = min(most, max(1, wanted // rows) * rows)
        return np.minimum(np.arange(0, n_rows + size, size), n_rows)[: -(-n_rows // size) + 1]

    def read(self, segment):
        rows = self._matrix[int(self.starts[segment]) : int(self.starts[segment + 1])]
        return rows if self.sparse else np.asarray(rows)


def _joined(bounds, wanted, most):
    """Bounds of segments of about the wanted size from those of chunks: small ones together, large ones in parts."""
    starts = [0]
    for low, high in pairwise(bounds):
        if high - starts[-1] >= wanted:
            if low > starts[-1] and high - starts[-1] > most:
                starts.append(low)
            starts.extend(range(starts[-1] + most, high, most))
            starts.append(high)
    return np.unique([*starts, bounds[-1]])


class _Batches:
    """Columns of Parquet and other files of pyarrow, whose rows are read by batches, one row group after the other."""

    sparse = False

    def __init__(self, X, runs):
        schema = getattr(X, "schema_arrow", None) or X.schema
        check_arrow_types(schema, "X")
        self.names = list(schema.names)
        self._schema, self._open = schema, [opening for _, opening in runs]
        sizes = [n_rows for n_rows, _ in runs]
        self.shape = (sum(sizes), len(self.names))
        self.dtype = _common_dtype(schema)
        self._size = max(1, _SEGMENT_BYTES // max(1, self.shape[1] * self.dtype.itemsize))
        segments = [[size] * (n // size) + [n % size] * (n % size > 0) for n, size in ((n, self._size) for n in sizes)]
        self.starts = np.concatenate([[0], np.cumsum([n for part in segments for n in part])]).astype(np.int64)
        self.runs = np.repeat(np.arange(len(runs)), [len(part) for part in segments])
        # The segment that comes next, its batches and the rows of them that are left over.
        self._next, self._batches, self._left = None, None, None

    def example(self):
        """A table of a row, or of none, with the columns."""
        import pyarrow

        n_rows = min(1, self.shape[0])
        return pyarrow.table([pyarrow.array([0.0] * n_rows) for _ in self.names], names=self.names)

    @property
    def current(self):
        return None if self._next is None else self.runs[self._next - 1]

    def read(self, segment):
        run = self.runs[segment]
        first = int(np.searchsorted(self.runs, run))
        if self.current != run or segment < self._next:
            self._next, self._batches, self._left = first, iter(self._open[run](self._size)), []
        while True:
            rows = self._following(int(self.starts[self._next + 1] - self.starts[self._next]))
            self._next += 1
            if self._next > segment:
                return rows

    def _following(self, n_rows):
        """The next rows of the run, whatever the sizes of its batches."""
        parts = self._left
        while sum(map(len, parts)) < n_rows:
            parts.append(_dense(next(self._batches), self.dtype))
        rows = np.concatenate(parts) if len(parts) > 1 else parts[0]
        self._left = [rows[n_rows:].copy()] if len(rows) > n_rows else []
        return rows[:n_rows]


def _dense(batch, dtype):
    # By columns, since writing them into rows takes twice as long.
    out = np.empty((batch.num_columns, batch.num_rows), dtype)
    for j, column in enumerate(batch.columns):
        # Decimals come as objects; gaps of floats and integers as NaN.
        out[j] = column.to_numpy(zero_copy_only=False)
    return out.T


def _common_dtype(schema):
    """Dtype of all columns together: float64 for what may have gaps and is no float."""
    kinds = {np.dtype(field.type.to_pandas_dtype()) for field in schema}
    floats = all(kind.kind == "f" for kind in kinds)
    return _plain(np.result_type(*kinds)) if kinds and floats else np.dtype(np.float64)


def _is_dataset(X):
    return hasattr(X, "get_fragments") and hasattr(X, "schema")


def _runs_of_file(X):
    """Number of rows of each row group of a Parquet file, and what gives its batches of a size."""

    def opening(group):
        return lambda size: X.iter_batches(batch_size=size, row_groups=[group], use_threads=False)

    return [(X.metadata.row_group(group).num_rows, opening(group)) for group in range(X.num_row_groups)]


def _runs_of_dataset(X):
    """The same of the files of a data set; one run for each file of another format."""

    def opening(fragment):
        # No batches ahead, which would be in memory all at once.
        return lambda size: fragment.to_batches(
            schema=X.schema, batch_size=size, batch_readahead=0, fragment_readahead=0, use_threads=False
        )

    runs = []
    for fragment in X.get_fragments():
        if not hasattr(fragment, "row_groups"):
            runs.append((fragment.count_rows(), opening(fragment)))
            continue
        for part in fragment.split_by_row_group():
            runs.append((part.row_groups[0].num_rows, opening(part)))
    return runs


def _plain(dtype):
    """A dtype in the byte order of the machine, and no longer than float64."""
    long = dtype.kind == "f" and dtype.itemsize > 8
    return np.dtype(np.float64) if long else dtype.newbyteorder("=")
