"""Lazy results of a fitted estimator on a Dask collection, one block of rows at a time.

The results use the estimator as it is at the call; later changes of it have no effect.
"""

from __future__ import annotations

import copy
from functools import partial, reduce

import numpy as np
from scipy.sparse import issparse
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ..estimator.base import BaseAutoencoder
from ..estimator.prediction import feature_names, reconstruction
from ..rows.reconstruction_errors import FractionSums, fraction_sums
from .checks import check_autoencoder
from .collections import by_rows, example, is_frame, n_rows, row_blocks
from .packages import required


def transform(estimator, X):
    """Code of each row of X, lazily.

    Parameters
    ----------
    estimator : estimator
        Fitted; each task gets one copy.
    X : dask array or dataframe of shape (n_samples, n_features)

    Returns
    -------
    H : dask array or dataframe of shape (n_samples, n_components)
        The same type of collection as X, with the same blocks of rows. A frame has the index of X and the names of
        ``get_feature_names_out``.
    """
    return _rows(estimator, "transform", X, lambda: list(estimator.get_feature_names_out()))


def inverse_transform(estimator, H):
    """Reconstruction from codes, lazily.

    Parameters
    ----------
    estimator : AutoencoderTransformer, DenoisingAE, SparseAE or ContractiveAE
    H : dask array or dataframe of shape (n_samples, n_components)

    Returns
    -------
    X : dask array or dataframe of shape (n_samples, n_features)
        The same type of collection as H.
    """
    check_autoencoder(estimator)
    return _rows(estimator, "inverse_transform", H, partial(_feature_names, estimator))


def reconstruct(estimator, X):
    """Reconstruction of each row of X, lazily.

    Parameters
    ----------
    estimator : AutoencoderTransformer, DenoisingAE, SparseAE or ContractiveAE
    X : dask array or dataframe of shape (n_samples, n_features)

    Returns
    -------
    X_hat : dask array or dataframe of shape (n_samples, n_features)
        The same type of collection as X.
    """
    check_autoencoder(estimator)
    return _rows(estimator, "reconstruct", X, partial(_feature_names, estimator))


def score_samples(estimator, X):
    """Minus the reconstruction loss of each row, lazily.

    Parameters
    ----------
    estimator : estimator
        Fitted, with a method ``score_samples``: an autoencoder, an AutoencoderOutlierDetector, or a Pipeline that ends
        with one.
    X : dask array or dataframe of shape (n_samples, n_features)

    Returns
    -------
    dask array or series of shape (n_samples,)
        In nats for ``log_loss``, in squared units of X for ``squared_error``.
    """
    return _rows(estimator, "score_samples", X, None)


def decision_function(estimator, X):
    """``estimator.decision_function`` of each row, lazily; for an outlier detector negative for outliers.

    Parameters
    ----------
    estimator : estimator
        Fitted, with a method ``decision_function``: an AutoencoderOutlierDetector, a detector or classifier of
        scikit-learn, or a Pipeline that ends with one.
    X : dask array or dataframe of shape (n_samples, n_features)

    Returns
    -------
    dask array, series or dataframe of shape (n_samples,) or (n_samples, n_classes)
        Of an AutoencoderOutlierDetector in the units of ``score_samples``.
    """
    return _rows(estimator, "decision_function", X, None)


def predict(estimator, X):
    """``estimator.predict`` of each row, lazily; for an outlier detector -1 for outliers and 1 for other rows.

    Parameters
    ----------
    estimator : estimator
        Fitted, with a method ``predict``: an AutoencoderOutlierDetector, a perceptron made by ``to_mlp``, or a Pipeline
        that ends with one.
    X : dask array or dataframe of shape (n_samples, n_features)

    Returns
    -------
    dask array, series or dataframe of shape (n_samples,) or (n_samples, n_outputs)
    """
    return _rows(estimator, "predict", X, None)


def score(estimator, X):
    """Fraction of the variance of X that its reconstruction explains, lazily: see ``estimator.score``.

    Parameters
    ----------
    estimator : AutoencoderTransformer, DenoisingAE, SparseAE or ContractiveAE
    X : dask array or dataframe of shape (n_samples, n_features)

    Returns
    -------
    dask array of shape (), float64
    """
    check_autoencoder(estimator)
    check_is_fitted(estimator)
    X = by_rows(X)
    estimator._read(example(X))
    delayed, array = required("dask").delayed, required("dask.array")
    model = _as_it_is(estimator)
    parts = [delayed(_sums)(model, block) for block in row_blocks(X)]
    return array.from_delayed(delayed(_fraction)(parts), (), np.float64)


def _as_it_is(estimator):
    """A copy of the estimator for tasks, which no later fit of it changes."""
    # A fit of an autoencoder replaces its fitted attributes; that of a Pipeline changes its steps in place.
    ours = isinstance(estimator, BaseAutoencoder)
    return required("dask").delayed(copy.copy(estimator) if ours else copy.deepcopy(estimator))


def _rows(estimator, method, X, names):
    """The results of a method for each block of rows; ``names`` gives the column names, None for no names."""
    check_is_fitted(estimator)
    if not hasattr(estimator, method):
        raise TypeError(f"estimator must have a method {method}; got {type(estimator).__name__}, which has none.")
    X = by_rows(X)
    model = _as_it_is(estimator)
    like = _like(estimator, method, X)
    if is_frame(X):
        columns = None if names is None else names()
        meta = _labelled(like, X._meta.index[:0], columns)
        return X.map_partitions(_frame_of_results, model, method, like, columns, meta=meta)
    extra = {"drop_axis": 1} if like.ndim == 1 else {"chunks": (X.chunks[0], (like.shape[1],))}
    return X.map_blocks(_results, model, method, like, dtype=like.dtype, meta=like, **extra)


def _like(estimator, method, X):
    """Empty results of the right width and dtype: those for a made-up row, without that row."""
    made_up = [(estimator, example(X))]
    if is_frame(X):
        made_up.append((estimator, example(X, numbers=False)))
    # The first steps of a Pipeline may accept only real rows.
    if isinstance(estimator, Pipeline) and X.shape[1] == getattr(estimator, "n_features_in_", X.shape[1]):
        last = estimator[-1]
        single = not is_frame(X) and X.dtype == np.float32
        made_up.append((last, np.zeros((1, last.n_features_in_), np.float32 if single else np.float64)))
    refused = []
    for model, row in made_up:
        try:
            with np.errstate(all="ignore"):
                return _dense(getattr(model, method)(row))[:0]
        except (TypeError, ValueError) as error:
            refused.append(error)
    raise refused[0]


def _feature_names(estimator):
    return feature_names(estimator._record())


def _dense(results):
    return results.toarray() if issparse(results) else np.asarray(results)


# Tasks, run by the workers.


def _results(block, model, method, like):
    """Results for the rows of a block, or ``like`` if it is empty."""
    return _dense(getattr(model, method)(block)) if n_rows(block) else like


def _frame_of_results(frame, model, method, like, columns):
    return _labelled(_results(frame, model, method, like), frame.index, columns)


def _labelled(results, index, columns):
    pandas = required("pandas")
    if results.ndim == 1:
        return pandas.Series(results, index=index)
    return pandas.DataFrame(results, index=index, columns=columns)


def _sums(model, block):
    if n_rows(block) == 0:
        return None
    fitted, rows = model._read(block)
    return fraction_sums(partial(reconstruction, fitted), rows)


def _fraction(parts):
    parts = [part for part in parts if part is not None]
    if not parts:
        raise ValueError("Found array with 0 sample(s) in all blocks of X while a minimum of 1 is required by score.")
    return reduce(FractionSums.merged, parts).fraction()
