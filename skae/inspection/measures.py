"""report: the measures of a fitted autoencoder on rows, and what follows from them."""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import PCA
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from ..estimator.code_report import unit_statistics
from ..kernels.activations import ACTIVATIONS
from ..rows.sample import present_means
from ..runtime.exceptions import ParameterError
from ..training.dead_units import on_threshold
from .view import Report

# Correlation from which two units are one; share of units, and of the explained variance, that is worth a suggestion.
_SAME, _MANY, _CLEARLY = 0.99, 0.1, 0.005

# Fall of the loss in the last tenth of the steps from which a training is not at its end.
_STILL_FALLING = 0.01


def report(estimator, X):
    """What a fitted autoencoder does on rows, beside PCA with as many components.

    Parameters
    ----------
    estimator : fitted autoencoder, or one that wraps it, as TableAutoencoder
        Of a table the report is of its encoded columns.
    X : array-like of shape (n_samples, n_features)
        Dense. Preferably rows that were not in the training: PCA is fitted on them, and has that advantage.

    Returns
    -------
    Report

    Raises
    ------
    ParameterError
        For an estimator without a reconstruction.

    Examples
    --------
    >>> from skae import AutoencoderTransformer
    >>> from skae.datasets import load_digits_unit
    >>> from skae.inspection import report
    >>> X, y = load_digits_unit(return_X_y=True)
    >>> found = report(AutoencoderTransformer(8, random_state=0).fit(X), X)
    >>> found.n_units, len(found.dead)
    (8, 0)
    """
    check_is_fitted(estimator)
    names = None
    if hasattr(estimator, "encoder_"):
        X, names = estimator.encoder_.transform(X), estimator.encoder_.get_feature_names_out()
    ae = getattr(estimator, "estimator_", estimator)
    if not hasattr(ae, "reconstruct"):
        raise ParameterError("estimator", estimator, "a fitted autoencoder of skae")
    fitted, blocks = ae._read(X)
    names = _check_feature_names_in(ae) if names is None else names
    activation = ACTIVATIONS[fitted.network.architecture.activation]
    units = unit_statistics(fitted, blocks, activation, on_threshold(activation))
    code = np.asarray(ae.transform(X), np.float64)
    output = np.asarray(ae.reconstruct(X), np.float64)
    X = np.asarray(X, np.float64)
    own, by_column = _explained(X, output)
    pca, pca_by_column = _explained(X, _pca_output(X, code.shape[1]))
    figures = dict(
        explained_variance=own,
        pca_explained_variance=pca,
        column_names=[str(name) for name in names],
        column_explained=by_column,
        column_pca_explained=pca_by_column,
        dead=np.flatnonzero(units.active_fraction == 0),
        saturated=np.flatnonzero(units.saturated),
        duplicates=_duplicates(code),
        n_units=code.shape[1],
        output_range=(float(output.min()), float(output.max())),
        data_range=(float(np.nanmin(X)), float(np.nanmax(X))),
        out_of_reach=_out_of_reach(X, ae.output_activation_),
        loss_curve=list(ae.loss_curve_),
    )
    suggestions = _suggestions(figures, X, fitted.network.architecture, hasattr(ae, "sparsity"))
    return Report(**figures, suggestions=suggestions)


def _explained(X, output):
    """Share of the variance of the entries that are there, in all and by column."""
    errors = np.nansum((X - output) ** 2, axis=0)
    variances = np.nansum((X - present_means(X)) ** 2, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_column = np.where(variances > 0, 1 - errors / variances, np.nan)
    return float(1 - errors.sum() / variances.sum()), by_column


def _pca_output(X, k):
    """Reconstruction by PCA; gaps enter as the means of their columns."""
    filled = np.where(np.isnan(X), present_means(X), X)
    pca = PCA(min(k, *X.shape), svd_solver="full").fit(filled)
    return pca.inverse_transform(pca.transform(filled))


def _duplicates(code):
    """Pairs of units with the same activations, but for offset, scale and sign; constant units have no pair."""
    live = np.flatnonzero(np.ptp(code, axis=0) > 1e-6)
    if len(live) < 2:
        return []
    same = np.triu(np.abs(np.corrcoef(code[:, live].T)) > _SAME, 1)
    return [(int(live[i]), int(live[j])) for i, j in zip(*np.nonzero(same))]


def _out_of_reach(X, name):
    """Share of the entries that the output activation cannot give."""
    low, high = {"logistic": (0, 1), "tanh": (-1, 1), "relu": (0, np.inf)}.get(name, (-np.inf, np.inf))
    with np.errstate(invalid="ignore"):
        return float(((X < low) | (X > high)).mean())


def _suggestions(figures, X, architecture, sparse):
    variances, k = np.nansum((X - present_means(X)) ** 2, axis=0), figures["n_units"]
    curve = np.asarray(figures["loss_curve"])
    late = curve[int(0.9 * len(curve)) :]
    behind = figures["pca_explained_variance"] - figures["explained_variance"] > _CLEARLY
    shallow = len(architecture.encoder_sizes) == 2 and architecture.output_activation == "identity"
    rules = [
        (
            len(variances) > 2 and variances.max() > 0.5 * variances.sum(),
            "One column has more than half of the variance: scale the columns, for example with StandardScaler.",
        ),
        (
            figures["out_of_reach"] > 0,
            "X has values that the output cannot give: use output_activation='identity', or scale X into its range.",
        ),
        (
            behind and shallow,
            "PCA of these rows explains more, and one hidden layer with an identity output cannot explain more than it "
            "on its training rows: add hidden_layer_sizes, weaken noise and penalties, or take PCA. Of rows that were "
            "held out, compare with PCA of the training rows.",
        ),
        (
            behind and not shallow,
            "PCA of these rows explains more. Where they were trained on, train longer and weaken noise and penalties; "
            "where they were held out and those of the training are explained better, those were learned by heart: use "
            "more rows, early_stopping=True, noise, a larger alpha, or fewer units.",
        ),
        (
            len(figures["dead"]) > _MANY * k and sparse,
            "Many units are dead: lower the sparsity, use revive_dead=True, or fewer n_components.",
        ),
        (
            len(figures["dead"]) > _MANY * k and not sparse,
            "Many units are dead: scale X, use init='auto' and learning_rate_init='auto', or fewer n_components.",
        ),
        (
            len(figures["saturated"]) > _MANY * k,
            "Many units are saturated: scale X, lower learning_rate_init, or raise alpha.",
        ),
        (
            len(figures["duplicates"]) > _MANY * k,
            "Many units are the same: use fewer n_components, noise, or a sparsity.",
        ),
        (
            len(late) > 1 and late[-1] < (1 - _STILL_FALLING) * late[0],
            "The loss was still falling at the end: raise max_iter, if rows that were held out gain by it.",
        ),
    ]
    return [text for holds, text in rules if holds]
