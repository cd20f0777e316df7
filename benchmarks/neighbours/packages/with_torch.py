"""torch: CPU tensors in fit, transform and score, with and without array_api_dispatch, in a Pipeline with PCA."""

import os

os.environ["SCIPY_ARRAY_API"] = "1"

import numpy as np  # noqa: E402
import sklearn  # noqa: E402
import torch  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402

from skae import AutoencoderTransformer  # noqa: E402
from skae.outlier import AutoencoderOutlierDetector  # noqa: E402

REQUIRES = ["torch==2.14.1"]
KNOW = ""


def main():
    X = load_digits(return_X_y=True)[0].astype(np.float32) / 16
    tensor = torch.from_numpy(X)
    wanted = AutoencoderTransformer(8, max_iter=10, random_state=0).fit(X)
    for dispatch in (False, True):
        with sklearn.config_context(array_api_dispatch=dispatch):
            for name, call in {
                "fit": lambda: np.array_equal(AutoencoderTransformer(8, max_iter=10, random_state=0).fit(tensor).coefs_[0], wanted.coefs_[0]),
                "transform": lambda: (type(wanted.transform(tensor)), np.array_equal(np.asarray(wanted.transform(tensor)), wanted.transform(X))),
                "score": lambda: wanted.score(tensor) == wanted.score(X),
                "inverse": lambda: type(wanted.inverse_transform(torch.from_numpy(wanted.transform(X)))),
                "grad": lambda: wanted.transform(tensor.clone().requires_grad_()).shape,
                "weights": lambda: wanted.score(tensor, sample_weight=torch.ones(len(X))),
                "detector": lambda: AutoencoderOutlierDetector(random_state=0).fit(tensor[:300]).predict(tensor[:9]),
                "pipe": lambda: make_pipeline(PCA(16), AutoencoderTransformer(8, max_iter=10, random_state=0)).fit_transform(tensor).shape,
                "bf16": lambda: wanted.transform(tensor.bfloat16()).dtype,
            }.items():
                try:
                    print(dispatch, name, call())
                except Exception as error:
                    print(dispatch, name, type(error).__name__, str(error)[:300])


if __name__ == "__main__":
    main()
