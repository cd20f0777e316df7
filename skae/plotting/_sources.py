"""Where the data of a display come from: fitted estimators by name, also those inside a Pipeline or a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from ..estimator.prediction import Prediction
from ..outlier import AutoencoderOutlierDetector


class Source(NamedTuple):
    """A fitted transformer, and the steps of a Pipeline through which X goes before it.

    Attributes
    ----------
    steps : list of transformers
    model : transformer
        The last step of a Pipeline, the best estimator of a search, the autoencoder of an outlier detector; else the
        estimator itself.
    """

    steps: list
    model: BaseEstimator

    @classmethod
    def of(cls, estimator):
        """Take a fitted estimator apart.

        Raises
        ------
        NotFittedError
        """
        steps = []
        while True:
            if hasattr(estimator, "best_estimator_"):
                estimator = estimator.best_estimator_
            elif hasattr(estimator, "refit"):
                raise NotFittedError(
                    f"This {type(estimator).__name__} has no best estimator to draw. Fit it, with refit=True."
                )
            elif isinstance(estimator, Pipeline):
                kept = [step for _, step in estimator.steps if not _passes_through(step)]
                *before, estimator = kept or [FunctionTransformer()]
                steps += before
            elif isinstance(estimator, AutoencoderOutlierDetector):
                check_is_fitted(estimator)
                estimator = estimator.estimator_
            else:
                break
        for part in [*steps, estimator]:
            check_is_fitted(part)
        return cls(steps, estimator)

    @classmethod
    def of_autoencoder(cls, estimator, display):
        """``of`` for an autoencoder of skae.

        Raises
        ------
        TypeError
            For anything else, with the name of the display that cannot show it.
        """
        source = cls.of(estimator)
        if not isinstance(source.model, Prediction):
            raise TypeError(
                f"{display.__name__} needs a fitted autoencoder of skae, or a Pipeline whose last step is one; got "
                f"{source.model!r}. Of a longer Pipeline pass the steps up to the autoencoder, pipeline[:k]."
            )
        return source

    @property
    def name(self):
        """Name of the class of the model."""
        return type(self.model).__name__

    @property
    def entered_names(self):
        """Names of the features that the model takes, from the model or the steps before it; None if unknown."""
        names = getattr(self.model, "feature_names_in_", None)
        if names is None and all(hasattr(step, "get_feature_names_out") for step in self.steps):
            for step in self.steps:
                names = step.get_feature_names_out(names)
        return names

    def transform_steps(self, X):
        """X after the steps before the model."""
        for step in self.steps:
            X = step.transform(X)
        return X

    def inverse_transform_steps(self, Z):
        """Rows in the features that the model takes, back in the features of X."""
        for step in reversed(self.steps):
            _check_methods("A reconstruction", step, "inverse_transform")
            Z = step.inverse_transform(Z)
        return as_array(Z)

    def code(self, X):
        """Code of each row of X; ndarray of shape (n_samples, n_components)."""
        _check_methods("A code", self.model, "transform")
        return as_array(self.model.transform(self.transform_steps(X)))

    def reconstruct(self, X):
        """Reconstruction of each row of X in its own features; ndarray of shape (n_samples, n_features)."""
        return self.inverse_transform_steps(self.reconstruct_entered(self.transform_steps(X)))

    def reconstruct_entered(self, Z):
        """Reconstruction of rows in the features that the model takes."""
        if hasattr(self.model, "reconstruct"):
            return as_array(self.model.reconstruct(Z))
        _check_methods("A reconstruction", self.model, "transform", "inverse_transform")
        return as_array(self.model.inverse_transform(self.model.transform(Z)))


def named_sources(estimators, take=Source.of):
    """Sources by name.

    Parameters
    ----------
    estimators : estimator, list of estimators, or dict of name to estimator
        By default the names are those of the classes, with a number if a class occurs more than once.
    take : callable (estimator) -> Source, default=Source.of

    Returns
    -------
    dict of str to Source
    """
    if isinstance(estimators, Mapping):
        sources = {str(name): take(estimator) for name, estimator in estimators.items()}
        if len(sources) < len(estimators):
            raise ValueError(f"The names of estimators must differ; got {list(estimators)}.")
    else:
        alone = not isinstance(estimators, list | tuple)
        taken = [take(estimator) for estimator in ([estimators] if alone else estimators)]
        names = [source.name for source in taken]
        sources = {
            name if names.count(name) == 1 else f"{name} {names[: i + 1].count(name)}": source
            for i, (name, source) in enumerate(zip(names, taken))
        }
    if not sources:
        raise ValueError(f"estimators must hold at least one fitted estimator; got {estimators!r}.")
    return sources


def as_array(rows):
    """Rows of any kind, a frame or a sparse matrix among them, as an ndarray."""
    return rows.toarray() if issparse(rows) else np.asarray(rows)


def same_for_all_rows(code):
    """Which components of a code vary by no more than rounding; ndarray of bool of shape (n_components,)."""
    low, high = code.min(axis=0), code.max(axis=0)
    rounding = 16 * np.finfo(np.result_type(code, np.float32)).eps
    return high - low <= rounding * np.maximum(np.abs(low), np.abs(high))


def _passes_through(step):
    return step is None or (isinstance(step, str) and step == "passthrough")


def _check_methods(what, estimator, *names):
    missing = [name for name in names if not hasattr(estimator, name)]
    if missing:
        raise TypeError(
            f"{what} needs an estimator with {' and '.join(names)}; {estimator!r} has no {' and no '.join(missing)}."
        )
