"""Selection of the columns of a file for an estimator, and checks of their values."""

from __future__ import annotations

from collections import Counter

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import get_tags

from ..rows.blocks import block_rows, read_blocks, row_blocks, sums_finite
from .numeric_columns import as_numbers, wordy_columns

# Most names that an error lists.
_LISTED = 8

# Values that an estimator may not accept.
_NOT_FINITE = {"missing": np.isnan, "infinite": np.isinf}

# Remedies for values that an estimator does not accept.
_BEFORE_TRAINING = {
    "words": ": name the columns to use with --columns, or those to leave out with --exclude",
    "mixed": ": replace such values by numbers, or leave them empty",
    "missing": ": fill them, leave these columns out with --exclude, or fit with --missing-values mask",
    "infinite": ": replace them, or leave these columns out with --exclude",
}
_BEFORE_USE = {
    "words": "",
    "mixed": ": replace such values by numbers, or leave them empty for a model fitted with --missing-values mask",
    "missing": ": fill them, or fit a model with --missing-values mask",
    "infinite": ": replace them",
}


def listed(names):
    """Names for an error message; only the first ones if there are many."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(map(repr, names[:_LISTED])) + more


def check_distinct(names, remedy):
    """Raise ValueError, with a remedy, where columns have the same name."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"several columns have the name {listed(twice)}: {remedy}")


def checked_names(table, names, option):
    """The names, if all of them are columns of the file.

    Raises
    ------
    ValueError
        Naming the option, the columns that are not in the file, and those that are.
    """
    missing = _missing(table, names)
    if missing:
        raise ValueError(f"{option}: {table.path} has no {listed(missing)}; its columns are {listed(table.names)}")
    return names


def training_rows(table, estimator, columns=None, exclude=()):
    """X to fit an estimator on.

    Parameters
    ----------
    table : Table
    estimator : BaseEstimator
    columns : list of str, default=None
        None for all but those that are excluded.
    exclude : list of str, default=()

    Returns
    -------
    DataFrame or ndarray of shape (n_samples, n_features)
        A frame with the column names of the file, if it has any.

    Raises
    ------
    ValueError
        With the names of columns that do not exist, hold no numbers, or have infinite or missing values that the
        estimator does not accept.
    """
    names = chosen_names(table, columns, exclude)
    return _rows(table, names, table.named, estimator, _BEFORE_TRAINING)


def model_rows(table, model, columns=None, exclude=(), keep=()):
    """X for a fitted estimator.

    If the estimator was fitted with names and the file has names, columns are found by name, in any order and among
    others. Otherwise they are found by position.

    Parameters
    ----------
    table : Table
    model : fitted estimator
    columns : list of str, default=None
        For a model without names; None for all but those that are excluded or kept.
    exclude, keep : list of str, default=()

    Returns
    -------
    DataFrame or ndarray of shape (n_samples, n_features)

    Raises
    ------
    ValueError
        As in ``training_rows``, and for a selection of columns that are found by name.
    """
    wanted = getattr(model, "feature_names_in_", None)
    by_name = wanted is not None and table.named
    if by_name:
        names = _found_names(table, list(wanted), columns, exclude)
    else:
        names = chosen_names(table, columns, exclude, keep)
        if len(names) != model.n_features_in_:
            raise ValueError(
                f"{table.path}: {len(names)} columns, and the model was fitted with {model.n_features_in_}: choose "
                "among them with --columns or --exclude"
            )
    return _rows(table, names, by_name, model, _BEFORE_USE)


def empty_rows(X):
    """Which rows hold no value.

    Parameters
    ----------
    X : DataFrame or ndarray of shape (n_samples, n_features)

    Returns
    -------
    ndarray of bool of shape (n_samples,)
    """
    if issparse(X):
        return np.zeros(X.shape[0], bool)
    if hasattr(X, "isna"):
        return X.isna().to_numpy().all(axis=1)
    empty = np.zeros(len(X), bool)
    for rows, values in _float_blocks(X):
        empty[rows] = np.isnan(values).all(axis=1)
    return empty


def chosen_names(table, columns, exclude, keep=()):
    """The columns of a table that are used: those that are named, or all others.

    Parameters
    ----------
    table : Table
    columns : list of str or None
    exclude, keep : list of str

    Returns
    -------
    list of str
    """
    if columns is not None:
        return checked_names(table, columns, "--columns")
    left_out = {*checked_names(table, exclude, "--exclude"), *keep}
    names = [name for name in table.names if name not in left_out]
    if not names:
        raise ValueError(f"{table.path} has no column left beside {listed(sorted(left_out))}")
    return names


def _found_names(table, wanted, columns, exclude):
    if columns is not None or exclude:
        raise ValueError(
            "--columns and --exclude are for a model that was fitted without names; the columns of this one are found "
            "by their names: leave the option out"
        )
    missing = _missing(table, wanted)
    if missing:
        raise ValueError(f"{table.path} lacks columns that the model was fitted with: {listed(missing)}")
    return wanted


def _missing(table, names):
    held = set(table.names)
    return [name for name in names if name not in held]


def _rows(table, names, named, estimator, remedies):
    """Columns as checked numbers; ``named`` is whether the estimator gets their names."""
    part = table.part(names)
    if hasattr(part, "iloc"):
        part = as_numbers(part)
        if get_tags(estimator).input_tags.categorical:
            # It tells numbers from words itself.
            return part if named else part.set_axis(range(len(names)), axis="columns")
        _check_words(table, part, names, remedies)
    _check_finite(table, part, names, estimator, remedies)
    # scikit-learn ignores column labels that are integers.
    return part if named or not hasattr(part, "iloc") else part.set_axis(range(len(names)), axis="columns")


def _check_words(table, part, names, remedies):
    """Raise ValueError, with a remedy, for columns without numbers, and for other values in columns of numbers."""
    words, mixed = wordy_columns(part, names)
    reasons = [f"no numbers in {listed(words)}{remedies['words']}"] if words else []
    if mixed:
        first = mixed[0]
        where = f"{first.value!r} in row {first.row}" + (f" of {first.column!r}" if len(mixed) > 1 else "")
        reasons.append(
            f"values that are no numbers in {listed([word.column for word in mixed])} (the first is {where}, counted "
            f"from 0){remedies['mixed']}"
        )
    if reasons:
        raise ValueError(f"{table.path} has {'; it has '.join(reasons)}")


def _check_finite(table, part, names, estimator, remedies):
    """Raise ValueError, with a remedy, for missing and infinite values that the estimator does not accept."""
    found = _not_finite(part)
    if get_tags(estimator).input_tags.allow_nan:
        found.pop("missing", None)
    for word, (columns, row) in found.items():
        raise ValueError(
            f"{table.path} has {word} values in {listed([names[j] for j in columns])} (the first in row {row}, counted "
            f"from 0){remedies[word]}"
        )


def _not_finite(part):
    """For "missing" and "infinite", the indices of the columns with such values, and the first row with one."""
    marked, first = {}, {}
    for rows, values in _float_blocks(part):
        if sums_finite(values):
            continue
        for word, test in _NOT_FINITE.items():
            marks = test(values)
            if marks.any():
                marked[word] = marked.get(word, False) | marks.any(axis=0)
                first.setdefault(word, rows.start + int(marks.any(axis=1).argmax()))
    return {word: (np.flatnonzero(columns), first[word]) for word, columns in marked.items()}


def _float_blocks(X):
    """Yield (slice, values) for blocks of rows as floats; nothing for an array of integers, which are finite."""
    if issparse(X):
        # Missing and infinite values are stored ones; only then is their column looked for.
        if not sums_finite(X.data):
            yield slice(0, X.shape[0]), X.toarray()
    elif not isinstance(X, np.ndarray):
        for rows in row_blocks(len(X), block_rows(X.shape[1], np.float64)):
            yield rows, X.iloc[rows].to_numpy(np.float64, na_value=np.nan)
    elif X.dtype.kind == "f":
        yield from read_blocks(X)
