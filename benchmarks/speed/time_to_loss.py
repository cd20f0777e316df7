"""Time until a loss is reached that PyTorch's Adam has at its best: skae's solvers beside it, all on one clock.

python -m benchmarks time_to_loss
python -m benchmarks time_to_loss --case 784-64 --rounds 3 --output time_to_loss.json --picture time_to_loss.png
"""

from __future__ import annotations

import warnings

from ..harness import Table, benchmark, installed, median, option, rounds
from ._loss_cases import CASES
from ._loss_curves import BATCH_SIZES, RATES, skae_curve, torch_curve

_SOLVERS = ("auto", "adam", "kfac")

# Panels of a line of the picture.
_PANELS = 3


def time_to(curve, target):
    """Seconds at which a curve of (seconds, loss) first is at a target or below it; None where it never is."""
    return next((seconds for seconds, loss in curve if loss <= target), None)


def best_torch(case, X, held, epochs, strength):
    """The rate and the batch size with which Adam ends lowest, and its loss there."""
    settings = [(rate, size) for size in BATCH_SIZES for rate in RATES]
    ends = {setting: torch_curve(case, X, held, *setting, epochs, strength)[-1][1] for setting in settings}
    best = min(ends, key=ends.get)
    return best, ends[best]


def measure(case, options):
    """One row of results for each contender in a case, with its curves."""
    X, held = case.load()
    contenders = {f"skae {solver}": lambda solver=solver: skae_curve(case, X, held, solver) for solver in _SOLVERS}
    target, strength = case.target, case.strength(X)
    if installed({"PyTorch Adam": "torch"}):
        (rate, size), target = best_torch(case, X, held, options.epochs, strength)
        print(f"{case.name}: PyTorch's Adam ends lowest, at {target:.5g}, with rate {rate:g} and batches of {size}")
        contenders["PyTorch Adam"] = lambda: torch_curve(case, X, held, rate, size, options.epochs, strength)
    curves = {name: [] for name in contenders}
    for _ in range(options.rounds):
        for name, contender in contenders.items():
            curves[name].append(contender())
    found = {name: [time_to(curve, target) for curve in each] for name, each in curves.items()}
    rows = []
    for name, seconds in found.items():
        reached = None not in seconds
        rows.append(
            {
                "case": case.name,
                "contender": name,
                "target": target,
                "seconds": median(seconds) if reached else None,
                "of_torch": _ratio(seconds, found.get("PyTorch Adam")) if reached else None,
                "end_seconds": median(curve[-1][0] for curve in curves[name]),
                "end_loss": median(curve[-1][1] for curve in curves[name]),
                "curves": curves[name],
            }
        )
    return rows


def _ratio(seconds, others):
    if not others or None in others:
        return None
    return median(one / other for one, other in zip(seconds, others))


def check(rows):
    """A line for each case in which no solver of skae reaches the target."""
    reached = {row["case"] for row in rows if row["seconds"] is not None and row["contender"].startswith("skae")}
    return [f"NOT REACHED: {case}" for case in sorted({row["case"] for row in rows} - reached)]


def picture(rows, path):
    """Loss over seconds, a panel for each case, of the first round; a grey line where the target is."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    cases = list(dict.fromkeys(row["case"] for row in rows))
    n_columns = min(len(cases), _PANELS)
    n_lines = -(-len(cases) // n_columns)
    size = (3.6 * n_columns, 3.0 * n_lines)
    figure, axes = pyplot.subplots(n_lines, n_columns, figsize=size, squeeze=False, layout="constrained")
    for ax in axes.flat[len(cases) :]:
        ax.set_axis_off()
    for ax, case in zip(axes.flat, cases):
        own = [row for row in rows if row["case"] == case]
        for row in own:
            ax.plot(*zip(*row["curves"][0]), label=row["contender"])
        ax.axhline(own[0]["target"], color="0.7", linewidth=1)
        least = min(loss for row in own for _, loss in row["curves"][0])
        # Early losses would leave no room for late ones.
        ax.set(title=case, xlabel="seconds", ylabel="loss of a row", xlim=0)
        ax.set_ylim(0.98 * least, 2 * own[0]["target"] - 0.9 * least)
    axes[0][0].legend(loc="upper right")
    figure.savefig(path)
    pyplot.close(figure)


@benchmark(
    option("--case", None, "only cases whose name contains this text", quick="digits"),
    option("--epochs", 30, "epochs of PyTorch's Adam", quick=2),
    rounds(3),
    option("--picture", None, "file for the curves"),
    check=check,
)
def main(options):
    warnings.simplefilter("ignore")
    table = Table(
        ("case", "<28"),
        ("contender", "<14"),
        ("target", ">10.5g"),
        ("seconds", ">10.2f"),
        ("of PyTorch", ">11.2f"),
        ("end s", ">9.2f"),
        ("end loss", ">10.5g"),
    )
    results = []
    for case in CASES:
        if options.case and options.case not in case.name:
            continue
        rows = measure(case, options)
        for row in rows:
            keys = ("case", "contender", "target", "seconds", "of_torch", "end_seconds", "end_loss")
            table.row(*(row[key] for key in keys))
        results += rows
    if options.picture:
        picture(results, options.picture)
    return results
