"""Substitutes for what only some of the supported versions of scikit-learn have."""

from __future__ import annotations

from scipy import sparse

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before scikit-learn 1.9

    class CallbackSupportMixin:
        """No callbacks: there is no ``set_callbacks``."""

    def with_callbacks(method):
        return method


try:
    # A sparse array or matrix, as ``sklearn.set_config(sparse_interface=...)`` says.
    from sklearn.utils._sparse import _align_api_if_sparse as as_configured
except ImportError:  # before scikit-learn 1.9, whose transformers give matrices

    def as_configured(X):
        return sparse.csr_matrix(X)


__all__ = ["CallbackSupportMixin", "as_configured", "with_callbacks"]
