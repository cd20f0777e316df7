"""aeon: codes of collections of series before its classifiers and clusterers in Pipelines."""

import numpy as np
from aeon.classification.convolution_based import RocketClassifier
from aeon.classification.feature_based import SummaryClassifier
from aeon.classification import DummyClassifier
from aeon.pipeline import make_pipeline
from aeon.transformations.collection.convolution_based import MiniRocket
from aeon.transformations.collection import Tabularizer
from sklearn.linear_model import RidgeClassifier

from skae import AutoencoderTransformer

REQUIRES = ["aeon==1.6.0"]
KNOW = ""


def main():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 40)
    X = rng.standard_normal((80, 1, 60)) * 0.3
    X[:, 0] += np.sin(np.arange(60) / np.where(y, 3, 5)[:, None])
    ae = AutoencoderTransformer(4, max_iter=50, random_state=0)
    for p in (make_pipeline(Tabularizer(), ae, RidgeClassifier()), make_pipeline(MiniRocket(random_state=0), ae, RidgeClassifier())):
        p.fit(X, y)
        print(type(p), np.mean(p.predict(X) == y))
    t = SummaryClassifier(estimator=__import__("sklearn.pipeline").pipeline.make_pipeline(ae, RidgeClassifier()))
    print(np.mean(t.fit(X, y).predict(X) == y))


if __name__ == "__main__":
    main()
