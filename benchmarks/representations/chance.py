"""Chance in the rows that are short of a published figure: other seeds, other test rows, other splits.

A row is trained as in the table, with more seeds, and the test rows that each training gets wrong are kept. Figures are
errors in per cent; an interval has 95 %.

- mean: of all trainings, with its interval over seeds, by Student's t.
- another training: where the error of one more training on the same test rows is expected, by the same.
- rows that differ: test rows on which exactly one of two trainings is wrong, b + c, as a mean over all pairs. If two
  trainings are equally good, their difference has the standard error sqrt(b + c) / n (McNemar).
- other test rows: the interval of the mean for digits in general, by a bootstrap of the test rows, and that of a single
  training, by one of trainings and test rows.

The small digits are split in other ways as well, once each, with a seed of its own: there each training has other
training rows, too. Their published C was chosen on the test rows; what this gives is measured beside the row, also with
the published classifier, and for codes of MNIST with a C a quarter to four times that of the row. Nothing is chosen
here, and results that are in the file are not run again. The printed table has a line for the trainings of the table of
representations where they are others than those with the same seeds here.

python -m benchmarks chance --output results.json
python -m benchmarks chance --rows plain --seeds 20 --output results.json
python -m benchmarks chance --output results.json --table
"""

from __future__ import annotations

from functools import partial
from operator import itemgetter
from pathlib import Path

import numpy as np
from scipy.stats import t as student
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

from ..harness import StoredResults, benchmark, flag, markdown, mean, option, spread
from ._measures import linear, right
from ._row import described
from ._rows import ROWS
from ._splits import digits

_SHORT = ["plain", "topk", "lifetime", "digits"]
_QUICK = "nudged"
_TABLE = Path(__file__).parents[1] / "results" / "representations.json"
_DRAWS = 100_000
_TIMES = (0.25, 0.5, 1.0, 2.0, 4.0)
_OTHERS = "splits of "
# Of tensorflow-fcwta: a linear SVM on the code as it is, the best of these on the test rows.
_SVM_STRENGTHS = [10.0**power for power in range(-5, 6)]


def trained(row, split, seed):
    """Error of one training in per cent, the test rows it gets wrong, and the error with each of several C."""
    model = row.model(seed)
    wrong = ~row.measure.right(model, split)
    found = {"error": 100.0 * float(wrong.mean()), "rows": len(wrong), "wrong": " ".join(map(str, wrong.nonzero()[0]))}
    known = {getattr(row.measure, "C", None): found["error"]}
    found["by C"] = [known[C] if C in known else _error(linear(C), model, split) for C in strengths(row.measure)]
    if row.split is digits:
        found["by C of a linear SVM"] = [_error(LinearSVC(C=C), model, split) for C in _SVM_STRENGTHS]
    return found


def _error(classifier, model, split):
    return 100.0 * float(1.0 - right(classifier, model, split).mean())


def strengths(measure):
    """Inverse L2 strengths: those that a measure searches, or some about its own."""
    return getattr(measure, "candidates", None) or [measure.C * times for times in _TIMES]


def run(name, n_seeds, n_splits, results):
    """Train one row with all seeds, and on the other splits if it is that of the small digits."""
    row, settings = ROWS[name], described(ROWS[name])
    jobs = [(f"{name}/{seed}", row.split, seed) for seed in range(n_seeds)]
    if row.split is digits:
        others = range(1, n_splits + 1)
        jobs += [(f"{_OTHERS}{name}/{number}", partial(digits, number=number), number) for number in others]
    for key, read, seed in jobs:
        if not results.has(key, settings):
            results.once(key, settings, partial(trained, row, read(False), seed), figure=itemgetter("error"))


def table_of_wrong(found):
    """Whether each training gets each test row wrong, of shape (n_trainings, n_rows)."""
    wrong = np.zeros((len(found), found[0]["rows"]), bool)
    for line, one in zip(wrong, found):
        line[[int(place) for place in one["wrong"].split()]] = True
    return wrong


def mean_interval(values, more=0):
    """Interval of the mean of some values; with ``more=1`` that of one more value."""
    half = student.ppf(0.975, len(values) - 1) * spread(values) * np.sqrt(more + 1.0 / len(values))
    return mean(values) - half, mean(values) + half


def rows_that_differ(wrong):
    """Number of test rows on which exactly one of two trainings is wrong, as a mean over all pairs of trainings."""
    n_trainings, times = len(wrong), wrong.sum(axis=0)
    return float((times * (n_trainings - times)).sum() / (n_trainings * (n_trainings - 1) / 2))


def standard_error(wrong):
    """That of the difference of two trainings that are equally good, in per cent."""
    return 100.0 * np.sqrt(rows_that_differ(wrong)) / wrong.shape[1]


def resampled_mean(wrong, rng):
    """Interval of the mean error in per cent of the trainings, over test rows drawn with replacement."""
    # Rows that are wrong equally often are alike: how many of each kind are drawn says everything.
    n_trainings, n_rows = wrong.shape
    kinds = np.bincount(wrong.sum(axis=0), minlength=n_trainings + 1)
    drawn = rng.multinomial(n_rows, kinds / n_rows, size=_DRAWS)
    return _middle(drawn @ np.arange(n_trainings + 1) * (100.0 / (n_rows * n_trainings)))


def resampled_training(wrong, rng):
    """Interval of the error in per cent of one of the trainings, drawn as the test rows are."""
    n_trainings, n_rows = wrong.shape
    errors = wrong.mean(axis=1)[rng.integers(n_trainings, size=_DRAWS)]
    return _middle(rng.binomial(n_rows, errors) * (100.0 / n_rows))


def _middle(draws):
    return tuple(np.quantile(draws, (0.025, 0.975)))


_COLUMNS = (
    "row",
    "published",
    "trainings",
    "mean",
    "spread",
    "as published or better",
    "another training",
    "rows that differ",
    "standard error of a difference",
    "mean, other test rows",
    "a training, other test rows",
)


def _interval(ends):
    return f"{ends[0]:.2f} to {ends[1]:.2f}"


def cells(label, published, errors, wrong=None):
    """A line of the table; without ``wrong`` where trainings have test rows of their own, or errors alone are kept."""
    several, rng = len(errors) > 1, np.random.default_rng(0)
    return (
        label,
        f"{published:.2f}",
        str(len(errors)),
        f"{mean(errors):.2f}" + (f" ({_interval(mean_interval(errors))})" if several else ""),
        f"{spread(errors):.2f}",
        # A published figure has two digits.
        str(sum(round(error, 2) <= published for error in errors)),
        _interval(mean_interval(errors, more=1)) if several else "",
        *_of_rows(wrong, several, rng),
    )


def _of_rows(wrong, several, rng):
    """The columns that need the test rows that each training gets wrong."""
    if wrong is None:
        return ("",) * 4
    pairs = (f"{rows_that_differ(wrong):.3g}", f"{standard_error(wrong):.2f}") if several else ("", "")
    return (*pairs, _interval(resampled_mean(wrong, rng)), _interval(resampled_training(wrong, rng)))


def _of(name, results):
    """The results of a name, in the order of their numbers."""
    numbers = (key.rpartition("/")[2] for key in results.found if key.rpartition("/")[0] == name)
    return [results.found[f"{name}/{n}"]["value"] for n in sorted(map(int, filter(str.isdecimal, numbers)))]


def _of_row(name, results):
    """Yield the cells of a row and of the other splits of its data."""
    row = ROWS[name]
    for kind, other in ((name, ""), (f"{_OTHERS}{name}", ", other splits")):
        if not (found := _of(kind, results)):
            continue
        errors = [one["error"] for one in found]
        yield cells(f"{row.label}{other}", _published(row), errors, None if other else table_of_wrong(found))
        for key, classifier in (("by C", ""), ("by C of a linear SVM", ", linear SVM")):
            if best := [min(one[key]) for one in found if key in one]:
                yield cells(f"{row.label}{other}{classifier}, C chosen on the test rows", _published(row), best)


def _published(row):
    return row.published if row.figure == "error" else 100.0 - row.published


def table(results, earlier):
    """Yield the cells of all rows; the trainings of the table of representations, ``earlier``, have a line of their own
    where they have other errors than those with the same seeds here, or there are none here."""
    for name in _SHORT:
        yield from _of_row(name, results)
        before = [100.0 - value for value in _of(name, earlier)]
        errors = [one["error"] for one in _of(name, results)]
        if before and not (errors and np.allclose(before[: len(errors)], errors[: len(before)])):
            yield cells(f"{ROWS[name].label}, trainings of the table", _published(ROWS[name]), before)
    yield from _of_row(_QUICK, results)


def lines(results, earlier=None):
    """The table in Markdown."""
    return markdown(_COLUMNS, table(results, StoredResults(_TABLE) if earlier is None else earlier))


@benchmark(
    option("--rows", _SHORT, "rows of the table of representations", quick=[_QUICK], choices=[*_SHORT, _QUICK]),
    option("--seeds", 10, "trainings of each", quick=2),
    option("--splits", 20, "other splits of the small digits", quick=1),
    option("--output", "chance.json", "file of results"),
    flag("--table", "print the table of the results in the file, run nothing"),
    quiet=ConvergenceWarning,
)
def main(options):
    results = StoredResults(options.output)
    for name in () if options.table else options.rows:
        run(name, options.seeds, options.splits, results)
    print(*lines(results), sep="\n")
