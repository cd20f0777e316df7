"""Sparse X and X with missing values, behind the interface of an array: ``X[rows]`` is dense and complete."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from ..kernels import active, csr

# Products over the stored entries are faster than those of BLAS up to this density, and from this number of columns on.
_SPARSE_SHARE = 0.03
_SPARSE_COLUMNS = 512


class CSRBatch:
    """The stored entries of some rows of a sparse matrix, in the precision of a model.

    Parameters
    ----------
    values : ndarray of shape (n_stored,)
    columns : ndarray of shape (n_stored,), int32
        Column of each value, ascending within a row.
    row_starts : ndarray of shape (n_rows + 1,)
        Position of the first value of each row, and the end of the last row.
    n_columns : int
    """

    def __init__(self, values, columns, row_starts, n_columns):
        self.values = values
        self.columns = columns
        self.row_starts = row_starts
        self.shape = (len(row_starts) - 1, n_columns)

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        """Some of the rows, given by a slice, without a copy."""
        start, stop, _ = rows.indices(len(self))
        return CSRBatch(self.values, self.columns, self.row_starts[start : stop + 1], self.shape[1])

    @property
    def entries(self):
        """What the kernels take: values, columns and row starts."""
        return self.values, self.columns, self.row_starts

    def dense(self):
        """These rows as an array."""
        out = np.empty(self.shape, self.values.dtype)
        csr.scatter(*self.entries, out)
        return out

    def replaced(self, values):
        """A batch with the same sparsity pattern and other values."""
        return CSRBatch(values, self.columns, self.row_starts, self.shape[1])

    def product(self, weights, out):
        """These rows times a matrix."""
        csr.product(*self.entries, weights, out)

    def by_columns(self):
        """The entries column by column: where each column starts, and the row and the value of each entry."""
        first, last = self.row_starts[0], self.row_starts[-1]
        columns = self.columns[first:last]
        starts, rows, places = active.entries_by_unit(self.row_starts - first, columns, self.shape[1])
        return starts, rows, self.values[first:last][places]

    def transposed_product(self, delta, grad):
        """These rows, transposed, times a matrix with as many rows."""
        csr.transposed_product(*self.entries, delta, grad)


class CSRMatrix:
    """A sparse matrix whose rows are returned dense, like those of an array: ``X[rows]``.

    Parameters
    ----------
    csr : sparse matrix or array in CSR format
        Not changed.
    """

    def __init__(self, csr):
        if not csr.has_canonical_format:
            csr = csr.copy()
            csr.sum_duplicates()
        self.csr = csr
        self.shape = csr.shape
        self.dtype = csr.dtype

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        return self.csr[rows].toarray()

    @property
    def worth_keeping(self):
        """Whether it is faster to work on the stored entries than on dense rows."""
        return self._worth(self.csr.nnz)

    def _worth(self, nnz):
        n_rows, n_columns = self.shape
        return n_columns >= _SPARSE_COLUMNS and nnz <= _SPARSE_SHARE * n_rows * n_columns

    def stored_values(self, rows):
        """Yield the stored values of some rows, given by an index array, in blocks."""
        yield self.csr.data if len(rows) == len(self) else self.csr[rows].data

    def stored(self, rows, dtype):
        """The stored entries of the rows, an index array or a slice."""
        return self._batch(self.csr[rows], dtype)

    def _batch(self, part, dtype):
        return CSRBatch(
            part.data.astype(dtype, copy=False),
            part.indices.astype(np.int32, copy=False),
            part.indptr.astype(np.int64, copy=False),
            self.shape[1],
        )

    def gather(self, rows, out):
        """Put the rows, an index array or a slice, into out."""
        csr.scatter(*self.stored(rows, out.dtype).entries, out)


class FilledRows:
    """An array in whose rows each NaN is replaced by the value of its column: ``X[rows]``.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    fill_values : ndarray of shape (n_features,)
    """

    def __init__(self, X, fill_values):
        self.X = X
        self.fill_values = fill_values
        self.shape = X.shape
        # The dtype of the models, whatever that of X.
        self.dtype = np.result_type(X.dtype, np.float32)

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        part = self.X[rows]
        return np.where(np.isnan(part), self.fill_values.astype(self.dtype), part)


def as_csr(X):
    """A sparse matrix or array of any format as CSR; X itself where it is that already."""
    return X if X.format == "csr" else sparse.csr_array(X)
