"""mne: Scaler and Vectorizer of epochs before the code; SlidingEstimator; UnsupervisedSpatialFilter."""

import mne
import numpy as np
from mne.decoding import Scaler, SlidingEstimator, UnsupervisedSpatialFilter, Vectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skae import AutoencoderTransformer

REQUIRES = ["mne==1.13.2"]
KNOW = "Epochs are in volts, 1e-6 and less: scale them first"


def main():
    mne.set_log_level("ERROR")
    rng = np.random.default_rng(0)
    info = mne.create_info(8, 100.0, "eeg")
    y = np.repeat([0, 1], 40)
    data = rng.standard_normal((80, 8, 30)) * 1e-6
    data[y == 1, 2, 10:20] += 2e-6
    epochs = mne.EpochsArray(data, info)
    ae = AutoencoderTransformer(6, max_iter=40, random_state=0)
    pipeline = make_pipeline(Scaler(epochs.info), Vectorizer(), ae, LogisticRegression())
    pipeline.fit(epochs.get_data(), y)
    print("accuracy", pipeline.score(epochs.get_data(), y))
    assert pipeline.score(epochs.get_data(), y) > 0.6
    sliding = SlidingEstimator(
        make_pipeline(AutoencoderTransformer(3, max_iter=5, random_state=0), LogisticRegression())
    )
    scores = sliding.fit(data * 1e6, y).score(data * 1e6, y)
    assert scores.shape == (30,) and scores[10:20].mean() > scores[:10].mean()
    filtered = UnsupervisedSpatialFilter(AutoencoderTransformer(3, max_iter=5, random_state=0)).fit_transform(
        data * 1e6
    )
    assert filtered.shape == (80, 3, 30)


if __name__ == "__main__":
    main()
