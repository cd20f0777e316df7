"""aeon: codes of a collection of series between its transformers and a classifier, in its make_pipeline."""

import warnings

import numpy as np
from aeon.pipeline import make_pipeline
from aeon.transformations.collection import Tabularizer
from aeon.transformations.collection.convolution_based import MiniRocket
from sklearn.linear_model import RidgeClassifier
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderTransformer

REQUIRES = ["aeon==1.6.0"]
KNOW = "Collections have three dimensions: place a transformer that gives rows, `Tabularizer` or `MiniRocket`, before"


def main():
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 40)
    X = rng.standard_normal((80, 1, 60)) * 0.3
    X[:, 0] += np.sin(np.arange(60) / np.where(y, 3, 5)[:, None])
    for before in (Tabularizer(), MiniRocket(random_state=0)):
        code = AutoencoderTransformer(4, max_iter=50, random_state=0)
        pipeline = make_pipeline(before, StandardScaler(), code, RidgeClassifier()).fit(X[::2], y[::2])
        accuracy = np.mean(pipeline.predict(X[1::2]) == y[1::2])
        print(type(before).__name__, accuracy)
        assert accuracy > 0.8


if __name__ == "__main__":
    main()
