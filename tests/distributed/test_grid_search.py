"""GridSearchCV on the workers, through joblib's backend for Dask."""

import joblib
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skae import DenoisingAE
from skae.datasets import load_digits_unit


def test_search_is_that_of_one_process(client):
    X, y = load_digits_unit(return_X_y=True)
    X, y = X[:300], y[:300]
    code = DenoisingAE(16, loss="log_loss", learning_rate_init=1e-2, max_iter=5, tol=0.0, random_state=0)
    pipeline = make_pipeline(code, LogisticRegression(max_iter=200))
    search = GridSearchCV(pipeline, {"denoisingae__noise_level": [0.0, 0.3]}, cv=2)
    alone = search.fit(X, y).cv_results_["mean_test_score"]
    with joblib.parallel_config(backend="dask", scatter=[X]):
        together = search.fit(X, y).cv_results_["mean_test_score"]
    assert alone.tolist() == together.tolist()
