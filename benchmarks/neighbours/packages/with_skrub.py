"""skrub: TableVectorizer before, ApplyToCols and DataOps with our estimators, on a frame with text and dates."""

import numpy as np
import pandas as pd
import skrub
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skrub import ApplyToCols, TableVectorizer
from skrub import selectors as s

from skae import AutoencoderTransformer

REQUIRES = ["skrub==0.11.0", "pandas"]
KNOW = "A Pipeline of `TableVectorizer`, `StandardScaler` and an autoencoder takes frames with text and dates"


def main():
    rng = np.random.default_rng(0)
    n = 200
    frame = pd.DataFrame(
        {
            "height": rng.normal(size=n),
            "weight": rng.normal(size=n),
            "town": rng.choice(["Bonn", "Ulm", "Kiel"], n),
            "day": pd.date_range("2024-01-01", periods=n),
        }
    )
    y = (frame["height"] + (frame["town"] == "Ulm") > 0).astype(int)
    ae = AutoencoderTransformer(4, max_iter=30, random_state=0)
    pipeline = make_pipeline(TableVectorizer(), StandardScaler(), ae, LogisticRegression()).fit(frame, y)
    print("accuracy", pipeline.score(frame, y))
    assert pipeline[:-1].transform(frame).shape == (n, 4)
    coded = ApplyToCols(ae, cols=s.numeric()).fit_transform(frame)
    print(list(coded.columns))
    assert "autoencodertransformer0" in coded.columns and "town" in coded.columns
    learner = skrub.X(frame[["height", "weight"]]).skb.apply(ae).skb.make_learner()
    assert learner.fit({"X": frame[["height", "weight"]]}) is learner


if __name__ == "__main__":
    main()
