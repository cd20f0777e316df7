"""xarray: DataArray in fit, transform and score; a Dataset and an array of dates are refused."""

import numpy as np
import xarray as xr
from sklearn.datasets import load_digits

from skae import AutoencoderTransformer

REQUIRES = ["xarray==2026.9.0"]
KNOW = "Pass a DataArray of two dimensions, rows first; of a Dataset `.to_array().T`; codes are arrays of NumPy"


def main():
    X = load_digits(return_X_y=True)[0] / 16
    labelled = xr.DataArray(X, dims=("row", "pixel"), coords={"pixel": np.arange(64)})
    ae = AutoencoderTransformer(8, max_iter=10, random_state=0).fit(labelled)
    same = AutoencoderTransformer(8, max_iter=10, random_state=0).fit(X)
    assert np.array_equal(ae.transform(labelled), same.transform(X))
    assert ae.score(labelled) == same.score(X)
    dates = xr.DataArray(np.full((9, 64), "2024-01-01", "datetime64[ns]"), dims=("row", "pixel"))
    for refused in (dates, labelled.to_dataset(name="x")):
        try:
            ae.fit(refused)
        except (ValueError, TypeError) as error:
            print(error)
        else:
            raise AssertionError("what is no matrix of numbers was refused")


if __name__ == "__main__":
    main()
