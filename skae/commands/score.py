"""The subcommand ``score``: how well a model reconstructs the rows of a file, as a whole or each."""

from __future__ import annotations

import warnings

import numpy as np

from ..kernels.losses import LOSSES
from .columns import empty_rows
from .models import add_model_and_input, input_rows, loaded_model, write_rows
from .options import add_rows_output, subcommand
from .parameters import as_option
from .running import about, check_output, progress_of

_DESCRIPTION = """\
Print the fraction of the variance of the rows that their reconstruction explains, and their mean reconstruction loss.

With --per-row write the score of each row instead, which is minus its reconstruction loss. The higher it is, the more
the row is like the training rows. An outlier detector has no explained variance; with --per-row it has a decision as
well, which is negative for outliers. A row without any value has no loss and no score.
If the model was fitted with names, columns are found by name, in any order and among others."""

_EXAMPLES = """\
  python -m skae score model.skae measurements.csv
  python -m skae score model.skae measurements.csv --per-row --keep id --output scores.csv"""


def _add_per_row(parser):
    parser.add_argument(
        "--per-row", action="store_true", help="write the score of each row (default: print two figures)"
    )


def _run(options):
    if options.per_row:
        return write_rows(options, "score_samples", _scores)
    for option, given in {"--output": options.output, "--keep": options.keep}.items():
        if given:
            options.parser.error(f"{option} is for the score of each row: add --per-row, or leave it out")
    check_output(None)
    with progress_of(options) as progress:
        progress(0, 2, f"reading {options.input}")
        model = loaded_model(options, "score_samples")
        _, X = input_rows(options, model)
        progress(1, 2, "score")
        with about(options.input, as_option):
            text = _figures(model, X)
    print(text, flush=True)
    return 0


def _scores(model, X):
    scores = {"score": _row_scores(model, X)}
    if hasattr(model, "offset_"):
        scores["decision"] = scores["score"] - model.offset_
    return list(scores), np.column_stack(list(scores.values()))


def _figures(model, X):
    if empty_rows(X).all():
        raise ValueError("no row holds a value, so there is nothing to score")
    losses = -_row_scores(model, X)
    lines = [f"explained variance  {model.score(X):.6g}"] if hasattr(model, "score") else []
    units = LOSSES[getattr(model, "estimator_", model).loss_].units
    return "\n".join([*lines, f"mean loss           {np.nanmean(losses, dtype=np.float64):.6g} ({units}, a row)"])


def _row_scores(model, X):
    """Score of each row; NaN, with a warning, for a row without any value, whose loss would be an empty sum: zero."""
    scores, empty = model.score_samples(X), empty_rows(X)
    if empty.any():
        warnings.warn(f"{empty.sum()} of {len(empty)} rows hold no value and have no score")
    return np.where(empty, np.nan, scores)


add_parser = subcommand(
    "score",
    _run,
    add_model_and_input,
    _add_per_row,
    add_rows_output,
    description=_DESCRIPTION,
    examples=_EXAMPLES,
)
