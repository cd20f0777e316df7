"""Inputs that are no matrices, or would be read as wrong ones: refused with what to pass in their place."""

from __future__ import annotations

from os import PathLike, fsdecode, fspath
from pathlib import PurePath

import numpy as np
from scipy.sparse import issparse

from .sparse_checks import check_sparse

# Members of a group that an error names.
_MOST_NAMED = 5


def check_container(X, name):
    """Raise ValueError or TypeError for an input that could be converted to an array, but to a wrong one.

    These are masked arrays with masked values, since the mask would be ignored; lazy frames; files, groups and readers
    in place of what is in them; sparse arrays that do not have two dimensions; and sparse matrices whose indices are
    outside of their shape, with which SciPy and the kernels would access foreign memory.
    """
    _check_open(X, name)
    if issparse(X):
        check_sparse(X, name)
    elif np.ma.is_masked(X):
        raise ValueError(
            f"{name} must not be a masked array; got one with {np.ma.count_masked(X)} masked values, whose mask would "
            f"be ignored. Pass {name}.filled(value): gaps in X can be numpy.nan, with missing_values='mask'."
        )
    elif all(hasattr(X, part) for part in ("X", "layers", "obsm")):
        raise TypeError(
            f"{name} must be a matrix; got a {type(X).__name__}, which holds several. Pass its .X, or one of its "
            ".layers, as adata.layers['counts']."
        )
    elif hasattr(X, "collect_schema") and not hasattr(X, "to_numpy"):
        raise TypeError(f"{name} must hold rows; got a {type(X).__name__}, which is a query. Pass {name}.collect().")
    elif name == "X" and (isinstance(X, PathLike) or (isinstance(X, (str, bytes)) and PurePath(fsdecode(X)).suffix)):
        raise TypeError(
            f"X must hold rows; got the path {fspath(X)!r}. Open it: pyarrow.parquet.ParquetFile(path), "
            "h5py.File(path)['name'] or numpy.load(path, mmap_mode='r') are read by blocks."
        )
    elif hasattr(X, "to_reader") and hasattr(X, "to_table"):
        _refuse_reader(X, name, "to_table")
    elif hasattr(X, "read_next_batch"):
        _refuse_reader(X, name, "read_all")


def _check_open(X, name):
    """Raise ValueError for a closed file of h5py, or its data set, and TypeError for a group of h5py or zarr."""
    library = type(X).__module__.split(".")[0]
    if library == "h5py" and not X:
        raise ValueError(f"{name} must hold rows; got a {type(X).__name__} of a closed file. Open it while it is read.")
    if library not in ("h5py", "zarr") or hasattr(X, "shape"):
        return
    inside = [f"{name}[{path!r}]" for path, shape in _members(X) if len(shape) == 2]
    advice = f"Pass one of its matrices: {', '.join(inside[:_MOST_NAMED])}" if inside else "It has no matrix in it"
    raise TypeError(f"{name} must be a matrix; got a {type(X).__name__}, which holds several things. {advice}.")


def _members(group):
    """Names and shapes of what is in a group of h5py or zarr, at all depths."""
    if hasattr(group, "members"):
        found = group.members(max_depth=None)
    else:
        found = []
        group.visititems(lambda path, item: found.append((path, item)))
    return sorted((path, item.shape) for path, item in found if hasattr(item, "shape"))


def _refuse_reader(X, name, method):
    raise TypeError(
        f"{name} must hold rows; got a {type(X).__name__}, which can be read once alone. Pass the data set or the file "
        f"itself, which are read by blocks, or {name}.{method}()."
    )
