#!/bin/sh
# sktime 1.2.0: TabularToSeriesAdaptor(pooling="global") transforms a panel, and cannot transform it back.
#
# Expected: inverse_transform gives the panel, as with pooling="local", and as it does of one series with "global".
# Seen: "TypeError: No valid mtype could be identified for object of type <class 'numpy.ndarray'>": transform puts the
# rows of the scaler into the index of the panel, inverse_transform returns them bare.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "sktime==1.2.0" "numpy==2.3.5" "pandas==3.0.6" "scikit-learn==1.9.1"
"$folder/venv/bin/python" - <<'PY'
import numpy as np
import pandas as pd
import sktime
from sklearn.preprocessing import StandardScaler
from sktime.transformations.adapt import TabularToSeriesAdaptor

series = pd.DataFrame({"a": np.arange(10.0), "b": np.arange(10.0) ** 2})
panel = pd.concat({"first": series, "second": 100 * series}, names=["instance", "time"])
print("sktime", sktime.__version__)
for X, name in ((series, "series"), (panel, "panel")):
    for pooling in ("local", "global"):
        adaptor = TabularToSeriesAdaptor(StandardScaler(), pooling=pooling)
        scaled = adaptor.fit_transform(X)
        assert scaled.shape == X.shape and scaled.index.equals(X.index)
        refused = None
        try:
            assert np.allclose(adaptor.inverse_transform(scaled), X)
        except TypeError as error:
            refused = str(error).splitlines()[0]
        print(name, pooling, refused or "is transformed back")
        assert (refused is not None) == (name == "panel" and pooling == "global"), "it was the panel, pooled, alone"
PY
