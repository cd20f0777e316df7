"""Anomalies: ROC AUC of AutoencoderOutlierDetector against PCA, IsolationForest and LocalOutlierFactor.

All training rows are normal. Breast cancer: trained on half of the benign rows, tested on the other half and all
malignant rows; columns are standardised by the training rows. Digits: each digit in turn is the anomaly; trained on
70 % of the rows of the other digits, tested on the remaining rows and that digit; pixels are in [0, 1]. The result of a
seed is the mean over the ten digits.

The settings of the detector are its defaults. They were chosen without anomalies, by the explained fraction of the
variance of held-out normal rows:

- width: a third of the columns, with which the detector and PCA explain about 90 % on both data sets;
- a bounded activation, since a linear code also reconstructs rows that are far out in its subspace;
- tanh, untied weights, no penalty, no noise, L-BFGS: none of the bounded alternatives explains more on both data sets,
  except for tol=1e-4, which explains 0.01 more at most and takes twice the iterations of 1e-3;
- L-BFGS also because it explains the same when all columns are ten times as large, where Adam explains much less.

PCA has the width of the detector and, in a second row, its own width by the same rule: the smallest one that explains
90 % of the variance of held-out normal rows. ``--settings`` prints the variance that the alternatives explain and, for
comparison, their ROC AUC.

python -m benchmarks anomalies
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, ContractiveAE, DenoisingAE
from skae.datasets import load_digits_unit
from skae.metrics import reconstruction_score

from ..harness import Table, benchmark, flag, mean, option, positional, spread

_EXPLAINED = 0.9


class Split(NamedTuple):
    """Normal training rows, test rows, and which of the test rows are anomalies."""

    train: np.ndarray
    test: np.ndarray
    anomalous: np.ndarray


def split(normal, anomalies, share, rng):
    """Split off a share of the normal rows for training; the test rows are the others and all anomalies."""
    order = rng.permutation(len(normal))
    n_train = int(share * len(normal))
    test = np.vstack([normal[order[n_train:]], anomalies])
    return Split(normal[order[:n_train]], test, np.arange(len(test)) >= len(normal) - n_train)


def breast_cancer(seed):
    X, y = load_breast_cancer(return_X_y=True)
    train, test, anomalous = split(X[y == 1], X[y == 0], 0.5, np.random.default_rng(seed))
    scaler = StandardScaler().fit(train)
    return [Split(scaler.transform(train), scaler.transform(test), anomalous)]


def digits(seed):
    X, y = load_digits_unit(return_X_y=True)
    rng = np.random.default_rng(seed)
    return [split(X[y != digit], X[y == digit], 0.7, rng) for digit in range(10)]


DATA = {"breast cancer": breast_cancer, "digits": digits}


class PCADetector:
    """Minus the squared error of the reconstruction by PCA."""

    def __init__(self, n_components):
        self.pca = PCA(n_components, svd_solver="full")

    def fit(self, X):
        self.pca.fit(X)
        return self

    def score_samples(self, X):
        return -np.square(X - self.pca.inverse_transform(self.pca.transform(X))).sum(axis=1)

    def explained(self, X):
        return reconstruction_score(self.pca, X)


class Detector:
    """The detector, on columns multiplied by ``units``."""

    def __init__(self, estimator, units):
        self.detector = AutoencoderOutlierDetector(estimator)
        self.units = units

    def fit(self, X):
        self.detector.fit(self.units * X)
        return self

    def score_samples(self, X):
        return self.detector.score_samples(self.units * X)

    def explained(self, X):
        return self.detector.estimator_.score(self.units * X)


def default_width(n_features):
    return -(-n_features // 3)


def explained(make, splits):
    """Mean explained fraction of the variance of 30 % of the training rows, by a detector trained on the others."""
    found = []
    for seed, (train, _, _) in enumerate(splits):
        kept = len(train) * 7 // 10
        found.append(make(seed).fit(train[:kept]).explained(train[kept:]))
    return mean(found)


def width_of_pca(splits):
    """The smallest width with which PCA explains enough of held-out normal rows."""
    n_features = splits[0].train.shape[1]
    for width in range(1, n_features):
        if explained(lambda seed, k=width: PCADetector(k), splits) >= _EXPLAINED:
            return width
    return n_features


def auc(make, data, seeds):
    """ROC AUC of each seed, a mean over its splits."""
    return [
        mean(
            roc_auc_score(anomalous, -make(seed).fit(train).score_samples(test))
            for train, test, anomalous in data(seed)
        )
        for seed in range(seeds)
    ]


def contenders(width, own_width):
    return {
        f"AutoencoderOutlierDetector, k={width}": lambda seed: AutoencoderOutlierDetector(random_state=seed),
        f"PCA, the same k={width}": lambda seed: PCADetector(width),
        f"PCA, its own k={own_width}": lambda seed: PCADetector(own_width),
        "IsolationForest": lambda seed: IsolationForest(random_state=seed),
        "LocalOutlierFactor": lambda seed: LocalOutlierFactor(novelty=True),
    }


def settings(n_features):
    """Alternatives to the default, each a function of the seed."""
    width = default_width(n_features)
    default = {"activation": "tanh", "loss": "squared_error", "solver": "lbfgs", "max_iter": 1000, "tol": 1e-3}
    adam = {"solver": "adam", "learning_rate_init": 1e-2, "learning_rate": "plateau"}

    def detector(cls=AutoencoderTransformer, k=width, units=1.0, **changes):
        return lambda seed: Detector(cls(k, **{**default, **changes}, random_state=seed), units)

    widths = sorted({width, *(round(n_features * share) for share in (0.1, 0.2, 0.5, 2 / 3))})
    return {
        **{f"PCA, k={k}": lambda seed, k=k: PCADetector(k) for k in widths},
        **{f"detector, k={k}": detector(k=k) for k in widths},
        "tol=1e-4": detector(tol=1e-4),
        "identity": detector(activation="identity"),
        "relu": detector(activation="relu"),
        "logistic": detector(activation="logistic"),
        "tied weights": detector(tied_weights=True),
        "logistic, tied weights": detector(activation="logistic", tied_weights=True),
        **{f"alpha={alpha:g}": detector(alpha=alpha) for alpha in (1e-4, 1e-3, 1e-2, 1e-1)},
        **{f"Gaussian noise {s:g}": detector(DenoisingAE, corruption="gaussian", noise_level=s) for s in (0.1, 0.25)},
        "masking noise 0.25": detector(DenoisingAE, corruption="masking", noise_level=0.25),
        **{f"contraction {weight:g}": detector(ContractiveAE, contraction_weight=weight) for weight in (0.01, 0.1)},
        f"a further layer of {2 * width}": detector(hidden_layer_sizes=(2 * width,)),
        "Adam": detector(**adam),
        "Adam, batches of 32": detector(**adam, batch_size=32),
        "columns times 10": detector(units=10.0),
        "Adam, columns times 10": detector(units=10.0, **adam),
    }


def compare_settings(data, splits, seeds):
    """Explained variance and ROC AUC of each alternative to the default."""
    found = {}
    table = Table(("", "<2"), ("setting", "<28"), ("explained", ">10.4f"), ("ROC AUC", ">9.4f"), ("+-", ">9.4f"))
    for setting, make in settings(splits[0].train.shape[1]).items():
        share, values = explained(make, splits), auc(make, data, seeds)
        found[setting] = {"explained": share, "auc": values}
        table.row(None, setting, share, mean(values), spread(values))
    return found


@benchmark(
    positional("data", list(DATA), quick=["breast cancer"]),
    option("--seeds", 10, "training sets of breast cancer, and of digits times ten", quick=1),
    flag("--settings", "also measure alternatives to the default detector"),
    option("--settings-seeds", 1, "seeds of --settings on digits"),
)
def main(options):
    results = {}
    for name in options.data or DATA:
        data = DATA[name]
        # Breast cancer has one training set a seed, digits ten.
        splits = [part for seed in range(10 if data is breast_cancer else 1) for part in data(seed)]
        width, own_width = default_width(splits[0].train.shape[1]), width_of_pca(splits)
        found = results[name] = {"k": width, "k_of_pca": own_width, "auc": {}}
        table = Table((name, "<40"), ("ROC AUC", ">9.4f"), ("+-", ">9.4f"))
        for contender, make in contenders(width, own_width).items():
            values = found["auc"][contender] = auc(make, data, options.seeds)
            table.row(f"  {contender}", mean(values), spread(values))
        if options.settings:
            seeds = options.seeds if data is breast_cancer else options.settings_seeds
            found["settings"] = compare_settings(data, splits, seeds)
    return results
