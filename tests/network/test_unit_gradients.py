"""Sums over the active entries of a code, by parts of any size and any number of threads, against dense products."""

import numpy as np
import pytest
from scipy import sparse

from skae.network import active
from skae.network.active import ActiveCode, unit_gradients
from skae.rows.matrices import CSRMatrix
from skae.runtime import workers

N_ROWS, N_UNITS, N_COLUMNS, K = 23, 61, 45, 7
RTOL = {np.float32: 1e-5, np.float64: 1e-13}


class Taken:
    """Takes the sums part by part, each unit and column once."""

    def __init__(self, by_rows, dtype):
        self.by_rows, self.shape = by_rows, (N_UNITS, N_COLUMNS)
        self.sums, self.times = np.zeros(self.shape, dtype), np.zeros(self.shape, int)

    def take(self, first, first_column, last_column, sums):
        part = slice(first, first + len(sums)), slice(first_column, last_column)
        self.sums[part] = sums[:, : last_column - first_column]
        self.times[part] += 1


@pytest.fixture(params=[None, 16], ids=["whole", "parts"])
def parts(request, monkeypatch):
    if request.param is not None:
        monkeypatch.setattr(active, "_TILE_UNITS", request.param)
        monkeypatch.setattr(active, "_TILE_BYTES", 0)


@pytest.fixture(params=[1, 3, 8])
def threads(request, monkeypatch):
    monkeypatch.setattr(workers, "blas_threads", lambda: request.param)
    monkeypatch.setattr(workers, "WORTH_SHARING", 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
# Sums of sparse rows are those of an encoder, whose units are columns.
@pytest.mark.parametrize(
    "out, kind",
    [(out, kind) for out in ("taken", "columns") for kind in ("dense", "sparse", "both")]
    + [(out, "dense") for out in ("taken by rows", "rows")],
)
def test_sums_are_those_of_dense_products(out, kind, dtype, parts, threads, rng):
    code = ActiveCode.greatest_of_rows(
        rng.standard_normal((N_ROWS, N_UNITS)).astype(dtype), np.zeros(N_UNITS, dtype), K
    )
    dense = rng.standard_normal((N_ROWS, N_COLUMNS)).astype(dtype)
    X = sparse.random(N_ROWS + 4, N_COLUMNS, density=0.2, random_state=rng, format="csr", dtype=dtype)
    # Some rows of a batch that begins elsewhere.
    stored = CSRMatrix(X).stored(slice(0, N_ROWS + 4), np.dtype(dtype))[2 : N_ROWS + 2]
    pairs, wanted = [], 0
    for name, x, same in (("dense", dense, dense), ("sparse", stored, X[2 : N_ROWS + 2].toarray())):
        if kind in (name, "both"):
            values = rng.standard_normal(len(code.values)).astype(dtype)
            scattered = np.zeros((N_ROWS, N_UNITS))
            ActiveCode(code.row_starts, code.units, values.astype(np.float64), N_UNITS).scatter(scattered)
            pairs.append((values, x))
            wanted = wanted + scattered.T @ same.astype(np.float64)
    if out.startswith("taken"):
        place = Taken(out == "taken by rows", dtype)
        unit_gradients(code, (place, pairs))
        assert (place.times == 1).all()
        found = place.sums
    else:
        found = np.full((N_UNITS, N_COLUMNS), np.nan, dtype, order="C" if out == "rows" else "F")
        unit_gradients(code, (found, pairs))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=RTOL[dtype] * np.abs(wanted).max())


@pytest.mark.parametrize("n_columns", [1, 16, N_COLUMNS])
def test_several_at_once(n_columns, parts, threads, rng):
    code = ActiveCode.greatest_of_rows(rng.standard_normal((N_ROWS, N_UNITS)), np.zeros(N_UNITS), K)
    x, delta = rng.standard_normal((N_ROWS, n_columns)), rng.standard_normal((N_ROWS, n_columns + 3))
    encoder, decoder = np.full((n_columns, N_UNITS), np.nan), np.full((N_UNITS, n_columns + 3), np.nan)
    unit_gradients(code, (decoder, [(code.values, delta)]), (encoder.T, [(code.values, x)]))
    dense = np.zeros((N_ROWS, N_UNITS))
    code.scatter(dense)
    np.testing.assert_allclose(decoder, dense.T @ delta, rtol=0, atol=1e-13)
    np.testing.assert_allclose(encoder, x.T @ dense, rtol=0, atol=1e-13)
