"""show_versions: the versions and settings that a bug report needs."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata

import numba
import threadpoolctl

from ..kernels.compiler import cache_folders
from ..runtime.version import __version__

_REQUIRED = ("scikit-learn", "numpy", "scipy", "numba", "llvmlite", "joblib", "threadpoolctl")
_OPTIONAL = (
    "matplotlib",
    "pandas",
    "polars",
    "pyarrow",
    "onnx",
    "onnxruntime",
    "skl2onnx",
    "skops",
    "dask",
    "distributed",
    "h5py",
    "zarr",
    "anndata",
    "rich",
)

# Variables whose values reveal nothing about the user, and those for which only "set" is printed.
_SHOWN = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_HIDDEN = ("SKAE_DATA", "NUMBA_CACHE_DIR")


def show_versions():
    """Print the versions and settings on which results and speed depend, for a bug report.

    These are Python and the system; this package, its dependencies and its optional dependencies; each BLAS and OpenMP
    library with its number of threads; the settings and the cache folder of Numba; and environment variables. The cache
    folder is the only path in the output: values of variables that may be paths are not printed.

    Examples
    --------
    >>> import skae
    >>> skae.show_versions()  # doctest: +ELLIPSIS
    System
      python: 3...
      machine: ...
    """
    sections = {
        "System": {"python": sys.version.replace("\n", " "), "machine": platform.platform(), "cores": _cores()},
        "Packages": {"skae": __version__, **{name: _version(name) for name in _REQUIRED}},
        "Optional packages": {name: _version(name) for name in _OPTIONAL},
        "Thread pools": _thread_pools(),
        "Numba": _numba(),
        "Environment": _environment(),
    }
    for title, entries in sections.items():
        print(title)
        for name, value in entries.items():
            print(f"  {name}: {value}")


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _cores():
    """Number of cores of the machine, and how many of them this process may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{os.cpu_count()}, {usable} of them for this process"


def _thread_pools():
    """The BLAS and OpenMP libraries, numbered, since a process may have loaded several of one kind."""
    pools = threadpoolctl.threadpool_info()
    return {
        f"{number}, {pool['user_api']}": ", ".join(
            f"{key}={pool[key]}"
            for key in ("internal_api", "version", "num_threads", "threading_layer", "architecture")
            if pool.get(key) is not None
        )
        for number, pool in enumerate(pools, 1)
    }


def _numba():
    config = numba.config
    return {
        "JIT": "off (NUMBA_DISABLE_JIT)" if config.DISABLE_JIT else "on",
        "CPU": config.CPU_NAME or _host_cpu(),
        "bounds checks": "on" if config.BOUNDSCHECK else "off",
        # Concerns other packages only: our kernels start no threads.
        "threading layer": config.THREADING_LAYER,
        "cache": ", ".join(cache_folders) or "none",
    }


def _host_cpu():
    from llvmlite import binding

    return binding.get_host_cpu_name()


def _environment():
    shown = {name: os.environ.get(name, "not set") for name in _SHOWN}
    return {**shown, **{name: "set" if os.environ.get(name) else "not set" for name in _HIDDEN}}
