"""The subcommand ``fit``: an autoencoder trained on a file of rows, and written to a model file."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..model_files import save
from ..runtime.files import prepared_folder
from ..training.callbacks import EpochBar, use_callback
from ..training.solvers import SOLVERS
from .columns import training_rows
from .options import add_input, add_quiet, add_selection, subcommand
from .parameters import ESTIMATORS, add_parameters, as_option, check_size, estimator_of
from .running import about, check_output, progress_of, tell
from .tables import READERS, ending_of, read

_DESCRIPTION = """\
Train an autoencoder on the rows of a file and write it to a model file, which the other commands and skae.load read.

The column names are kept in the model. The parameters are those of the estimators in Python; help(skae.DenoisingAE) has
the formulas. --missing-values mask trains on rows with missing values.

Columns are not scaled, and the loss is a sum over them. A model file holds the autoencoder alone, no scaler. If columns
have different units, scale them beforehand, and scale later files by the same numbers, in Python:

    import pandas as pd

    train = pd.read_csv("train.csv")
    for name in ("train.csv", "new.csv"):
        scaled = (pd.read_csv(name) - train.mean()) / train.std()
        scaled.to_csv("scaled-" + name, index=False)"""

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


def _run(options):
    estimator = estimator_of(options)
    check_output(options.output, options.input)
    with progress_of(options) as progress:
        progress(0, 1 if estimator.max_iter == "auto" else estimator.max_iter, f"reading {options.input}")
        X = training_rows(read(options.input, options.header), estimator, options.columns, options.exclude)
        check_size(options, estimator, X.shape[1])
        with (
            use_callback(lambda name, max_iter, n_rows: EpochBar(progress, max_iter)),
            about(options.input, as_option),
        ):
            estimator.fit(X)
        prepared_folder(options.output.parent)
        save(estimator, options.output)
    tell(options, f"written: {options.output} ({_summary(estimator)})")
    return 0


def _model_path(text):
    """Path of the model file; an ending of tables is refused, since the model might replace the input."""
    path = Path(text)
    if ending_of(path, READERS) is not None:
        raise argparse.ArgumentTypeError(f"is a model file, not one of {', '.join(READERS)}; got {text!r}")
    return path


def _summary(estimator):
    step = SOLVERS[estimator.solver_].iteration
    steps = f"{estimator.n_iter_} {step}{'s'[: estimator.n_iter_ != 1]}"
    widths = f"{estimator.n_features_in_} columns to {estimator._n_features_out}"
    return f"{type(estimator).__name__}, {widths}, {steps}, loss {estimator.loss_curve_[-1]:.6g}"


add_parser = subcommand(
    "fit",
    _run,
    add_input,
    add_selection,
    _add_model,
    add_quiet,
    add_parameters,
    description=_DESCRIPTION,
    examples=_EXAMPLES,
)
