#!/bin/sh
# anndata 0.12.19, a file in backed mode with X in CSR: slices of rows that count from the end raise.
#
# Expected: adata[-5:].X and adata.X[-5:] are the last five rows, as of the same AnnData in memory, of a dense X in
# backed mode, and of lists such as adata.X[[-1, 0]] in backed mode.
# Seen: X[-5:] and X[:-5] raise "index pointer size 5 should be 6", X[-5:-1] and X[:-1] an IndexError, X[::-1] "cannot
# reshape array"; X[-1:] is right, by an index pointer of one entry. Count rows from the start.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "anndata==0.12.19" "numpy==2.4.6" "scipy==1.17.1" "h5py==3.16.0"
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import anndata
import numpy as np
from scipy import sparse

X = sparse.random(20, 8, 0.4, format="csr", random_state=0)
rows = X.toarray()
memory = anndata.AnnData(X)
memory.write_h5ad("cells.h5ad")
anndata.AnnData(rows).write_h5ad("dense.h5ad")
backed, dense = (anndata.read_h5ad(name, backed="r") for name in ("cells.h5ad", "dense.h5ad"))
print("anndata", anndata.__version__)
slices = {"-5:": slice(-5, None), ":-5": slice(None, -5), "-5:-1": slice(-5, -1), ":-1": slice(None, -1)}
slices["::-1"] = slice(None, None, -1)
for words, wanted in slices.items():
    assert np.array_equal(memory[wanted].X.toarray(), rows[wanted]), "in memory it was right"
    if wanted.step is None:
        assert np.array_equal(dense[wanted].X, rows[wanted]), "of a dense X in backed mode it was right"
    for name, read in (("adata.X[%s]", lambda: backed.X[wanted]), ("adata[%s].X", lambda: backed[wanted].X)):
        try:
            read()
        except (ValueError, IndexError) as error:
            print(name % words, "raises", type(error).__name__ + ":", error)
        else:
            raise AssertionError(f"{name % words} raised")
assert np.array_equal(backed.X[[-1, 0]].toarray(), rows[[-1, 0]]), "by a list it was right"
PY
