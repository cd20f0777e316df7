"""Files of rows: CSV and parquet through pandas, ``.npy`` and ``.npz`` through NumPy alone."""

from __future__ import annotations

import importlib
import io
import sys
import warnings
from collections import Counter

import numpy as np

from ..runtime.files import prepared_folder, write_atomically
from .columns import listed

# What the extra ``cli`` installs for a format.
_PACKAGES = {".csv": ["pandas"], ".parquet": ["pandas", "pyarrow"]}

# What may separate values in a file that is named .csv.
_SEPARATORS = (";", "\t", "|")

# Bytes of a first line in which a separator is looked for.
_FIRST_BYTES = 4096


class Table:
    """Rows of a file.

    Attributes
    ----------
    path : Path
    data : DataFrame or ndarray of shape (n_rows, n_columns)
    names : list of str
        Of the columns; x0, x1, ... where the file has none.
    named : bool
        Whether the file has them.
    """

    def __init__(self, path, data, named):
        self.path = path
        self.data = data
        self.named = named
        self.names = list(data.columns) if named else [f"x{j}" for j in range(data.shape[1])]

    def part(self, names):
        """Columns in the order of the names: a frame, or an array that is not copied where it is the whole one."""
        if names == self.names:
            return self.data
        places = {name: place for place, name in enumerate(self.names)}
        chosen = [places[name] for name in names]
        return self.data[:, chosen] if isinstance(self.data, np.ndarray) else self.data.iloc[:, chosen]

    def frame(self, names):
        """Columns as a frame with their names, to be written again."""
        import pandas

        return pandas.DataFrame(np.asarray(self.part(names)), columns=names)


class FrameTable(Table):
    """Rows of a file that pandas read."""

    def frame(self, names):
        return self.part(names).set_axis(names, axis="columns")


class CsvTable(FrameTable):
    """Rows of a CSV file."""

    def frame(self, names):
        """Columns as the text that the file has: with leading zeros, and with words that pandas takes for NaN."""
        text = _parsed_csv(self.path, self.named, dtype=str, keep_default_na=False)
        return FrameTable(self.path, text, self.named).frame(names)


def read(path, header=True):
    """Read a file of rows.

    Parameters
    ----------
    path : Path
        With one of the endings of ``READERS``.
    header : bool, default=True
        Whether the first line of a CSV file holds the names of the columns.

    Returns
    -------
    Table
        Of one row and one column at least. An ``.npy`` file is a read-only memory map.

    Raises
    ------
    OSError
        For a file that cannot be opened, and for a device or a pipe.
    ValueError
        For one that holds no table, with its path and the reason.
    ImportError
        When pandas or pyarrow are needed and not installed.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(f"{path} is a device or a pipe, which cannot be read more than once; save it to a file first")
    with path.open("rb"):
        pass
    require(path, path.suffix)
    try:
        table = READERS[path.suffix.lower()](path, header)
        if 0 in table.data.shape:
            raise ValueError(f"it has {table.data.shape[0]} rows and {table.data.shape[1]} columns")
    except (ImportError, MemoryError):
        raise
    except Exception as error:  # What a parser raises for a file of another kind is of many classes.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path} cannot be read as a table: {reason}") from error
    return table


def write(path, names, values, kept=None):
    """Write rows to a file, which is replaced as a whole, or to standard output as CSV.

    Parameters
    ----------
    path : Path or None
        With one of the endings of ``WRITERS``, and its folder is made where there is none; None for standard output.
    names : list of str
    values : ndarray of shape (n_rows, n_columns)
    kept : DataFrame, default=None
        Columns to stand before them; not in ``.npy``.
    """
    if path is None:
        _write_csv(sys.stdout, names, values, kept)
        sys.stdout.flush()
    else:
        content = io.BytesIO()
        WRITERS[path.suffix.lower()](content, names, values, kept)
        prepared_folder(path.parent)
        write_atomically(path, content.getbuffer())


def require(what, ending):
    """See that the packages are installed with which a format is read and written.

    Parameters
    ----------
    what : Path or str
        What needs them, for the error.
    ending : str
        Of a file.

    Raises
    ------
    ImportError
        With the remedy, where one is not.
    """
    for module in _PACKAGES.get(ending.lower(), []):
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise ImportError(f"{what} needs {module}: pip install 'skae[cli]'.") from error


def _parsed_csv(path, header, **options):
    import pandas

    if tuple(map(int, pandas.__version__.split(".")[:2])) < (3, 1):
        # Later versions read every number exactly, and warn of the option.
        options["float_precision"] = "round_trip"
    with warnings.catch_warnings():
        warnings.simplefilter("error", pandas.errors.ParserWarning)
        try:
            # No column becomes the index, and types are settled on whole columns.
            return pandas.read_csv(path, header=0 if header else None, index_col=False, low_memory=False, **options)
        except pandas.errors.ParserWarning as warning:
            reason = f"there are lines with more values than the first one has names{_separator_hint(path)}"
            raise ValueError(reason) from warning
        except pandas.errors.ParserError as error:
            raise ValueError(f"{error}{_separator_hint(path)}") from error
        except UnicodeError as error:
            raise ValueError(f"its text is not in UTF-8, save it in that encoding: {error}") from error


def _separator_hint(path):
    """What to do where the first line has another separator, as the end of a sentence."""
    with path.open("rb") as file:
        line = file.readline(_FIRST_BYTES)
    for separator in _SEPARATORS:
        if separator.encode() in line:
            return (
                f"; its first line has {separator!r}: where that separates the values, save the file with commas "
                "between them, and points in numbers"
            )
    return ""


def _read_csv(path, header):
    from pandas.api.types import is_numeric_dtype

    if header:
        _check_names(path)
    data = _parsed_csv(path, header)
    if data.shape[1] == 1 and not is_numeric_dtype(data.dtypes.iloc[0]):
        raise ValueError(f"it has one column, which holds no numbers{_separator_hint(path)}")
    if header:
        _warn_of_names(path, list(data.columns))
    return CsvTable(path, data, named=header)


def _check_names(path):
    """Raise ValueError where names stand twice in the first line, to which pandas would give others."""
    line = _parsed_csv(path, header=False, nrows=1, dtype=str, keep_default_na=False)
    _check_distinct(
        [name for name in line.iloc[0] if name],
        "rename them, or pass --no-header where the first line holds values",
    )


def _check_distinct(names, remedy):
    counts = Counter(names)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise ValueError(f"several columns have the name {listed(twice)}: {remedy}")


def _warn_of_names(path, names):
    """Tell of a first line that may not be one of names, and of a column that may be an index."""
    numbers = all(map(_is_number, names))
    # Counted from 0 they are those that pandas gives columns without names.
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


def _read_parquet(path, header):
    import pandas
    from pyarrow.parquet import read_schema

    _check_distinct(read_schema(path).names, "rename them")
    data = pandas.read_parquet(path, engine="pyarrow").reset_index(drop=True)
    data.columns = data.columns.map(str)
    # Names that were no text may be alike as text.
    _check_distinct(data.columns, "rename them")
    return FrameTable(path, data, named=True)


def _read_npy(path, header):
    return _array_table(path, np.lib.format.open_memmap(path, mode="r"))


def _read_npz(path, header):
    with path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
        if len(archive.files) != 1:
            held = ", ".join(archive.files) or "none"
            raise ValueError(f"it must hold one array; it holds {len(archive.files)}: {held}")
        return _array_table(path, archive[archive.files[0]])


def _array_table(path, data):
    if data.ndim != 2:
        raise ValueError(f"its array has {data.ndim} dimensions, shape {data.shape}; two are wanted, rows and columns")
    if data.dtype.kind not in "biuf":
        raise ValueError(f"its array is of dtype {data.dtype}, not of numbers")
    return Table(path, data, named=False)


def _framed(names, values, kept):
    import pandas

    data = pandas.DataFrame(values, columns=names)
    return data if kept is None else pandas.concat([kept, data], axis="columns")


def _write_csv(file, names, values, kept):
    _framed(names, values, kept).to_csv(file, index=False, lineterminator="\n")


def _write_parquet(file, names, values, kept):
    _framed(names, values, kept).to_parquet(file, engine="pyarrow", index=False)


def _write_npy(file, names, values, kept):
    np.save(file, values, allow_pickle=False)


READERS = {".csv": _read_csv, ".parquet": _read_parquet, ".npy": _read_npy, ".npz": _read_npz}
WRITERS = {".csv": _write_csv, ".parquet": _write_parquet, ".npy": _write_npy}
