"""The top-k row beside PyTorch and with other settings: what its difference from the published figure is due to.

- agreement: skae and PyTorch train the row in float64, from the same start and with the same order and draws; the
  greatest relative difference of the losses of an epoch, and the greatest of the codes beside the greatest code. In
  float32, where a rounding may decide which unit is on, the loss of the last epoch for several seeds.
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
_PYTORCH, _AGREEMENT, _SINGLE = "PyTorch", "agreement", "agreement in float32"


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


def both_trained(X, seed, epochs):
    """The model of the row and that of PyTorch for fewer epochs, trained on X."""
    models = _ROW.model(seed), by_pytorch(seed)
    models[0][-1].set_params(max_iter=epochs)
    models[1][-1].encoder.set_params(max_iter=epochs)
    return [model.fit(X) for model in models]


def agreement(X, epochs):
    """Losses of each epoch by skae and by PyTorch in float64, how many units were revived, and how far codes differ."""
    X = X.astype(np.float64)
    ours, theirs = both_trained(X, 0, epochs)
    code, other = ours.transform(X), theirs.transform(X)
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


def single_agreement(X, epochs, n_seeds):
    """The last losses by skae and by PyTorch in float32, and the relative difference, for each seed."""
    models = [both_trained(X, seed, epochs) for seed in range(n_seeds)]
    losses = [(ours[-1].loss_curve_[-1], theirs[-1].losses_[-1]) for ours, theirs in models]
    differences = [abs(theirs / ours - 1.0) for ours, theirs in losses]
    return {"epochs": epochs, "rows": len(X), "losses": losses, "differences": differences}


def run(options, split, results):
    """Make all results that are asked for and not in the file."""
    with_torch = bool(installed({_PYTORCH: "torch"}))
    if with_torch and options.agreement_epochs:
        part = split.X[: options.agreement_rows]
        settings = f"{in_one_line(by_pytorch(0))}; {options.agreement_epochs} epochs of {len(part)} rows, float64"
        results.once(_AGREEMENT, settings, partial(agreement, part, options.agreement_epochs), itemgetter("loss"))
        part, epochs = part[: len(part) // 2], -(-options.agreement_epochs // 4)
        settings = f"{in_one_line(by_pytorch(0))}; {epochs} epochs of {len(part)} rows, {options.seeds} seeds"
        train = partial(single_agreement, part, epochs, options.seeds)
        results.once(_SINGLE, settings, train, lambda value: max(value["differences"]))
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


def trainings(results, chance=None):
    """The table of the trainings in Markdown."""
    found = found_by_name(results, StoredResults(_CHANCE) if chance is None else chance)
    names = sorted(filter(found.get, found), key=lambda name: (name == _PYTORCH, name))
    rows = [_cells(name, [result["error"] for result in found[name].values()]) for name in names]
    for chosen, best in (("k", best_of_k(found)), ("k and C", best_of_k(found, "by C", min))):
        if len(best) > 1:
            rows.append(_cells(f"{chosen} chosen on the test rows", best))
    return markdown(("training", "trainings", "mean", "spread", "least"), rows)


def agreements(results):
    """Yield lines that say how far skae and PyTorch agree."""
    if _AGREEMENT in results.found:
        one = results.found[_AGREEMENT]["value"]
        yield (
            f"agreement in float64 after {one['epochs']} epochs of {one['rows']:,} rows and {one['revived'][0]:,} "
            f"revivals: losses to {one['loss']:.1g}, codes to {one['code']:.1g}"
        )
    if _SINGLE in results.found:
        one = results.found[_SINGLE]["value"]
        told = ", ".join(f"{difference:.1g}" for difference in one["differences"])
        yield f"in float32 after {one['epochs']} epochs of {one['rows']:,} rows, losses of several seeds: to {told}"


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
    print(*trainings(results), "", *agreements(results), sep="\n")
