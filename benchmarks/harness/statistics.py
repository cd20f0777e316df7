"""Summary statistics of repeated measurements."""

from __future__ import annotations

from statistics import mean, median, stdev

__all__ = ["mean", "median", "median_ratio", "spread"]


def spread(values):
    """Standard deviation of a sample; 0 for one value."""
    return stdev(values) if len(values) > 1 else 0.0


def median_ratio(values, others):
    """Median over the rounds of the ratio of two measurements; noise that lasts longer than a round cancels."""
    return median(value / other for value, other in zip(values, others, strict=True))
