"""Codes as CSR: the entries that are not zero, put together block of rows by block."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.utils._set_output import _get_output_config

from ..rows.validation import overflow
from ..runtime.compatibility import as_configured
from ..runtime.exceptions import ParameterError
from .prediction import filled


def check_stored(estimator, activation, gated):
    """Raise ParameterError where ``sparse_output`` asks for CSR of a code that has no zeros.

    Parameters
    ----------
    estimator : SparseAE
    activation : str
        Of the code.
    gated : bool
        Whether some of its units are set to zero outside of training.
    """
    if estimator.sparse_output and not (gated or activation == "relu"):
        raise ParameterError(
            "sparse_output",
            True,
            [False],
            "{sparse_output=True} is for codes with zeros: of {sparsity='topk'}, 'batchtopk' or {activation='relu'}",
            "Set one of these, or {sparse_output=False}.",
            found="; got {activation=} and {sparsity=}.",
            activation=activation,
            sparsity=estimator.sparsity,
        )


def check_container(estimator):
    """Raise ParameterError where ``set_output`` asks for frames of a code in CSR, as scikit-learn's transformers do."""
    container = _get_output_config("transform", estimator=estimator)["dense"]
    if container != "default":
        raise ParameterError(
            "sparse_output",
            True,
            [False],
            f"{container.capitalize()} output does not support sparse data: "
            f"set_output(transform={container!r}) needs {{sparse_output}}={{legal}}",
            "Set {sparse_output=False}, or go back to set_output(transform='default').",
        )


def stored_blocks(fitted, X):
    """The code of checked rows block by block: the first row of each, and its entries that are not zero.

    Raises
    ------
    ValueError
        For a code that is beyond the range of its precision.
    """
    first, blocks = 0, fitted.network.encode_stored(filled(fitted, X))
    while True:
        with np.errstate(over="ignore", invalid="ignore"):
            code = next(blocks, None)
        if code is None:
            return
        bad = np.flatnonzero(~np.isfinite(code.values))
        if len(bad):
            row = first + np.searchsorted(code.row_starts, bad[0], "right") - 1
            raise overflow(row, code.values.dtype, "The code", "X")
        yield first, code
        first += code.shape[0]


def stored_code(fitted, X):
    """Code of checked rows as CSR, in the interface of ``sklearn.set_config``; the dense code of all rows never exists.

    Parameters
    ----------
    fitted : Fitted
    X : ndarray or CSRMatrix

    Returns
    -------
    CSR array or matrix of shape (n_samples, n_components)
    """
    values, units, counts = [], [], []
    for _, code in stored_blocks(fitted, X):
        values.append(code.values)
        units.append(code.units)
        counts.append(np.diff(code.row_starts))
    row_starts = np.append(0, np.cumsum(np.concatenate(counts)))
    # One after the other, so that only one of them is there twice.
    values = np.concatenate(values)
    units = np.concatenate(units)
    if row_starts[-1] <= np.iinfo(np.int32).max:
        row_starts = row_starts.astype(np.int32)
    shape = (len(row_starts) - 1, fitted.network.architecture.encoder_sizes[-1])
    return as_configured(sparse.csr_array((values, units, row_starts), shape=shape))
