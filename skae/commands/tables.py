"""Files of rows: text and parquet through pandas, ``.npy`` and ``.npz`` through NumPy and SciPy alone."""

from __future__ import annotations

import importlib
import io
import sys
import tempfile
from functools import cache, partial
from pathlib import Path

import numpy as np
from scipy import sparse

from ..runtime.files import prepared_folder, write_atomically
from .columns import check_distinct
from .text_files import TEXT_FORMATS, found_format, read_frame, read_words, write_frame

# Name of the input that is text on standard input.
STANDARD_INPUT = "-"

# Start of a file that gzip compressed.
_GZIP = b"\x1f\x8b"

# Packages of the extra ``cli`` that a format needs.
_PACKAGES = {**{ending: ["pandas"] for ending in TEXT_FORMATS}, ".parquet": ["pandas", "pyarrow"]}


class Table:
    """Rows of a file.

    Attributes
    ----------
    path : Path
    data : DataFrame, ndarray or CSR matrix of shape (n_rows, n_columns)
    names : list of str
        Names of the columns; x0, x1, ... if the file has none.
    named : bool
        Whether the file has names of columns.
    """

    def __init__(self, path, data, named):
        self.path = path
        self.data = data
        self.named = named
        self.names = list(data.columns) if named else [f"x{j}" for j in range(data.shape[1])]

    def part(self, names):
        """Columns in the order of the names: a frame, or an array, which is not copied if all columns are chosen."""
        if names == self.names:
            return self.data
        places = {name: place for place, name in enumerate(self.names)}
        chosen = [places[name] for name in names]
        return self.data.iloc[:, chosen] if hasattr(self.data, "iloc") else self.data[:, chosen]

    def frame(self, names):
        """Columns as a frame with their names, to be written again."""
        import pandas

        part = self.part(names)
        return pandas.DataFrame(part.toarray() if sparse.issparse(part) else np.asarray(part), columns=names)


class FrameTable(Table):
    """Rows of a file that pandas read."""

    def frame(self, names):
        return self.part(names).set_axis(names, axis="columns")


class TextTable(FrameTable):
    """Rows of a file of text in a format."""

    def __init__(self, path, data, named, form):
        super().__init__(path, data, named)
        self.form = form

    def frame(self, names):
        """Columns as the text of the file, unparsed: with leading zeros, and with words that pandas reads as NaN."""
        text = read_words(self.path, self.named, self.form)
        return FrameTable(self.path, text, self.named).frame(names)


def ending_of(path, endings):
    """The one of some endings that the name of a file has, ignoring case; None if it has none of them."""
    name = path.name.lower()
    # At least one character precedes the ending, as with Path.suffix.
    return next((ending for ending in endings if name.endswith(ending) and len(name) > len(ending)), None)


def read(path, header=True, separator=None):
    """Read a file of rows.

    Parameters
    ----------
    path : Path
        With one of the endings of ``READERS``, or "-" for text on standard input.
    header : bool, default=True
        Whether the first line of a file of text holds the names of the columns.
    separator : str, default=None
        Of the values of a file of text; None for that of its ending, or of its first line.

    Returns
    -------
    Table
        At least one row and one column. An ``.npy`` file is read as a read-only memory map.

    Raises
    ------
    OSError
        For a file that cannot be opened, and for a device or a pipe.
    ValueError
        For a file that is not a table; with its path and the reason.
    ImportError
        If pandas or pyarrow are needed and not installed.
    """
    if str(path) == STANDARD_INPUT:
        path = _spooled()
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(f"{path} is a device or a pipe, which cannot be read more than once; save it to a file first")
    with path.open("rb"):
        pass
    ending = ending_of(path, READERS)
    require(path, ending)
    try:
        table = READERS[ending](path, header, separator)
        if 0 in table.data.shape:
            raise ValueError(f"it has {table.data.shape[0]} rows and {table.data.shape[1]} columns")
    except (ImportError, MemoryError):
        raise
    except Exception as error:  # Parsers raise errors of many classes for files of another kind.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path} cannot be read as a table: {reason}") from error
    return table


def write(path, names, values, kept=None):
    """Write rows to a file, which is replaced atomically, or to standard output as CSV.

    Parameters
    ----------
    path : Path or None
        With one of the endings of ``WRITERS``; its folder is created if missing. None for standard output.
    names : list of str
    values : ndarray of shape (n_rows, n_columns)
    kept : DataFrame, default=None
        Columns to write before them; not for ``.npy``.
    """
    if path is None:
        WRITERS[".csv"](sys.stdout, names, values, kept)
        sys.stdout.flush()
    else:
        content = io.BytesIO()
        WRITERS[ending_of(path, WRITERS)](content, names, values, kept)
        prepared_folder(path.parent)
        write_atomically(path, content.getbuffer())


def require(what, ending):
    """Check that the packages that a format needs are installed.

    Parameters
    ----------
    what : Path or str
        What needs them, for the error message.
    ending : str
        Ending of the format.

    Raises
    ------
    ImportError
        With the remedy, if one is missing.
    """
    for module in _PACKAGES.get(ending, []):
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise ImportError(f"{what} needs {module}: pip install 'skae[cli]'.") from error


@cache
def _spooled():
    """Path of a file with the bytes of standard input, which goes with the process."""
    if sys.stdin is None:
        raise OSError("there is no standard input to read")
    content = sys.stdin.buffer.read()
    folder = tempfile.TemporaryDirectory(prefix="skae-")
    _FOLDERS.append(folder)
    path = Path(folder.name, "standard-input.csv" + ".gz" * content.startswith(_GZIP))
    path.write_bytes(content)
    return path


# Kept until the process ends, and removed then.
_FOLDERS = []


def _read_text(path, header, separator):
    form = found_format(path, TEXT_FORMATS[ending_of(path, TEXT_FORMATS)], separator)
    return TextTable(path, read_frame(path, header, form), header, form)


def _read_parquet(path, header, separator):
    import pandas
    from pyarrow.parquet import read_schema

    check_distinct(read_schema(path).names, "rename them")
    data = pandas.read_parquet(path, engine="pyarrow").reset_index(drop=True)
    data.columns = data.columns.map(str)
    # Names that were not strings may be equal as strings.
    check_distinct(data.columns, "rename them")
    return FrameTable(path, data, named=True)


def _read_npy(path, header, separator):
    return _array_table(path, np.lib.format.open_memmap(path, mode="r"))


def _read_npz(path, header, separator):
    with path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
        if {"format", "shape", "data"} <= set(archive.files):
            # Of scipy.sparse.save_npz.
            return _array_table(path, sparse.csr_matrix(sparse.load_npz(path)))
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


def _write_text(file, names, values, kept, form):
    write_frame(file, _framed(names, values, kept), form)


def _write_parquet(file, names, values, kept):
    _framed(names, values, kept).to_parquet(file, engine="pyarrow", index=False)


def _write_npy(file, names, values, kept):
    np.save(file, values, allow_pickle=False)


_TEXT_WRITERS = {ending: partial(_write_text, form=form) for ending, form in TEXT_FORMATS.items()}

READERS = {
    **dict.fromkeys(TEXT_FORMATS, _read_text),
    ".parquet": _read_parquet,
    ".npy": _read_npy,
    ".npz": _read_npz,
}
WRITERS = {**_TEXT_WRITERS, ".parquet": _write_parquet, ".npy": _write_npy}
