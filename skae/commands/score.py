"""The subcommand ``score``: how well a model reconstructs the rows of a file, as a whole or each."""

from __future__ import annotations

import numpy as np

from .models import add_model_and_input, input_rows, loaded_model, write_rows
from .options import add_rows_output, new_parser
from .running import about, progress_of

_UNITS = {"log_loss": "nats", "squared_error": "squared units of the input"}

_DESCRIPTION = """\
Print the fraction of the variance of the rows that their reconstruction explains, and their mean reconstruction loss.

With --per-row write the score of each row, minus its reconstruction loss: the higher, the more like the rows of the
training. Of an outlier detector also the decision, which is negative for outliers, and no explained variance.
Columns are found by name, in any order and beside others, where the model was fitted with names."""

_EXAMPLES = """\
  python -m skae score model.skae measurements.csv
  python -m skae score model.skae measurements.csv --per-row --keep id --output scores.csv"""


def add_parser(subparsers):
    """Add the subcommand to the parsers of ``python -m skae``.

    Parameters
    ----------
    subparsers : the object that ``ArgumentParser.add_subparsers`` returns
    """
    parser = new_parser(
        subparsers,
        "score",
        run,
        help="print how much variance the reconstruction explains, or the score of each row",
        description=_DESCRIPTION,
        examples=_EXAMPLES,
    )
    add_model_and_input(parser)
    parser.add_argument(
        "--per-row", action="store_true", help="write the score of each row (default: print two figures)"
    )
    add_rows_output(parser)


def run(options):
    """Do what the options say.

    Parameters
    ----------
    options : argparse.Namespace

    Returns
    -------
    int
        Exit status.
    """
    if options.per_row:
        return write_rows(options, "score_samples", _scores)
    for option, given in {"--output": options.output, "--keep": options.keep}.items():
        if given:
            options.parser.error(f"{option} is for the score of each row: add --per-row, or leave it out")
    with progress_of(options) as progress:
        progress(0, 2, f"reading {options.input}")
        model = loaded_model(options, "score_samples")
        _, X = input_rows(options, model)
        progress(1, 2, "score")
        with about(options.input):
            text = _figures(model, X)
    print(text, flush=True)
    return 0


def _scores(model, X):
    scores = {"score": model.score_samples(X)}
    if hasattr(model, "offset_"):
        scores["decision"] = scores["score"] - model.offset_
    return list(scores), np.column_stack(list(scores.values()))


def _figures(model, X):
    lines = [f"explained variance  {model.score(X):.6g}"] if hasattr(model, "score") else []
    loss = -np.mean(model.score_samples(X), dtype=np.float64)
    units = _UNITS[getattr(model, "estimator_", model).loss_]
    return "\n".join([*lines, f"mean loss           {loss:.6g} ({units}, a row)"])
