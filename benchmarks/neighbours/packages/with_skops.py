"""skops: dumps and loads of every estimator and of a Pipeline; the types to trust are those of our list."""

import numpy as np
import skops.io
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skae import AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE, stack
from skae.impute import AutoencoderImputer
from skae.model_files import SKOPS_TRUSTED_TYPES
from skae.outlier import AutoencoderOutlierDetector

REQUIRES = ["skops==0.16.0"]
KNOW = "Pass `trusted=skae.model_files.SKOPS_TRUSTED_TYPES`"


def main():
    X = load_digits(return_X_y=True)[0] / 16
    kinds = (AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE)
    models = [kind(8, max_iter=3, random_state=0) for kind in kinds]
    models += [make_pipeline(MinMaxScaler(), DenoisingAE(8, max_iter=3, random_state=0))]
    models += [AutoencoderImputer(estimator="linear", random_state=0), AutoencoderOutlierDetector(random_state=0)]
    for model in models:
        model.fit(X[:400])
    second = AutoencoderTransformer(4, output_activation="logistic", max_iter=3, random_state=0)
    models.append(stack(models[0], second.fit(models[0].transform(X))))
    for model in models:
        content = skops.io.dumps(model)
        assert set(skops.io.get_untrusted_types(data=content)) <= set(SKOPS_TRUSTED_TYPES)
        loaded = skops.io.loads(content, trusted=SKOPS_TRUSTED_TYPES)
        method = "transform" if hasattr(model, "transform") else "score_samples"
        assert np.array_equal(getattr(loaded, method)(X), getattr(model, method)(X))
        print(type(model).__name__, len(content), "bytes")


if __name__ == "__main__":
    main()
