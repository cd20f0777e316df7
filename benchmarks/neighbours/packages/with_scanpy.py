"""scanpy: backed CSR of an h5ad file in fit and transform; the code in obsm for neighbors, leiden and umap.

AnnData is the container of scanpy.
"""

import anndata
import numpy as np
import scanpy as sc
from scipy import sparse

from skae import AutoencoderTransformer

REQUIRES = ["scanpy==1.11.5", "anndata==0.12.19", "igraph", "leidenalg"]
KNOW = "Pass `adata.X` or one of `.layers`, in memory or backed; store codes in `adata.obsm` and name them as `use_rep`"


def main():
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, 400)
    rates = rng.gamma(0.3, 2.0, (3, 200))
    counts = rng.poisson(rates[kind]).astype(np.float32)
    adata = anndata.AnnData(sparse.csr_matrix(counts))
    sc.pp.normalize_total(adata, target_sum=1e3)
    sc.pp.log1p(adata)
    adata.write_h5ad("cells.h5ad")
    backed = anndata.read_h5ad("cells.h5ad", backed="r")
    ae = AutoencoderTransformer(8, max_iter=60, random_state=0).fit(backed.X)
    adata.obsm["X_skae"] = ae.transform(backed.X)
    assert np.array_equal(adata.obsm["X_skae"], ae.transform(adata.X))
    sc.pp.neighbors(adata, use_rep="X_skae")
    sc.tl.leiden(adata, flavor="igraph", n_iterations=2, resolution=0.3)
    sc.tl.umap(adata)
    print("clusters", adata.obs["leiden"].nunique())
    agreement = [np.bincount(kind[adata.obs["leiden"] == group]).max() for group in adata.obs["leiden"].unique()]
    assert sum(agreement) > 0.9 * len(kind)
    try:
        ae.fit(adata)
    except TypeError as error:
        print(error)
    else:
        raise AssertionError("an AnnData as a whole was refused")


if __name__ == "__main__":
    main()
