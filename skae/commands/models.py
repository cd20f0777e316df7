"""Shared by the commands that use a model: reading the model file and the rows, and writing rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..model_files import load
from .columns import checked_names, model_rows
from .options import add_input, add_quiet, add_selection
from .parameters import as_option
from .running import about, check_output, progress_of, tell
from .tables import WRITERS, ending_of, read, require, write


def add_model_and_input(parser, **options):
    """Add the arguments for the model file, the rows, and the selection of columns.

    Parameters
    ----------
    parser : ArgumentParser
    **options
        As in ``add_input``.
    """
    parser.add_argument("model", metavar="MODEL", type=Path, help="model file, of the command fit or of skae.save")
    add_input(parser, **options)
    add_selection(parser, "; for a model that was fitted without names")
    add_quiet(parser)


def loaded_model(options, method=None):
    """The model of a file.

    Parameters
    ----------
    options : argparse.Namespace
    method : str, default=None
        A method that the model must have.

    Raises
    ------
    OSError, ValueError
        For a file that cannot be opened or is not a model file, and for a model without the method.
    """
    model = load(options.model)
    if method is not None and not hasattr(model, method):
        raise ValueError(f"{options.model} holds {type(model).__name__}, which has no {method}.")
    return model


def input_rows(options, model):
    """The table of the input, and the X in it for the model."""
    table = read(options.input, options.header, options.sep)
    keep = checked_names(table, getattr(options, "keep", []), "--keep")
    return table, model_rows(table, model, options.columns, options.exclude, keep)


def write_rows(options, method, compute):
    """Read a model and rows, and write what is computed from them.

    Parameters
    ----------
    options : argparse.Namespace
        Of ``add_model_and_input`` and ``add_rows_output``.
    method : str
        A method that the model must have.
    compute : callable (model, X) -> (list of str, array-like of shape (n_rows, n_columns))
        Names of the columns of the result, and its rows.

    Returns
    -------
    int
        Exit status.
    """
    path = options.output
    ending = ".csv" if path is None else ending_of(path, WRITERS)
    if options.keep and ending == ".npy":
        options.parser.error(f"--keep: {path} holds numbers without names; write .csv or .parquet")
    check_output(path, options.model, options.input)
    require("CSV on standard output" if path is None else path, ending)
    with progress_of(options) as progress:
        progress(0, 2, f"reading {options.input}")
        model = loaded_model(options, method)
        table, X = input_rows(options, model)
        progress(1, 2, method)
        with about(options.input, as_option):
            names, values = compute(model, X)
        kept = _kept_columns(table, options.keep, names)
    write(path, names, np.asarray(values), kept)
    if path is not None:
        tell(options, f"written: {path}")
    return 0


def _kept_columns(table, keep, names):
    """Columns of the input to pass through, as a frame, or None."""
    twice = [name for name in keep if name in set(names)]
    if twice:
        raise ValueError(f"--keep: {', '.join(map(repr, twice))} would be there twice, since the result has the name")
    return table.frame(keep) if keep else None
