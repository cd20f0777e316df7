"""What an autoencoder was fitted to as JSON and arrays, and back; and the names of features, of any estimator."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np

from .._network import Architecture, Network
from ..kernels.activations import ACTIVATIONS
from ..kernels.losses import LOSSES
from . import training
from .fields import FLOATS

# Pairs of arrays with a value for each feature: weighted sum and weight of what was observed, and the range of X.
_PAIRS = {"_observed": ("observed_sums", "observed_weights"), "_range": ("least", "greatest")}


def encode(estimator, arrays, path, include_optimizer):
    """JSON of the fitted attributes; arrays whose names begin with the path are added to the arrays.

    Parameters
    ----------
    estimator : BaseAutoencoder
    arrays : dict of str to ndarray
    path : str
    include_optimizer : bool

    Returns
    -------
    dict
    """
    arrays[f"{path}theta"] = estimator._network.theta
    arrays[f"{path}loss_curve"] = np.array(estimator.loss_curve_, np.float64)
    arrays[f"{path}validation_loss_curve"] = np.array(estimator.validation_loss_curve_, np.float64)
    encode_names(estimator, arrays, path)
    if estimator._fill_values is not None:
        arrays[f"{path}column_means"] = estimator.column_means_
    for attribute, names in _PAIRS.items():
        for name, array in zip(names, getattr(estimator, attribute, ())):
            arrays[f"{path}{name}"] = array if array.dtype.itemsize <= 8 else array.astype(np.float64)
    return {
        "architecture": asdict(estimator._network.architecture),
        "loss": estimator.loss_,
        "training": training.encoded(estimator._training, arrays, f"{path}training/", include_optimizer),
    }


def decode(estimator, fields):
    """Set the attributes that ``encode`` made JSON of.

    Parameters
    ----------
    estimator : BaseAutoencoder
    fields : Fields

    Raises
    ------
    ValueError
        Where they do not make a whole network.
    """
    architecture = _architecture(fields.fields("architecture"))
    n_features, n_components = architecture.encoder_sizes[0], architecture.encoder_sizes[-1]
    estimator.n_features_in_ = n_features
    decode_names(estimator, fields)
    estimator.loss_ = _loss(fields, architecture)
    estimator.output_activation_ = architecture.output_activation
    theta = fields.array("theta", (architecture.n_parameters,), FLOATS, finite=True)
    estimator._network = Network(architecture, theta)
    estimator._training = training.decoded(fields.fields("training"), theta, n_components)
    estimator.loss_curve_ = fields.array("loss_curve", (None,), ("<f8",)).tolist()
    estimator.validation_loss_curve_ = fields.array("validation_loss_curve", (None,), ("<f8",)).tolist()
    estimator.n_iter_ = len(estimator.loss_curve_)
    if fields.has_array("column_means"):
        estimator.column_means_ = fields.array("column_means", (n_features,), ("<f8",), finite=True)
    for attribute, names in _PAIRS.items():
        if any(map(fields.has_array, names)):
            setattr(estimator, attribute, tuple(fields.any_array(name, (n_features,)) for name in names))


def _architecture(fields):
    sizes = fields.integers("encoder_sizes", 1)
    if len(sizes) < 2:
        raise ValueError(f"a network has at least two sizes; the file has {sizes}.")
    architecture = Architecture(
        sizes,
        fields.choice("activation", ACTIVATIONS),
        fields.choice("output_activation", ACTIVATIONS),
        fields.flag("tied"),
        fields.optional_integer("n_active", 1, sizes[-1]),
    )
    fields.end()
    return architecture


def _loss(fields, architecture):
    name = fields.choice("loss", LOSSES)
    record, output = LOSSES[name], architecture.output_activation
    if output not in record.fused and record.from_output is None:
        raise ValueError(f"the loss {name!r} does not go with the output activation {output!r}.")
    return name


def encode_names(estimator, arrays, path):
    """Add the names of the features, where there are any: lines of JSON strings in ASCII, for any character."""
    if hasattr(estimator, "feature_names_in_"):
        text = "\n".join(map(json.dumps, estimator.feature_names_in_))
        arrays[f"{path}feature_names"] = np.frombuffer(text.encode("ascii"), np.uint8)


def decode_names(estimator, fields):
    """Set the names of the ``n_features_in_`` features, where the file has them."""
    if not fields.has_array("feature_names"):
        return
    text = fields.array("feature_names", (None,), ("|u1",)).tobytes()
    # Counted before they are made into objects.
    n_names = text.count(b"\n") + 1
    if n_names != estimator.n_features_in_:
        raise ValueError(f"there are {n_names} names of {estimator.n_features_in_} features.")
    lines = text.decode("ascii").split("\n")
    if not all(line.startswith('"') for line in lines):
        raise ValueError("the names of the features must be strings.")
    estimator.feature_names_in_ = np.array([json.loads(line) for line in lines], object)
