"""Representations against the published results: every row of the table in the documentation.

Each row trains an autoencoder without labels and measures its code, usually by a linear classifier on frozen codes. Raw
pixels, and PCA, random features of whitened rows and k-means features, of the same width and trained on the same rows,
are measured for comparison. Results that are in the file are not run again.

python -m benchmarks representations --output results.json
python -m benchmarks representations lifetime topk --output results.json
python -m benchmarks.representations --row topk --output results.json
python -m benchmarks representations --output results.json --table
"""

from __future__ import annotations

from functools import partial

from sklearn.exceptions import ConvergenceWarning

from ..harness import StoredResults, benchmark, flag, markdown, mean, median, option, positional, spread
from ._contenders import TITLES, contenders
from ._row import described, in_one_line
from ._rows import ROWS


def run(name, held_out, results, beside=False):
    """Measure one row and its contenders, each with all its seeds; with beside, the contenders alone."""
    row, split = ROWS[name], None
    prefix, seeds = "held out/" if held_out else "", range(0 if beside else row.seeds)
    jobs = [(f"{prefix}{name}/{seed}", described(row), row.model, row.measure, seed) for seed in seeds]
    for one in contenders(row):
        settings = f"{in_one_line(one.make(0))}; {one.measure!r}" if one.seeds > 1 else repr(one.measure)
        jobs += [(key, settings, one.make, one.measure, seed) for seed, key in enumerate(one.keys(prefix, row))]
    for key, settings, model, measure, seed in jobs:
        if not results.has(key, settings):
            split = row.split(held_out) if split is None else split
            results.once(key, settings, partial(measure, model(seed), split, seed))


_COLUMNS = ("row", "published", "goal", "skae, mean of the seeds", "spread", *TITLES, "seconds a seed")


def cells(row, name, prefix, found):
    """A line of the table, or None if nothing of the row has been measured."""
    results = [found[key] for seed in range(row.seeds) if (key := f"{prefix}{name}/{seed}") in found]
    if not results:
        return None
    values = [_shown(row, result["value"]) for result in results]
    measured = {}
    for one in contenders(row):
        measured[one.title] = [_shown(row, found[key]["value"]) for key in one.keys(prefix, row) if key in found]
    return (
        f"{row.label} ({row.figure}{'' if row.figure == 'squared error' else ', %'})",
        "" if row.published is None else f"{row.published:g}" + (f" ({row.source})" if row.source else ""),
        "" if row.goal is None else f"{'>' if row.figure == 'accuracy' else '<'} {row.goal:g}",
        f"{mean(values):.2f} ({len(values)})",
        f"{spread(values):.2f}",
        *(f"{mean(measured[title]):.2f}" if measured.get(title) else "" for title in TITLES),
        f"{median(result['seconds'] for result in results):.0f}",
    )


def lines(held_out, results):
    """The table of all measured rows in Markdown."""
    prefix = "held out/" if held_out else ""
    rows = (cells(row, name, prefix, results.found) for name, row in ROWS.items())
    return markdown(_COLUMNS, filter(None, rows))


def _shown(row, value):
    """A measured value as the row shows it."""
    return 100.0 - value if row.figure == "error" else value


@benchmark(
    positional("rows", list(ROWS), quick=["nudged"]),
    option("--row", None, "a row, in place of names alone", choices=list(ROWS), metavar="NAME", action="append"),
    option("--output", "representations.json", "file of results"),
    flag("--held-out", "measure on held-out training rows, to choose settings"),
    flag("--beside", "measure only what stands beside the rows, not the rows themselves"),
    flag("--table", "print the table of the results in the file, run nothing"),
    quiet=ConvergenceWarning,
)
def main(options):
    results = StoredResults(options.output)
    if not options.table:
        for name in options.row or options.rows or ROWS:
            run(name, options.held_out, results, options.beside)
    print(*lines(options.held_out, results), sep="\n")
