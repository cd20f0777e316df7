"""The subcommand ``plot``: a picture of a model, by the displays of ``skae.plotting``."""

from __future__ import annotations

import argparse
import io
from dataclasses import dataclass, field

import numpy as np

from ..runtime.files import prepared_folder, write_atomically
from ..runtime.messages import with_names
from ..runtime.packages import plots_available
from ..tables import TableAutoencoder
from .columns import checked_names, model_rows
from .models import add_model_and_input, loaded_model
from .options import file_type, subcommand
from .running import about, check_output, progress_of, tell
from .tables import read

_ENDINGS = (".png", ".pdf", ".svg")
_DPI = 120


@dataclass(frozen=True)
class Kind:
    """One kind of picture.

    Attributes
    ----------
    display : str
        Name of its class in ``skae.plotting``.
    shows : str
        For the help.
    rows : {"needed", "optional", "none"}
        Whether it needs rows, or shows the model alone.
    options : dict of str to str
        Its options, each with the parameter of the display's ``from_estimator`` that it sets.
    fixed : dict
        Fixed values of further parameters.
    named : bool
        Whether it takes names of columns.
    """

    display: str
    shows: str
    rows: str = "needed"
    options: dict = field(default_factory=dict)
    fixed: dict = field(default_factory=dict)
    named: bool = False


KINDS = {
    "filters": Kind(
        "FilterDisplay",
        "what the units of the first layer respond to; sorted by activation if INPUT is given",
        "optional",
        {"image_shape": "image_shape"},
        named=True,
    ),
    "reconstructions": Kind(
        "ReconstructionDisplay",
        "the first rows of INPUT, corrupted as in the training, and their reconstructions",
        "needed",
        {"image_shape": "image_shape"},
        {"random_state": 0},
        named=True,
    ),
    "loss-curve": Kind("LossCurveDisplay", "the loss by epoch; no INPUT", "none", {"log_scale": "log_scale"}),
    "code": Kind("CodeDisplay", "the code of each row in two dimensions", "needed", {"color_by": "y"}),
    "activations": Kind(
        "ActivationDisplay", "histogram of the activations of the code", "needed", {"log_scale": "log_scale"}
    ),
    "feature-errors": Kind(
        "FeatureErrorDisplay",
        "mean squared error of each column, as bars, or with --image-shape as an image",
        "needed",
        {"image_shape": "image_shape"},
        named=True,
    ),
}

_DESCRIPTION = "Draw a picture of a model.\n\nkinds of pictures:\n" + "\n".join(
    f"  {name:<16} {kind.shows}" for name, kind in KINDS.items()
)

_EXAMPLES = """\
  python -m skae plot model.skae --kind loss-curve --output loss.png
  python -m skae plot model.skae images.npy --kind filters --image-shape 28,28 --output filters.png
  python -m skae plot model.skae measurements.csv --kind code --color-by label --output code.svg"""


def _add_options(parser):
    add_model_and_input(parser, remark=", directly after MODEL", nargs="?")
    add = parser.add_argument
    add("--kind", required=True, choices=list(KINDS), help="what to draw, see above")
    add(
        "--output",
        required=True,
        type=file_type(_ENDINGS),
        metavar="FILE",
        help=f"picture to write, {', '.join(_ENDINGS)}; its folder is created if it does not exist",
    )
    add(
        "--image-shape",
        type=_image_shape,
        metavar="H,W",
        help=f"height and width of a row as an image, or 1,N for a signal, for {_kinds_with('image_shape')} (default: "
        "a square, else the names of the columns; bars)",
    )
    add(
        "--color-by",
        metavar="NAME",
        help=f"column of INPUT that gives the colours, grey if missing, for {_kinds_with('color_by')} (default: "
        "one colour)",
    )
    add(
        "--log-scale",
        action="store_true",
        default=None,
        help=f"a logarithmic axis, for {_kinds_with('log_scale')} (default: a linear one)",
    )


def _run(options):
    kind = KINDS[options.kind]
    _check_usage(options, kind)
    if not plots_available():
        raise ImportError("plot needs matplotlib: pip install 'skae[plots]'.")
    check_output(options.output, options.model, options.input)
    with progress_of(options) as progress:
        progress(0, 2, f"reading {options.model}")
        model = loaded_model(options)
        rows, given = _data(options, kind, model)
        if isinstance(model, TableAutoencoder):
            # Pictures show what the network sees.
            rows = [model.encoder_.transform(X) for X in rows]
            if kind.named:
                given["feature_names"] = model.encoder_.get_feature_names_out()
            model = model.estimator_
        progress(1, 2, "drawing")
        named = {parameter: f"--{option.replace('_', '-')}" for option, parameter in kind.options.items()}
        with about(f"--kind {options.kind}", with_names(named)):
            content = _picture(kind.display, options.output.suffix[1:].lower(), model, *rows, **given)
        prepared_folder(options.output.parent)
        write_atomically(options.output, content)
    tell(options, f"written: {options.output}")
    return 0


def _check_usage(options, kind):
    if kind.rows == "needed" and options.input is None:
        options.parser.error(f"--kind {options.kind} shows rows: give the file INPUT after MODEL")
    if kind.rows == "none" and options.input is not None:
        options.parser.error(f"--kind {options.kind} shows no rows: leave {options.input} out")
    for name in ("image_shape", "color_by", "log_scale"):
        if getattr(options, name) is not None and name not in kind.options:
            options.parser.error(
                f"--{name.replace('_', '-')} is for --kind {_kinds_with(name)}; got --kind {options.kind}"
            )


def _data(options, kind, model):
    """X if there is an input, and the parameters of the display from the options."""
    asked = {kind.options[name]: getattr(options, name) for name in kind.options}
    given = {**kind.fixed, **{name: value for name, value in asked.items() if value is not None}}
    if options.input is None:
        return [], given
    table = read(options.input, options.header, options.sep)
    colours = checked_names(table, [] if options.color_by is None else [options.color_by], "--color-by")
    if colours:
        given["y"] = np.asarray(table.part(colours))[:, 0]
    return [model_rows(table, model, options.columns, options.exclude, colours)], given


def _picture(display, file_format, *data, **given):
    """The file of a picture, as bytes."""
    import matplotlib

    # Only files are written, so no backend with windows is needed.
    matplotlib.use("Agg")
    from matplotlib import pyplot

    from .. import plotting

    figure = getattr(plotting, display).from_estimator(*data, **given).figure_
    content = io.BytesIO()
    figure.savefig(content, format=file_format, dpi=_DPI)
    pyplot.close(figure)
    return content.getvalue()


def _kinds_with(option):
    """Kinds of pictures that take an option."""
    return " and ".join(name for name, kind in KINDS.items() if option in kind.options)


def _image_shape(text):
    try:
        height, width = map(int, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be two integers, height,width; got {text!r}") from None
    return height, width


add_parser = subcommand(
    "plot",
    _run,
    _add_options,
    description=_DESCRIPTION,
    examples=_EXAMPLES,
)
