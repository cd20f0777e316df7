"""Metrics for comparing fitted transformers."""

from __future__ import annotations

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
