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
from .operations import activated, expected, filled, in_precision, layers, row_distances, row_losses


def encoded(graph, x, estimator, dtype):
    """``transform`` of an autoencoder."""
    network, fill_values = in_precision(estimator, dtype)
    return [layers(graph, filled(graph, x, fill_values), network, 0, network.architecture.depth)]


def detected(graph, x, detector, dtype):
    """``predict``, ``decision_function`` and ``score_samples`` of a detector, each of shape (n_samples, 1)."""
    estimator = detected_by(detector)
    network, fill_values = in_precision(estimator, dtype)
    scores = detector_scores(graph, x, detector, network, fill_values)
    return [*decided(graph, scores, detector, dtype), scores]


def detector_scores(graph, x, detector, network, fill_values):
    """``score_samples`` of a detector, of shape (n_samples, 1)."""
    if detector._precision is None:
        return graph.add("Neg", row_losses(graph, x, network, detector.estimator_.loss_, fill_values))
    return graph.add("Neg", row_distances(graph, x, network, detector._precision, fill_values))


def detected_by(detector):
    """The autoencoder of a detector; raises TypeError where it is none of skae."""
    if not isinstance(detector.estimator_, BaseAutoencoder):
        raise TypeError(
            "Only a detector whose estimator is an autoencoder of skae can be converted; this one was fitted with "
            f"estimator={detector.estimator_!r}. Pass it an autoencoder of skae."
        )
    return detector.estimator_


def decided(graph, scores, detector, dtype):
    """``predict`` and ``decision_function`` of a detector from its scores, in their shape."""
    zero = graph.constant("zero", dtype.type(0))
    decision = graph.add("Sub", scores, graph.constant("offset", dtype.type(detector.offset_)))
    sides = (graph.constant(name, np.int64(label)) for name, label in (("outlier", -1), ("inlier", 1)))
    return [graph.add("Where", graph.add("Less", decision, zero), *sides), decision]


def imputed(graph, x, imputer, dtype):
    """``transform`` of an imputer: scaled in float64, filled in float64 and in the precision of the network."""
    x, missing, scaled, mean = _scaled_for(graph, x, imputer, dtype)
    scaler = imputer.scaler_
    found = _imputed_scaled(graph, scaled, missing, imputer)
    # Constant columns are filled with their value, and columns without any value with zeros.
    unscale = graph.constant("unscale", np.where(imputer._constant, 0.0, scaler.scale_))
    found = graph.add("Add", graph.add("Mul", found, unscale), mean)
    found = graph.add("Where", missing, graph.cast(found, dtype), x)
    if imputer.indicator_ is None:
        return [found]
    columns = graph.constant("indicated", imputer.indicator_.features_.astype(np.int64))
    return [graph.add("Concat", found, graph.add("Gather", graph.cast(missing, dtype), columns, axis=1), axis=1)]


def imputer_input(graph, x, imputer, dtype):
    """Rows as the autoencoder of an imputer sees them, in its precision, with NaN where a value is missing."""
    if imputer.estimator_ is None:
        raise ValueError(
            "This imputer has no scores: factor analysis alone fills its missing values. Fit AutoencoderImputer with "
            "an autoencoder as its estimator, or convert an autoencoder."
        )
    _, missing, scaled, _ = _scaled_for(graph, x, imputer, dtype)
    # Set again, since runtimes differ in what the bounds make of NaN.
    gap = graph.constant("nan64", np.float64(np.nan))
    scaled = graph.add("Where", missing, gap, _bounded(graph, scaled))
    return graph.cast(scaled, imputer.estimator_._fitted.network.dtype)


def _scaled_for(graph, x, imputer, dtype):
    """X of an imputer with NaN for its marker, where it is missing, its scaled values in float64, and the mean."""
    scaler, marker = imputer.scaler_, imputer._marker()
    if np.isnan(marker):
        missing = graph.add("IsNaN", x)
    else:
        missing = graph.add("Equal", x, graph.constant("marker", dtype.type(marker)))
        x = graph.add("Where", missing, graph.constant("nan", dtype.type(np.nan)), x)
    mean = graph.constant("mean", scaler.mean_)
    scaled = graph.add("Sub", graph.cast(x, np.float64), mean)
    return x, missing, graph.add("Div", scaled, graph.constant("scale", scaler.scale_)), mean


def _bounded(graph, scaled):
    for operator, bound in (("Max", -MOST_SCALED), ("Min", MOST_SCALED)):
        scaled = graph.add(operator, scaled, graph.constant(f"{operator}_bound", np.float64(bound)))
    return scaled


def _imputed_scaled(graph, scaled, missing, imputer):
    """What an imputer fills in scaled rows, in float64: the mean of the linear model and the reconstruction."""
    estimator, weights = imputer.estimator_, imputer.linear_weights_
    fill_values, precision = np.zeros(imputer.n_features_in_), np.dtype(np.float32)
    if estimator is not None:
        network, fill_values = in_precision(estimator, estimator._fitted.network.dtype)
        precision = network.dtype
    scaled = filled(graph, scaled, fill_values.astype(float))
    scaled = graph.cast(_bounded(graph, scaled), precision)
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
