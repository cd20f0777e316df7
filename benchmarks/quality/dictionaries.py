"""Dictionaries: how well known atoms are found, beside PyTorch, and how many units of a real corpus are dead.

The known dictionary has 1,024 atoms of 256 dimensions, 8 in a row (``skae.datasets.make_dictionary``). PyTorch trains
the plain top-k network by the same number of steps of Adam, with the same batch size and schedule, from weights that
are drawn in the same way. The corpus is that of the docstrings of NumPy, SciPy and scikit-learn, its features are
TF-IDF by TruncatedSVD, and its network has 384-4096 units, 32 of which are on. The hierarchy is of parents and their
children, which are on only if their parent is on: a unit of a plain sparse code may stand for a child with its parent.

python -m benchmarks dictionaries
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from skae import SparseAE
from skae.datasets import make_dictionary
from skae.metrics import mean_max_cosine

from ..harness import Table, benchmark, installed, option, seed, timed
from ._docstrings import paragraphs

VARIANTS = {
    "topk": {},
    "topk, revive_dead": {"revive_dead": True},
    "topk, aux_weight=1/32": {"aux_weight": 1 / 32},
    "topk, aux_weight=1": {"aux_weight": 1.0},
    "topk, unit_norm": {"unit_norm": True},
    "topk, unit_norm, revive_dead": {"unit_norm": True, "revive_dead": True},
    "topk, unit_norm, aux_weight=1": {"unit_norm": True, "aux_weight": 1.0},
    "batchtopk, revive_dead": {"sparsity": "batchtopk", "revive_dead": True},
    "batchtopk, unit_norm, revive_dead": {"sparsity": "batchtopk", "unit_norm": True, "revive_dead": True},
}


# Parents, children of each, parents in a row, and the share of these with a child: 5.1 atoms in a row, of which codes
# have fewer or more.
N_PARENTS, N_CHILDREN, N_ON, WITH_CHILD = 24, 6, 3, 0.7
N_ACTIVE = 4, 6

N_SEEDS = 3

_N_ATOMS = N_PARENTS * (1 + N_CHILDREN)
_NESTED = {"nested_sizes": tuple(_N_ATOMS // part for part in (16, 8, 4, 2))}
HIERARCHY_VARIANTS = {
    "topk": {"revive_dead": True},
    "topk, nested_sizes": {"revive_dead": True, **_NESTED},
    "batchtopk": {"sparsity": "batchtopk", "revive_dead": True},
    "batchtopk, nested_sizes": {"sparsity": "batchtopk", "revive_dead": True, **_NESTED},
}


def fitted(X, options, n_components, n_active, rate, epochs, own):
    """A sparse autoencoder, and the seconds of its fit."""
    ae = SparseAE(
        n_components,
        **{"sparsity": "topk", "random_state": options.seed, **own},
        n_active=n_active,
        activation="relu",
        learning_rate_init=rate,
        learning_rate="cosine",
        batch_size=256,
        max_iter=epochs,
        tol=0.0,
        n_iter_no_change=10**6,
    )
    seconds, _ = timed(lambda: ae.fit(X))
    return ae, seconds


def by_pytorch(X, options, n_components, n_active, rate, epochs):
    """The decoder of a top-k network that PyTorch trained, and the share of dead units."""
    import torch

    torch.manual_seed(options.seed)
    rows = torch.from_numpy((X - X.mean(axis=0)) / X.std())
    width = X.shape[1]
    encoder = (torch.rand(width, n_components) * 2 - 1) * math.sqrt(6 / width)
    decoder = (torch.rand(n_components, width) * 2 - 1) * math.sqrt(6 / (width + n_components))
    parameters = [encoder, decoder, torch.zeros(n_components), torch.zeros(width)]
    parameters = [parameter.requires_grad_() for parameter in parameters]
    optimizer = torch.optim.Adam(parameters, lr=rate)

    def code(x):
        values, places = torch.topk(torch.addmm(parameters[2], x, parameters[0]), n_active)
        return torch.zeros(len(x), n_components).scatter(1, places, torch.relu(values))

    for epoch in range(epochs):
        optimizer.param_groups[0]["lr"] = rate * 0.5 * (1 + math.cos(math.pi * epoch / epochs))
        for x in rows[torch.randperm(len(rows))].split(256):
            optimizer.zero_grad()
            x_hat = torch.addmm(parameters[3], code(x), parameters[1])
            (torch.square(x_hat - x).sum() / len(x)).backward()
            optimizer.step()
    with torch.no_grad():
        on = torch.stack([(code(x) > 0).any(dim=0) for x in rows.split(256)]).any(dim=0)
        return parameters[1].detach().numpy(), float(1 - on.float().mean())


def known(options):
    """How well the atoms of a known dictionary are found."""
    X, atoms, _ = make_dictionary(
        options.rows, 256, 1024, n_active=8, return_dictionary=True, random_state=options.seed
    )
    size = (1024, 8, 3e-3, options.epochs)
    names = [("1,024 atoms", "<36"), ("mean max cosine", ">15.3f"), ("dead, %", ">8.1f"), ("seconds", ">8.1f")]
    table, results = Table(*names), []
    for name, own in VARIANTS.items():
        ae, seconds = fitted(X, options, *size, own)
        dead = ae.sparsity_report(X)["dead_fraction"]
        results.append((name, mean_max_cosine(ae.coefs_[-1], atoms), 100 * dead, seconds))
        table.row(*results[-1])
    for name in installed({"PyTorch, topk": "torch"}):
        seconds, (decoder, dead) = timed(lambda: by_pytorch(X, options, *size))
        results.append((name, mean_max_cosine(decoder, atoms), 100 * dead, seconds))
        table.row(*results[-1])
    return results


def corpus(options):
    """Dead units and explained variance on docstrings."""
    text = paragraphs()
    vectors = TfidfVectorizer(
        sublinear_tf=True, min_df=5, max_df=0.2, stop_words="english", token_pattern="[a-zA-Z]{3,}"
    )
    features = make_pipeline(vectors, TruncatedSVD(384, random_state=options.seed), Normalizer())
    X = features.fit_transform(text).astype(np.float32)[: options.rows]
    names = [(f"384-4096, {len(X):,} rows", "<36"), ("dead, %", ">8.1f"), ("explained", ">9.3f"), ("seconds", ">8.1f")]
    table, results = Table(*names), []
    for name, own in VARIANTS.items():
        ae, seconds = fitted(X, options, 4096, 32, 1e-3, max(1, options.epochs // 4), own)
        report = ae.sparsity_report(X)
        results.append((name, 100 * report["dead_fraction"], report["explained_variance"], seconds))
        table.row(*results[-1])
    return results


def families(n_rows, n_features, seed):
    """Rows of a hierarchy, and its atoms: the parents, then the children of each.

    A row is the sum of ``N_ON`` parents and, each with the probability ``WITH_CHILD``, of one child of theirs, with
    weights that are uniform in [0.5, 1.5]. All atoms are uniform on the unit sphere.
    """
    rng = np.random.default_rng(seed)
    atoms = rng.standard_normal((_N_ATOMS, n_features))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    parents = np.argsort(rng.random((n_rows, N_PARENTS)), axis=1)[:, :N_ON]
    children = N_PARENTS + N_CHILDREN * parents + rng.integers(N_CHILDREN, size=parents.shape)
    weights, rows = rng.uniform(0.5, 1.5, (2, *parents.shape)), np.arange(n_rows)[:, None]
    codes = np.zeros((n_rows, _N_ATOMS), np.float32)
    codes[rows, parents] = weights[0]
    codes[rows, children] = weights[1] * (rng.random(parents.shape) < WITH_CHILD)
    return codes @ atoms.astype(np.float32), atoms


def hierarchy(options):
    """How well parents and children are found, with and without nested sizes, over some seeds."""
    names = [(f"{N_PARENTS} parents, {_N_ATOMS - N_PARENTS} children", "<36"), ("n_active", ">8"), ("seed", ">6")]
    names += [("parents", ">8.3f"), ("children", ">10.3f"), ("explained", ">11.3f"), ("seconds", ">8.1f")]
    table, results = Table(*names), []
    seeds = range(options.seed, options.seed + N_SEEDS)
    for n_active, (name, own), number in product(N_ACTIVE, HIERARCHY_VARIANTS.items(), seeds):
        X, atoms = families(options.rows, 64, number)
        own = {**own, "random_state": number}
        ae, seconds = fitted(X, options, _N_ATOMS, n_active, 3e-3, options.epochs, own)
        found = [mean_max_cosine(ae.coefs_[-1], part) for part in (atoms[:N_PARENTS], atoms[N_PARENTS:])]
        results.append((name, n_active, number, *found, ae.score(X), seconds))
        table.row(*results[-1])
    return results


@benchmark(
    option("--rows", 20_000, "rows of the known dictionary, and of the corpus at most", quick=1000),
    option("--epochs", 20, "epochs with the known dictionary; a fourth of them with the corpus", quick=1),
    option("--part", "all", "which of them", choices=("known", "corpus", "hierarchy", "all"), quick="known"),
    seed(),
)
def main(options):
    parts = {"known": known, "corpus": corpus, "hierarchy": hierarchy}
    return {name: part(options) for name, part in parts.items() if options.part in (name, "all")}
