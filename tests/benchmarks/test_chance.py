"""Chance in a row of the table of representations: intervals, rows that differ, other splits."""

from itertools import combinations

import numpy as np
import pytest
from sklearn.preprocessing import FunctionTransformer

from benchmarks.harness import StoredResults
from benchmarks.representations import chance
from benchmarks.representations._measures import CANDIDATES, Frozen, FrozenSearched, linear
from benchmarks.representations._row import Row
from benchmarks.representations._splits import Split, digits

WRONG = np.array([[1, 0, 0, 1, 0], [0, 0, 1, 1, 0], [0, 0, 0, 1, 1]], bool)


def few(held_out, number=0):
    """Digits 0 to 2 of a split."""
    split = digits(held_out, number)
    kept, measured = (np.flatnonzero(y < 3)[:90] for y in (split.y, split.y_test))
    return Split(split.X[kept, ::3], split.y[kept], split.X_test[measured, ::3], split.y_test[measured])


def row(measure, published=95.0):
    return Row("a row", "accuracy", published, None, "", few, lambda seed: FunctionTransformer(), measure, 64)


def test_rows_that_differ_are_the_mean_over_all_pairs():
    pairs = [int((one != other).sum()) for one, other in combinations(WRONG, 2)]
    assert pairs == [2, 2, 2]
    assert chance.rows_that_differ(WRONG) == 2.0
    assert chance.rows_that_differ(WRONG[[0, 0, 1]]) == pytest.approx(4 / 3)


def test_the_standard_error_of_a_difference_is_that_of_mcnemar():
    # b = 3 and c = 6 of 100 rows, and 10 on which both are wrong.
    wrong = np.zeros((2, 100), bool)
    wrong[0, :13] = True
    wrong[1, 3:19] = True
    assert chance.standard_error(wrong) == pytest.approx(100.0 * 3.0 / 100)


def test_intervals_over_seeds_are_those_of_student():
    # Mean 2, deviation 1, and 4.3027 is the quantile of t with two degrees of freedom.
    np.testing.assert_allclose(chance.mean_interval([1.0, 2.0, 3.0]), (2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5), 1e-4)
    half = 4.3027 * (4 / 3) ** 0.5
    np.testing.assert_allclose(chance.mean_interval([1.0, 2.0, 3.0], more=1), (2 - half, 2 + half), 1e-4)


def test_resampled_rows_give_the_interval_of_a_share():
    rng, wrong = np.random.default_rng(0), np.arange(2500) % 5 == 0
    # A fifth of 2,500 rows: the standard error is 0.8 per cent.
    expected = (20.0 - 1.96 * 0.8, 20.0 + 1.96 * 0.8)
    for resampled in (chance.resampled_mean, chance.resampled_training):
        np.testing.assert_allclose(resampled(np.array([wrong, wrong]), rng), expected, atol=0.06)


def test_rows_are_resampled_for_all_trainings_at_once():
    wrong = np.arange(2500) % 2 == 0
    # Exactly one of both is wrong on every row: their mean is the same on any rows, each of them is not.
    both = np.array([wrong, ~wrong])
    assert chance.resampled_mean(both, np.random.default_rng(0)) == (50.0, 50.0)
    np.testing.assert_allclose(chance.resampled_training(both, np.random.default_rng(0)), (48.04, 51.96), atol=0.1)


def test_resampled_trainings_have_the_chance_of_seeds_too():
    wrong = np.array([np.zeros(100, bool), np.ones(100, bool)])
    assert chance.resampled_training(wrong, np.random.default_rng(0)) == (0.0, 100.0)
    assert chance.resampled_mean(wrong, np.random.default_rng(0)) == (50.0, 50.0)


@pytest.mark.parametrize("measure", (Frozen(0.01), FrozenSearched((0.001, 0.01))))
def test_a_training_keeps_the_rows_that_it_gets_wrong(measure):
    split = few(False)
    found = chance.trained(row(measure), split, 0)
    assert found["error"] == pytest.approx(100.0 - measure(FunctionTransformer(), split, 0))
    (wrong,) = chance.table_of_wrong([found])
    assert 0.0 < 100.0 * wrong.mean() == pytest.approx(found["error"])
    searched = (0.001, 0.01) if isinstance(measure, FrozenSearched) else (0.0025, 0.005, 0.01, 0.02, 0.04)
    errors = [100.0 * (linear(C).fit(split.X, split.y).predict(split.X_test) != split.y_test) for C in searched]
    np.testing.assert_allclose(found["by C"], [error.mean() for error in errors])
    if isinstance(measure, Frozen):
        np.testing.assert_array_equal(wrong, errors[2] > 0)


def test_a_finished_training_is_not_repeated_and_splits_are_others(tmp_path, monkeypatch):
    monkeypatch.setitem(chance.ROWS, "digits", row(FrozenSearched((0.001, 0.01))))
    monkeypatch.setattr(chance, "digits", few)
    results = StoredResults(tmp_path / "chance.json")
    chance.run("digits", 2, 2, results)
    assert list(results.found) == ["digits/0", "digits/1", "splits of digits/1", "splits of digits/2"]
    first, again, *others = (result["value"]["wrong"] for result in results.found.values())
    assert first == again
    assert len({first, *others}) == 3
    monkeypatch.setattr(chance, "trained", lambda *args: pytest.fail("trained again"))
    chance.run("digits", 2, 2, StoredResults(tmp_path / "chance.json"))


def test_the_table_has_a_line_for_each_kind_of_training(tmp_path, monkeypatch):
    monkeypatch.setitem(chance.ROWS, "digits", row(FrozenSearched()))
    results, earlier = (StoredResults(tmp_path / f"{name}.json") for name in ("chance", "representations"))
    assert list(chance.table(results, earlier)) == []
    by_C = [3.0] * (len(CANDIDATES) - 1)
    for key, error, wrong in (("digits/0", 20.0, "3"), ("digits/1", 40.0, "3 4"), ("splits of digits/1", 0.0, "")):
        results.found[key] = {"value": {"error": error, "rows": 5, "wrong": wrong, "by C": [*by_C, error]}}
    first, best, others, _ = chance.table(results, earlier)
    # Student's quantile with one degree of freedom is 12.706.
    assert first[:7] == ("a row", "5.00", "2", "30.00 (-97.06 to 157.06)", "14.14", "0", "-190.08 to 250.08")
    assert first[7:9] == ("1", "20.00")
    assert best[:1] + best[3:6] == ("a row, C chosen on the test rows", "3.00 (3.00 to 3.00)", "0.00", "2")
    assert others == ("a row, other splits", "5.00", "1", "0.00", "0.00", "1", *[""] * 5)


def test_earlier_trainings_have_a_line_unless_they_are_the_same(tmp_path, monkeypatch):
    monkeypatch.setitem(chance.ROWS, "digits", row(Frozen(1.0)))
    results, earlier = (StoredResults(tmp_path / f"{name}.json") for name in ("chance", "representations"))
    earlier.found |= {"digits/raw": {"value": 90.0}, "digits/0": {"value": 80.0}, "digits/1": {"value": 70.0}}
    labels = lambda: [cells[0] for cells in chance.table(results, earlier)]  # noqa: E731
    assert labels() == ["a row, trainings of the table"]
    results.found["digits/0"] = {"value": {"error": 20.0, "rows": 5, "wrong": "3"}}
    # Trainings of before have one C alone.
    assert labels() == ["a row"]
    results.found["digits/1"] = {"value": {"error": 20.0, "rows": 5, "wrong": "4"}}
    assert labels() == ["a row", "a row, trainings of the table"]
