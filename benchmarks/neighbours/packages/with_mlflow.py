"""mlflow: log_model and load_model of autoencoder, Pipeline and detector; pyfunc of the detector; sklearn.autolog."""

import os
import warnings

import mlflow
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skae import AutoencoderTransformer
from skae.model_files import SKOPS_TRUSTED_TYPES
from skae.outlier import AutoencoderOutlierDetector

REQUIRES = ["mlflow==3.17.2", "skops"]
KNOW = (
    "`log_model` saves as skops: pass `skops_trusted_types=skae.model_files.SKOPS_TRUSTED_TYPES`; `pyfunc` calls "
    "`predict`, which detector and classifiers have and transformers have not; `autolog` records the parameters of "
    "Pipelines, and of estimators of scikit-learn alone"
)


def main():
    warnings.simplefilter("ignore")
    mlflow.set_tracking_uri(f"sqlite:///{os.getcwd()}/runs.db")
    X, y = load_digits(return_X_y=True)
    X = X / 16
    ae = AutoencoderTransformer(8, max_iter=10, random_state=0).fit(X)
    classifier = make_pipeline(AutoencoderTransformer(8, max_iter=10, random_state=0), LogisticRegression()).fit(X, y)
    detector = AutoencoderOutlierDetector(random_state=0).fit(X[:300])
    with mlflow.start_run():
        try:
            mlflow.sklearn.log_model(ae, name="refused")
        except Exception as error:
            print("without the list:", type(error).__name__)
        else:
            raise AssertionError("without the list of types it was refused")
        for name, model, predict in [
            ("code", ae, "transform"),
            ("classifier", classifier, "predict"),
            ("detector", detector, "predict"),
        ]:
            logged = mlflow.sklearn.log_model(model, name=name, skops_trusted_types=SKOPS_TRUSTED_TYPES)
            loaded = mlflow.sklearn.load_model(logged.model_uri)
            assert np.array_equal(getattr(loaded, predict)(X[:9]), getattr(model, predict)(X[:9])), name
            if predict == "predict":
                assert np.array_equal(mlflow.pyfunc.load_model(logged.model_uri).predict(X[:9]), model.predict(X[:9]))
    mlflow.sklearn.autolog(log_models=False)
    with mlflow.start_run() as run:
        AutoencoderTransformer(8, max_iter=10, random_state=0).fit(X)
    told = mlflow.get_run(run.info.run_id).data
    assert not told.params
    pipeline = make_pipeline(AutoencoderTransformer(8, max_iter=10, random_state=0), LogisticRegression())
    with mlflow.start_run() as run:
        pipeline.fit(X, y)
    told = mlflow.get_run(run.info.run_id).data
    print("autolog of a Pipeline:", told.params["autoencodertransformer__n_components"], told.metrics)
    assert told.params["autoencodertransformer__n_components"] == "8"


if __name__ == "__main__":
    main()
