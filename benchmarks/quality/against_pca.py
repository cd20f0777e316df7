"""Against PCA: explained variance of held-out digits over the width of the code, with and without a further layer.

The training rows are the digits of ten writers, the held-out ones those of four others. All autoencoders have their
defaults. Figures are means over the seeds of the training, with their standard deviation.

python -m benchmarks against_pca
"""

from __future__ import annotations

from sklearn.decomposition import PCA

from skae import AutoencoderTransformer
from skae.datasets import load_digits_unit
from skae.metrics import reconstruction_score

from ..harness import Table, benchmark, markdown, mean, option, spread

_WRITERS = 10
_FURTHER = {"one hidden layer": (), "a further layer of 64": (64,)}


def split():
    """Training rows, and rows of other writers."""
    X, _, writers = load_digits_unit(return_X_y=True, return_groups=True)
    return X[writers < _WRITERS], X[writers >= _WRITERS]


def explained(train, test, width, seeds):
    """Explained variance of both parts by each contender, one figure a seed."""
    pca = PCA(width, svd_solver="full").fit(train)
    found = {"PCA": {"train": [reconstruction_score(pca, train)], "test": [reconstruction_score(pca, test)]}}
    for name, hidden in _FURTHER.items():
        fits = [
            AutoencoderTransformer(width, hidden_layer_sizes=hidden, random_state=seed).fit(train)
            for seed in range(seeds)
        ]
        found[name] = {"train": [fit.score(train) for fit in fits], "test": [fit.score(test) for fit in fits]}
    return found


def lines(results):
    """Yield the table of the page, in Markdown."""
    names = ["PCA", *_FURTHER]
    yield from markdown(
        ["width", *(f"{name}, {part}" for part in ("train", "new writers") for name in names)],
        (
            [str(case["width"]), *(_figure(case[name][part]) for part in ("train", "test") for name in names)]
            for case in results["widths"]
        ),
    )


def _figure(values):
    return f"{mean(values):.3f} +- {spread(values):.3f}" if len(values) > 1 else f"{values[0]:.3f}"


@benchmark(
    option("--widths", [2, 4, 8, 16, 32, 48], "widths of the code", quick=[2]),
    option("--seeds", 5, "of the training: 0, 1, ...", quick=1),
)
def main(options):
    train, test = split()
    table = Table(
        ("width", ">5"), ("", "<2"), ("contender", "<24"), ("train", ">8.4f"), ("test", ">8.4f"), ("+-", ">8.4f")
    )
    results = {"rows": [len(train), len(test)], "widths": []}
    for width in options.widths:
        found = explained(train, test, width, options.seeds)
        for name, parts in found.items():
            table.row(str(width), None, name, mean(parts["train"]), mean(parts["test"]), spread(parts["test"]))
        results["widths"].append({"width": width, **found})
    print("", *lines(results), sep="\n")
    return results
