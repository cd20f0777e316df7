"""sktime: TabularToSeriesAdaptor around the code, and its inverse; in a forecasting pipeline."""

import warnings

import numpy as np
import pandas as pd
from sktime.forecasting.compose import TransformedTargetForecaster
from sktime.forecasting.naive import NaiveForecaster
from sktime.transformations.adapt import TabularToSeriesAdaptor

from skae import AutoencoderTransformer

REQUIRES = ["sktime==1.2.0"]
KNOW = (
    "The columns of the code are numbered; `inverse_transform` gives the series back, without the names of its columns"
)


def main():
    warnings.simplefilter("ignore")
    t = np.arange(300)
    frame = pd.DataFrame({f"s{phase}": np.sin(t / 9 + phase) for phase in range(6)})
    adaptor = TabularToSeriesAdaptor(AutoencoderTransformer(3, max_iter=100, random_state=0))
    codes = adaptor.fit_transform(frame)
    assert codes.shape == (300, 3) and codes.index.equals(frame.index)
    back = adaptor.inverse_transform(codes)
    print("mean error", np.abs(np.asarray(back) - frame.to_numpy()).mean(), list(back.columns))
    assert np.abs(np.asarray(back) - frame.to_numpy()).mean() < 0.01
    forecaster = TransformedTargetForecaster([("code", adaptor.clone()), ("last", NaiveForecaster("last"))])
    told = forecaster.fit(frame, fh=[1, 2]).predict()
    print("forecast", told.shape)
    assert told.shape == (2, 6)


if __name__ == "__main__":
    main()
