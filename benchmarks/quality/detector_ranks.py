"""Detectors over kinds of anomalies: ROC AUC and mean rank, beside PCA, scikit-learn's and PyOD's AutoEncoder.

All training rows are normal, half of those there are, and every detector sees columns standardised by them. Labelled
sets take one class, or all but one, as normal: breast cancer both ways, and means over the classes of digits, wine and
iris. Generated anomalies are of the kinds of Han et al. 2022 (ADBench): *local* rows have five times the covariance of
the normal ones of their component, *global* ones are uniform in 1.1 times the range of each column, *dependency* ones
take each column from another normal row, and *clustered* ones have five times the mean of their component. They are
made for a mixture of three Gaussians, for a curved surface of three dimensions in 20 columns with noise, and for the
benign rows of breast cancer, whose one Gaussian is estimated.

PyOD's AutoEncoder has its defaults but for batches of at most as many rows as there are, without which it fails; it
needs pyod and torch, and is left out without them.

python -m benchmarks detector_ranks
"""

from __future__ import annotations

import warnings

import numpy as np
from scipy.stats import rankdata
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import StandardScaler

from skae import AutoencoderOutlierDetector

from ..harness import benchmark, markdown, mean, option, positional
from .anomalies import PCADetector, default_width, split

_ROWS, _COLUMNS, _ANOMALIES = 1000, 20, 100
_FAR = 5.0


def standardised(part):
    scaler = StandardScaler().fit(part.train)
    return part._replace(train=scaler.transform(part.train), test=scaler.transform(part.test))


def labelled(load, normal):
    """One split for each class, which is normal or the anomaly, by the function that picks normal rows."""

    def splits(seed):
        X, y = load(return_X_y=True)
        rng = np.random.default_rng(seed)
        return [split(X[normal(y, c)], X[~normal(y, c)], 0.5, rng) for c in np.unique(y)]

    return splits


def one_way(malignant_is_normal):
    def splits(seed):
        X, y = load_breast_cancer(return_X_y=True)
        normal = (y == 0) == malignant_is_normal
        return [split(X[normal], X[~normal], 0.5, np.random.default_rng(seed))]

    return splits


def mixture(rng):
    """Rows of three Gaussians, and for each the mean and a root of the covariance of its component."""
    means = 2.0 * rng.standard_normal((3, _COLUMNS))
    roots = rng.standard_normal((3, _COLUMNS, _COLUMNS)) / np.sqrt(_COLUMNS)
    of = rng.integers(3, size=_ROWS)
    noise = rng.standard_normal((_ROWS, _COLUMNS))
    return means[of] + np.einsum("ij,ijk->ik", noise, roots[of]), means[of], roots[of]


def of_one_gaussian(X):
    """Rows with mean and root of the covariance that they are estimated to have."""
    values, vectors = np.linalg.eigh(np.cov(X.T))
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return X, np.tile(X.mean(axis=0), (len(X), 1)), np.tile(root, (len(X), 1, 1))


def surface(rng):
    latent = rng.standard_normal((_ROWS, 3))
    hidden = np.tanh(latent @ rng.standard_normal((3, 40)) + rng.standard_normal(40))
    X = hidden @ rng.standard_normal((40, _COLUMNS)) / np.sqrt(40) + 0.1 * rng.standard_normal((_ROWS, _COLUMNS))
    return of_one_gaussian(3.0 + X)


def benign(rng):
    X, y = load_breast_cancer(return_X_y=True)
    X = X[y == 1]
    return of_one_gaussian(X / X.std(axis=0))


def anomalies(kind, X, means, roots, rng):
    chosen = rng.integers(len(X), size=_ANOMALIES)
    noise = np.einsum("ij,ijk->ik", rng.standard_normal((_ANOMALIES, X.shape[1])), roots[chosen])
    if kind == "local":
        return means[chosen] + np.sqrt(_FAR) * noise
    if kind == "clustered":
        return _FAR * means[chosen] + noise
    if kind == "dependency":
        return np.column_stack([rng.choice(column, _ANOMALIES) for column in X.T])
    low, high = X.min(axis=0), X.max(axis=0)
    middle, half = (low + high) / 2.0, 0.55 * (high - low)
    return rng.uniform(middle - half, middle + half, (_ANOMALIES, X.shape[1]))


def generated(make, kind):
    def splits(seed):
        rng = np.random.default_rng(seed)
        X, means, roots = make(rng)
        return [split(X, anomalies(kind, X, means, roots, rng), 0.5, rng)]

    return splits


def one(y, c):
    return y == c


def others(y, c):
    return y != c


SETS = {
    "breast cancer, malignant": one_way(False),
    "breast cancer, benign": one_way(True),
    "digits, one is normal": labelled(load_digits, one),
    "digits, one is the anomaly": labelled(load_digits, others),
    "wine, one is normal": labelled(load_wine, one),
    "iris, one is normal": labelled(load_iris, one),
    **{
        f"{name}, {kind}": generated(make, kind)
        for name, make in (("mixture", mixture), ("surface", surface), ("benign rows", benign))
        for kind in ("local", "global", "dependency", "clustered")
    },
}
QUICK = ["iris, one is normal", "mixture, local"]


class PyOD:
    """PyOD's AutoEncoder."""

    def __init__(self, seed):
        from pyod.models.auto_encoder import AutoEncoder

        self.make = lambda n_rows: AutoEncoder(random_state=seed, batch_size=min(32, n_rows), verbose=0)

    def fit(self, X):
        self.model = self.make(len(X))
        self.model.fit(X)
        return self

    def score_samples(self, X):
        return -self.model.decision_function(X)


def contenders():
    found = {
        "AutoencoderOutlierDetector": lambda seed, n: AutoencoderOutlierDetector(random_state=seed),
        "PCA": lambda seed, n: PCADetector(default_width(n)),
        "IsolationForest": lambda seed, n: IsolationForest(random_state=seed),
        "LocalOutlierFactor": lambda seed, n: LocalOutlierFactor(novelty=True),
    }
    try:
        PyOD(0)
    except ModuleNotFoundError as error:
        print(f"PyOD is left out: {error}")
        return found
    return found | {"PyOD, AutoEncoder": lambda seed, n: PyOD(seed)}


def auc(make, part, seed):
    part = standardised(part)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores = make(seed, part.train.shape[1]).fit(part.train).score_samples(part.test)
    return roc_auc_score(part.anomalous, -scores)


def measured(name, seeds, detectors):
    parts = {seed: SETS[name](seed) for seed in range(seeds)}
    return {
        detector: mean(auc(make, part, seed) for seed, splits in parts.items() for part in splits)
        for detector, make in detectors.items()
    }


def ranks(results):
    """Mean rank of each detector over the sets; the first is the best, and equal ones share theirs."""
    table = np.array([[-value for value in row["auc"].values()] for row in results])
    return dict(zip(results[0]["auc"], map(float, rankdata(table.round(4), axis=1).mean(axis=0)), strict=True))


@benchmark(
    positional("set", list(SETS), quick=QUICK),
    option("--seeds", 3, "splits of each set", quick=1),
)
def main(options):
    detectors = contenders()
    results = [{"set": name, "auc": measured(name, options.seeds, detectors)} for name in options.set or SETS]
    found = ranks(results)
    rows = [[row["set"], *(f"{value:.3f}" for value in row["auc"].values())] for row in results]
    rows.append(["mean rank", *(f"{value:.2f}" for value in found.values())])
    print(*markdown(["set", *detectors], rows), sep="\n")
    return {"sets": results, "mean_ranks": found}
