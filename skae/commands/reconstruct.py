"""The subcommand ``reconstruct``: the reconstruction of each row of a file, or its errors."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import _check_feature_names_in

from .models import add_model_and_input, write_rows
from .options import add_rows_output, subcommand

_DESCRIPTION = """\
Write the model's reconstruction of the rows of a file, or its squared errors.

If the model was fitted with names, columns are found by name, in any order and among others."""

_EXAMPLES = """\
  python -m skae reconstruct model.skae measurements.csv --output clean.csv
  python -m skae reconstruct model.skae measurements.csv --errors rows --keep id > errors.csv
  python -m skae reconstruct model.skae images.npy --errors entries --output errors.npy"""


def _add_errors(parser):
    parser.add_argument(
        "--errors",
        choices=["rows", "entries"],
        help="squared errors, in squared units of the input; rows: their sum over each row, in the column "
        "squared_error; entries: of every entry (default: the reconstruction)",
    )


def _run(options):
    if options.errors is None:
        return write_rows(options, "reconstruct", _reconstruction)
    return write_rows(options, "reconstruction_error", _row_errors if options.errors == "rows" else _entry_errors)


def _reconstruction(model, X):
    return _names(model), model.reconstruct(X)


def _row_errors(model, X):
    return ["squared_error"], model.reconstruction_error(X)[:, np.newaxis]


def _entry_errors(model, X):
    return _names(model), np.asarray(model.reconstruction_error(X, per_feature=True))


def _names(model):
    """Names of the columns that the model was fitted with; x0, x1, ... if it was fitted without names."""
    return list(_check_feature_names_in(model))


add_parser = subcommand(
    "reconstruct",
    _run,
    add_model_and_input,
    add_rows_output,
    _add_errors,
    description=_DESCRIPTION,
    examples=_EXAMPLES,
)
