"""darts: Scaler around the code, around PCANormalizer and around a scaler with set_output; inverse_transform of a series."""

import numpy as np
from darts import TimeSeries
from darts.dataprocessing.transformers import Scaler

from skae import AutoencoderTransformer
from skae.preprocessing import PCANormalizer

REQUIRES = ["darts==0.48.1"]
KNOW = ""


def main():
    t = np.arange(300)
    values = np.column_stack([np.sin(t / 9 + phase) for phase in range(6)])
    series = TimeSeries.from_values(values)
    scaled = Scaler(PCANormalizer())
    back = scaled.inverse_transform(scaled.fit_transform(series))
    assert np.allclose(back.values(), values)
    for k in (3, 6):
        ae = AutoencoderTransformer(k, max_iter=200, random_state=0)
        try:
            transformer = Scaler(ae, global_fit=True)
            codes = transformer.fit_transform(series)
            print(k, codes.shape, list(codes.components))
            back = transformer.inverse_transform(codes)
            print(np.abs(back.values() - values).mean())
        except Exception as error:
            print(k, type(error).__name__, error)


if __name__ == "__main__":
    main()
