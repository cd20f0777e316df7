"""scikit-learn-intelex: patch_sklearn before a Pipeline with PCA, our estimator and KMeans; config_context."""

from sklearnex import config_context, patch_sklearn

patch_sklearn()

import numpy as np  # noqa: E402
from sklearn.cluster import KMeans  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402

from skae import AutoencoderTransformer  # noqa: E402
from skae.outlier import AutoencoderOutlierDetector  # noqa: E402

REQUIRES = ["scikit-learn-intelex==2026.2.0"]
KNOW = "`patch_sklearn()` leaves our estimators as they are; the other steps of a Pipeline are patched"


def main():
    X, y = load_digits(return_X_y=True)
    X = X / 16
    print(PCA.__module__, KMeans.__module__)
    assert PCA.__module__.startswith("sklearnex")
    pipeline = make_pipeline(PCA(32), AutoencoderTransformer(16, max_iter=50, random_state=0), LogisticRegression())
    print("accuracy", pipeline.fit(X[:1200], y[:1200]).score(X[1200:], y[1200:]))
    codes = pipeline[:-1].transform(X)
    assert KMeans(10, n_init=1, random_state=0).fit(codes).labels_.shape == (len(X),)
    with config_context(target_offload="cpu"):
        again = AutoencoderTransformer(16, max_iter=5, random_state=0).fit(X)
    assert np.array_equal(again.coefs_[0], AutoencoderTransformer(16, max_iter=5, random_state=0).fit(X).coefs_[0])
    assert AutoencoderOutlierDetector(random_state=0).fit(X[:300]).predict(X[:9]).shape == (9,)


if __name__ == "__main__":
    main()
