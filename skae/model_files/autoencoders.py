"""What an autoencoder was fitted to as JSON and arrays, and back; and the names of features, of any estimator."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from reprlib import repr as shortened

import numpy as np

from ..kernels.activations import ACTIVATIONS
from ..kernels.losses import LOSSES
from ..network.architecture import Architecture
from ..network.network import Network
from . import training
from .fields import FLOATS

# Layers of an encoder, whose views take some six hundred bytes each.
_MOST_LAYERS = 1000

# Bytes of the name of a feature in a file, and those that all names may take in memory beyond what the size of their
# file makes room for.
_LONGEST_NAME, _SLACK = 2**16, 2**20


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
    for attribute, (names, _) in _PAIRS.items():
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
    theta = fields.array("theta", (None,), FLOATS, finite=True)
    architecture = _architecture(fields.fields("architecture"), len(theta))
    n_features, n_components = architecture.encoder_sizes[0], architecture.encoder_sizes[-1]
    estimator.n_features_in_ = n_features
    decode_names(estimator, fields, theta.nbytes)
    estimator.loss_ = _loss(fields, architecture)
    estimator.output_activation_ = architecture.output_activation
    estimator._network = Network(architecture, theta)
    estimator._training = training.decoded(fields.fields("training"), theta, n_components)
    _decode_curves(estimator, fields)
    if fields.has_array("column_means"):
        estimator.column_means_ = fields.array("column_means", (n_features,), ("<f8",), finite=True)
    for attribute, (names, decode_pair) in _PAIRS.items():
        if any(map(fields.has_array, names)):
            setattr(estimator, attribute, decode_pair(fields, names, n_features))


def _decode_curves(estimator, fields):
    losses = fields.view("loss_curve", (None,), ("<f8",))
    fields.refuse_where(~np.isfinite(losses), "loss_curve", "finite")
    held = fields.view("validation_loss_curve", (None,), ("<f8",))
    if len(held) > len(losses):
        raise ValueError(f"there are losses of {len(losses)} epochs, but of {len(held)} on the rows held out.")
    estimator.loss_curve_, estimator.validation_loss_curve_ = losses.tolist(), held.tolist()
    estimator.n_iter_ = len(losses)


def _decoded_observed(fields, names, n_features):
    sums, weights = (fields.array(name, (n_features,), ("<f8",), finite=True) for name in names)
    fields.refuse_where(weights < 0, names[1], "at least 0")
    return sums, weights


def _decoded_range(fields, names, n_features):
    """Least and greatest value of each column, of any dtype; NaN for a column without any."""
    least, greatest = (fields.any_array(name, (n_features,)) for name in names)
    fields.refuse_where(least > greatest, names[0], "at most the greatest of their columns")
    return least, greatest


# Pairs of arrays with a value for each feature: weighted sum and weight of what was observed, and the range of X.
_PAIRS = {
    "_observed": (("observed_sums", "observed_weights"), _decoded_observed),
    "_range": (("least", "greatest"), _decoded_range),
}


def _architecture(fields, n_parameters):
    sizes = fields.integers("encoder_sizes", 1)
    if not 2 <= len(sizes) <= _MOST_LAYERS + 1:
        raise ValueError(f"a network has from 2 to {_MOST_LAYERS + 1} sizes; the file has {len(sizes)}.")
    architecture = Architecture(
        sizes,
        fields.choice("activation", ACTIVATIONS),
        fields.choice("output_activation", ACTIVATIONS),
        fields.flag("tied"),
        fields.optional_integer("n_active", 1, sizes[-1]),
    )
    fields.end()
    if architecture.n_parameters != n_parameters:
        raise ValueError(
            f"the network has {shortened(architecture.n_parameters)} parameters; the array 'theta' has {n_parameters}."
        )
    return architecture


def _loss(fields, architecture):
    name = fields.choice("loss", LOSSES)
    record, output = LOSSES[name], architecture.output_activation
    if output not in record.fused and record.from_output is None:
        raise ValueError(f"the loss {name!r} does not go with the output activation {output!r}.")
    return name


def encode_names(estimator, arrays, path):
    """Add the names of the features, where there are any: lines of JSON strings in ASCII, for any character.

    Short lines are filled up with blanks, so that the objects that are made of them take at most twice their length.
    """
    if hasattr(estimator, "feature_names_in_"):
        names = estimator.feature_names_in_
        text = b"\n".join(json.dumps(name).encode("ascii").ljust(-(-_memory(name) // 2)) for name in names)
        arrays[f"{path}feature_names"] = np.frombuffer(text, np.uint8)


def decode_names(estimator, fields, beside):
    """Set the names of the ``n_features_in_`` features, where the file has them.

    Parameters
    ----------
    estimator : estimator
    fields : Fields
    beside : int
        Bytes of other arrays of the file, which leave room for as much again in memory, twice.
    """
    if not fields.has_array("feature_names"):
        return
    text = fields.view("feature_names", (None,), ("|u1",)).tobytes()
    # Counted before they are made into objects.
    n_names = text.count(b"\n") + 1
    if n_names != estimator.n_features_in_:
        raise ValueError(f"there are {n_names} names of {estimator.n_features_in_} features.")
    names, room = np.empty(n_names, object), 2 * (len(text) + beside) + _SLACK
    # Line by line, since a list of them all would take as much as the names.
    lines = io.BytesIO(text)
    for i in range(n_names):
        names[i] = _name(lines.readline(_LONGEST_NAME))
        room -= _memory(names[i])
        if room < 0:
            raise ValueError(
                f"the names of {n_names} features are given in {len(text)} bytes, and would take far more of memory."
            )
    estimator.feature_names_in_ = names


def _name(line):
    if len(line) == _LONGEST_NAME:
        raise ValueError(f"a name of a feature has to take less than {_LONGEST_NAME} bytes in the file.")
    line = line.decode("ascii")
    if not line.startswith('"'):
        raise ValueError("the names of the features must be strings.")
    return json.loads(line)


def _memory(name):
    """Bytes that a name takes at most, as an object and with its place in an array."""
    return 64 + len(name) if name.isascii() else 88 + 4 * len(name)
