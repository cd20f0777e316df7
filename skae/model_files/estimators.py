"""Conversion of estimators to JSON and arrays and back, for a closed table of classes."""

from __future__ import annotations

from collections.abc import Callable
from reprlib import repr as shortened
from typing import NamedTuple

import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from ..estimator.parameters import RegisteredName
from ..estimator.registry import ESTIMATORS
from ..impute import AutoencoderImputer
from ..kernels.registry import REGISTER_FIRST
from ..network.factor_analysis import FactorAnalysis
from ..outlier import AutoencoderOutlierDetector
from ..preprocessing import PCANormalizer
from ..tables import TableAutoencoder
from . import autoencoders, parameters, tables
from .autoencoders import decode_names, encode_names
from .fields import FLOATS, Fields, number_field

_IMPORT_FIRST = "Import the module first that declares an autoencoder of its own."

# Of a data frame, where ``set_output`` asks for one.
_CONTAINERS = (None, "default", "pandas", "polars")

# Attributes of the scaler in an imputer, and their fields.
_SCALER = {"mean_": "mean", "scale_": "scale", "var_": "variance"}


class Kind(NamedTuple):
    """How the fitted attributes of one class go to JSON and arrays, and back.

    Attributes
    ----------
    cls : type
    encode : callable (estimator, arrays, path, include_optimizer) -> dict
        Adds arrays whose names begin with the path.
    decode : callable (estimator, fields) -> None
        Sets the attributes.
    """

    cls: type
    encode: Callable
    decode: Callable


def encoded(estimator, include_optimizer):
    """A fitted estimator as JSON and arrays.

    Parameters
    ----------
    estimator : estimator of one of the kinds
    include_optimizer : bool

    Returns
    -------
    model : dict
    arrays : dict of str to ndarray
        Not copied unless necessary.

    Raises
    ------
    TypeError
        For another class, and for a parameter of a type that the format does not support.
    NotFittedError
    """
    arrays = {}
    return _encoded(estimator, arrays, "", include_optimizer, _kinds()), arrays


def decoded(model, arrays):
    """The estimator from the JSON and the arrays that ``encoded`` made.

    Parameters
    ----------
    model : dict
    arrays : dict of str to ndarray
        Copied.

    Returns
    -------
    estimator

    Raises
    ------
    ValueError
        If they are not a complete and consistent estimator of one of the kinds.
    """
    arrays = dict(arrays)
    estimator = _decoded(Fields(model, arrays), _kinds())
    if arrays:
        raise ValueError(f"the array {next(iter(arrays))!r} is not known to this version.")
    return estimator


def _kind_of(estimator, legal):
    """The record of the class of an estimator; subclasses have none, since they may have any attributes."""
    kind = legal.get(type(estimator).__name__)
    if kind is None or kind.cls is not type(estimator):
        raise TypeError(
            f"A model file holds one of {', '.join(legal)}, and no subclass of them; got {estimator!r}. A Pipeline can "
            "go through skops, see skae.model_files.SKOPS_TRUSTED_TYPES."
        )
    return kind


def _encoded(estimator, arrays, path, include_optimizer, legal):
    kind = _kind_of(estimator, legal)
    check_is_fitted(estimator)
    fitted = kind.encode(estimator, arrays, f"{path}fitted/", include_optimizer)
    return {**_encoded_blank(estimator, arrays, path, legal), "fitted": fitted}


def _decoded(fields, legal):
    estimator = _decoded_blank(fields, legal)
    fitted = fields.fields("fitted")
    legal[type(estimator).__name__].decode(estimator, fitted)
    fitted.end()
    fields.end()
    return estimator


# Unfitted estimators, as ``clone`` makes them; also those that are parameters.


def _encoded_blank(estimator, arrays, path, legal):
    cls, path = _kind_of(estimator, legal).cls, f"{path}parameters/"
    values = {
        name: _encoded_parameter(value, name, arrays, path) for name, value in estimator.get_params(deep=False).items()
    }
    container = getattr(estimator, "_sklearn_output_config", {}).get("transform")
    return {"class": cls.__name__, "parameters": values, "set_output": container}


def _encoded_parameter(value, name, arrays, path):
    if name == "estimator" and not (value is None or isinstance(value, str)):
        return _encoded_blank(value, arrays, f"{path}{name}/", _autoencoders())
    return parameters.encoded(value, name, arrays, path)


def _decoded_blank(fields, legal):
    cls = legal[fields.choice("class", legal, _IMPORT_FIRST)].cls
    given, values = fields.fields("parameters"), {}
    for name in given.rest():
        if name not in cls._get_param_names():
            raise ValueError(
                f"{cls.__name__} has no parameter {shortened(name)} in this version. Update skae to the version that "
                "made the file, or a later one."
            )
        values[name] = _decoded_parameter(given, name)
        _check_registered(cls, name, values[name])
    # Parameters that the class has had only since the file was made have their defaults.
    estimator = cls(**values)
    estimator._validate_params()
    container = fields.choice("set_output", _CONTAINERS)
    if container is not None:
        if not hasattr(estimator, "set_output"):
            raise ValueError(f"{cls.__name__} has no set_output.")
        estimator.set_output(transform=container)
    return estimator


def _check_registered(cls, name, value):
    """Raise ValueError for the name of a part that this process does not know; a near one would be another part."""
    for constraint in cls._parameter_constraints[name]:
        if isinstance(constraint, RegisteredName) and isinstance(value, str) and value not in constraint.options:
            raise ValueError(
                f"{name} of {cls.__name__} must be one of {sorted(constraint.options)}; the file has "
                f"{shortened(value)}. {REGISTER_FIRST}"
            )


def _decoded_parameter(given, name):
    value = given.take(name)
    # The estimator of an imputer may be a name.
    if name != "estimator" or not (isinstance(value, dict) and "class" in value):
        return parameters.decoded(value, name, given.arrays, given.path)
    fields = Fields(value, given.arrays, f"{given.path}{name}/")
    estimator = _decoded_blank(fields, _autoencoders())
    fields.end()
    return estimator


# Fitted attributes of the classes other than autoencoders.


def _encode_detector(estimator, arrays, path, include_optimizer):
    inner = _encoded(estimator.estimator_, arrays, f"{path}estimator/", include_optimizer, _autoencoders())
    if estimator._precision is not None:
        arrays[f"{path}precision"] = estimator._precision
    return {"estimator": inner, "offset": number_field(estimator.offset_)}


def _decode_detector(estimator, fields):
    estimator.estimator_ = _decoded(fields.fields("estimator"), _autoencoders())
    estimator.offset_ = fields.number("offset")
    estimator._take_columns()
    estimator.precision_ = None
    if fields.has_array("precision"):
        n_features = estimator.n_features_in_
        estimator.precision_ = fields.array("precision", (n_features, n_features), ("<f8",), finite=True)
        fields.refuse_where(np.diag(estimator.precision_) <= 0, "precision", "greater than 0 on its diagonal")


def _encode_imputer(estimator, arrays, path, include_optimizer):
    scaler, inner = estimator.scaler_, estimator.estimator_
    arrays.update({f"{path}{name}": getattr(scaler, attribute) for attribute, name in _SCALER.items()})
    arrays[f"{path}empty"] = estimator._constant
    if estimator.indicator_ is not None:
        arrays[f"{path}indicated"] = np.isin(np.arange(estimator.n_features_in_), estimator.indicator_.features_)
    encode_names(getattr(estimator, "feature_names_in_", None), arrays, path)
    if inner is not None:
        inner = _encoded(inner, arrays, f"{path}estimator/", include_optimizer, _autoencoders())
    if estimator.linear_ is not None:
        arrays.update({f"{path}linear_{name}": array for name, array in estimator.linear_._asdict().items()})
        arrays[f"{path}linear_weights"] = estimator.linear_weights_
    seen = parameters.encoded(scaler.n_samples_seen_, "n_samples_seen", arrays, path)
    return {"estimator": inner, "n_samples_seen": seen}


def _decode_imputer(estimator, fields):
    inner = fields.optional_fields("estimator")
    estimator.estimator_ = inner = None if inner is None else _decoded(inner, _autoencoders())
    if inner is not None and inner._fitted.statistics.means is None:
        raise ValueError("the autoencoder of an imputer must take missing values.")
    estimator._constant = fields.array("empty", (inner and inner.n_features_in_,), ("|b1",))
    n_features = estimator.n_features_in_ = len(estimator._constant)
    estimator.linear_, estimator.linear_weights_ = _decoded_linear(fields, n_features)
    if (inner is None) != (estimator.linear_weights_ == 1).all():
        raise ValueError(f"all {fields.path}linear_weights must be 1 without an autoencoder, and not all with one.")
    estimator.scaler_ = _decoded_scaler(fields, n_features, estimator._constant)
    indicated = fields.array("indicated", (n_features,), ("|b1",)) if fields.has_array("indicated") else None
    estimator.indicator_ = None if indicated is None else estimator._indicator(indicated)
    _decode_names(estimator, fields, estimator.scaler_.mean_.nbytes)


def _decoded_linear(fields, n_features):
    """The linear model of an imputer, or None, and its weights."""
    if not fields.has_array("linear_weights"):
        return None, np.zeros(n_features)
    weights = fields.array("linear_weights", (n_features,), ("<f8",), finite=True)
    fields.refuse_where((weights < 0) | (weights > 1), "linear_weights", "from 0 to 1")
    shapes = {"means": (n_features,), "loadings": (n_features, None), "noise": (n_features,)}
    arrays = {name: fields.array(f"linear_{name}", shape, ("<f8",), finite=True) for name, shape in shapes.items()}
    fields.refuse_where(arrays["noise"] <= 0, "linear_noise", "greater than 0")
    return FactorAnalysis(**arrays), weights


def _decoded_scaler(fields, n_features, constant):
    scaler = StandardScaler().set_output(transform="default")
    scaler.n_features_in_ = n_features
    for attribute, name in _SCALER.items():
        # The variance of a column without any value is NaN.
        setattr(scaler, attribute, fields.array(name, (n_features,), ("<f8",), finite=name != "variance"))
    fields.refuse_where(scaler.scale_ <= 0, "scale", "greater than 0")
    measured = (scaler.var_ >= 0) & (scaler.var_ < np.inf)
    fields.refuse_where(~(measured | constant), "variance", "at least 0, and finite")
    seen = parameters.decoded(fields.take("n_samples_seen"), "n_samples_seen", fields.arrays, fields.path)
    counts = np.asarray(seen if isinstance(seen, (int, np.number, np.ndarray)) else None)
    is_number = counts.dtype.kind in "iuf" and counts.shape in ((), (n_features,))
    if not (is_number and ((counts >= 0) & (counts < np.inf)).all()):
        raise ValueError(
            f"n_samples_seen must be one finite number of at least 0, or one for each feature; got {shortened(seen)}."
        )
    scaler.n_samples_seen_ = seen
    return scaler


def _encode_normalizer(estimator, arrays, path, include_optimizer):
    arrays[f"{path}mean"] = estimator.mean_
    encode_names(getattr(estimator, "feature_names_in_", None), arrays, path)
    return {"n_samples_seen": estimator.n_samples_seen_}


def _decode_normalizer(estimator, fields):
    estimator.mean_ = fields.array("mean", (None,), ("<f2", *FLOATS), finite=True)
    estimator.n_features_in_ = len(estimator.mean_)
    estimator.n_samples_seen_ = fields.integer("n_samples_seen", 1)
    _decode_names(estimator, fields, estimator.mean_.nbytes)


def _decode_names(estimator, fields, beside):
    names = decode_names(estimator.n_features_in_, fields, beside)
    if names is not None:
        estimator.feature_names_in_ = names


def _encode_table(estimator, arrays, path, include_optimizer):
    inner = _encoded(estimator.estimator_, arrays, f"{path}estimator/", include_optimizer, _autoencoders())
    return {"estimator": inner, "encoder": tables.encode(estimator.encoder_, arrays, f"{path}encoder/")}


def _decode_table(estimator, fields):
    estimator.encoder_ = tables.decode(fields.fields("encoder"))
    estimator.estimator_ = inner = _decoded(fields.fields("estimator"), _autoencoders())
    if inner.n_features_in_ != (width := estimator.encoder_.groups()[-1].stop):
        raise ValueError(f"the autoencoder has {inner.n_features_in_} columns, and encoded rows have {width}.")
    if inner._fitted.statistics.means is None:
        raise ValueError("the autoencoder of a table must take missing values.")
    estimator._take_columns()


def _autoencoders():
    """The kinds of the autoencoders, by name."""
    return {cls.__name__: Kind(cls, autoencoders.encode, autoencoders.decode) for cls in ESTIMATORS.values()}


def _kinds():
    """All kinds, by name."""
    return {**_autoencoders(), **_OTHERS}


_OTHERS = {
    "AutoencoderOutlierDetector": Kind(AutoencoderOutlierDetector, _encode_detector, _decode_detector),
    "AutoencoderImputer": Kind(AutoencoderImputer, _encode_imputer, _decode_imputer),
    "TableAutoencoder": Kind(TableAutoencoder, _encode_table, _decode_table),
    "PCANormalizer": Kind(PCANormalizer, _encode_normalizer, _decode_normalizer),
}
