"""Mixed tables: what is explained, by PCA and by the command, of cells that are seen and hidden."""

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from benchmarks.quality import mixed_tables
from benchmarks.quality._mixed_data import TABLES

GAP = np.nan


def test_explained_counts_the_cells_that_were_asked_for_and_are_there():
    Z = np.array([[1.0, 2.0], [GAP, 3.0]])
    R = np.array([[0.0, 2.0], [9.0, 5.0]])
    # 1 + 0 + 4 of 1 + 4 + 9.
    assert mixed_tables.explained(Z, R, np.ones((2, 2), bool)) == pytest.approx(1 - 5 / 14)
    assert mixed_tables.explained(Z, R, np.array([[True, False], [True, False]])) == 0.0


@pytest.mark.parametrize("with_std", [False, True])
def test_pca_of_full_width_gives_rows_back_and_means_in_gaps(with_std):
    Z = np.random.default_rng(0).normal(3.0, [1.0, 5.0, 0.1], (40, 3))
    reconstruct = mixed_tables.by_pca(Z, 3, StandardScaler(with_std=with_std))
    np.testing.assert_allclose(reconstruct(Z), Z)
    gap = Z[:1].copy()
    gap[0, 1] = GAP
    np.testing.assert_allclose(reconstruct(gap), [[Z[0, 0], Z[:, 1].mean(), Z[0, 2]]])


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_mixed_and_the_same_every_time(name):
    table = TABLES[name]()
    words = [column for column in table if not np.issubdtype(table[column].to_numpy().dtype, np.number)]
    assert 0 < len(words) < table.shape[1] and not table.isna().any(axis=None)
    assert all(2 <= table[word].nunique() <= 5 for word in words)
    assert table.equals(TABLES[name]())


def test_the_command_is_measured_beside_pca_at_the_same_width():
    width, found = mixed_tables.measure(TABLES["iris"], "3", 0)
    assert width == 3 and len(found) == 5
    assert all(0.8 < parts["seen"] < 1 and parts["hidden"] < parts["seen"] for parts in found.values())
    assert abs(found["fit"]["seen"] - found["PCA, by column"]["seen"]) < 0.02
