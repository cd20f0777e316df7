"""Partitions: the rows of X on the workers of a cluster, and the sample of them that a training uses.

Only sums over rows, and results of similar size, are sent to the client. The order of a sum over partitions depends on
the partitions alone: not on the workers that hold them, on the number of workers, or on their failures.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import copy
import zlib
from typing import NamedTuple
from uuid import uuid4

import numpy as np
from scipy.sparse import issparse

from ..estimator.input import known_rows
from ..rows.matrices import CSRMatrix, as_csr
from ..rows.sample import Sample, weighted_rows
from ..runtime.threads import one_thread_if_small
from .collections import n_rows, row_blocks
from .packages import required

# Partitions whose results are added in one task.
_ADDED_AT_ONCE = 8


class Part(NamedTuple):
    """The rows and weights of one partition that are in a sample, as in ``Sample``; ``rows=None`` means all."""

    place: int
    rows: np.ndarray | None
    weights: np.ndarray | None
    total: int

    def of(self, block):
        """The sample of the partition's block of rows."""
        X = CSRMatrix(as_csr(block)) if issparse(block) else block
        rows = np.arange(X.shape[0]) if self.rows is None else self.rows
        return Sample(X, rows, self.weights, self.total)


class Partitions:
    """Checked blocks of rows, held by the workers.

    Parameters
    ----------
    X : dask array or dataframe
        All columns in one block.
    client : distributed.Client
    estimator : BaseAutoencoder
        Its parameters determine what is legal in X.
    columns : Columns
        Of X.

    Attributes
    ----------
    blocks : list of Future
    sizes : ndarray of int
        Rows of each.
    n_samples, n_features : int
    dtype : dtype
        Common dtype of all blocks.
    """

    def __init__(self, X, client, estimator, columns):
        self._client = client
        delayed = required("dask").delayed
        sent = delayed((estimator, columns))
        self.blocks = client.compute([delayed(_checked)(sent, block) for block in row_blocks(X)])
        kinds = self.gather(client.map(_kind, self.blocks, key=_name("rows"), pure=False))
        self.sizes = np.array([size for size, _ in kinds])
        self.n_samples = int(self.sizes.sum())
        if not self.n_samples:
            raise ValueError(
                f"Found array with 0 sample(s) (shape=(0, {columns.n_features})) while a minimum of 1 is required."
            )
        self.dtype = np.result_type(*(dtype for size, dtype in kinds if size))
        self.n_features = columns.n_features

    def send(self, value):
        """The Future of a value for tasks: it is sent once, and again if the worker that holds it is lost."""
        config = required("dask").config
        with config.set({"distributed.admin.large-graph-warning-threshold": "1 PiB"}):
            return self._client.submit(_same, value, key=_name("parameters"), pure=False)

    def submit(self, task, *arguments):
        """The Future of one task."""
        return self._client.submit(_in_one_thread, task, *arguments, key=_name(task.__name__), pure=False)

    def gather(self, futures):
        """Results of tasks.

        Raises
        ------
        RuntimeError
            If rows were lost with a worker or by ``client.restart``, and cannot be computed again.
        """
        try:
            required("distributed").wait(futures)
        except (asyncio.CancelledError, concurrent.futures.CancelledError):
            raise RuntimeError(
                "Rows of X were lost with a worker and cannot be computed again: they are data of client.scatter, data "
                "of another client, or lost by client.restart. Make X from files or by a computation, with this client."
            ) from None
        for future in futures:
            if future.status == "error":
                # A copy: the client keeps the error, whose traceback would keep this frame, and so the futures.
                raise copy.copy(future.exception())
        return self._client.gather(futures)

    def map(self, task, parts, *common):
        """Futures of task(block, part, *common), for the partitions that have rows in a sample.

        Parameters
        ----------
        task : callable
        parts : list of (int, Part or Future)
            Indices of the partitions, and their parts.
        *common
            Arguments that all tasks share: Futures, or small values.
        """
        places, taken = zip(*parts)
        repeated = ([value] * len(places) for value in common)
        blocks = [self.blocks[place] for place in places]
        arguments = ([task] * len(places), blocks, list(taken), *repeated)
        return self._client.map(_in_one_thread, *arguments, key=_name(task.__name__), pure=False)

    def added(self, futures):
        """Sum of the results of tasks, each a tuple of numbers and arrays, in their order."""
        while True:
            groups = [futures[i : i + _ADDED_AT_ONCE] for i in range(0, len(futures), _ADDED_AT_ONCE)]
            futures = self._client.map(_add, groups, key=_name("add"), pure=False)
            if len(futures) == 1:
                return self.gather(futures)[0]


class PartitionedSample:
    """Some rows of all partitions, with their weights: a ``Sample`` that the workers hold.

    Attributes
    ----------
    partitions : Partitions
    rows : ndarray of shape (n_rows,)
        Indices of the rows in the whole of X, ascending.
    weights : ndarray of shape (n_samples,) or None
    parts : list of (int, Part or Future)
        Indices of the partitions that have rows in the sample, and their parts.
    sizes : list of int
        Number of rows of each part.
    """

    def __init__(self, partitions, rows, weights):
        self.partitions = partitions
        self.rows = rows
        self.weights = weights
        self.parts, self.sizes = self._taken()

    @classmethod
    def of(cls, partitions, sample_weight=None):
        """All rows whose weight is not zero."""
        return cls(partitions, *weighted_rows(partitions.n_samples, sample_weight))

    @property
    def n_features(self):
        return self.partitions.n_features

    @property
    def dtype(self):
        return self.partitions.dtype

    def of_rows(self, rows):
        """The sample of some of its rows."""
        return PartitionedSample(self.partitions, *weighted_rows(self.partitions.n_samples, self.weights, rows))

    def _taken(self):
        """Parts and their sizes."""
        sizes, total = self.partitions.sizes, len(self.rows)
        if self.weights is None and total == self.partitions.n_samples:
            places = np.flatnonzero(sizes)
            return [(place, Part(place, None, None, total)) for place in places.tolist()], sizes[places].tolist()
        starts = np.concatenate([[0], np.cumsum(sizes)])
        bounds = np.searchsorted(self.rows, starts)
        parts, taken = [], np.diff(bounds)
        for place in np.flatnonzero(taken).tolist():
            rows = self.rows[bounds[place] : bounds[place + 1]] - starts[place]
            weights = None if self.weights is None else self.weights[starts[place] : starts[place + 1]]
            parts.append((place, self.partitions.send(Part(place, rows, weights, total))))
        return parts, taken[taken > 0].tolist()

    def map(self, task, *common):
        """Futures of task(block, part, *common) for each partition that has rows, in order."""
        return self.partitions.map(task, self.parts, *common)

    def gathered(self, task, *common):
        """Their results."""
        return self.partitions.gather(self.map(task, *common))

    def added(self, task, *common):
        """Sum of their results, each a tuple of numbers and arrays, in an order that is always the same."""
        return self.partitions.added(self.map(task, *common))

    # Statistics that training needs of a sample.

    def fingerprint(self):
        """Identifies the rows: shape, dtype, and the values of some of them."""
        checksum = 0
        for part in self.gathered(_fingerprint):
            checksum = zlib.crc32(repr(part).encode(), checksum)
        return self.partitions.n_samples, self.n_features, len(self.rows), str(self.dtype), checksum

    def is_binary(self):
        return all(self.gathered(_is_binary))

    def value_range(self):
        lows, highs = zip(*self.gathered(_value_range))
        return float(np.fmin.reduce(lows)), float(np.fmax.reduce(highs))

    def column_range(self, low=None, high=None):
        earlier = [] if low is None else [(low, high)]
        lows, highs = zip(*earlier, *self.gathered(_column_range))
        return np.fmin.reduce(lows), np.fmax.reduce(highs)

    def some_rows(self, limit):
        """The rows that ``Sample.some_rows`` takes of the same rows on one machine."""
        places = np.linspace(0, len(self.rows) - 1, min(limit, len(self.rows))).astype(int)
        rows, weights = zip(*self.of_rows(self.rows[places]).gathered(_rows_with_weights))
        return np.concatenate(rows), np.concatenate(weights)

    def column_sums(self):
        return self.added(_column_sums)


def _name(task):
    """A key for Dask, whose dashboard shows the part before the last dash."""
    return f"{task.strip('_')}-{uuid4().hex}"


# Tasks, run by the workers.


def _in_one_thread(task, *arguments):
    """Run a task with one BLAS thread, since the last bits of a sum depend on the number of threads."""
    with one_thread_if_small(0):
        return task(*arguments)


def _same(value):
    return value


def _checked(known, block):
    """A block as an array or a CSR matrix of finite numbers."""
    estimator, columns = known
    if n_rows(block) == 0:
        return np.empty((0, columns.n_features), np.float32)
    X = known_rows(estimator, block, columns, estimator.missing_values == "mask")
    return X.csr if isinstance(X, CSRMatrix) else X


def _kind(block):
    return block.shape[0], block.dtype


# Overflow shows in the loss, which the solvers check.
@np.errstate(over="ignore", invalid="ignore")
def _add(results):
    first, *others = results
    return tuple(sum(values[1:], values[0]) for values in zip(first, *others))


def _fingerprint(block, part):
    return part.of(block).fingerprint()


def _is_binary(block, part):
    return part.of(block).is_binary()


def _value_range(block, part):
    return part.of(block).value_range()


def _column_range(block, part):
    return part.of(block).column_range()


def _rows_with_weights(block, part):
    sample = part.of(block)
    return sample.some_rows(len(sample.rows))


def _column_sums(block, part):
    return part.of(block).column_sums()
