"""The first fit: defaults against PCA, scikit-learn's network and a grid, and without one ingredient at a time.

A quarter of the rows is held out. The regret is the objective above the least of all contenders, in units of what the
means of the columns leave: with the squared error, explained variance that is missed.

python -m benchmarks first_fit
"""

from __future__ import annotations

import os
from itertools import product

from sklearn.model_selection import train_test_split

from skae import AutoencoderTransformer

from ..harness import Table, benchmark, flag, markdown, option, positional, seed, write
from ._first_fit_contenders import ablations, autoencoder, best_of_grid, pca, perceptron, unexplained_loss
from ._first_fit_data import DATA

_QUICK = [name for name, data in DATA.items() if data.quick]
_REMOVED = ("glorot start", "adam", "rate 1e-3", "constant rate")


def contenders(X, X_test, k, hidden, options):
    """Yield the row of each contender."""
    given = (X, X_test, k, hidden)
    yield pca(X, X_test, k)
    default = autoencoder("default", *given, options.seed)
    yield default
    for name, parameters in ablations(default, X.shape[0]):
        yield autoencoder(name, *given, options.seed, **parameters)
    if options.longer and default["solver"] == "adam":
        yield autoencoder("longer", *given, options.seed, max_iter=5 * default["epochs"])
    if not options.no_perceptron:
        yield perceptron(*given, options.seed)
    if options.grid:
        yield best_of_grid(*given, options.grid_seeds)


def with_regrets(rows, X):
    """The rows, with the regret of those whose objective is that of the default."""
    loss = next(row["loss"] for row in rows if "loss" in row)
    unit = unexplained_loss(X, loss)
    if loss == "squared_error":
        rows = [{"objective": (1.0 - row["train"]) * unit, **row} for row in rows]
    least = min(row["objective"] for row in rows if "objective" in row)
    return [row | {"regret": (row["objective"] - least) / unit if "objective" in row else None} for row in rows]


def names(options):
    """The data sets that are asked for; MNIST where its files are."""
    chosen = options.data or list(DATA)
    if "mnist" in chosen and "SKAE_DATA" not in os.environ:
        print("mnist left out: SKAE_DATA names no folder of it")
        chosen = [name for name in chosen if name != "mnist"]
    return chosen


def figures(case, name):
    """The row of a contender, or None."""
    return next((row for row in case["contenders"] if row["contender"] == name), None)


def summary(cases):
    """Yield the lines of two tables for each depth: beside other models, and without one ingredient."""
    others = [
        name
        for name in ("PCA", "default", "longer", "MLPRegressor", "grid")
        if any(figures(case, name) for case in cases)
    ]
    titles = [f"{name}, {part}" for part in ("train", "test") for name in others]
    timed = [name for name in others if name != "PCA"]
    for hidden in sorted({tuple(case["hidden"]) for case in cases}):
        chosen = [case for case in cases if tuple(case["hidden"]) == hidden]
        yield f"\nFurther layers: {'+'.join(map(str, hidden)) or 'none'}. Explained variance, and seconds.\n"
        yield from markdown(["data", "k", *titles, *(f"{name}, s" for name in timed)], _compared(chosen, others, timed))
        yield "\nRegret of the default, and without one ingredient.\n"
        yield from markdown(["data", "k", "solver", "default", *_REMOVED], _removed(chosen))


def _compared(cases, others, timed):
    for case in cases:
        shares = [_number(figures(case, name), part) for part in ("train", "test") for name in others]
        yield [
            case["data"],
            str(case["k"]),
            *shares,
            *(_number(figures(case, name), "seconds", ".2f") for name in timed),
        ]


def _removed(cases):
    for case in cases:
        rows = [figures(case, name) for name in ("default", *_REMOVED)]
        yield [case["data"], str(case["k"]), rows[0]["solver"], *(_number(row, "regret", ".4f") for row in rows)]


def _number(row, part, form=".3f"):
    if row is None or row[part] is None:
        return ""
    return "below -1" if row[part] < -1.0 else format(row[part], form)


def problems(cases, margin=0.002):
    """Yield where the default is below PCA, and where it warned."""
    for case in cases:
        place = f"{case['data']}, k = {case['k']}, {'shallow' if not case['hidden'] else '64 more'}"
        default, pca = figures(case, "default"), figures(case, "PCA")
        for part in ("train", "test"):
            if default[part] < pca[part] - margin:
                yield f"{place}: {part} {default[part]:.4f}, PCA {pca[part]:.4f}"
        yield from (f"{place}: {warning}" for warning in default["warnings"])


def _table():
    return Table(
        ("data", "<14"),
        ("rows", ">7"),
        ("k", ">4"),
        ("more", ">5"),
        ("", "<2"),
        ("contender", "<15"),
        ("train", ">9.4f"),
        ("test", ">9.4f"),
        ("objective", ">12.5g"),
        ("regret", ">8.4f"),
        ("seconds", ">9.2f"),
        ("", "<1"),
        ("solver, warnings", "<18"),
    )


def measure(name, options, table):
    """Yield the results of each width and depth on a data set, row by row into the table."""
    X, X_test = train_test_split(DATA[name].make(), test_size=0.25, random_state=options.seed)
    for k, width in product(DATA[name].widths, options.hidden):
        hidden = (int(width),) if width else ()
        rows = with_regrets(list(contenders(X, X_test, k, hidden, options)), X)
        for row in rows:
            remark = row.get("solver", "") + (" warned" if row.get("warnings") else "")
            shown = [row.get(part) for part in ("train", "test", "objective", "regret", "seconds")]
            table.row(name, str(X.shape[0]), str(k), width, None, row["contender"], *shown, None, remark)
        shape = {"rows": X.shape[0], "columns": X.shape[1]}
        yield {"data": name, **shape, "k": k, "hidden": hidden, "contenders": rows}


@benchmark(
    positional("data", list(DATA), quick=_QUICK),
    option("--hidden", ["", "64"], "one more layer of so many units; '' for none", type=str),
    flag("--grid", "also the best of 16 settings, three seeds each; slow"),
    option("--grid-seeds", 3, "seeds of the grid", quick=1),
    flag("--longer", "also with five times the epochs of Adam"),
    flag("--no-perceptron", "without scikit-learn's network"),
    seed(),
)
def main(options):
    AutoencoderTransformer(2, max_iter=2).fit([[0.0, 1.0, 2.0], [1.0, 0.5, 0.0], [2.0, 0.0, 1.0]])
    cases, table = [], _table()
    for name in names(options):
        for case in measure(name, options, table):
            cases.append(case)
            # The last ones take long.
            if options.output is not None:
                write(options, cases)
    print("", *summary(cases), "", *problems(cases), sep="\n")
