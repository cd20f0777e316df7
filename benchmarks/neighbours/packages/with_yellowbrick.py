"""yellowbrick: Manifold with our estimator, KElbowVisualizer on codes, ClassificationReport."""

import warnings

import matplotlib

matplotlib.use("Agg")
warnings.simplefilter("ignore")

from sklearn.cluster import KMeans  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from yellowbrick.classifier import ClassificationReport  # noqa: E402
from yellowbrick.cluster import KElbowVisualizer  # noqa: E402
from yellowbrick.features import Manifold  # noqa: E402

from skae import AutoencoderTransformer  # noqa: E402

REQUIRES = ["yellowbrick==1.5"]
KNOW = (
    "`Manifold(manifold=ae)` draws a code of two components; with this scikit-learn its pictures of clusterers "
    "and classifiers need `force_model=True`"
)


def main():
    X, y = load_digits(return_X_y=True)
    X = X / 16
    manifold = Manifold(manifold=AutoencoderTransformer(2, max_iter=10, random_state=0), classes=list("0123456789"))
    codes = manifold.fit_transform(X, y)
    assert codes.shape == (len(X), 2)
    manifold.finalize()
    codes = AutoencoderTransformer(8, max_iter=10, random_state=0).fit_transform(X)
    elbow = KElbowVisualizer(KMeans(n_init=1, random_state=0), k=(2, 6), force_model=True).fit(codes)
    pipeline = make_pipeline(AutoencoderTransformer(8, max_iter=10, random_state=0), LogisticRegression())
    report = ClassificationReport(pipeline, force_model=True).fit(X[:900], y[:900])
    print("elbow", elbow.elbow_value_, "accuracy", report.score(X[900:], y[900:]))


if __name__ == "__main__":
    main()
