"""Mixed tables: the command ``fit`` without options beside PCA of indicators and scaled numbers, on held-out rows.

Tables of numbers and words, three generated ones of known structure and four of scikit-learn, lose a tenth of their
cells. A quarter of the rows is held out. The command reads the others from a CSV file; the width "auto" is that which
it chooses, and PCA has the same. Errors are measured alike for all, in the units of ``TableEncoder``, in which every
column has a variance of one on the training rows: the share of the squares about the training means that the
reconstruction explains, for the cells that it saw, and for those that were hidden from it. Each seed draws other gaps,
held-out rows and weights.

python -m benchmarks mixed_tables
"""

from __future__ import annotations

import tempfile
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import skae
from skae.__main__ import main as command

from ..harness import Table, benchmark, markdown, mean, option, positional, spread
from ._mixed_data import TABLES

_SHARE_OF_GAPS, _SHARE_HELD_OUT = 0.1, 0.25
_COMMANDS = {
    "fit": [],
    "fit --hidden-layer-sizes 64": ["--hidden-layer-sizes", "64"],
    "fit --estimator denoising": ["--estimator", "denoising"],
}


def fitted(table, options, seed, folder):
    """The model that the command writes for a table."""
    rows, model = Path(folder, "rows.csv"), Path(folder, "model.skae")
    table.to_csv(rows, index=False)
    status = command(["fit", str(rows), "--output", str(model), "--seed", str(seed), "--quiet", *options])
    if status:
        raise RuntimeError(f"the command ended with status {status}")
    return skae.load(model)


def by_network(model):
    """Reconstruction of encoded rows by the network of a model."""
    return model.estimator_.reconstruct


def by_pca(Z, width, scaler):
    """Reconstruction of encoded rows by PCA of training rows whose gaps are filled by the means.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Training rows.
    width : int
    scaler : transformer
        Of what PCA sees.

    Returns
    -------
    callable (ndarray) -> ndarray
    """
    pca = PCA(width, svd_solver="full").fit(np.nan_to_num(scaler.fit_transform(Z)))

    def reconstruct(Z):
        filled = np.nan_to_num(scaler.transform(Z))
        return scaler.inverse_transform(pca.inverse_transform(pca.transform(filled)))

    return reconstruct


def explained(Z, reconstruction, cells):
    """Share of the squares about the training means, which are 0, that is explained in some cells."""
    kept = cells & ~np.isnan(Z)
    return 1.0 - float(((Z - reconstruction)[kept] ** 2).sum() / (Z[kept] ** 2).sum())


def measure(make, width, seed):
    """Width, and explained shares of seen and hidden cells by contender, for one seed.

    Parameters
    ----------
    make : callable () -> DataFrame
    width : str
        A number, or "auto" for that of the command.
    seed : int

    Returns
    -------
    int
    dict of str to dict of str to float
    """
    whole = make()
    gone = np.random.default_rng(seed).random(whole.shape) < _SHARE_OF_GAPS
    train, test = train_test_split(np.arange(len(whole)), test_size=_SHARE_HELD_OUT, random_state=seed)
    gaps = whole.mask(gone)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, options in _COMMANDS.items():
            model = fitted(gaps.iloc[train], [*options, "--n-components", str(width)], seed, folder)
            width = len(model.get_feature_names_out())
            results[name] = by_network(model)
    encoder = model.encoder_
    Z = encoder.transform(gaps.iloc[train])
    # By column, a category weighs as a number; by indicator, each of its indicators does, as StandardScaler makes it.
    results["PCA, by column"] = by_pca(Z, width, StandardScaler(with_std=False))
    results["PCA, by indicator"] = by_pca(Z, width, StandardScaler())
    hidden = np.zeros(encoder.transform(whole.iloc[test]).shape, bool)
    for j, columns in enumerate(encoder.groups()):
        hidden[:, columns] = gone[test, j, None]
    seen_rows, true_rows = encoder.transform(gaps.iloc[test]), encoder.transform(whole.iloc[test])
    found = {}
    for name, reconstruct in results.items():
        rows = reconstruct(seen_rows)
        found[name] = {"seen": explained(true_rows, rows, ~hidden), "hidden": explained(true_rows, rows, hidden)}
    return width, found


def lines(results):
    """Yield the tables of the page, of seen and of hidden cells, in Markdown."""
    names = list(results["tables"][0]["contenders"])
    for part in ("seen", "hidden"):
        yield from markdown(
            ["table", "width", *names],
            (
                [
                    case["table"],
                    " to ".join(str(width) for width in sorted({min(case["widths"]), max(case["widths"])})),
                    *(f"{mean(case['contenders'][name][part]):.3f}" for name in names),
                ]
                for case in results["tables"]
            ),
        )
        yield ""


@benchmark(
    positional("TABLE", list(TABLES), quick=["iris"]),
    option("--widths", ["auto", "3"], "of the code: auto or numbers", quick=["3"]),
    option("--seeds", 5, "of gaps, held-out rows and initial weights: 0, 1, ...", quick=1),
)
def main(options):
    table = Table(
        ("table", "<14"),
        ("width", ">5"),
        ("", "<2"),
        ("contender", "<28"),
        ("seen", ">8.3f"),
        ("+-", ">7.3f"),
        ("hidden", ">8.3f"),
        ("+-", ">7.3f"),
    )
    results = {"tables": []}
    for asked, name in product(options.widths, options.TABLE or TABLES):
        widths, runs = zip(*(measure(TABLES[name], asked, seed) for seed in range(options.seeds)))
        contenders = {
            contender: {part: [run[contender][part] for run in runs] for part in ("seen", "hidden")}
            for contender in runs[0]
        }
        for contender, parts in contenders.items():
            figures = [f(parts[part]) for part in ("seen", "hidden") for f in (mean, spread)]
            table.row(name, asked, None, contender, *figures)
        results["tables"].append({"table": name, "asked": asked, "widths": list(widths), "contenders": contenders})
    print("", *lines(results), sep="\n")
    return results
