"""Sample: some rows of a data matrix with their weights, and the statistics that training needs."""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np

from .blocks import block_rows, release_mapped_pages, row_blocks
from .matrices import CSRMatrix
from .stored_rows import window_of


class Sample(NamedTuple):
    """Some rows of X, with their weights in a mean.

    Attributes
    ----------
    X : ndarray, CSRMatrix or FilledRows of shape (n_samples, n_features)
    rows : ndarray of shape (n_rows,)
        Indices of the rows, in order.
    weights : ndarray of shape (n_samples,) or None
        Sample weights, with mean one over all rows of the training; None for ones.
    total : int or None
        Number of all rows of the training if the sample is a part of them; None if it is all of them.
    """

    X: np.ndarray
    rows: np.ndarray
    weights: np.ndarray | None = None
    total: int | None = None

    @classmethod
    def of(cls, X, sample_weight=None, rows=None):
        """The rows of X, or those of the given rows, whose weight is not zero."""
        return cls(X, *weighted_rows(len(X), sample_weight, rows))

    @property
    def n_features(self):
        return self.X.shape[1]

    @property
    def dtype(self):
        return self.X.dtype

    def of_rows(self, rows):
        """The sample of some of its rows."""
        return Sample.of(self.X, self.weights, rows)

    def some_rows(self, limit):
        """At most so many of the rows, evenly spaced, and their weights, in float64."""
        places = np.linspace(0, len(self.rows) - 1, min(limit, len(self.rows))).astype(int)
        chosen = self.rows[places]
        rows = self.X[chosen].astype(np.float64)
        release_mapped_pages(self.X)
        return rows, np.ones(len(rows)) if self.weights is None else self.weights[chosen].astype(np.float64)

    def blocks(self):
        """Yield the rows in order, a block of them at a time."""
        for part in row_blocks(len(self.rows), block_rows(self.n_features, self.dtype)):
            yield self.X[self.rows[part]]
            release_mapped_pages(self.X)

    def scales(self, part, dtype):
        """The weight of some of the rows divided by the number of rows of the whole: their share of the mean."""
        total = len(self.rows) if self.total is None else self.total
        if self.weights is None:
            return np.full(len(self.rows[part]), 1.0 / total, dtype)
        return (self.weights[self.rows[part]] / total).astype(dtype)

    def fingerprint(self):
        """Identifies the rows: shape, dtype, and the values of some of them."""
        chosen = self.rows[np.linspace(0, len(self.rows) - 1, 16).astype(int)]
        checksum = 0
        for row in chosen:
            checksum = zlib.crc32(self.X[row : row + 1].tobytes(), checksum)
        return (*self.X.shape, len(self.rows), str(self.dtype), checksum)

    @np.errstate(over="ignore", invalid="ignore")
    def moments(self):
        """Contribution of these rows to the weighted mean of each column, and to that of its squares."""
        mean, square = np.zeros((2, self.n_features))
        start = 0
        for block in self.blocks():
            x = block.astype(np.float64)
            share = self.scales(slice(start, start + len(x)), np.float64)
            mean += share @ x
            square += share @ np.square(x)
            start += len(x)
        return mean, square

    def column_range(self, low=None, high=None):
        """Minimum and maximum of each column, extended by an earlier range if one is given.

        NaN is ignored; the range of a column of NaN alone is NaN.
        """
        for block in self.blocks():
            least, greatest = np.fmin.reduce(block, axis=0), np.fmax.reduce(block, axis=0)
            low = least if low is None else np.fmin(least, low)
            high = greatest if high is None else np.fmax(greatest, high)
        return low, high

    def value_range(self):
        """Minimum and maximum; NaN is ignored."""
        if isinstance(self.X, CSRMatrix):
            blocks = list(map(_extremes, self.X.stored_values(self.rows)))
            return min(low for low, _ in blocks), max(high for _, high in blocks)
        low, high = self.column_range()
        return float(np.fmin.reduce(low)), float(np.fmax.reduce(high))

    def is_binary(self):
        """True where every value that is not NaN is 0 or 1."""
        blocks = self.X.stored_values(self.rows) if isinstance(self.X, CSRMatrix) else self.blocks()
        return all(((block == 0) | (block == 1) | (block != block)).all() for block in blocks)

    @np.errstate(over="ignore", invalid="ignore")
    def column_sums(self):
        """Weighted sum of each column without its NaN, and the sum of those weights.

        Returns
        -------
        sums, counts : ndarray of shape (n_features,), float64
        """
        sums, counts = np.zeros((2, self.n_features))
        start = 0
        for block in self.blocks():
            observed = ~np.isnan(block)
            rows = self.rows[start : start + len(block)]
            weights = np.ones(len(block)) if self.weights is None else self.weights[rows]
            sums += weights @ np.where(observed, block, 0).astype(np.float64)
            counts += weights @ observed
            start += len(block)
        return sums, counts

    @np.errstate(over="ignore", invalid="ignore")
    def sum_of_squares(self):
        """Sum of the squares of all values."""
        return float(sum(np.square(block, dtype=np.float64).sum() for block in self.blocks()))

    def in_memory(self):
        """The sample itself, or a copy of its rows where they are in a store and were to be read in any order."""
        if window_of(self.X) is None:
            return self
        rows, weights = np.arange(len(self.rows)), None if self.weights is None else self.weights[self.rows]
        return Sample(self.X.held(self.rows), rows, weights, self.total)


def _extremes(values):
    return float(values.min(initial=0)), float(values.max(initial=0))


def weighted_rows(n_samples, sample_weight=None, rows=None):
    """The rows, or those of the given rows, whose weight is not zero; and weights with mean one over them, or None."""
    rows = np.arange(n_samples) if rows is None else rows
    if sample_weight is None:
        return rows, None
    rows = rows[sample_weight[rows] > 0]
    # Scaled first, so that the mean of very large weights does not overflow.
    weights = sample_weight / sample_weight[rows].max()
    return rows, weights / weights[rows].mean()


def present_means(rows):
    """Means of the columns over the entries that are not NaN; 0 for a column without any."""
    return np.nansum(rows, axis=0) / np.maximum(np.count_nonzero(~np.isnan(rows), axis=0), 1)


@np.errstate(over="ignore", invalid="ignore")
def mean_and_scale(mean, square):
    """Weighted mean of each column, and the root mean square, over all entries, of the deviations from it.

    Parameters
    ----------
    mean, square : ndarray of shape (n_features,)
        The moments of all rows of a training.
    """
    return mean, float(np.sqrt(np.maximum(square - np.square(mean), 0.0).mean()))
