"""Training speed side by side: skae, its matrix products alone, PyTorch and scikit-learn.

python -m benchmarks.speed
python -m benchmarks.speed --part training --repeats 9 --output speed.json
"""

from __future__ import annotations

import argparse
import statistics
import sys

from .alternate import alternate, available, median_ratio
from .cases import GROWTH, PENALISED, TRAINING
from .report import add_output, write

PARTS = {
    "training": (TRAINING, ["skae", "products alone", "PyTorch eager", "PyTorch compiled", "MLPRegressor"]),
    "penalised": (PENALISED, ["skae", "PyTorch eager", "PyTorch compiled", "PyTorch torch.func"]),
    "growth": (GROWTH, ["skae", "products alone", "PyTorch eager"]),
}

# The losses of two contenders from the same start, on rows in another order, may differ by this much.
LOSS_TOLERANCE = 0.01


HEADER = f"{'case':<26}{'contender':<20}" + "".join(
    f"{title:>{width}}"
    for title, width in (("ms/epoch", 10), ("x skae", 10), ("rows/s", 13), ("GFLOP/s", 10), ("MiB", 10), ("loss", 12))
)


def measure(case, contenders, repeats):
    """One row of results for each contender in a case."""
    X = case.load()
    results = alternate(contenders, case, repeats)
    rows = []
    for name, result in results.items():
        seconds = statistics.median(result["seconds"]) / case.epochs
        rows.append(
            {
                "case": case.name,
                "contender": name,
                "seconds_per_epoch": seconds,
                "all_seconds": [total / case.epochs for total in result["seconds"]],
                "times_skae": median_ratio(results, name, "skae"),
                "skae_over_this": median_ratio(results, "skae", name),
                "rows_per_second": len(X) / seconds,
                "gflop_per_second": case.flops(len(X), X.shape[1]) / seconds / 1e9,
                "peak_mib": result["peak_mib"],
                "loss": result["loss"],
            }
        )
    return rows


def check_losses(rows):
    """A line for each contender whose loss is not that of skae."""
    expected = next(row["loss"] for row in rows if row["contender"] == "skae")
    return [
        f"LOSS DIFFERS: {row['case']}, {row['contender']}: {row['loss']:.4f} against {expected:.4f}"
        for row in rows
        if row["loss"] is not None and abs(row["loss"] / expected - 1) > LOSS_TOLERANCE
    ]


def line(row):
    loss = "" if row["loss"] is None else f"{row['loss']:.4f}"
    peak = "" if row["peak_mib"] is None else f"{row['peak_mib']:.0f}"
    return (
        f"{row['case']:<26}{row['contender']:<20}{row['seconds_per_epoch'] * 1e3:>10.1f}{row['times_skae']:>10.2f}"
        f"{row['rows_per_second']:>13,.0f}{row['gflop_per_second']:>10.1f}{peak:>10}{loss:>12}"
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=[*PARTS, "all"], default="training", help="default: training")
    parser.add_argument("--case", help="only cases whose name holds this text")
    parser.add_argument("--repeats", type=int, default=7, help="rounds; every contender runs once in each (default: 7)")
    add_output(parser)
    options = parser.parse_args(arguments)
    results, problems = [], []
    print(HEADER)
    for part in PARTS if options.part == "all" else [options.part]:
        cases, contenders = PARTS[part]
        for case in cases:
            if options.case and options.case not in case.name:
                continue
            present, absent = available(contenders, case.kind)
            rows = measure(case, present, options.repeats)
            for row in rows:
                print(line(row), flush=True)
            problems += [text for text in absent if text not in problems] + check_losses(rows)
            results += rows
    for text in problems:
        print(text, file=sys.stderr)
    write(options, results)
    return int(any(text.startswith("LOSS") for text in problems))


if __name__ == "__main__":
    sys.exit(main())
