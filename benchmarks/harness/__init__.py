"""Shared by all benchmarks: listing, running, timing, printing and saving.

A benchmark is a module in the folder of a subject whose name does not begin with an underscore. Its first line is its
description. Its ``main``, decorated by :func:`benchmark`, takes the options and returns the results. Nothing here
imports skae, since some benchmarks must be the first to do so.
"""

from .command import benchmark, flag, option, positional, rounds, seed
from .launcher import main, run
from .memory import PeakMemory, peak_mib, status_kib
from .packages import installed
from .processes import python_process
from .report import StoredResults, write
from .statistics import mean, median, median_ratio, spread
from .tables import Table, markdown
from .timing import Timings, alternate, timed

__all__ = [
    "PeakMemory",
    "StoredResults",
    "Table",
    "Timings",
    "alternate",
    "benchmark",
    "flag",
    "installed",
    "main",
    "markdown",
    "mean",
    "median",
    "median_ratio",
    "option",
    "peak_mib",
    "positional",
    "python_process",
    "rounds",
    "run",
    "seed",
    "spread",
    "status_kib",
    "timed",
    "write",
]
