"""Fitted attributes of an autoencoder, and feature names of any estimator, to JSON and arrays and back."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from reprlib import repr as shortened

import numpy as np

from ..estimator.fitted import Columns, Fitted, Statistics
from ..kernels.activations import ACTIVATIONS
from ..kernels.losses import LOSSES
from ..kernels.registry import REGISTER_FIRST
from ..network.architecture import Architecture
from ..network.batch_gates import MEAN_OF
from ..network.network import Network
from ..rows.coordinates import Coordinates
from . import training
from .fields import FLOATS

# Most layers of an encoder; the views of each take some six hundred bytes.
_MOST_LAYERS = 1000

# Most bytes of a feature name in a file, and most bytes that all names may take in memory beyond those allowed for by
# the size of the file.
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
    fitted = estimator._fitted
    arrays[f"{path}theta"] = fitted.network.theta
    if fitted.network.coordinates is not None:
        arrays[f"{path}offset"] = fitted.network.coordinates.offset
        arrays[f"{path}scale"] = np.array([fitted.network.coordinates.scale])
    arrays[f"{path}loss_curve"] = np.array(fitted.loss_curve, np.float64)
    arrays[f"{path}validation_loss_curve"] = np.array(fitted.validation_loss_curve, np.float64)
    encode_names(fitted.columns.names, arrays, path)
    if fitted.statistics.means is not None:
        arrays[f"{path}column_means"] = fitted.statistics.means
    for field, (names, _) in _PAIRS.items():
        for name, array in zip(names, getattr(fitted.statistics, field) or ()):
            arrays[f"{path}{name}"] = array if array.dtype.itemsize <= 8 else array.astype(np.float64)
    architecture = asdict(fitted.network.architecture)
    if not architecture["thresholded"]:
        # As in files of 0.1.0.
        del architecture["thresholded"]
    return {
        "architecture": architecture,
        "loss": fitted.loss,
        "training": training.encoded(fitted.training, arrays, f"{path}training/", include_optimizer),
    }


def decode(estimator, fields):
    """Set the attributes from the JSON that ``encode`` made.

    Parameters
    ----------
    estimator : BaseAutoencoder
    fields : Fields

    Raises
    ------
    ValueError
        If they are not those of a complete network.
    """
    theta = fields.array("theta", (None,), FLOATS, finite=True)
    architecture = _architecture(fields.fields("architecture"), len(theta))
    n_features = architecture.encoder_sizes[0]
    columns = Columns(n_features, decode_names(n_features, fields, theta.nbytes))
    loss = _loss(fields, architecture)
    state = training.decoded(fields.fields("training"), theta, architecture)
    loss_curve, validation_loss_curve = _decoded_curves(fields)
    means = None
    if fields.has_array("column_means"):
        means = fields.array("column_means", (n_features,), ("<f8",), finite=True)
    pairs = {
        field: decode_pair(fields, names, n_features)
        for field, (names, decode_pair) in _PAIRS.items()
        if any(map(fields.has_array, names))
    }
    network = Network(architecture, theta, _coordinates(fields, n_features))
    if network.threshold is not None and not 0 <= network.threshold[1] <= MEAN_OF:
        raise ValueError(
            f"the threshold of the code is a mean of {network.threshold[1]} batches, not of 0 to {MEAN_OF}."
        )
    statistics = Statistics(means, **pairs)
    estimator._fitted = Fitted(columns, network, loss, state, statistics, loss_curve, validation_loss_curve)


def _coordinates(fields, n_features):
    """Offset and scale of the rows that the network sees; None where the file has none."""
    if not (fields.has_array("offset") or fields.has_array("scale")):
        return None
    offset = fields.array("offset", (n_features,), ("<f8",), finite=True)
    scale = fields.array("scale", (1,), ("<f8",), finite=True)
    fields.refuse_where(scale <= 0, "scale", "above 0")
    return Coordinates(offset, float(scale[0]))


def _decoded_curves(fields):
    losses = fields.view("loss_curve", (None,), ("<f8",))
    fields.refuse_where(~np.isfinite(losses), "loss_curve", "finite")
    validation_losses = fields.view("validation_loss_curve", (None,), ("<f8",))
    if len(validation_losses) > len(losses):
        raise ValueError(
            f"there are losses of {len(losses)} epochs, but of {len(validation_losses)} on the rows held out."
        )
    return losses.tolist(), validation_losses.tolist()


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
    "observed": (("observed_sums", "observed_weights"), _decoded_observed),
    "value_range": (("least", "greatest"), _decoded_range),
}


def _architecture(fields, n_parameters):
    sizes = fields.integers("encoder_sizes", 1)
    if not 2 <= len(sizes) <= _MOST_LAYERS + 1:
        raise ValueError(f"a network has from 2 to {_MOST_LAYERS + 1} sizes; the file has {len(sizes)}.")
    architecture = Architecture(
        sizes,
        fields.choice("activation", ACTIVATIONS, REGISTER_FIRST),
        fields.choice("output_activation", ACTIVATIONS, REGISTER_FIRST),
        fields.flag("tied"),
        fields.optional_integer("n_active", 1, sizes[-1]),
        "thresholded" in fields.rest() and fields.flag("thresholded"),
    )
    if architecture.thresholded and architecture.n_active is None:
        raise ValueError(f"{fields.path}n_active is null, though units stay on by a threshold.")
    fields.end()
    if architecture.n_parameters != n_parameters:
        raise ValueError(
            f"the network has {shortened(architecture.n_parameters)} parameters; the array 'theta' has {n_parameters}."
        )
    return architecture


def _loss(fields, architecture):
    name = fields.choice("loss", LOSSES, REGISTER_FIRST)
    record, output = LOSSES[name], architecture.output_activation
    if output not in record.fused and record.from_output is None:
        raise ValueError(f"the loss {name!r} does not go with the output activation {output!r}.")
    return name


def encode_names(names, arrays, path):
    """Add the names of the features, if there are any: one JSON string in ASCII a line.

    Short lines are padded with blanks. The Python objects made of them then take at most twice their length in memory.
    """
    if names is not None:
        text = b"\n".join(json.dumps(name).encode("ascii").ljust(-(-_memory(name) // 2)) for name in names)
        arrays[f"{path}feature_names"] = np.frombuffer(text, np.uint8)


def decode_names(n_features, fields, beside):
    """The names of the features; None where the file has none.

    Parameters
    ----------
    n_features : int
    fields : Fields
    beside : int
        Bytes of the other arrays of the file; they raise the limit of memory by twice their number.
    """
    if not fields.has_array("feature_names"):
        return None
    text = fields.view("feature_names", (None,), ("|u1",)).tobytes()
    # Counted before they are made into objects.
    n_names = text.count(b"\n") + 1
    if n_names != n_features:
        raise ValueError(f"there are {n_names} names of {n_features} features.")
    names, room = np.empty(n_names, object), 2 * (len(text) + beside) + _SLACK
    # Line by line, since a list of all lines would take as much memory as the names.
    lines = io.BytesIO(text)
    for i in range(n_names):
        names[i] = _name(lines.readline(_LONGEST_NAME))
        room -= _memory(names[i])
        if room < 0:
            raise ValueError(
                f"the names of {n_names} features are given in {len(text)} bytes, and would take far more of memory."
            )
    return names


def _name(line):
    if len(line) == _LONGEST_NAME:
        raise ValueError(f"a name of a feature has to take less than {_LONGEST_NAME} bytes in the file.")
    line = line.decode("ascii")
    if not line.startswith('"'):
        raise ValueError("the names of the features must be strings.")
    return json.loads(line)


def _memory(name):
    """Most bytes that a name takes in memory, with its pointer in an array."""
    return 64 + len(name) if name.isascii() else 88 + 4 * len(name)
