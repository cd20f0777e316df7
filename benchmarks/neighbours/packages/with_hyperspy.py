"""hyperspy: decomposition with our estimator, its loadings, and the model of a spectrum image from its decoder."""

import hyperspy.api as hs
import numpy as np

from skae import AutoencoderTransformer

REQUIRES = ["hyperspy==2.5.0"]
KNOW = (
    "`decomposition(algorithm=ae)` gives right loadings, but takes `components_`, the encoder, for the factors: set "
    "factors and loadings from the decoder, as [below](#hyperspy), before a model is drawn"
)


def main():
    hs.set_log_level("ERROR")
    rng = np.random.default_rng(0)
    spectra = rng.random((3, 50)) * 3
    cube = (rng.random((256, 3)) @ spectra + 1e-3 * rng.standard_normal((256, 50))).reshape(16, 16, 50)
    signal = hs.signals.Signal1D(cube)
    ae = AutoencoderTransformer(3, activation="identity", solver="lbfgs", max_iter=2000, tol=1e-9, random_state=0)
    ae = signal.decomposition(algorithm=ae, return_info=True, print_info=False)
    results = signal.learning_results
    assert np.allclose(results.loadings, ae.transform(cube.reshape(256, 50)))
    encoder = np.abs(signal.get_decomposition_model().data - cube).mean()
    results.factors = np.vstack([ae.coefs_[-1], ae.intercepts_[-1]]).T
    results.loadings = np.hstack([results.loadings, np.ones((256, 1))])
    decoder = np.abs(signal.get_decomposition_model().data - cube).mean()
    other = hs.signals.Signal1D(cube)
    other.decomposition(algorithm="SVD", print_info=False)
    svd = np.abs(other.get_decomposition_model(4).data - cube).mean()
    print(f"mean error of the model: encoder as factors {encoder:.4f}, decoder {decoder:.4f}, SVD {svd:.4f}")
    assert encoder > 1 and decoder < 1.1 * svd


if __name__ == "__main__":
    main()
