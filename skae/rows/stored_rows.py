"""Rows of a store, of which a window is in memory, behind the interface of an array or of a CSR matrix."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from .matrices import CSRMatrix

# Bytes of a window: the rows that are in memory at once, and among which an epoch shuffles.
WINDOW_BYTES = 32 * 2**20


class _Window:
    """Which segments of a store are in memory, and where.

    Parameters
    ----------
    store : _Slices or _Batches
    row_bytes : float
        Of a row in memory.
    """

    def __init__(self, store, row_bytes):
        self.store = store
        self.sizes = np.diff(store.starts)
        self._longest = int(self.sizes.max(initial=1))
        n_slots = max(2, int(WINDOW_BYTES / max(1.0, row_bytes * self._longest)))
        self.n_slots = min(n_slots, max(1, len(self.sizes)))
        self.slots = np.full(len(self.sizes), -1)
        self._held = np.full(self.n_slots, -1)
        self._used = np.zeros(self.n_slots, np.int64)
        self._time = 0
        # Of an epoch, the part in which each segment is read; None before the first.
        self.part = None

    @property
    def n_rows(self):
        """Rows of all slots."""
        return self.n_slots * self._longest

    def segments(self, rows):
        """The segment of each row."""
        return np.searchsorted(self.store.starts, rows, side="right") - 1

    def places(self, rows, segments):
        """Places of rows whose segments are in memory."""
        return self.slots[segments] * self._longest + (rows - self.store.starts[segments])

    def groups(self, segments):
        """Yield segments in groups that fit into memory; those that are there first, so that none is read twice."""
        needed = np.unique(segments)
        needed = needed[np.argsort(self.slots[needed] < 0, kind="stable")]
        if len(needed) <= self.n_slots:
            yield needed
            return
        n_there = int((self.slots[needed] >= 0).sum())
        for part in (needed[:n_there], needed[n_there:]):
            for first in range(0, len(part), self.n_slots):
                yield part[first : first + self.n_slots]

    def _with_neighbours(self, needed, missing):
        """Missing segments with all of their part of the epoch, where runs are to be read in order."""
        if self.part is None or len(missing) <= 2 or len(self.store.runs) == self.store.runs[-1] + 1:
            return missing
        absent = np.isin(self.part, self.part[missing]) & (self.slots < 0)
        neighbours = np.flatnonzero(absent)
        return neighbours if len(neighbours) + len(needed) - len(missing) <= self.n_slots else missing

    def load(self, needed, put):
        """Read the segments that are missing, in place of those that were not used for longest.

        Parameters
        ----------
        needed : ndarray of int
            As many as there are slots, at most.
        put : callable (place, rows) -> None
            Stores the rows of a segment from a place on.
        """
        self._time += 1
        there = self.slots[needed]
        self._used[there[there >= 0]] = self._time
        missing = self._with_neighbours(needed, needed[there < 0])
        for segment in missing[np.lexsort((missing, self.store.runs[missing] != self.store.current))]:
            slot = int(np.argmin(self._used))
            rows = self.store.read(segment)
            if self._held[slot] >= 0:
                self.slots[self._held[slot]] = -1
            put(slot * self._longest, rows)
            self.slots[segment], self._held[slot], self._used[slot] = slot, segment, self._time


class StoredRows:
    """A dense matrix in a store, whose rows are read as those of an array: ``X[rows]``.

    Parameters
    ----------
    store : _Slices or _Batches
    check : callable (ndarray) -> None, default=None
        Raises for illegal values, and is called for all rows when they are read; without it they were checked before.
    """

    def __init__(self, store, check=None):
        self.shape, self.dtype = store.shape, store.dtype
        self._check = check
        self.window = _Window(store, store.shape[1] * store.dtype.itemsize)
        self._buffer = None
        # The last rows that were gathered from all over the store, as for the start of a training, which asks for the
        # same ones several times.
        self._spread = (None, None)

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        rows = np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else np.asarray(rows)
        out = np.empty((len(rows), self.shape[1]), self.dtype)
        self.gather(rows, out)
        return out

    def gather(self, indices, out):
        """Copy the rows at indices into out, converted to its dtype."""
        segments = self.window.segments(indices)
        groups = list(self.window.groups(segments))
        if len(groups) > 1:
            self._gather_spread(indices, segments, groups, out)
        elif groups:
            self.window.load(groups[0], self._put)
            self._take(self.window.places(indices, segments), out)

    def _gather_spread(self, indices, segments, groups, out):
        """Gather rows from more segments than are in memory at once."""
        known, rows = self._spread
        if known is None or not np.array_equal(known, indices):
            rows = np.empty((len(indices), self.shape[1]), self.dtype)
            for group in groups:
                self.window.load(group, self._put)
                chosen = np.isin(segments, group)
                rows[chosen] = self._buffer[self.window.places(indices[chosen], segments[chosen])]
            self._spread = (indices.copy(), rows) if rows.nbytes <= WINDOW_BYTES / 4 else (None, None)
        out[...] = rows

    def _put(self, place, rows):
        if self._check is not None:
            self._check(rows)
        if self._buffer is None:
            self._buffer = np.empty((self.window.n_rows, self.shape[1]), self.dtype)
        self._buffer[place : place + len(rows)] = rows

    def _take(self, places, out):
        if self.dtype == out.dtype:
            np.take(self._buffer, places, axis=0, out=out, mode="clip")
        else:
            out[...] = self._buffer[places]

    def held(self, rows):
        """Some rows as an array."""
        order = np.argsort(rows, kind="stable")
        out = np.empty((len(rows), self.shape[1]), self.dtype)
        size = max(1, WINDOW_BYTES // (4 * max(1, self.shape[1] * self.dtype.itemsize)))
        for first in range(0, len(rows), size):
            part = order[first : first + size]
            out[part] = self[rows[part]]
        return out


class StoredCSR(CSRMatrix):
    """A CSR matrix in a store, whose rows are read as those of a CSRMatrix.

    Parameters
    ----------
    store : _Slices
    check : callable (csr) -> None
        Called with every segment once, at the beginning; raises ValueError for values that are not legal.
    """

    def __init__(self, store, check):
        self.shape, self.dtype = store.shape, store.dtype
        self._store, self.nnz = store, 0
        for segment in range(len(store.runs)):
            csr = self._read(segment)
            check(csr)
            self.nnz += csr.nnz
        row_bytes = (self.dtype.itemsize + 8) * self.nnz / max(1, len(self))
        self.window = _Window(store, row_bytes)
        self._parts, self._resident, self._first = {}, None, None

    def _read(self, segment):
        csr = self._store.read(segment)
        csr = csr.astype(self.dtype, copy=False)
        if not csr.has_canonical_format:
            csr.sum_duplicates()
        return csr

    def __getitem__(self, rows):
        return self._rows(rows).toarray()

    def _rows(self, rows):
        """Some rows as a CSR matrix."""
        rows = np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else np.asarray(rows)
        segments = self.window.segments(rows)
        groups = list(self.window.groups(segments))
        if len(groups) == 1:
            return self._with(groups[0])[self._first[segments] + rows - self._store.starts[segments]]
        if not groups:
            return sparse.csr_array((0, self.shape[1]), dtype=self.dtype)
        parts, places = [], []
        for group in groups:
            resident, chosen = self._with(group), np.flatnonzero(np.isin(segments, group))
            local = self._first[segments[chosen]] + rows[chosen] - self._store.starts[segments[chosen]]
            parts.append(resident[local])
            places.append(chosen)
        return sparse.vstack(parts, format="csr")[np.argsort(np.concatenate(places), kind="stable")]

    def _with(self, needed):
        """A CSR matrix of the segments in memory, the needed ones among them."""
        missing = [segment for segment in needed.tolist() if segment not in self._parts]
        if missing:
            # One after the other, as in a pass over all rows: nothing else is worth to be kept.
            kept = {} if len(needed) <= 2 else self._parts
            kept = {segment: part for segment, part in kept.items() if segment not in needed}
            room = self.window.n_slots - len(needed)
            parts = dict(list(kept.items())[-room:] if room > 0 else ())
            parts.update({segment: self._parts[segment] for segment in needed.tolist() if segment in self._parts})
            self._parts = parts
            for segment in missing:
                self._parts[segment] = self._read(segment)
            self._resident = sparse.vstack(list(self._parts.values()), format="csr")
            ends = np.cumsum([part.shape[0] for part in self._parts.values()])
            self._first = np.zeros(len(self._store.runs), np.int64)
            self._first[list(self._parts)] = [0, *ends[:-1]]
            self.window.slots[:] = -1
            self.window.slots[list(self._parts)] = 0
        return self._resident

    @property
    def worth_keeping(self):
        return self._worth(self.nnz)

    def stored(self, rows, dtype):
        return self._batch(self._rows(rows), dtype)

    def stored_values(self, rows):
        for first in range(0, len(rows), self.window.n_rows):
            yield self._rows(rows[first : first + self.window.n_rows]).data

    def held(self, rows):
        """Some rows as a CSRMatrix that is worth keeping if the whole is."""
        return _HeldCSR(self._rows(rows), self.worth_keeping)


class _HeldCSR(CSRMatrix):
    """Some rows of a stored CSR matrix, in memory."""

    worth_keeping = False

    def __init__(self, csr, worth_keeping):
        super().__init__(csr)
        self.worth_keeping = worth_keeping


def window_of(X):
    """The window of a store that X reads its rows from, or None."""
    while hasattr(X, "X"):
        X = X.X
    return getattr(X, "window", None)


def epoch_order(X, rows, rng):
    """Rows in the order of an epoch.

    Parameters
    ----------
    X : ndarray, CSRMatrix, FilledRows or StoredRows
    rows : ndarray of int
    rng : numpy Generator

    Returns
    -------
    ndarray of int
        A permutation of the rows, uniform over all of them. Of a store that is larger than a window, windows of
        segments in random order, each a uniform permutation of its rows.
    """
    window = window_of(X)
    if window is None or len(window.sizes) <= window.n_slots:
        return rng.permutation(rows)
    segments = window.segments(rows)
    runs = window.store.runs
    # Runs in random order, and of each its segments in theirs.
    drawn = rng.permutation(runs.max() + 1)
    order = np.argsort(drawn[runs], kind="stable")
    # Which window each segment is in.
    part = np.empty(len(runs), np.int64)
    part[order] = np.arange(len(runs)) // window.n_slots
    window.part = part
    mixed = rng.permutation(len(rows))
    return rows[mixed[np.argsort(part[segments[mixed]], kind="stable")]]
