"""Fitted: what a training leaves, as one record that never changes; and the attributes that read it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from reprlib import repr as shortened
from typing import NamedTuple

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..network.network import Network
from ..training.state import TrainingState


class Columns(NamedTuple):
    """The columns of X.

    Attributes
    ----------
    n_features : int
    names : ndarray of shape (n_features,) or None
        Where X has names that are all strings.
    """

    n_features: int
    names: np.ndarray | None = None

    def named(self, names):
        """The same columns with other names, or without; other libraries set None to go on with arrays.

        Raises
        ------
        ValueError
            For what is not a string for each column.
        """
        if names is None:
            return self._replace(names=None)
        given = [names] if isinstance(names, str) or not np.iterable(names) else list(names)
        if len(given) != self.n_features or not all(isinstance(name, str) for name in given):
            raise ValueError(
                f"feature_names_in_ must be None or {self.n_features} strings, one for each feature; got "
                f"{shortened(names)}, which are {len(given)}. Give a name to each, or fit anew to other columns."
            )
        return self._replace(names=np.array(given, object))


class Statistics(NamedTuple):
    """What is known of the values in each column of the training rows; None for what no parameter asked for.

    Attributes
    ----------
    means : ndarray of shape (n_features,) or None
        Over the entries that are not NaN; they enter the network in the place of NaN.
    observed : tuple of two ndarray of shape (n_features,), or None
        Weighted sum of these entries, and their weight.
    value_range : tuple of two ndarray of shape (n_features,), or None
        Least and greatest value.
    """

    means: np.ndarray | None = None
    observed: tuple | None = None
    value_range: tuple | None = None


@dataclass(frozen=True, eq=False)
class Fitted:
    """What an autoencoder was fitted to. A fit replaces it as a whole, at its end.

    Attributes
    ----------
    columns : Columns
    network : Network
    loss : str
        Name in ``LOSSES``.
    training : TrainingState
        From where the training can continue.
    statistics : Statistics
    loss_curve, validation_loss_curve : list of float
    """

    columns: Columns
    network: Network
    loss: str
    training: TrainingState
    statistics: Statistics
    loss_curve: list
    validation_loss_curve: list


class FittedAttributes:
    """Mixin with the public attributes of a fitted autoencoder, all read off its record."""

    _fitted = None

    def __sklearn_is_fitted__(self):
        return self._fitted is not None

    def _record(self):
        """The record of the last fit.

        Raises
        ------
        NotFittedError
            Which is an AttributeError, so that ``hasattr`` answers for attributes too.
        """
        check_is_fitted(self)
        return self._fitted

    @property
    def n_features_in_(self):
        return self._record().columns.n_features

    @property
    def feature_names_in_(self):
        names = self._record().columns.names
        if names is None:
            raise AttributeError(f"This {type(self).__name__} was fitted to columns without names.")
        return names

    @feature_names_in_.setter
    def feature_names_in_(self, names):
        record = self._record()
        self._fitted = replace(record, columns=record.columns.named(names))

    @feature_names_in_.deleter
    def feature_names_in_(self):
        if not hasattr(self, "feature_names_in_"):
            raise AttributeError(f"This {type(self).__name__} has no feature_names_in_ to delete.")
        self.feature_names_in_ = None

    @property
    def loss_(self):
        return self._record().loss

    @property
    def output_activation_(self):
        return self._record().network.architecture.output_activation

    @property
    def solver_(self):
        return self._record().training.solver or self.solver

    @property
    def learning_rate_(self):
        rate = self._record().training.learning_rate
        if rate is None:
            raise AttributeError(
                f"This {type(self).__name__} was not trained in mini-batches: it has no learning rate."
            )
        return rate

    @property
    def loss_curve_(self):
        return self._record().loss_curve

    @property
    def validation_loss_curve_(self):
        return self._record().validation_loss_curve

    @property
    def n_iter_(self):
        return len(self._record().loss_curve)

    @property
    def column_means_(self):
        means = self._record().statistics.means
        if means is None:
            raise AttributeError(f"This {type(self).__name__} was fitted with missing_values='error'.")
        return means

    @property
    def coefs_(self):
        return list(self._record().network.in_units_of_X().weights)

    @property
    def intercepts_(self):
        return list(self._record().network.in_units_of_X().biases)

    @property
    def components_(self):
        return self._record().network.in_units_of_X().weights[0].T

    @property
    def filters_(self):
        components = self.components_
        norms = np.linalg.norm(components, axis=1, keepdims=True)
        return np.divide(components, norms, out=np.zeros_like(components), where=norms > 0)

    @property
    def _n_features_out(self):
        return self._record().network.architecture.encoder_sizes[-1]
