"""darts: Scaler around the code and around PCANormalizer; inverse_transform of a series."""

import warnings

import numpy as np
from darts import TimeSeries
from darts.dataprocessing.transformers import Scaler

from skae import AutoencoderTransformer
from skae.preprocessing import PCANormalizer

REQUIRES = ["darts==0.48.1"]
KNOW = (
    "`Scaler` keeps the components of a series: a code with as many units as components works, a narrower one is "
    "refused; encode `series.values()` and make a `TimeSeries` of the code, as [below](#darts)"
)


def main():
    warnings.simplefilter("ignore")
    t = np.arange(300)
    values = np.column_stack([np.sin(t / 9 + phase) for phase in range(6)])
    series = TimeSeries.from_values(values)
    normalizer = Scaler(PCANormalizer())
    assert np.allclose(normalizer.inverse_transform(normalizer.fit_transform(series)).values(), values)
    scaler = Scaler(AutoencoderTransformer(6, max_iter=200, random_state=0), global_fit=True)
    back = scaler.inverse_transform(scaler.fit_transform(series))
    print("mean error of all six units", np.abs(back.values() - values).mean())
    assert np.abs(back.values() - values).mean() < 0.01
    narrow = AutoencoderTransformer(3, max_iter=200, random_state=0)
    try:
        Scaler(narrow).fit_transform(series)
    except ValueError as error:
        print(error)
    else:
        raise AssertionError("a code with fewer units was refused")
    codes = TimeSeries.from_times_and_values(series.time_index, narrow.fit_transform(series.values()))
    again = narrow.inverse_transform(codes.values())
    print("mean error of three units", np.abs(again - values).mean())
    assert np.abs(again - values).mean() < 0.05


if __name__ == "__main__":
    main()
