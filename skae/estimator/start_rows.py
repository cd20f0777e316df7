"""Rows that start values, and what is settled before them, are taken from."""

from __future__ import annotations

import numpy as np

# At most, and entries that are held for it.
START_ROWS = 4096
_START_ENTRIES = 2**22


def start_limit(sample):
    """The most rows of a sample to take."""
    return max(1, min(START_ROWS, _START_ENTRIES // sample.n_features))


def start_rows(sample, means, limit):
    """At most so many rows, without NaN, and their weights."""
    rows, weights = sample.some_rows(limit)
    return (rows if means is None else np.where(np.isnan(rows), means, rows)), weights


def without_gaps(rows, weights):
    """Those of the rows that have no NaN, in which noise is found, and their weights."""
    whole = ~np.isnan(rows).any(axis=1)
    return rows[whole], weights[whole]
