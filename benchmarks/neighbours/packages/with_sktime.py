"""sktime: TabularToSeriesAdaptor."""

import numpy as np
import pandas as pd
from sktime.transformations.adapt import TabularToSeriesAdaptor

from skae import AutoencoderTransformer

REQUIRES = ["sktime==1.2.0"]
KNOW = ""


def main():
    t = np.arange(300)
    frame = pd.DataFrame({f"s{p}": np.sin(t / 9 + p) for p in range(6)})
    ae = AutoencoderTransformer(3, max_iter=100, random_state=0)
    for kwargs in ({}, {"fit_in_transform": False, "pooling": "global"}):
        adaptor = TabularToSeriesAdaptor(ae, **kwargs)
        codes = adaptor.fit_transform(frame)
        print(type(codes), codes.shape, list(getattr(codes, "columns", [])))
        back = adaptor.inverse_transform(codes)
        print(back.shape, np.abs(np.asarray(back) - frame.to_numpy()).mean())


if __name__ == "__main__":
    main()
