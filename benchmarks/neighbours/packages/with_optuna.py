"""optuna-integration: OptunaSearchCV over components, penalty and activation of a Pipeline."""

import optuna
from optuna_integration import OptunaSearchCV
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skae import AutoencoderTransformer

REQUIRES = ["optuna-integration==5.0.0", "optuna", "pandas"]
KNOW = "No known limits"


def main():
    X, y = load_digits(return_X_y=True)
    pipeline = make_pipeline(AutoencoderTransformer(max_iter=10, random_state=0), LogisticRegression())
    space = {
        "autoencodertransformer__n_components": optuna.distributions.IntDistribution(4, 16),
        "autoencodertransformer__alpha": optuna.distributions.FloatDistribution(1e-5, 1e-1, log=True),
        "autoencodertransformer__activation": optuna.distributions.CategoricalDistribution(["logistic", "tanh"]),
    }
    search = OptunaSearchCV(pipeline, space, n_trials=4, cv=2, random_state=0, error_score="raise").fit(X / 16, y)
    print(search.best_params_, round(search.best_score_, 3))
    assert search.best_score_ > 0.5
    assert search.predict(X[:5] / 16).shape == (5,)


if __name__ == "__main__":
    main()
