"""Training speed side by side: skae, its matrix products alone, PyTorch and scikit-learn.

python -m benchmarks speed
python -m benchmarks speed --part training --rounds 9 --output speed.json
python -m benchmarks speed --part gated --threads 1
"""

from __future__ import annotations

from dataclasses import replace

from ..harness import Table, benchmark, option, rounds
from ._cases import GATED, GROWTH, PENALISED, SPARSE, TRAINING
from ._workers import alternate_processes, taking_part

PARTS = {
    "training": (TRAINING, ["skae", "products alone", "PyTorch eager", "PyTorch compiled", "MLPRegressor"]),
    "penalised": (PENALISED, ["skae", "PyTorch eager", "PyTorch compiled", "PyTorch torch.func"]),
    "gated": (
        GATED,
        ["skae", "skae, epochs alone", "encoder alone", "encoder and Adam", "skae dense", "PyTorch eager"],
    ),
    "sparse": (SPARSE, ["skae", "skae, epochs alone", "skae dense"]),
    "growth": (GROWTH, ["skae", "products alone", "PyTorch eager"]),
}

# Relative difference allowed between the losses of two contenders, which read the rows in different orders.
LOSS_TOLERANCE = 0.01


def measure(case, contenders, rounds):
    """One row of results for each contender in a case."""
    X = case.load()
    timings = alternate_processes(contenders, case, rounds)
    rows = []
    for name in contenders:
        seconds = timings.median(name) / case.epochs
        rows.append(
            {
                "case": case.name,
                "contender": name,
                "seconds_per_epoch": seconds,
                "all_seconds": [total / case.epochs for total in timings.seconds[name]],
                "times_skae": timings.ratio(name, "skae"),
                "skae_over_this": timings.ratio("skae", name),
                "rows_per_second": X.shape[0] / seconds,
                "gflop_per_second": case.flops(*X.shape) / seconds / 1e9,
                **timings.values[name][-1],
            }
        )
    return rows


def check_losses(rows):
    """A line for each contender whose loss differs from that of skae."""
    expected = {row["case"]: row["loss"] for row in rows if row["contender"] == "skae"}
    return [
        f"LOSS DIFFERS: {row['case']}, {row['contender']}: {row['loss']:.4f} against {expected[row['case']]:.4f}"
        for row in rows
        if row["loss"] is not None and abs(row["loss"] / expected[row["case"]] - 1) > LOSS_TOLERANCE
    ]


@benchmark(
    option("--part", "training", choices=[*PARTS, "all"]),
    option("--threads", 2, "threads that every contender may use"),
    option("--case", None, "only cases whose name contains this text", quick="digits"),
    rounds(7),
    check=check_losses,
)
def main(options):
    table = Table(
        ("case", "<26"),
        ("contender", "<20"),
        ("ms/epoch", ">10.1f"),
        ("x skae", ">10.2f"),
        ("rows/s", ">13,.0f"),
        ("GFLOP/s", ">10.1f"),
        ("MiB", ">10.0f"),
        ("loss", ">12.4f"),
    )
    results = []
    for part in PARTS if options.part == "all" else [options.part]:
        cases, contenders = PARTS[part]
        for case in cases:
            if options.case and options.case not in case.name:
                continue
            case = replace(case, threads=options.threads)
            rows = measure(case, taking_part(contenders, case.kind), options.rounds)
            for row in rows:
                keys = ("times_skae", "rows_per_second", "gflop_per_second", "peak_mib", "loss")
                table.row(case.name, row["contender"], 1e3 * row["seconds_per_epoch"], *(row[key] for key in keys))
            results += rows
    return results
