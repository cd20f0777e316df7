"""Neighbours: the page, the results and the files of packages agree."""

import json
from pathlib import Path

import pytest

from benchmarks.neighbours.neighbours import ROOT, neighbours, table

PAGE = ROOT / "docs" / "works_with.md"
RESULTS = json.loads(Path(ROOT, "benchmarks", "results", "neighbours.json").read_text(encoding="utf-8"))["results"]


def test_there_are_twelve_at_least_and_all_were_run():
    assert len(RESULTS) >= 12
    assert set(RESULTS) == set(neighbours())
    assert all(result["ok"] for result in RESULTS.values())


@pytest.mark.parametrize("name", neighbours())
def test_the_results_are_of_the_releases_and_words_of_the_file(name):
    neighbour, result = neighbours()[name], RESULTS[name]
    assert result["version"] == neighbour.pinned
    assert (result["run"], result["know"]) == (neighbour.run, neighbour.know)


def test_the_page_has_the_table_of_the_results():
    assert "\n".join(table(RESULTS)) in PAGE.read_text(encoding="utf-8")
