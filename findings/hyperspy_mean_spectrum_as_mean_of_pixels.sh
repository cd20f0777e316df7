#!/bin/sh
# hyperspy 2.5.0: the model of a PCA, SVD with centre="navigation" or scikit-learn's PCA, has the mean in the wrong axis.
#
# Expected: get_decomposition_model() with all components gives the data back to rounding, as with centre=None and
# centre="signal", since the mean spectrum that was subtracted is added to the spectrum of every pixel.
# Seen: the mean spectrum is reshaped to the pixels, so that pixel i gets the mean of channel i in all its channels. With
# as many pixels as channels, here 50 or 10 x 5 and 50, there is no error, and the model is wrong by the size of the
# data; otherwise "cannot reshape array of size 50 into shape (16,16,1)".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "hyperspy==2.5.0" "numpy==2.4.6" "scikit-learn==1.9.1"
"$folder/venv/bin/python" - <<'PY'
import hyperspy
import hyperspy.api as hs
import numpy as np
from sklearn.decomposition import PCA

hs.set_log_level("ERROR")
rng = np.random.default_rng(0)
spectra = rng.random((3, 50))
settings = {"None": {"centre": None}, "signal": {"centre": "signal"}, "navigation": {"centre": "navigation"}}
settings["PCA of scikit-learn"] = {"algorithm": PCA(3)}
print("hyperspy", hyperspy.__version__)
for pixels in ((50,), (10, 5), (16, 16)):
    data = rng.random((*pixels, 3)) @ spectra + 5 * np.arange(50)
    for name, given in settings.items():
        signal = hs.signals.Signal1D(data.copy())
        signal.decomposition(print_info=False, **given)
        try:
            error = np.abs(signal.get_decomposition_model().data - data).max()
        except ValueError as refused:
            error = refused
        print("pixels %s, centre %s: greatest error of the model: %s" % (pixels, name, error))
        if name in ("None", "signal"):
            assert error < 1e-9, "without a mean spectrum it was right"
        elif pixels == (16, 16):
            assert "cannot reshape" in str(error), "with other numbers of pixels and channels it was an error"
        else:
            assert error > 100, "with as many pixels as channels it was wrong without an error"
PY
