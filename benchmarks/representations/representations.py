"""Representations against the published results: every row of the table in the documentation.

Each row trains an autoencoder without labels and measures its code, usually by a linear classifier on frozen codes. Raw
pixels, and PCA with as many components, are measured for comparison. Results that are in the file are not run again.

python -m benchmarks representations --output results.json
python -m benchmarks representations lifetime topk --output results.json
python -m benchmarks representations --output results.json --table
"""

from __future__ import annotations

from functools import partial

from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import FunctionTransformer

from ..harness import StoredResults, benchmark, flag, markdown, mean, median, option, positional, spread
from ._rows import BASELINES, ROWS


class Components(PCA):
    """PCA whose number of components is limited to the number of columns."""

    def fit(self, X, y=None):
        self.n_components = min(self.n_components, *X.shape)
        return super().fit(X, y)


def described(row):
    """The settings of a row in one line."""
    model = row.model(0)
    layers = [layer for _, layer in model.steps] if hasattr(model, "steps") else [model]
    return " ".join(" -> ".join(map(str, layers)).split()) + f"; {row.measure!r}"


def run(name, held_out, results):
    """Measure one row with all its seeds, and its baselines."""
    row, split = ROWS[name], None
    prefix = "held out/" if held_out else ""
    jobs = [(f"{prefix}{name}/{seed}", described(row), row.model, row.measure, seed) for seed in range(row.seeds)]
    measure = row.measure if row.figure == "squared error" else BASELINES[row.split.__name__]
    for label, transformer in beside_labels(row).items():
        jobs.append((f"{prefix}{row.split.__name__}/{label}", repr(measure), transformer, measure, 0))
    for key, settings, model, measure, seed in jobs:
        if not results.has(key, settings):
            split = row.split(held_out) if split is None else split
            results.once(key, settings, partial(measure, model(seed), split, seed))


def beside_labels(row):
    """Baselines of a row: makers of transformers by label."""
    pca = {f"PCA {row.width}": lambda seed: Components(row.width, random_state=seed)}
    return pca if row.figure == "squared error" else {"raw": lambda seed: FunctionTransformer(), **pca}


TITLES = ("row", "published", "goal", "skae, mean of the seeds", "spread", "raw pixels", "PCA", "seconds a seed")


def cells(row, name, prefix, found):
    """A line of the table, or None if nothing of the row has been measured."""
    results = [found[key] for seed in range(row.seeds) if (key := f"{prefix}{name}/{seed}") in found]
    if not results:
        return None
    values = [_shown(row, result["value"]) for result in results]
    beside = {label.split()[0]: found.get(f"{prefix}{row.split.__name__}/{label}") for label in beside_labels(row)}
    return (
        f"{row.label} ({row.figure}{'' if row.figure == 'squared error' else ', %'})",
        "" if row.published is None else f"{row.published:g}" + (f" ({row.source})" if row.source else ""),
        "" if row.goal is None else f"{'>' if row.figure == 'accuracy' else '<'} {row.goal:g}",
        f"{mean(values):.2f} ({len(values)})",
        f"{spread(values):.2f}",
        *("" if beside.get(k) is None else f"{_shown(row, beside[k]['value']):.2f}" for k in ("raw", "PCA")),
        f"{median(result['seconds'] for result in results):.0f}",
    )


def lines(held_out, results):
    """The table of all measured rows in Markdown."""
    prefix = "held out/" if held_out else ""
    rows = (cells(row, name, prefix, results.found) for name, row in ROWS.items())
    return markdown(TITLES, filter(None, rows))


def _shown(row, value):
    """A measured value as the row shows it."""
    return 100.0 - value if row.figure == "error" else value


@benchmark(
    positional("rows", list(ROWS), quick=["nudged"]),
    option("--output", "representations.json", "file of results"),
    flag("--held-out", "measure on held-out training rows, to choose settings"),
    flag("--table", "print the table of the results in the file, run nothing"),
    quiet=ConvergenceWarning,
)
def main(options):
    results = StoredResults(options.output)
    if not options.table:
        for name in options.rows or ROWS:
            run(name, options.held_out, results)
    print(*lines(options.held_out, results), sep="\n")
