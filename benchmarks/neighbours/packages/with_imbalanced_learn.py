"""imbalanced-learn: Pipeline with SMOTE after the code, and before it; cross-validation."""

import numpy as np
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from skae import AutoencoderTransformer

REQUIRES = ["imbalanced-learn==0.14.2"]
KNOW = "Place the sampler after the code: the autoencoder is then trained on real rows alone"


def main():
    X, y = load_digits(return_X_y=True)
    X, y = X / 16, (y == 8).astype(int)
    ae = AutoencoderTransformer(16, max_iter=20, random_state=0)
    after = make_pipeline(ae, SMOTE(random_state=0), LogisticRegression())
    before = make_pipeline(SMOTE(random_state=0), ae, LogisticRegression())
    for pipeline in (after, before):
        scores = cross_val_score(pipeline, X, y, cv=3, scoring="balanced_accuracy", error_score="raise")
        print(np.round(scores, 3))
        assert scores.mean() > 0.75
    codes, labels = SMOTE(random_state=0).fit_resample(ae.fit_transform(X), y)
    assert codes.shape[1] == 16 and labels.mean() == 0.5


if __name__ == "__main__":
    main()
