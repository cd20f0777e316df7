"""Rows as text: values between commas or tabs, plain or compressed by gzip, through pandas."""

from __future__ import annotations

import gzip
import io
import re
import warnings
from typing import NamedTuple

from .columns import check_distinct
from .numeric_columns import as_numbers, wordy_columns

# Separators that a file may have although its ending says otherwise.
_SEPARATORS = (",", ";", "\t", "|")

# First lines in which a decimal comma is looked for.
_DECIMAL_LINES = 20

# Bytes of a first line in which a separator is looked for.
_FIRST_BYTES = 4096


class TextFormat(NamedTuple):
    """A text format of tables.

    Attributes
    ----------
    separator : str
        Separator of values.
    word : str
        Name of the separator, for errors.
    compressed : bool
        Whether the file is compressed by gzip.
    decimal : str
        Decimal point of numbers.
    """

    separator: str
    word: str
    compressed: bool = False
    decimal: str = "."

    def open(self, path):
        """The bytes of the text of a file."""
        return gzip.open(path, "rb") if self.compressed else path.open("rb")


TEXT_FORMATS = {
    ".csv": TextFormat(",", "commas"),
    ".tsv": TextFormat("\t", "tabs"),
    ".csv.gz": TextFormat(",", "commas", compressed=True),
    ".tsv.gz": TextFormat("\t", "tabs", compressed=True),
}


def found_format(path, form, separator=None):
    """The format of a file: with a separator that is given, or that its first line has instead of that of its ending.

    Between semicolons a comma is the decimal point, where the first lines have one between digits and no point there.

    Parameters
    ----------
    path : Path
    form : TextFormat
        Of its ending.
    separator : str, default=None

    Returns
    -------
    TextFormat
    """
    with form.open(path) as file:
        lines = file.read(_FIRST_BYTES).decode("utf-8", "replace").splitlines()
    first, second = [*lines, "", ""][:2] if len(lines) != 1 else lines * 2
    if separator is None:
        separator = form.separator
        if separator not in first:
            separator = next((other for other in _SEPARATORS if other in first and other in second), separator)
    digits = " ".join(lines[:_DECIMAL_LINES])
    comma = separator == ";" and re.search(r"\d,\d", digits) and not re.search(r"\d\.\d", digits)
    return form._replace(separator=separator, decimal="," if comma else ".")


def read_frame(path, header, form):
    """The rows of a text.

    Parameters
    ----------
    path : Path
    header : bool
        Whether the first line holds the names of the columns.
    form : TextFormat

    Returns
    -------
    DataFrame

    Raises
    ------
    ValueError
        If the text is not a table.
    """
    if header:
        _check_names(path, form)
    data = _parsed(path, header, form)
    if data.shape[1] == 1 and not _has_numbers(data):
        raise ValueError(f"it has one column, which holds no numbers{_separator_hint(path, form)}")
    if header:
        _warn_of_names(path, list(data.columns))
    return data


def read_words(path, header, form):
    """The same, unparsed as text: with leading zeros, and with words that pandas reads as NaN."""
    return _parsed(path, header, form, dtype=str, keep_default_na=False)


def write_frame(file, data, form):
    """Write a frame as text.

    Parameters
    ----------
    file : binary file or text file
        A text file only for a format that is not compressed.
    data : DataFrame
    form : TextFormat
    """
    options = {"index": False, "lineterminator": "\n", "sep": form.separator}
    if not form.compressed:
        data.to_csv(file, **options)
        return
    # Without a timestamp, so equal rows give equal files.
    with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed:
        with io.TextIOWrapper(packed, encoding="utf-8", newline="") as text:
            data.to_csv(text, **options)


def _parsed(path, header, form, **options):
    import pandas

    if tuple(map(int, pandas.__version__.split(".")[:2])) < (3, 1):
        # Later versions read every number exactly, and warn of the option.
        options["float_precision"] = "round_trip"
    options.update(sep=form.separator, decimal=form.decimal, compression="gzip" if form.compressed else None)
    with warnings.catch_warnings():
        warnings.simplefilter("error", pandas.errors.ParserWarning)
        try:
            # No column becomes the index, and dtypes are inferred from whole columns.
            return pandas.read_csv(path, header=0 if header else None, index_col=False, low_memory=False, **options)
        except pandas.errors.ParserWarning as warning:
            reason = f"there are lines with more values than the first one has names{_separator_hint(path, form)}"
            raise ValueError(reason) from warning
        except pandas.errors.ParserError as error:
            raise ValueError(f"{error}{_separator_hint(path, form)}") from error
        except UnicodeError as error:
            raise ValueError(f"its text is not in UTF-8, save it in that encoding: {error}") from error


def _separator_hint(path, form):
    """Remedy for a first line with another separator, as the end of a sentence."""
    with form.open(path) as file:
        line = file.readline(_FIRST_BYTES)
    for separator in _SEPARATORS:
        if separator != form.separator and separator.encode() in line:
            return f"; its first line has {separator!r} too: where that separates the values, pass --sep {separator!r}"
    return ""


def _has_numbers(data):
    """Whether any column holds a number; words beside it are reported later."""
    words, _ = wordy_columns(as_numbers(data), [0])
    return not words


def _check_names(path, form):
    """Raise ValueError for duplicate names in the first line, which pandas would rename."""
    line = _parsed(path, False, form, nrows=1, dtype=str, keep_default_na=False)
    check_distinct(
        [name for name in line.iloc[0] if name],
        "rename them, or pass --no-header where the first line holds values",
    )


def _warn_of_names(path, names):
    """Warn of a first line that may be values instead of names, and of a column that may be an index."""
    numbers = all(map(_is_number, names))
    # 0, 1, 2, ... are the names that pandas gives to columns without names.
    if numbers and names != [str(j) for j in range(len(names))]:
        warnings.warn(f"the first line of {path} holds numbers, taken for names; pass --no-header if they are values")
    unnamed = [name for name in names if name.startswith("Unnamed: ")]
    if unnamed:
        warnings.warn(f"{path} has a column without a name, {unnamed[0]!r}: leave it out if it numbers the rows")


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
