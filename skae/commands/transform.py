"""The subcommand ``transform``: the code of each row of a file."""

from __future__ import annotations

import numpy as np
from scipy.sparse import issparse

from .models import add_model_and_input, write_rows
from .options import add_rows_output, subcommand

_DESCRIPTION = """\
Write the result of the model's transform for the rows of a file; for an autoencoder that is the code.

If the model was fitted with names, columns are found by name, in any order and among others."""

_EXAMPLES = """\
  python -m skae transform model.skae measurements.csv --output code.csv --keep id,label
  python -m skae transform model.skae images.npy --output code.npy
  python -m skae transform model.skae measurements.parquet > code.csv"""


def _run(options):
    return write_rows(options, "transform", _code)


def _code(model, X):
    code = model.transform(X)
    return list(model.get_feature_names_out()), code.toarray() if issparse(code) else np.asarray(code)


add_parser = subcommand(
    "transform",
    _run,
    add_model_and_input,
    add_rows_output,
    description=_DESCRIPTION,
    examples=_EXAMPLES,
)
