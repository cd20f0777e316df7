"""The subcommand ``report``: the report of ``skae.inspection`` as one HTML page, or as text."""

from __future__ import annotations

from html import escape

from ..inspection import report
from ..runtime.files import prepared_folder, write_atomically
from .models import add_model_and_input, input_rows, loaded_model
from .options import file_type, subcommand
from .parameters import as_option
from .running import about, check_output, progress_of, tell

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>body {{ font: 16px/1.5 sans-serif; max-width: 44rem; margin: 1rem auto; padding: 0 1rem }}
th {{ text-align: left; font-weight: normal; padding-right: 2rem }} svg {{ max-width: 100% }}</style></head>
<body><h1>{title}</h1>{body}</body></html>
"""

_DESCRIPTION = """\
Write what a model does on the rows of a file: explained variance in all and by column beside PCA, units that are dead,
saturated or double, the range of the output, the loss, and what to do about it.

Rows that were not in the training tell most. Of a table that fit prepared, the columns are the prepared ones."""

_EXAMPLES = """\
  python -m skae report model.skae measurements.csv --output report.html
  python -m skae report model.skae measurements.csv"""


def _add_output(parser):
    parser.add_argument(
        "--output",
        type=file_type([".html"]),
        metavar="FILE",
        help="page to write, .html; its folder is created if missing (default: text on standard output)",
    )


def _run(options):
    check_output(options.output, options.model, options.input)
    with progress_of(options) as progress:
        progress(0, 2, f"reading {options.input}")
        model = loaded_model(options, "reconstruct")
        _, X = input_rows(options, model)
        progress(1, 2, "report")
        with about(options.input, as_option):
            found = report(model, X)
    if options.output is None:
        print(found, flush=True)
        return 0
    title = escape(f"{type(model).__name__} on {options.input.name}")
    prepared_folder(options.output.parent)
    write_atomically(options.output, _PAGE.format(title=title, body=found._repr_html_()).encode())
    tell(options, f"written: {options.output}")
    return 0


add_parser = subcommand(
    "report",
    _run,
    add_model_and_input,
    _add_output,
    description=_DESCRIPTION,
    examples=_EXAMPLES,
)
