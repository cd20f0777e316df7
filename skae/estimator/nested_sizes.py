"""The parameter ``nested_sizes``: its checks, and the explained variance of each size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral

import numpy as np

from ..rows.blocks import block_rows, release_mapped_pages, row_blocks
from ..rows.reconstruction_errors import block_sums
from ..runtime.exceptions import ParameterError
from ..training.solvers import SOLVERS
from .parameters import layer_widths
from .prediction import encoded


def checked_sizes(sizes, width):
    """The sizes as a tuple, which is empty for None.

    Parameters
    ----------
    sizes : sequence or None
    width : int or str
        Of the code; no integer where it is not known yet.

    Raises
    ------
    ParameterError
        For sizes that are not ascending, or not below the width.
    """
    given, sizes = sizes, () if sizes is None else sizes
    several = isinstance(sizes, Sequence) or np.ndim(sizes) == 1
    sizes = list(sizes) if several else sizes
    whole = several and all(isinstance(size, Integral) and type(size) is not bool and size >= 1 for size in sizes)
    if not (whole and all(size < greater for size, greater in pairwise(sizes))):
        raise ParameterError(
            "nested_sizes",
            given,
            "ascending integers of at least 1",
            "{nested_sizes} must hold {legal}",
            "Give each size once, the least first, or set {nested_sizes=None}.",
        )
    if sizes and isinstance(width, Integral) and sizes[-1] >= width:
        raise ParameterError(
            "nested_sizes",
            given,
            f"integers below {width}",
            "{nested_sizes} must hold sizes below {n_components=}, which counts in any case",
            "Leave out those that are not, or set {nested_sizes=None}.",
            n_components=width,
        )
    return tuple(map(int, sizes))


def check_nested(estimator, needs_batches):
    """Raise ParameterError for sizes that are not legal, and for what does not go with them.

    Parameters
    ----------
    estimator : SparseAE
    needs_batches : bool
        Whether its sparsity goes with mini-batches alone.
    """
    if not checked_sizes(estimator.nested_sizes, estimator.n_components):
        return
    able = [name for name, s in SOLVERS.items() if name != "kfac" and (s.minibatch or not needs_batches)]
    rules = (
        ("hidden_layer_sizes", [()], bool(layer_widths(estimator.hidden_layer_sizes))),
        ("zero_sampling", [None], estimator.zero_sampling is not None),
        ("solver", ["auto", *sorted(able)], estimator.solver not in ("auto", *able)),
    )
    for name, legal, wrong in rules:
        if wrong:
            raise ParameterError(
                name,
                getattr(estimator, name),
                legal,
                "{nested_sizes=} needs {parameter}={legal}",
                "Set it so, or {nested_sizes=None}.",
                nested_sizes=estimator.nested_sizes,
            )


@np.errstate(over="ignore", invalid="ignore")
def nested_fractions(fitted, X, sizes):
    """The fraction of the variance of checked rows that the first units of the code explain, for each size of them.

    Parameters
    ----------
    fitted : Fitted
    X : ndarray or CSRMatrix
    sizes : sequence of int
        Ascending.

    Returns
    -------
    ndarray of shape (n_sizes,)
    """
    sums = [None] * len(sizes)
    precision = X.dtype if X.dtype.kind == "f" else np.dtype(np.float64)
    widest = max(X.shape[1], sizes[-1])
    for block in row_blocks(len(X), block_rows(widest, X.dtype)):
        rows = X[block]
        code, x, weights = encoded(fitted, rows), rows.astype(np.float64), np.ones(len(rows))
        # From the greatest size down, each taken from what the last one left of the code.
        for place in reversed(range(len(sizes))):
            code[:, sizes[place] :] = 0
            own = block_sums(x, x - fitted.network.decode(code), weights, precision)
            sums[place] = own if sums[place] is None else sums[place].merged(own)
        release_mapped_pages(X)
    return np.array([one.fraction() for one in sums])
