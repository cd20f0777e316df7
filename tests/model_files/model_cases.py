"""Fitted estimators of every class to be saved, and what makes two of them the same."""

import dataclasses
from functools import cache

import numpy as np
from sklearn.base import BaseEstimator

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE, stack
from skae.impute import AutoencoderImputer
from skae.network.network import Network
from skae.preprocessing import PCANormalizer
from skae.tables import TableAutoencoder

SETTINGS = dict(n_components=3, max_iter=2, tol=0.0, random_state=0)


def with_holes(X):
    X = X.copy()
    X[::5, 1] = np.nan
    X[:, 4] = np.nan
    return X


def stacked(X):
    first = AutoencoderTransformer(**SETTINGS).fit(X)
    return stack(first, SparseAE(**SETTINGS, output_activation="logistic").fit(first.transform(X)))


def imputed_twice(X):
    """An imputer that fills by the mean of both of its models."""
    imputer = AutoencoderImputer(random_state=0).fit(with_holes(X))
    networks = AutoencoderImputer(DenoisingAE(**SETTINGS, missing_values="mask")).fit(with_holes(X))
    imputer.estimator_, imputer.linear_weights_ = networks.estimator_, np.linspace(0, 1, 6)
    imputer.linear_ = imputer.linear_._replace(loadings=np.eye(6, 2))
    return imputer


# Each fits an estimator to X.
CASES = {
    "plain": lambda X: AutoencoderTransformer(**SETTINGS).fit(X),
    "deep, tied": lambda X: AutoencoderTransformer(
        **SETTINGS, hidden_layer_sizes=(5, 4), activation="tanh", tied_weights=True
    ).fit(X),
    "log loss": lambda X: AutoencoderTransformer(**SETTINGS, loss="log_loss").fit(X),
    "lbfgs": lambda X: AutoencoderTransformer(**SETTINGS, solver="lbfgs").fit(X),
    "sgd": lambda X: AutoencoderTransformer(**SETTINGS, solver="sgd", activation="identity").fit(X),
    "masked": lambda X: AutoencoderTransformer(**SETTINGS, missing_values="mask").fit(with_holes(X)),
    "early stopping": lambda X: DenoisingAE(**SETTINGS, early_stopping=True, activation="relu").fit(X),
    "salt and pepper": lambda X: DenoisingAE(**SETTINGS, corruption="salt_and_pepper").fit(X),
    "batch top k": lambda X: SparseAE(**SETTINGS, sparsity="batchtopk", n_active=1, revive_dead=True).fit(X),
    "top k": lambda X: SparseAE(**SETTINGS, sparsity="topk", n_active=1, n_active_transform=2, revive_dead=True).fit(X),
    "kl": lambda X: SparseAE(**SETTINGS).fit(X),
    "contractive": lambda X: ContractiveAE(**SETTINGS, hidden_layer_sizes=[4]).fit(X),
    "partial": lambda X: ContractiveAE(**SETTINGS, corruption="gaussian", noise_level=0.1).partial_fit(X),
    "stack": stacked,
    "detector": lambda X: AutoencoderOutlierDetector(random_state=0).fit(X),
    "detector of": lambda X: AutoencoderOutlierDetector(SparseAE(**SETTINGS), contamination=0.1).fit(X),
    "imputer": imputed_twice,
    "linear imputer": lambda X: AutoencoderImputer("linear", random_state=0).fit(with_holes(X)),
    "imputer of": lambda X: AutoencoderImputer(DenoisingAE(**SETTINGS, missing_values="mask")).fit(X),
    "table": lambda X: TableAutoencoder(DenoisingAE(**SETTINGS)).fit(with_holes(X)),
    "normalizer": lambda X: PCANormalizer().fit(X),
}


def rows(dtype=np.float64, n_rows=40):
    return np.random.default_rng(0).random((n_rows, 6)).astype(dtype)


@cache
def fitted(name, dtype):
    """An estimator of the cases that no test changes."""
    return CASES[name](rows(dtype))


def outputs(estimator, X):
    """What a fitted estimator makes of X, by method."""
    methods = ("transform", "reconstruct", "score_samples", "decision_function", "predict")
    return {name: np.asarray(getattr(estimator, name)(X)) for name in methods if hasattr(estimator, name)}


def same(a, b):
    """Whether two values are the same to the last bit, with the types of all that they hold."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray) and a.dtype != object:
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, np.ndarray | list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, Network):
        return a.architecture == b.architecture and same(a.theta, b.theta)
    if isinstance(a, np.random.Generator):
        return same(a.bit_generator.state, b.bit_generator.state)
    if isinstance(a, np.random.RandomState):
        return same(a.get_state(), b.get_state())
    if isinstance(a, BaseEstimator) or dataclasses.is_dataclass(a):
        return same(vars(a), vars(b))
    return repr(a) == repr(b)
