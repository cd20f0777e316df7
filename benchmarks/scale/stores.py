"""Memory and time of fits on HDF5, zarr, Parquet and backed AnnData, beside a memory map and a CSR matrix in memory.

python -m benchmarks stores
"""

from __future__ import annotations

import importlib.util
import json
import tempfile
from pathlib import Path

import numpy as np

from ..harness import benchmark, option, python_process
from ..harness.tables import markdown

_WIDTH, _SPARSE_WIDTH, _DENSITY = 256, 2000, 0.03
_BLOCK = 10_240

# Packages that a store needs.
_STORES = {
    "memory map": "numpy",
    "HDF5": "h5py",
    "zarr": "zarr",
    "Parquet": "pyarrow",
    "CSR in memory": "scipy",
    "AnnData, CSR": "anndata",
}

# Each in a process of its own, since a peak of memory cannot be reset.
_FIT = """
import json, sys, time, warnings
from pathlib import Path
import numpy as np
from benchmarks.harness import peak_mib
from benchmarks.scale.stores import opened
from skae import AutoencoderTransformer

warnings.simplefilter("ignore")
kind, folder = sys.argv[1], Path(sys.argv[2])
settings = dict(init="glorot", solver="adam", learning_rate_init=1e-3, batch_size=256, random_state=0)
AutoencoderTransformer(32, max_iter=1, **settings).fit(np.random.default_rng(0).random((500, 256), np.float32))
X, seconds = opened(kind, folder), []
for epochs in (1, 3):
    start = time.perf_counter()
    ae = AutoencoderTransformer(32, max_iter=epochs, **settings).fit(X)
    seconds.append(time.perf_counter() - start)
start = time.perf_counter()
ae.score(X)
score = time.perf_counter() - start
print(json.dumps({"peak": peak_mib(), "epoch": (seconds[1] - seconds[0]) / 2, "score": score}))
"""


def opened(kind, folder):
    """The rows as a user opens them."""
    if kind == "memory map":
        return np.load(folder / "X.npy", mmap_mode="r")
    if kind == "HDF5":
        import h5py

        return h5py.File(folder / "X.h5")["X"]
    if kind == "zarr":
        import zarr

        return zarr.open(str(folder / "X.zarr"), mode="r")
    if kind == "Parquet":
        from pyarrow.parquet import ParquetFile

        return ParquetFile(folder / "X.parquet")
    if kind == "CSR in memory":
        from scipy import sparse

        return sparse.load_npz(folder / "X.npz")
    import anndata

    return anndata.read_h5ad(folder / "X.h5ad", backed="r").X


def _write(kind, folder, rows):
    if kind == "memory map":
        return
    mapped = np.load(folder / "X.npy", mmap_mode="r")
    if kind == "HDF5":
        import h5py

        with h5py.File(folder / "X.h5", "w") as file:
            data = file.create_dataset("X", shape=mapped.shape, dtype="f4", chunks=(512, _WIDTH))
            for start in range(0, rows, _BLOCK):
                data[start : start + _BLOCK] = mapped[start : start + _BLOCK]
    elif kind == "zarr":
        import zarr

        data = zarr.open(str(folder / "X.zarr"), mode="w", shape=mapped.shape, dtype="f4", chunks=(1024, _WIDTH))
        for start in range(0, rows, _BLOCK):
            data[start : start + _BLOCK] = mapped[start : start + _BLOCK]
    elif kind == "Parquet":
        import pyarrow
        from pyarrow.parquet import ParquetWriter

        names = [f"x{j}" for j in range(_WIDTH)]
        with ParquetWriter(folder / "X.parquet", pyarrow.schema([(name, pyarrow.float32()) for name in names])) as file:
            for start in range(0, rows, 2 * _BLOCK):
                columns = np.ascontiguousarray(mapped[start : start + 2 * _BLOCK].T)
                file.write_table(pyarrow.table(list(columns), names=names))
    elif kind == "AnnData, CSR":
        import anndata
        from scipy import sparse

        anndata.AnnData(sparse.load_npz(folder / "X.npz")).write_h5ad(folder / "X.h5ad")


def _make(folder, rows):
    """The dense rows as a file of NumPy, and a third as many sparse rows."""
    from scipy import sparse

    rng = np.random.default_rng(0)
    mixing = rng.standard_normal((8, _WIDTH), np.float32)
    out = np.lib.format.open_memmap(folder / "X.npy", mode="w+", dtype="f4", shape=(rows, _WIDTH))
    for start in range(0, rows, _BLOCK):
        part = out[start : start + _BLOCK]
        part[...] = rng.standard_normal((len(part), 8), np.float32) @ mixing
        part += 0.1 * rng.standard_normal(part.shape, np.float32)
    out.flush()
    csr = sparse.random(rows // 3, _SPARSE_WIDTH, _DENSITY, format="csr", dtype=np.float32, random_state=0)
    sparse.save_npz(folder / "X.npz", csr, compressed=False)


@benchmark(option("--rows", 300_000, "dense rows; a third as many sparse ones", quick=3000))
def main(options):
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make(folder, options.rows)
        for kind, package in _STORES.items():
            if importlib.util.find_spec(package) is None:
                print(f"{kind}: {package} is not installed")
                continue
            _write(kind, folder, options.rows)
            process = python_process(_FIT, kind, str(folder), cache=str(folder / "cache"))
            output, error = process.communicate()
            if process.returncode:
                raise RuntimeError(error)
            results[kind] = json.loads(output.splitlines()[-1])
    lines = [[kind, f"{r['peak']:.0f}", f"{r['epoch']:.2f}", f"{r['score']:.2f}"] for kind, r in results.items()]
    print("\n".join(markdown(["X", "peak of memory, MiB", "epoch, s", "score, s"], lines)))
    return results
