"""Spread of the best representation of the handwriting experiment over seeds of the autoencoder alone.

python -m benchmarks handwriting_seeds
"""

from __future__ import annotations

from sklearn.base import clone

from skae.handwriting import compare
from skae.handwriting.conditions import one_thread_and_quiet

from ..harness import benchmark, mean, option, spread


@benchmark(option("--seeds", 5, "seeds 0, 1, ...", quick=1))
def main(options):
    comparison = compare(n_jobs=-1)
    best = max(comparison.rows, key=lambda row: row.cv_accuracy)
    # The rows of the table and the estimators have the same order.
    pipeline = list(comparison.estimators.values())[comparison.rows.index(best)]
    split = comparison.split
    scores = []
    for seed in range(options.seeds):
        with one_thread_and_quiet():
            fitted = clone(pipeline).set_params(representation__random_state=seed).fit(split.X_train, split.y_train)
        scores.append(100 * fitted.score(split.X_test, split.y_test))
    print(f"{best.representation}, the favourite of the search: test accuracy by seed, %")
    print("  ".join(f"{score:.2f}" for score in scores))
    print(f"mean {mean(scores):.2f}, standard deviation {spread(scores):.2f}")
    print(", ".join(f"{name} {version}" for name, version in comparison.versions.items()))
    return {"representation": best.representation, "accuracy": scores, "versions": comparison.versions}
