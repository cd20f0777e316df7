"""shap: Explainer of the detector's score_samples and of a classifier on codes; additivity of the attributions."""

import warnings

import numpy as np
import shap
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderTransformer
from skae.outlier import AutoencoderOutlierDetector

REQUIRES = ["shap==0.51.0"]
KNOW = "Pass a method as a function; `reconstruction_error(X, per_feature=True)` costs one pass"


def main():
    warnings.simplefilter("ignore")
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)[:, :8]
    detector = AutoencoderOutlierDetector(random_state=0).fit(X)
    ae = AutoencoderTransformer(4, max_iter=30, random_state=0)
    classifier = make_pipeline(ae, LogisticRegression()).fit(X, y)
    for function in (detector.score_samples, lambda rows: classifier.predict_proba(rows)[:, 1]):
        told = shap.Explainer(function, X[:50], algorithm="permutation", seed=0)(X[:5])
        total = told.values.sum(axis=1) + told.base_values
        print("greatest deviation of sums", np.abs(total - function(X[:5])).max())
        assert np.allclose(total, function(X[:5]), rtol=1e-4, atol=1e-4)


if __name__ == "__main__":
    main()
