"""Substitutes for what only some of the supported versions of scikit-learn have."""

from __future__ import annotations

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before scikit-learn 1.9

    class CallbackSupportMixin:
        """No callbacks: there is no ``set_callbacks``."""

    def with_callbacks(method):
        return method


__all__ = ["CallbackSupportMixin", "with_callbacks"]
