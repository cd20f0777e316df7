"""The subcommand ``fit``: an autoencoder trained on a file of rows, and written to a model file."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..model_files import save
from ..runtime.files import prepared_folder
from ..tables import TableAutoencoder
from ..training.callbacks import EpochBar, use_callback
from ..training.solvers import SOLVERS
from .columns import training_rows
from .options import add_input, add_quiet, add_selection, subcommand
from .parameters import ESTIMATORS, add_parameters, as_option, check_size, estimator_of
from .preparation import prepared_rows
from .running import about, check_output, progress_of, tell
from .tables import READERS, ending_of, read

_DESCRIPTION = """\
Train an autoencoder on the rows of a file and write it to a model file, which the other commands and skae.load read.

The column names are kept in the model. The parameters are those of the estimators in Python; help(skae.DenoisingAE) has
the formulas.

A table of text or parquet is prepared where it needs it: if a column holds words or gaps, or if one of three or more
columns has more than half of the variance of all. Numbers are then standardised, words become indicators of categories,
and gaps have no part in the loss, so that every column counts alike. Columns in which almost every row has a word of
its own are left out, with a warning. What was learnt for it is in the model file, and the other commands apply it:
they read tables as the first one, and write numbers in its units. In Python that is skae.tables.TableAutoencoder.
With --missing-values the rows are taken as they are, unless --standardize is given."""

_EXAMPLES = """\
  python -m skae fit measurements.csv --exclude id,label --output model.skae
  python -m skae fit measurements.csv --output model.skae --estimator denoising --n-components 32 --noise-level 0.3
  python -m skae fit images.npy --output model.skae --estimator sparse --hidden-layer-sizes 500,250 --seed 0"""


def _add_model(parser):
    """Add the options for the model file and the estimator."""
    parser.add_argument(
        "--output",
        type=_model_path,
        required=True,
        metavar="MODEL",
        help="model file to write; its folder is created if it does not exist",
    )
    parser.add_argument(
        "--estimator",
        choices=list(ESTIMATORS),
        default="plain",
        help=", ".join(f"{key}: {cls.__name__}" for key, cls in ESTIMATORS.items()) + " (default: plain)",
    )


def _add_standardize(parser):
    parser.add_argument(
        "--standardize",
        action=argparse.BooleanOptionalAction,
        help="prepare the columns as described above, or take them as they are (default: where the table needs it)",
    )


def _run(options):
    estimator = estimator_of(options)
    check_output(options.output, options.input)
    with progress_of(options) as progress:
        progress(0, 1 if estimator.max_iter == "auto" else estimator.max_iter, f"reading {options.input}")
        estimator, X = _estimator_and_rows(options, estimator)
        with (
            use_callback(lambda name, max_iter, n_rows: EpochBar(progress, max_iter)),
            about(options.input, as_option),
        ):
            estimator.fit(X)
        prepared_folder(options.output.parent)
        save(estimator, options.output)
    tell(options, f"written: {options.output} ({_summary(estimator)})")
    return 0


def _estimator_and_rows(options, estimator):
    """The estimator, with the preparation of the rows where they need it, and the rows."""
    table = read(options.input, options.header, options.sep)
    standardize = options.standardize
    if standardize is None and hasattr(options, "missing_values"):
        standardize = False
    X = prepared_rows(table, standardize, options.columns, options.exclude)
    if X is not None:
        check_size(options, estimator, X.shape[1])
        return TableAutoencoder(estimator), X
    X = training_rows(table, estimator, options.columns, options.exclude)
    check_size(options, estimator, X.shape[1])
    return estimator, X


def _model_path(text):
    """Path of the model file; an ending of tables is refused, since the model might replace the input."""
    path = Path(text)
    if ending_of(path, READERS) is not None:
        raise argparse.ArgumentTypeError(f"is a model file, not one of {', '.join(READERS)}; got {text!r}")
    return path


def _summary(estimator):
    trained = getattr(estimator, "estimator_", estimator)
    step = SOLVERS[trained.solver_].iteration
    steps = f"{trained.n_iter_} {step}{'s'[: trained.n_iter_ != 1]}"
    prepared = "" if trained is estimator else ", prepared"
    widths = f"{estimator.n_features_in_} columns{prepared} to {trained._n_features_out}"
    return f"{type(trained).__name__}, {widths}, {steps}, loss {trained.loss_curve_[-1]:.6g}"


add_parser = subcommand(
    "fit",
    _run,
    add_input,
    add_selection,
    _add_model,
    _add_standardize,
    add_quiet,
    add_parameters,
    description=_DESCRIPTION,
    examples=_EXAMPLES,
)
