"""scikit-learn's multi-layer perceptrons, started from the weights of an encoder."""

from __future__ import annotations

from itertools import pairwise

from sklearn.base import clone
from sklearn.neural_network import MLPClassifier, MLPRegressor


class _Started:
    """Mixin of a perceptron whose first layers start from given weights instead of random ones.

    ``coefs_`` and ``intercepts_`` are these weights before the first ``fit``. A ``fit`` without ``warm_start`` begins
    from them again, and so do copies by ``clone``.
    """

    _start: tuple = ([], [])

    def start_from(self, coefs, intercepts):
        """Take copies of the weights and biases of the first layers."""
        self._start = [w.copy() for w in coefs], [b.copy() for b in intercepts]
        self.coefs_, self.intercepts_ = self._start
        return self

    def _fit(self, X, y, *args, **kwargs):
        if not self.__sklearn_is_fitted__():
            # By these the base would take itself for initialised.
            vars(self).pop("coefs_", None)
            vars(self).pop("intercepts_", None)
        return super()._fit(X, y, *args, **kwargs)

    def _initialize(self, y, layer_units, dtype):
        coefs, intercepts = self._start
        wanted = [w.shape for w in coefs]
        found = list(pairwise(layer_units))[: len(coefs)]
        if found != wanted:
            raise ValueError(
                f"The first weight matrices come from an encoder and have the shapes {wanted}; X with {layer_units[0]} "
                f"features and hidden_layer_sizes={self.hidden_layer_sizes!r} ask for {found}. Pass X as the encoder "
                f"takes it, and let hidden_layer_sizes begin with {tuple(width for _, width in wanted)}."
            )
        super()._initialize(y, layer_units, dtype)
        self.coefs_[: len(coefs)] = [w.astype(dtype) for w in coefs]
        self.intercepts_[: len(coefs)] = [b.astype(dtype) for b in intercepts]
        self._best_coefs = [w.copy() for w in self.coefs_]
        self._best_intercepts = [b.copy() for b in self.intercepts_]

    def __sklearn_clone__(self):
        parameters = {name: clone(value, safe=False) for name, value in self.get_params(deep=False).items()}
        return type(self)(**parameters).start_from(*self._start)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "n_layers_")


class StartedMLPClassifier(_Started, MLPClassifier):
    """``MLPClassifier`` whose first layers start from an encoder; made by ``to_mlp``."""


class StartedMLPRegressor(_Started, MLPRegressor):
    """``MLPRegressor`` whose first layers start from an encoder; made by ``to_mlp``."""


PERCEPTRONS = {"classifier": StartedMLPClassifier, "regressor": StartedMLPRegressor}
