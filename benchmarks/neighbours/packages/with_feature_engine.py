"""feature-engine: its transformers around our estimators in a Pipeline of frames; SklearnTransformerWrapper."""

import pandas as pd
from feature_engine.imputation import MeanMedianImputer
from feature_engine.selection import DropConstantFeatures
from feature_engine.wrappers import SklearnTransformerWrapper
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderTransformer
from skae.preprocessing import PCANormalizer

REQUIRES = ["feature-engine==1.9.4"]
KNOW = (
    "Its `SklearnTransformerWrapper` takes the transformers of a list of names, in which no reduction of dimension is: "
    "choose columns by scikit-learn's `ColumnTransformer`"
)


def main():
    frame = load_wine(as_frame=True).data
    frame["constant"] = 1.0
    frame.iloc[::7, 2] = None
    ae = AutoencoderTransformer(4, max_iter=50, random_state=0).set_output(transform="pandas")
    scaled = StandardScaler().set_output(transform="pandas")
    pipeline = make_pipeline(MeanMedianImputer(), DropConstantFeatures(), scaled, ae)
    codes = pipeline.fit_transform(frame)
    assert isinstance(codes, pd.DataFrame) and codes.shape == (len(frame), 4)
    assert codes.index.equals(frame.index)
    for refused in (AutoencoderTransformer(4), PCANormalizer()):
        try:
            SklearnTransformerWrapper(refused)
        except NotImplementedError as error:
            print(str(error)[:60])
        else:
            raise AssertionError("the wrapper has a list of names")
    columns = make_column_transformer((ae, ["alcohol", "ash", "hue"]), remainder="passthrough")
    columns.set_output(transform="pandas")
    print(list(columns.fit_transform(frame.fillna(0.0)).columns[:5]))


if __name__ == "__main__":
    main()
