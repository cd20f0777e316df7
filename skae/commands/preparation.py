"""Whether the columns of a table are encoded before a training, and which of its columns are."""

from __future__ import annotations

import warnings

import numpy as np

from .columns import chosen_names, listed
from .numeric_columns import as_numbers, wordy_columns

# Most categories of a column, and most of them for each row that has one.
_MOST_CATEGORIES, _MOST_SHARE = 50, 0.5

# Share of the variance of all columns from which one of them is said to outweigh the others.
_OUTWEIGHS = 0.5


def prepared_rows(table, standardize, columns=None, exclude=()):
    """Rows for ``TableAutoencoder``, or None where the table is taken as it is.

    Parameters
    ----------
    table : Table
    standardize : bool or None
        None asks the table: it is encoded if it is text or parquet, and a column holds words or gaps, or one of three
        or more columns has more than half of the variance of all.
    columns : list of str, default=None
        None for all but those that are excluded.
    exclude : list of str, default=()

    Returns
    -------
    DataFrame or ndarray of shape (n_samples, n_features), or None

    Raises
    ------
    ValueError
        For values that are no numbers in a column of numbers, and if no column is left.
    """
    names = chosen_names(table, columns, exclude)
    part = table.part(names)
    if standardize is False or (standardize is None and not hasattr(part, "iloc")):
        return None
    if not hasattr(part, "iloc"):
        if not isinstance(part, np.ndarray):
            raise ValueError(f"--standardize: {table.path} is sparse, and would be no longer; leave the option out")
        return part
    part = as_numbers(part).set_axis(names, axis="columns")
    words, mixed = wordy_columns(part, names)
    if mixed or not all(_is_text(part[name]) for name in words):
        # Taken as it is, the table is refused, with the columns and values by name.
        return None
    if standardize is None and not (words or part.isna().to_numpy().any() or _one_outweighs(part)):
        return None
    left_out = [name for name in words if _has_too_many(part[name])]
    if left_out:
        warnings.warn(
            f"left out {listed(left_out)}, where almost every row has a word of its own; name such columns with "
            "--exclude to leave them out without a warning"
        )
        part = part.drop(columns=left_out)
    if not part.shape[1]:
        raise ValueError(f"{table.path} has no column of numbers or of categories")
    # scikit-learn ignores column labels that are integers.
    return part if table.named else part.set_axis(range(part.shape[1]), axis="columns")


def _one_outweighs(part):
    with np.errstate(over="ignore", invalid="ignore"):
        variances = part.to_numpy(np.float64).var(axis=0)
    return len(variances) > 2 and bool(variances.max() > _OUTWEIGHS * variances.sum())


def _is_text(column):
    from pandas.api.types import infer_dtype

    return infer_dtype(column.astype(object), skipna=True) == "string"


def _has_too_many(column):
    n_categories, n_values = column.astype(str)[column.notna()].nunique(), int(column.notna().sum())
    return n_categories > min(_MOST_CATEGORIES, _MOST_SHARE * n_values)
