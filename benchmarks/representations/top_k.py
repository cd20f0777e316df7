"""The top-k row beside PyTorch and with other settings: what its difference from the published figure is due to.

- agreement: skae and PyTorch train the row in float64, from the same start and with the same order and draws; the
  greatest relative difference of the losses of an epoch, and the greatest of the codes beside the greatest code.
- PyTorch: the row trained by PyTorch in float32, with the measure of the row.
- k: the row with other numbers of active units.
- chosen on the test rows: the least error of each seed over k, or over k and C, as one has it who takes the best line
  of a table.

The trainings of the row itself are those of ``python -m benchmarks chance``. Figures are errors on the test rows in per
cent; an interval has 95 %. Nothing is chosen by them. Results that are in the file are not run again.

python -m benchmarks top_k --output results.json
python -m benchmarks top_k --output results.json --table
"""

from __future__ import annotations

from functools import partial
from operator import itemgetter
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline

from ..harness import StoredResults, benchmark, flag, installed, markdown, mean, option, spread
from ._row import in_one_line
from ._rows import ROWS
from ._splits import Split, mnist
from ._torch_top_k import TorchTopK
from .chance import mean_interval, trained

_ROW = ROWS["topk"]
_CHANCE = Path(__file__).parents[1] / "results" / "chance.json"
_PYTORCH, _AGREEMENT = "PyTorch", "agreement"


def by_pytorch(seed):
    """The model of the row, trained by PyTorch."""
    *before, encoder = (step for _, step in _ROW.model(seed).steps)
    return make_pipeline(*before, TorchTopK(encoder))


def keeping(k, seed):
    """The model of the row with k active units."""
    model = _ROW.model(seed)
    model[-1].set_params(n_active=k)
    return model


def _named(k):
    return f"k = {k:>2}"


def agreement(X, epochs):
    """Losses of each epoch by skae and by PyTorch in float64, how many units were revived, and how far codes differ."""
    X = X.astype(np.float64)
    ours, theirs = _ROW.model(0), by_pytorch(0)
    ours[-1].set_params(max_iter=epochs)
    theirs[-1].encoder.set_params(max_iter=epochs)
    code, other = ours.fit_transform(X), theirs.fit_transform(X)
    losses, others = np.array(ours[-1].loss_curve_), np.array(theirs[-1].losses_)
    return {
        "epochs": epochs,
        "rows": len(X),
        "losses": losses.tolist(),
        "losses by PyTorch": others.tolist(),
        "loss": float(np.abs(others / losses - 1.0).max()),
        "code": float(np.abs(other - code).max() / code.max()),
        "revived": [ours[-1].n_revived_, theirs[-1].n_revived_],
    }


def run(options, split, results):
    """Make all results that are asked for and not in the file."""
    with_torch = bool(installed({_PYTORCH: "torch"}))
    if with_torch and options.agreement_epochs:
        part = split.X[: options.agreement_rows]
        settings = f"{in_one_line(by_pytorch(0))}; {options.agreement_epochs} epochs of {len(part)} rows, float64"
        results.once(_AGREEMENT, settings, partial(agreement, part, options.agreement_epochs), itemgetter("loss"))
    models = {_named(k): partial(keeping, k) for k in options.k}
    for seed in range(options.seeds):
        for name, make in {**models, **({_PYTORCH: by_pytorch} if with_torch else {})}.items():
            settings = f"{in_one_line(make(seed))}; {_ROW.measure!r}; {len(split.X)} rows"
            train = partial(trained, _ROW._replace(model=make), split, seed)
            results.once(f"{name}/{seed}", settings, train, itemgetter("error"))


def _cells(name, errors):
    several = len(errors) > 1
    ends = "({:.2f} to {:.2f})".format(*mean_interval(errors)) if several else ""
    return name, str(len(errors)), f"{mean(errors):.2f} {ends}".strip(), f"{spread(errors):.2f}", f"{min(errors):.2f}"


def found_by_name(results, chance):
    """The results of each name by seed; those of the row itself from the results of ``chance``."""
    found = {_named(_ROW.model(0)[-1].n_active): _of("topk", chance)}
    for name in dict.fromkeys(key.rpartition("/")[0] for key in results.found):
        if name:
            found[name] = _of(name, results)
    return found


def _of(name, results):
    """The results of a name by seed."""
    keys = (key.rpartition("/") for key in results.found)
    return {int(seed): results.found[f"{name}/{seed}"]["value"] for of, _, seed in keys if of == name}


def best_of_k(found, key="error", least=float):
    """For each seed that all numbers of active units have, the least error of a key over them."""
    by_k = [results for name, results in found.items() if name.startswith("k = ")]
    by_k = [{seed: least(result[key]) for seed, result in results.items() if key in result} for results in by_k]
    return [min(errors[seed] for errors in by_k) for seed in sorted(set.intersection(*map(set, by_k)))]


def lines(results, chance=None):
    """The tables in Markdown."""
    found = found_by_name(results, StoredResults(_CHANCE) if chance is None else chance)
    names = sorted(filter(found.get, found), key=lambda name: (name == _PYTORCH, name))
    rows = [_cells(name, [result["error"] for result in found[name].values()]) for name in names]
    for chosen, best in (("k", best_of_k(found)), ("k and C", best_of_k(found, "by C", min))):
        if len(best) > 1:
            rows.append(_cells(f"{chosen} chosen on the test rows", best))
    yield from markdown(("training", "trainings", "mean", "spread", "least"), rows)
    if _AGREEMENT in results.found:
        one = results.found[_AGREEMENT]["value"]
        yield ""
        yield (
            f"agreement in float64 after {one['epochs']} epochs of {one['rows']:,} rows and {one['revived'][0]:,} "
            f"revivals: losses to {one['loss']:.1g}, codes to {one['code']:.1g}"
        )


@benchmark(
    option("--k", [15, 40], "numbers of active units", quick=[40], nargs="*"),
    option("--seeds", 6, "trainings of each", quick=1),
    option("--agreement-rows", 10_000, "rows of the agreement", quick=400),
    option("--agreement-epochs", 40, "epochs of the agreement; 0 for none", quick=2),
    option("--rows", 60_000, "training rows", quick=400),
    option("--output", "top_k.json", "file of results"),
    flag("--table", "print the tables of the results in the file, run nothing"),
    quiet=ConvergenceWarning,
)
def main(options):
    results = StoredResults(options.output)
    if not options.table:
        X, y, *test = mnist(held_out=False)[:4]
        run(options, Split(X[: options.rows], y[: options.rows], *test), results)
    print(*lines(results), sep="\n")
