"""Methods of fitted estimators as operations of a graph: one function for each kind of estimator."""

from __future__ import annotations

import numpy as np

from ..autoencoder import AutoencoderTransformer
from ..contractive import ContractiveAE
from ..denoising import DenoisingAE
from ..estimator.base import BaseAutoencoder
from ..impute import MOST_SCALED, AutoencoderImputer
from ..kernels.activations import ACTIVATIONS
from ..outlier import AutoencoderOutlierDetector
from ..preprocessing import PCANormalizer
from ..sparse import SparseAE
from .operations import activated, expected, filled, in_precision, layers, row_losses


def encoded(graph, x, estimator, dtype):
    """``transform`` of an autoencoder."""
    network, fill_values = in_precision(estimator, dtype)
    return [layers(graph, filled(graph, x, fill_values), network, 0, network.architecture.depth)]


def detected(graph, x, detector, dtype):
    """``predict``, ``decision_function`` and ``score_samples`` of a detector, each of shape (n_samples, 1)."""
    estimator = detector.estimator_
    if not isinstance(estimator, BaseAutoencoder):
        raise TypeError(
            "Only a detector whose estimator is an autoencoder of skae can be converted; this one was fitted with "
            f"estimator={estimator!r}. Pass it an autoencoder of skae."
        )
    network, fill_values = in_precision(estimator, dtype)
    losses = row_losses(graph, x, network, estimator.loss_, fill_values)
    zero = graph.constant("zero", dtype.type(0))
    scores = graph.add("Neg", losses)
    decision = graph.add("Sub", scores, graph.constant("offset", dtype.type(detector.offset_)))
    sides = (graph.constant(name, np.int64(label)) for name, label in (("outlier", -1), ("inlier", 1)))
    return [graph.add("Where", graph.add("Less", decision, zero), *sides), decision, scores]


def imputed(graph, x, imputer, dtype):
    """``transform`` of an imputer: scaled in float64, filled in float64 and in the precision of the network."""
    scaler = imputer.scaler_
    marker = imputer._marker()
    if np.isnan(marker):
        missing = graph.add("IsNaN", x)
    else:
        missing = graph.add("Equal", x, graph.constant("marker", dtype.type(marker)))
        x = graph.add("Where", missing, graph.constant("nan", dtype.type(np.nan)), x)
    mean = graph.constant("mean", scaler.mean_)
    scaled = graph.add("Sub", graph.cast(x, np.float64), mean)
    scaled = graph.add("Div", scaled, graph.constant("scale", scaler.scale_))
    found = _imputed_scaled(graph, scaled, missing, imputer)
    # Constant columns are filled with their value, and columns without any value with zeros.
    unscale = graph.constant("unscale", np.where(imputer._constant, 0.0, scaler.scale_))
    found = graph.add("Add", graph.add("Mul", found, unscale), mean)
    found = graph.add("Where", missing, graph.cast(found, dtype), x)
    if imputer.indicator_ is None:
        return [found]
    columns = graph.constant("indicated", imputer.indicator_.features_.astype(np.int64))
    return [graph.add("Concat", found, graph.add("Gather", graph.cast(missing, dtype), columns, axis=1), axis=1)]


def _imputed_scaled(graph, scaled, missing, imputer):
    """What an imputer fills in scaled rows, in float64: the mean of the linear model and the reconstruction."""
    estimator, weights = imputer.estimator_, imputer.linear_weights_
    fill_values, precision = np.zeros(imputer.n_features_in_), np.dtype(np.float32)
    if estimator is not None:
        network, fill_values = in_precision(estimator, estimator._fitted.network.dtype)
        precision = network.dtype
    scaled = filled(graph, scaled, fill_values.astype(float))
    for operator, bound in (("Max", -MOST_SCALED), ("Min", MOST_SCALED)):
        scaled = graph.add(operator, scaled, graph.constant(f"{operator}_bound", np.float64(bound)))
    scaled = graph.cast(scaled, precision)
    means = []
    if imputer.linear_ is not None:
        linear = expected(graph, graph.cast(scaled, np.float64), missing, imputer.linear_)
        means.append(graph.add("Mul", linear, graph.constant("linear_weights", weights)))
    if estimator is not None:
        found = layers(graph, scaled, network, 0, 2 * network.architecture.depth)
        found = graph.cast(found, np.float64)
        means.append(graph.add("Mul", found, graph.constant("network_weights", 1 - weights)))
    return means[0] if len(means) == 1 else graph.add("Add", *means)


def normalized(graph, x, normalizer, dtype):
    """``transform`` of a normalizer."""
    centred = graph.add("Sub", x, graph.constant("mean", normalizer.mean_.astype(dtype)))
    return [graph.add("Div", centred, graph.constant("root", dtype.type(np.sqrt(normalizer.n_samples_seen_))))]


def multilabelled(graph, x, perceptron, dtype):
    """``predict`` and ``predict_proba`` of a perceptron that was fitted to multilabel targets."""
    last = len(perceptron.coefs_) - 1
    for layer, (weights, bias) in enumerate(zip(perceptron.coefs_, perceptron.intercepts_)):
        weights = graph.constant(f"W{layer}", weights.astype(dtype))
        x = graph.add("Gemm", x, weights, graph.constant(f"b{layer}", bias.astype(dtype)))
        activation = ACTIVATIONS[perceptron.out_activation_ if layer == last else perceptron.activation]
        x = activated(graph, x, activation, dtype)
    positive = graph.add("Greater", x, graph.constant("half", dtype.type(0.5)))
    return [graph.cast(positive, np.int64), x]


# (graph, x, estimator, dtype) -> names of the results; x is the name of X, in the precision dtype.
CONVERSIONS = {
    AutoencoderTransformer: encoded,
    DenoisingAE: encoded,
    SparseAE: encoded,
    ContractiveAE: encoded,
    AutoencoderOutlierDetector: detected,
    AutoencoderImputer: imputed,
    PCANormalizer: normalized,
}
