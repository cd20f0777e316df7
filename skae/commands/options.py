"""Options that several commands have, and the types of their values."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from ..runtime.catalogue import COMMANDS
from .tables import READERS, STANDARD_INPUT, WRITERS, ending_of

EXIT_STATUS = "exit status: 0 done; 1 failed; 2 wrong usage; 130 interrupted; 141 left by the reader of the output."


def subcommand(name, run, *additions, description, examples):
    """Make the function that adds a subcommand to the parsers of ``python -m skae``.

    Parameters
    ----------
    name : str
    run : callable (argparse.Namespace) -> int
        Runs the command, and returns the exit status.
    *additions : callable (ArgumentParser)
        Each adds options, in the order of the help.
    description, examples : str

    Returns
    -------
    callable
        Takes the object that ``ArgumentParser.add_subparsers`` returns.
    """

    def add_parser(subparsers):
        parser = subparsers.add_parser(
            name,
            help=COMMANDS[name].help,
            description=description,
            epilog=f"{EXIT_STATUS}\n\nexamples:\n{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        parser.set_defaults(run=run, parser=parser)
        for add in additions:
            add(parser)

    return add_parser


def add_input(parser, remark="", **options):
    """Add the argument for the file of rows, and the options for reading it.

    Parameters
    ----------
    parser : ArgumentParser
    remark : str, default=""
        For the help.
    **options
        Passed to ``add_argument``.
    """
    parser.add_argument(
        "input",
        metavar="INPUT",
        type=file_type(READERS),
        help=f"rows as {', '.join(READERS)}{remark}, an .npz of NumPy or SciPy; or - for text on standard input; text "
        "and parquet need pip install 'skae[cli]'",
        **options,
    )
    parser.add_argument(
        "--sep",
        type=_separator,
        metavar="CHAR",
        help="what stands between the values of a file of text, or tab (default: that of the file's ending, or ;, tab "
        "or | if the first line has it instead)",
    )
    parser.add_argument(
        "--no-header",
        dest="header",
        action="store_false",
        help="the first line of a file of text holds values; its columns are x0, x1, ..., as those of an array "
        "(default: it holds the names of the columns)",
    )


def add_selection(parser, which=""):
    """Add the options for the selection of columns.

    Parameters
    ----------
    parser : ArgumentParser
    which : str, default=""
        For which models, in the help.
    """
    selection = parser.add_mutually_exclusive_group()
    selection.add_argument(
        "--columns",
        type=column_names,
        metavar="NAME,...",
        help=f"columns to use, in this order{which} (default: all)",
    )
    selection.add_argument(
        "--exclude",
        type=column_names,
        default=[],
        metavar="NAME,...",
        help=f"columns to leave out{which} (default: none)",
    )


def add_rows_output(parser):
    """Add the options for the output file, and for columns to pass through."""
    parser.add_argument(
        "--output",
        type=file_type(WRITERS),
        metavar="FILE",
        help=f"file of rows, {', '.join(WRITERS)}; its folder is created if missing (default: standard output, as CSV)",
    )
    parser.add_argument(
        "--keep",
        type=column_names,
        default=[],
        metavar="NAME,...",
        help="columns of INPUT to pass through, before the others; text is copied unchanged (default: none)",
    )


def add_quiet(parser):
    """Add the option ``--quiet``."""
    parser.add_argument(
        "--quiet", action="store_true", help="nothing on stderr but errors (default: progress, warnings, files written)"
    )


def file_type(endings):
    """Type of an option: the path of a file with one of the endings.

    Parameters
    ----------
    endings : collection of str

    Returns
    -------
    callable (str) -> Path
    """

    def file(text):
        path = Path(text)
        if text == STANDARD_INPUT and endings is READERS:
            return path
        if ending_of(path, endings) is None:
            raise argparse.ArgumentTypeError(f"must end in {' or '.join(endings)}; got {text!r}")
        return path

    return file


def _separator(text):
    separator = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if len(separator) != 1 or separator.isalnum() or separator in '"\n\r.+-':
        raise argparse.ArgumentTypeError(f"must be one character that no number has, or tab; got {text!r}")
    return separator


def column_names(text):
    """Type of an option: column names, separated by commas; a name that contains a comma is quoted.

    Returns
    -------
    list of str
    """
    names = next(csv.reader([text], skipinitialspace=True), [])
    if not names or "" in names or len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(f"must be names of columns, separated by commas, each once; got {text!r}")
    return names
