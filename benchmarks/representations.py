"""Representations against the published results: every row of the table in the documentation.

Each row trains an autoencoder without labels and measures its code, as a rule by a linear classifier on frozen codes;
raw pixels and PCA with as many components stand beside it. What is in the file of results is not run again.

python -m benchmarks.representations --output results.json
python -m benchmarks.representations lifetime topk --output results.json
python -m benchmarks.representations --output results.json --table
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
import warnings
from functools import partial
from pathlib import Path

from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import FunctionTransformer

from .report import versions
from .representation_rows import BASELINES, ROWS


class Components(PCA):
    """PCA with as many components as there are columns, where more are asked for."""

    def fit(self, X, y=None):
        self.n_components = min(self.n_components, *X.shape)
        return super().fit(X, y)


class Results:
    """Results by row and seed in a JSON file, which is written anew after each.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path):
        self._path = path
        self.found = json.loads(path.read_text()) if path.exists() else {}

    def has(self, key, settings):
        """Whether there is a result of these settings."""
        return key in self.found and self.found[key]["settings"] == settings

    def once(self, key, settings, make):
        """Have a result for the key, a number that make() gives where there is none of these settings yet."""
        if not self.has(key, settings):
            start = time.perf_counter()
            value = make()
            seconds = round(time.perf_counter() - start, 1)
            self.found[key] = {"value": value, "settings": settings, "seconds": seconds, "versions": versions()}
            unfinished = self._path.with_suffix(".partial")
            unfinished.write_text(json.dumps(self.found, indent=1) + "\n")
            os.replace(unfinished, self._path)
            print(f"{key:<40}{value:>9.3f}{seconds:>9.1f} s", flush=True)


def described(row):
    """The settings of a row in one line."""
    model = row.model(0)
    layers = [layer for _, layer in model.steps] if hasattr(model, "steps") else [model]
    return " ".join(" -> ".join(map(str, layers)).split()) + f"; {row.measure!r}"


def run(name, held_out, results):
    """Measure one row with all its seeds, and what stands beside it."""
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
    """What stands beside a row: makers of transformers by label."""
    pca = {f"PCA {row.width}": lambda seed: Components(row.width, random_state=seed)}
    return pca if row.figure == "squared error" else {"raw": lambda seed: FunctionTransformer(), **pca}


def lines(held_out, results):
    """The table in Markdown; of what has been measured."""
    yield "| row | published | goal | skae, mean of the seeds | spread | raw pixels | PCA | seconds a seed |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    prefix = "held out/" if held_out else ""
    for name, row in ROWS.items():
        found = [results.found.get(f"{prefix}{name}/{seed}") for seed in range(row.seeds)]
        found = [result for result in found if result is not None]
        if not found:
            continue
        values = [_shown(row, result["value"]) for result in found]
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        beside = {
            label.split()[0]: results.found.get(f"{prefix}{row.split.__name__}/{label}") for label in beside_labels(row)
        }
        cells = [
            f"{row.label} ({row.figure}{'' if row.figure == 'squared error' else ', %'})",
            "" if row.published is None else f"{row.published:g}" + (f" ({row.source})" if row.source else ""),
            "" if row.goal is None else f"{'>' if row.figure == 'accuracy' else '<'} {row.goal:g}",
            f"{statistics.mean(values):.2f} ({len(values)})",
            f"{spread:.2f}",
            *("" if beside.get(k) is None else f"{_shown(row, beside[k]['value']):.2f}" for k in ("raw", "PCA")),
            f"{statistics.median(result['seconds'] for result in found):.0f}",
        ]
        yield f"| {' | '.join(cells)} |"


def _shown(row, value):
    """A measured value as the row shows it."""
    return 100.0 - value if row.figure == "error" else value


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.representations", description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="row", help=f"of {', '.join(ROWS)} (default: all)")
    parser.add_argument("--output", type=Path, default=Path("representations.json"), help="file of results")
    parser.add_argument("--held-out", action="store_true", help="measure on held-out training rows, to choose settings")
    parser.add_argument("--table", action="store_true", help="print the table of what is in the file, run nothing")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.rows) - set(ROWS))
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    warnings.simplefilter("ignore", ConvergenceWarning)
    results = Results(options.output)
    if not options.table:
        for name in options.rows or ROWS:
            run(name, options.held_out, results)
    print(*lines(options.held_out, results), sep="\n")


if __name__ == "__main__":
    main()
