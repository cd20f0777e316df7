"""The one way in which benchmarks are listed and run, take time, print and save.

A benchmark is a module of one of the subjects whose name has no underscore in front. Its first line is its description,
and its ``main`` is a function of the options that gives the results, decorated by :func:`benchmark`. Nothing here
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
