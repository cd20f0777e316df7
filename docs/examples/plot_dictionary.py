"""
A dictionary of topics
======================

A sparse autoencoder learns a dictionary of 512 units on paragraphs of the docstrings of scikit-learn, of which 8 are on
in each. Each unit is named by the terms that its row of the decoder stands for.
"""

import ast
import re
import warnings
from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from skae import SparseAE
from skae.plotting import TopRowsDisplay

# The cosine schedule needs all epochs.
warnings.simplefilter("ignore", ConvergenceWarning)


def paragraphs(package):
    """The paragraphs of all docstrings of a package that have some sentences, each once."""
    found = {}
    for path in sorted(Path(find_spec(package).origin).parent.rglob("*.py")):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            documented = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            for paragraph in re.split(r"\n\s*\n", (documented and ast.get_docstring(node)) or ""):
                if len(re.findall("[a-z]", paragraph)) >= 80 and ">>>" not in paragraph:
                    found[paragraph] = None
    return list(found)


text = paragraphs("sklearn")
tfidf = TfidfVectorizer(sublinear_tf=True, min_df=5, max_df=0.2, stop_words="english", token_pattern="[a-zA-Z]{3,}")
features = make_pipeline(tfidf, TruncatedSVD(100, random_state=0), Normalizer())
X = features.fit_transform(text).astype(np.float32)
settings = {"activation": "relu", "learning_rate_init": 3e-3, "learning_rate": "cosine", "max_iter": 20, "tol": 0}
ae = SparseAE(512, sparsity="batchtopk", n_active=8, revive_dead=True, sparse_output=True, random_state=0, **settings)
codes = ae.fit_transform(X)
report = ae.sparsity_report(X)
print(
    f"{X.shape[0]} paragraphs, {report['active_units_per_row']:.1f} units on in each, "
    f"{report['dead_fraction']:.1%} dead, {report['explained_variance']:.0%} of the variance explained"
)

# %%
# The atoms, in the terms of TF-IDF. The ten units with the greatest activations on average:

atoms = ae.coefs_[-1] @ features["truncatedsvd"].components_
terms = tfidf.get_feature_names_out()
strongest = np.argsort(-np.asarray(codes.mean(axis=0)).ravel())[:10]
for unit in strongest:
    print(f"{unit:4}: {', '.join(terms[np.argsort(-atoms[unit])[:6]])}")

# %%
# The paragraphs on which a unit is most active, and how much:

rows, activations = ae.top_rows(X, strongest[0], n=3)
for row, activation in zip(rows, activations):
    print(f"{activation:.2f}  {' '.join(text[row].split())[:100]}")
figure, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
figure.set_label("Units of the dictionary by their terms, and the activations of the rows that they respond to most.")
display = TopRowsDisplay.from_estimator(ae, X, units=strongest, n=12, image_shape=(1, 100), cmap="Blues", ax=ax)
