"""Metrics for comparing fitted transformers, and dictionaries."""

from __future__ import annotations

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_array

from .rows.columns import as_numbers
from .rows.matrices import CSRMatrix
from .rows.reconstruction_errors import explained_fraction, in_container
from .rows.validation import check_finite, checked_reconstruction, checked_weights, named_input_errors


def reconstruction_score(estimator, X, y=None, sample_weight=None):
    """Fraction of the variance of X that the reconstruction of a fitted transformer explains.

    1 - sum_i ||x_i - x_hat_i||^2 / sum_i ||x_i - mean(X)||^2, with x_hat = inverse_transform(transform(x)). It has the
    signature of a scorer: pass the function itself as ``scoring=``.

    Parameters
    ----------
    estimator : fitted transformer with ``inverse_transform``
        PCA, NMF, DictionaryLearning, an autoencoder, or a Pipeline of such transformers.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : None
        Ignored.
    sample_weight : array-like of shape (n_samples,), default=None

    Returns
    -------
    float
        At most 1; negative where the mean of X is the better reconstruction.

    Raises
    ------
    TypeError
        When the estimator has no ``transform`` or no ``inverse_transform``.
    ValueError
        When its reconstruction is not an array of the shape of X, or contains NaN.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> from skae.datasets import load_digits_unit
    >>> from skae.metrics import reconstruction_score
    >>> X, y = load_digits_unit(return_X_y=True)
    >>> round(reconstruction_score(PCA(10, random_state=0).fit(X), X), 2)
    0.74
    """
    missing = [name for name in ("transform", "inverse_transform") if not hasattr(estimator, name)]
    if missing:
        raise TypeError(
            f"reconstruction_score needs an estimator with transform and inverse_transform; {estimator!r} has no "
            f"{' and no '.join(missing)}."
        )
    with named_input_errors(X, "X") as X:
        values = check_array(X, dtype="numeric", input_name="X", ensure_all_finite=False, accept_sparse=["csr"])
        values = as_numbers(values, "X")
    values = CSRMatrix(values) if issparse(values) else values
    check_finite(values.csr.data if isinstance(values, CSRMatrix) else values, "X")
    sample_weight = checked_weights(sample_weight, values.shape[0])

    def reconstruct(block):
        values = estimator.inverse_transform(estimator.transform(in_container(X, block)))
        return checked_reconstruction(values, block, estimator)

    return explained_fraction(reconstruct, values, sample_weight)


def mean_max_cosine(dictionary, atoms):
    """How well a dictionary has found known atoms: the mean over the atoms of the greatest cosine with one of its rows.

    1/n sum_j max_l d_l^T a_j / (||d_l|| ||a_j||). It is 1 where each atom is a multiple of a row, by a positive factor,
    in any order.

    Parameters
    ----------
    dictionary : array-like of shape (n_components, n_features)
        Rows of zeros are near no atom. Of a sparse autoencoder, ``coefs_[-1]``.
    atoms : array-like of shape (n_atoms, n_features)

    Returns
    -------
    float
        In [-1, 1].

    Examples
    --------
    >>> from skae.metrics import mean_max_cosine
    >>> mean_max_cosine([[0.0, 2.0], [1.0, 0.0], [1.0, 1.0]], [[3.0, 0.0], [0.0, 1.0]])
    1.0
    """
    unit = []
    for name, rows in (("dictionary", dictionary), ("atoms", atoms)):
        rows = check_array(rows, dtype=np.float64, input_name=name)
        # Squares of the entries may be beyond the range of float64.
        greatest = np.abs(rows).max(axis=1, keepdims=True)
        rows = np.divide(rows, greatest, out=np.zeros_like(rows), where=greatest > 0)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        unit.append(np.divide(rows, norms, out=rows, where=norms > 0))
    if unit[0].shape[1] != unit[1].shape[1]:
        raise ValueError(
            f"dictionary has {unit[0].shape[1]} features, and atoms has {unit[1].shape[1]}: give the same."
        )
    return float((unit[0] @ unit[1].T).max(axis=0).mean())
