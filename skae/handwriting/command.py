"""The subcommand ``handwriting`` of ``python -m skae``."""

from __future__ import annotations

import argparse
import sys

from ..runtime.catalogue import COMMANDS
from ..runtime.files import prepared_folder
from ..runtime.messages import with_names, written
from ..runtime.packages import plots_available
from ..runtime.progress import ProgressBar
from .experiment import compare
from .files import save
from .settings import DEFAULTS, settings_for

_DESCRIPTION = """\
Compare representations of handwritten digits by the accuracy of a linear classifier on them: raw pixels, PCA, and the
plain, tied, linear, denoising (masking 0.25 and 0.5, Gaussian), sparse and contractive autoencoders.

Each representation is followed by a StandardScaler and a logistic regression. The strength of the representation (L2,
noise, sparsity or contraction; for PCA whether to standardise its components) and the classifier's C are chosen by
cross-validation on the training rows; the test rows are used once. On the embedded digits, no writer of a test row
wrote a training row, and each writer is in one fold. The table has the test accuracy with its 95 % interval (Wilson),
there also that of the same settings on a random split, where all writers were seen, on MNIST those of both halves of
the test rows; the mean accuracy of the search, the fraction of the test rows' variance that the reconstruction
explains, the chosen values, and the seconds of the search and of the last fit. On two cores the embedded digits take
about a minute, 5,000 rows of MNIST about five; the time grows with the rows."""

# Options of the parameters of ``compare``.
_OPTIONS = {
    "data": "--data",
    "samples": "--samples",
    "n_components": "--components",
    "max_iter": "--epochs",
    "cv": "--cv",
    "seed": "--seed",
}

_EPILOG = """\
files written with --output DIR:
  handwriting.csv       the table at full precision
  handwriting.json      the same, with the settings, the seed and the versions
  filters.png           filters of the plain and of the denoising autoencoders side by side
  reconstructions.png   test digits, whole and masked, and their reconstructions by PCA and each autoencoder
  loss_curves.png       training objective by epoch
  kl_curve.png          the sparsity term over the mean activation, its minimum marked
The PNG files need matplotlib: pip install 'skae[plots]'.

exit status: 0 done; 1 failed; 2 wrong usage; 130 interrupted; 141 left by the reader of the output.

examples:
  python -m skae handwriting
  python -m skae handwriting --output results
  python -m skae handwriting --data mnist --samples 5000 --output results"""


def add_parser(subparsers):
    """Add the subcommand to the parsers of ``python -m skae``.

    Parameters
    ----------
    subparsers : the object that ``ArgumentParser.add_subparsers`` returns
    """
    parser = subparsers.add_parser(
        "handwriting",
        help=COMMANDS["handwriting"].help,
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    digits, mnist = DEFAULTS["digits"], DEFAULTS["mnist"]
    add = parser.add_argument
    add(
        "--data",
        metavar="{digits,mnist,FOLDER}",
        default="digits",
        help="digits: the 1,797 of 8 x 8 pixels that scikit-learn ships; mnist: from the folder that SKAE_DATA names, "
        "scikit-learn's cache, or OpenML; or a folder with IDX files of images and labels, as of Fashion-MNIST, or "
        "FOLDER/PREFIX for one of several data sets in it, emnist/emnist-letters- for example (default: digits)",
    )
    add(
        "--samples",
        type=int,
        metavar="N",
        help=f"training rows, a stratified part (default: all, {digits.samples:,} and {mnist.samples:,})",
    )
    add(
        "--components",
        type=int,
        metavar="K",
        help=f"width of every learnt code (default: {digits.n_components}, MNIST {mnist.n_components})",
    )
    add(
        "--epochs",
        type=int,
        metavar="N",
        help=f"epochs of every autoencoder (default: {digits.max_iter}, MNIST {mnist.max_iter})",
    )
    add("--cv", type=int, metavar="N", help=f"folds of the search (default: {digits.cv}, MNIST {mnist.cv})")
    add("--seed", type=int, default=0, metavar="N", help="random state of every estimator (default: 0)")
    add("--jobs", type=_jobs, default=-1, metavar="N", help="processes of the search (default: -1, one for each core)")
    add("--output", metavar="DIR", help="folder for the files, created if missing (default: no files)")
    add("--no-plots", action="store_true", help="write the tables without the PNG files (default: write both)")
    add("--quiet", action="store_true", help="no progress bar and no list of files (default: both, on stderr)")
    parser.set_defaults(run=run, parser=parser)


def _jobs(text):
    try:
        jobs = int(text)
    except ValueError:
        jobs = 0
    if jobs == 0 or jobs < -1:
        raise argparse.ArgumentTypeError(f"must be at least 1, or -1 for one for each core; got {text}")
    return jobs


def run(options):
    """Run the experiment with the given options.

    Parameters
    ----------
    options : argparse.Namespace

    Returns
    -------
    int
        Exit status.
    """
    asked = {name: getattr(options, option.lstrip("-")) for name, option in _OPTIONS.items()}
    try:
        settings_for(**asked)
    except ValueError as error:
        options.parser.error(written(error, with_names(_OPTIONS)))
    figures = not options.no_plots
    if options.output is not None:
        if figures and not plots_available():
            raise OSError("the figures need matplotlib: pip install 'skae[plots]', or pass --no-plots")
        prepared_folder(options.output)
    with ProgressBar(sys.stderr, enabled=not options.quiet) as progress:
        comparison = compare(**asked, n_jobs=options.jobs, progress=progress)
    print(comparison, flush=True)
    if options.output is not None:
        with ProgressBar(sys.stderr, enabled=not options.quiet) as progress:
            progress(0, 1, "figures and files")
            paths = save(comparison, options.output, figures=figures)
        if not options.quiet and sys.stderr is not None:
            print("\nwritten: " + ", ".join(map(str, paths)), file=sys.stderr)
    return 0
