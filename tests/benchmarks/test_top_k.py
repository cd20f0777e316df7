"""The top-k row beside PyTorch and with other settings: the same training, and the tables."""

import numpy as np
import pytest

from benchmarks.harness import StoredResults
from benchmarks.representations import top_k
from benchmarks.representations._rows import ROWS
from benchmarks.representations._torch_top_k import TorchTopK


def stored(path, values):
    """A file of results by key."""
    results = StoredResults(path)
    for key, value in values.items():
        results.once(key, "", lambda value=value: value, figure=lambda value: 0.0)
    return results


@pytest.fixture
def results(tmp_path):
    """One of the benchmark, and of the row itself, with 25 active units."""
    errors = {"k = 15/0": 1.0, "k = 15/1": 3.0, "k = 40/0": 2.0, "k = 40/1": 2.5, "k = 40/2": 0.5, "PyTorch/0": 1.75}
    row = {f"topk/{seed}": error for seed, error in enumerate([1.5, 2.0, 4.0])}
    own, row = (
        {key: {"error": error, "by C": [error + 1.0, error, error - 0.25 * error]} for key, error in part.items()}
        for part in (errors, {**row, "plain/0": 9.0})
    )
    return stored(tmp_path / "own.json", own), stored(tmp_path / "chance.json", row)


def test_the_best_k_is_that_of_each_seed_which_all_have(results):
    found = top_k.found_by_name(*results)
    assert top_k.best_of_k(found) == [1.0, 2.0]
    assert top_k.best_of_k(found, "by C", min) == [0.75, 1.5]


def test_the_table_has_the_row_among_the_others_and_pytorch_last(results):
    names = [line.split(" | ")[0].strip("| ") for line in top_k.trainings(*results)][2:]
    assert names == [
        *("k = 15", "k = 25", "k = 40", "PyTorch"),
        *("k chosen on the test rows", "k and C chosen on the test rows"),
    ]


def test_other_numbers_of_active_units_change_nothing_else():
    theirs, ours = (model[-1].get_params() for model in (top_k.keeping(7, 3), ROWS["topk"].model(3)))
    assert {name for name in ours if ours[name] != theirs[name]} == {"n_active"}


def test_pytorch_trains_the_same_code_with_revivals():
    pytest.importorskip("torch", reason="torch is not installed")
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 4)) @ rng.standard_normal((4, 12)) + 0.1 * rng.standard_normal((200, 12))
    encoder = ROWS["topk"].model(0)[-1].set_params(n_components=60, n_active=3, n_active_transform=60, max_iter=12)
    theirs = TorchTopK(encoder).fit(X)
    ours = encoder.fit(X)
    assert ours.n_revived_ == theirs.n_revived_ > 0
    np.testing.assert_allclose(theirs.losses_, ours.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(theirs.transform(X), ours.transform(X), rtol=1e-6, atol=1e-8)
