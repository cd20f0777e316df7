"""torch: CPU tensors in fit, transform, score, predict and a Pipeline, without and with array_api_dispatch."""

import os

os.environ["SCIPY_ARRAY_API"] = "1"

import numpy as np
import sklearn
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from skae import AutoencoderTransformer
from skae.outlier import AutoencoderOutlierDetector

REQUIRES = ["torch==2.14.1"]
KNOW = "Tensors are read as arrays that share their memory, after `.detach()` and `.cpu()`; results are arrays of NumPy"


def main():
    X = load_digits(return_X_y=True)[0].astype(np.float32) / 16
    tensor = torch.from_numpy(X)

    def new():
        return AutoencoderTransformer(8, max_iter=10, random_state=0)

    wanted = new().fit(X)
    for dispatch in (False, True):
        with sklearn.config_context(array_api_dispatch=dispatch):
            assert np.array_equal(new().fit(tensor).coefs_[0], wanted.coefs_[0])
            codes = wanted.transform(tensor)
            assert type(codes) is np.ndarray and np.array_equal(codes, wanted.transform(X))
            assert np.array_equal(wanted.inverse_transform(torch.from_numpy(codes)), wanted.inverse_transform(codes))
            assert wanted.score(tensor, sample_weight=torch.ones(len(X))) == wanted.score(X)
            detector = AutoencoderOutlierDetector(random_state=0).fit(tensor[:300])
            assert np.array_equal(detector.predict(tensor), detector.predict(X))
            assert make_pipeline(PCA(16), new()).fit_transform(tensor).shape == (len(X), 8)
        print("array_api_dispatch", dispatch, "the same as arrays")
    try:
        wanted.transform(tensor.clone().requires_grad_())
    except (TypeError, ValueError) as error:
        print(error)


if __name__ == "__main__":
    main()
