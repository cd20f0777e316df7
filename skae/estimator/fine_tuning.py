"""scikit-learn's multi-layer perceptrons, started from the weights of an encoder."""

from __future__ import annotations

from itertools import pairwise

from sklearn.neural_network import MLPClassifier, MLPRegressor

from ..runtime.exceptions import ParameterError


class _Started:
    """Mixin of a perceptron whose first layers start from given weights instead of random ones.

    Before the first ``fit``, ``coefs_`` and ``intercepts_`` are these weights. Every ``fit`` without ``warm_start``
    starts from them again, and so do clones.
    """

    _start: tuple = ([], [], None)

    def start_from(self, coefs, intercepts):
        """Take copies of the weights and biases of the first layers, whose activation is ``activation``."""
        self._start = [w.copy() for w in coefs], [b.copy() for b in intercepts], self.activation
        self.coefs_, self.intercepts_ = ([array.copy() for array in arrays] for arrays in self._start[:2])
        return self

    def _fit(self, X, y, *args, **kwargs):
        before = dict(vars(self))
        try:
            if not self.__sklearn_is_fitted__():
                # With this attribute the base class would skip its initialisation.
                vars(self).pop("coefs_", None)
                vars(self).pop("intercepts_", None)
            return super()._fit(X, y, *args, **kwargs)
        except BaseException:
            # In one step, which a second interrupt cannot divide.
            self.__dict__ = before
            raise

    def _initialize(self, y, layer_units, dtype):
        coefs, intercepts, activation = self._start
        if activation not in (None, self.activation):
            rule = "The first layers come from an encoder with {activation}={legal}"
            raise ParameterError("activation", self.activation, [activation], rule, "Set it back.")
        wanted = [w.shape for w in coefs]
        found = list(pairwise(layer_units[:-1]))[: len(coefs)]
        if found != wanted:
            raise ParameterError(
                "hidden_layer_sizes",
                self.hidden_layer_sizes,
                f"sizes that begin with {tuple(width for _, width in wanted)}",
                f"The first weight matrices come from an encoder and have the shapes {wanted}; X with {layer_units[0]} "
                f"features and {{given}} ask for {found}",
                "Pass X as the encoder takes it, and give {hidden_layer_sizes} {legal}.",
                found=".",
            )
        super()._initialize(y, layer_units, dtype)
        self.coefs_[: len(coefs)] = [w.astype(dtype) for w in coefs]
        self.intercepts_[: len(coefs)] = [b.astype(dtype) for b in intercepts]
        self._best_coefs = [w.copy() for w in self.coefs_]
        self._best_intercepts = [b.copy() for b in self.intercepts_]

    def __sklearn_clone__(self):
        copied = super().__sklearn_clone__()
        copied.start_from(*self._start[:2])._start = self._start
        return copied

    def __sklearn_is_fitted__(self):
        return hasattr(self, "n_layers_")


class StartedMLPClassifier(_Started, MLPClassifier):
    """``MLPClassifier`` whose first layers start from an encoder; made by ``to_mlp``."""


class StartedMLPRegressor(_Started, MLPRegressor):
    """``MLPRegressor`` whose first layers start from an encoder; made by ``to_mlp``."""


PERCEPTRONS = {"classifier": StartedMLPClassifier, "regressor": StartedMLPRegressor}


def started_perceptron(network, kind, parameters):
    """A perceptron whose first layers start from the encoder of a network; see ``to_mlp`` of the autoencoders."""
    architecture = network.architecture
    if not (isinstance(kind, str) and kind in PERCEPTRONS):
        raise ValueError(f"kind must be one of {sorted(PERCEPTRONS)}; got {kind!r}.")
    fixed = {"hidden_layer_sizes": architecture.encoder_sizes[1:], "activation": architecture.activation}
    for name in fixed.keys() & parameters.keys():
        rule = "{parameter} is that of the encoder, {legal}"
        raise ParameterError(name, parameters[name], [fixed[name]], rule, "Leave it out.")
    if architecture.gated:
        raise ValueError(
            f"A perceptron keeps all units of a layer; this code keeps n_active={architecture.n_active}. Train with "
            "another sparsity than 'topk' and 'batchtopk'."
        )
    network = network.in_units_of_X()
    mlp, depth = PERCEPTRONS[kind](**fixed, **parameters), architecture.depth
    return mlp.start_from(network.weights[:depth], network.biases[:depth])
