"""to_onnx: a trained autoencoder or a part of it, its scores, a detector or an imputer as an ONNX model."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..estimator.base import BaseAutoencoder
from ..impute import AutoencoderImputer
from ..outlier import AutoencoderOutlierDetector
from ..runtime.version import __version__
from .conversions import decided, detected_by, detector_scores, imputed, imputer_input
from .graph import ELEMENT_TYPES, Graph, check_opset
from .operations import entry_losses, filled, in_precision, layers, row_sums
from .packages import required

# Names of the input and of the output of each part of a network.
PARTS = {"encoder": ("X", "H"), "decoder": ("H", "X_hat"), "autoencoder": ("X", "X_hat")}


# Parts of each kind of estimator; the first is that of part="auto".
_LEGAL = {
    BaseAutoencoder: [*PARTS, "score"],
    AutoencoderOutlierDetector: ["score"],
    AutoencoderImputer: ["transform", "score"],
}


class End(NamedTuple):
    """An input or output of a model.

    Attributes
    ----------
    value : str
        Its name in the graph.
    dtype : dtype
    widths : list of int
        The shape but for the number of rows.
    """

    value: str
    dtype: np.dtype
    widths: list


def to_onnx(estimator, part="auto", *, target_opset=13):
    """Convert an autoencoder or a part of it, a detector or an imputer to an ONNX model, which runs without Python.

    The tensors of the model have any number of rows. They are in the precision of the estimator, but for the input and
    the filled rows of an imputer, which are in float64:

    =============  =======================================  ===========================================
    part           input                                    outputs
    =============  =======================================  ===========================================
    "encoder"      "X" of shape (n_samples, n_features)     "H" of shape (n_samples, n_components),
                                                            that of ``transform``
    "decoder"      "H" of shape (n_samples, n_components)   "X_hat" of shape (n_samples, n_features),
                                                            that of ``inverse_transform``
    "autoencoder"  "X" of shape (n_samples, n_features)     "X_hat" of shape (n_samples, n_features),
                                                            that of ``reconstruct``
    "score"        "X" of shape (n_samples, n_features)     "score" of shape (n_samples,), that of
                                                            ``score_samples``; "feature_scores" of shape
                                                            (n_samples, n_features), the terms of its sum,
                                                            or where it is a distance those of the loss;
                                                            of a detector also "label" and "decision" of
                                                            shape (n_samples,), those of ``predict`` and
                                                            ``decision_function``
    "transform"    "X" of shape (n_samples, n_features)     "X_imputed" of shape (n_samples, n_features +
                                                            n_indicators), that of an imputer's ``transform``
    =============  =======================================  ===========================================

    Scores of an imputer are those of its autoencoder for scaled rows. The scores for ``log_loss`` are calculated from
    the logits: from the outputs of a model of "autoencoder" they cannot be, since units that saturate in float32 are 0
    or 1 there, and since onnxruntime's logistic function is off by a factor of two below -17 and 0 below -18.

    With ``missing_values="mask"`` the model replaces NaN in X by the mean of its column, as ``transform`` does; in
    "feature_scores" such entries are NaN, and "score" leaves them out. It does not check its input. If only the most
    active units of a code are kept, all units that equal the threshold are kept; units that differ only by rounding may
    be kept by one library and not by the other.

    Parameters
    ----------
    estimator : autoencoder of skae, AutoencoderOutlierDetector or AutoencoderImputer
        Fitted on dense or sparse X; the model takes dense X. If X was float32 in training, the model is in float32,
        which more runtimes support than float64.
    part : {"auto", "encoder", "decoder", "autoencoder", "score", "transform"}, default="auto"
        What to convert. "auto" is "encoder" for an autoencoder, "score" for a detector, "transform" for an imputer.
    target_opset : int, default=13
        Version of the ONNX operators, at least 11. The default was released in 2020 (ONNX 1.8; onnxruntime supports it
        from 1.6 on). The IR version of the model is the lowest one for this opset.

    Returns
    -------
    onnx.ModelProto
        Checked by ``onnx.checker``. Its producer is skae. Its metadata hold the class name of the estimator, the part,
        for "score" the loss, and, if X had feature names, these as a JSON list under "feature_names". To save it, write
        ``model.SerializeToString()`` to a file.

    Raises
    ------
    ImportError
        If the package onnx is not installed; ``pip install 'skae[onnx]'`` installs it.
    TypeError
        For another estimator, and for a detector of another one. ``register_skl2onnx`` is for pipelines and others.
    NotFittedError
        For an estimator that is not fitted.
    ValueError
        For an illegal part or version, for scores of an imputer without an autoencoder, and for a network whose
        parameters take more than 2 GiB, the limit of ONNX.

    See Also
    --------
    register_skl2onnx : For whole pipelines.

    Examples
    --------
    >>> from skae import AutoencoderTransformer
    >>> from skae.datasets import load_digits_unit
    >>> from skae.export import to_onnx
    >>> X = load_digits_unit(return_X_y=True, dtype="float32")[0]
    >>> ae = AutoencoderTransformer(16, tol=1e-2, random_state=0).fit(X)
    >>> model = to_onnx(ae)
    >>> [value.name for value in (*model.graph.input, *model.graph.output)]
    ['X', 'H']
    >>> import onnxruntime
    >>> session = onnxruntime.InferenceSession(model.SerializeToString())
    >>> H = session.run(None, {"X": X})[0]
    """
    legal = next((parts for kind, parts in _LEGAL.items() if isinstance(estimator, kind)), None)
    if legal is None:
        raise TypeError(
            "to_onnx takes an autoencoder of skae, an AutoencoderOutlierDetector or an AutoencoderImputer; got "
            f"{estimator!r}. Pipelines and other estimators are converted by skl2onnx, which "
            "skae.export.register_skl2onnx teaches the estimators of skae."
        )
    if not (isinstance(part, str) and part in ("auto", *legal)):
        raise ValueError(f"part must be one of {['auto', *legal]}; got {part!r}.")
    part = legal[0] if part == "auto" else part
    check_is_fitted(estimator)
    onnx = required("onnx")
    check_opset(target_opset, onnx.defs.onnx_opset_version())
    if part in PARTS:
        graph, inputs, outputs = _part(estimator, part)
    else:
        graph, inputs, outputs = _imputed(estimator) if part == "transform" else _scored(estimator)
    model = _model(graph, inputs, outputs, int(target_opset))
    model.graph.name = part
    model.doc_string = (
        f"{part.capitalize()} of {type(estimator).__name__}: {_described(inputs)} to {_described(outputs)}"
    )
    onnx.helper.set_model_props(model, _properties(estimator, part))
    onnx.checker.check_model(model, full_check=True)
    return model


def _part(estimator, part):
    """Graph of a part of an autoencoder, its input and its outputs."""
    network, fill_values = in_precision(estimator, estimator._fitted.network.dtype)
    depth, sizes = network.architecture.depth, network.architecture.sizes
    first = depth if part == "decoder" else 0
    last = depth if part == "encoder" else 2 * depth
    source, target = PARTS[part]
    graph = Graph()
    value = source if part == "decoder" else filled(graph, source, fill_values)
    result = layers(graph, value, network, first, last)
    outputs = {target: End(result, network.dtype, [sizes[last]])}
    return graph, {source: End(source, network.dtype, [sizes[first]])}, outputs


def _imputed(imputer):
    """Graph of ``transform`` of an imputer, its input and its output, in float64 as its scaling."""
    graph, dtype = Graph(), np.dtype(np.float64)
    (result,) = imputed(graph, "X", imputer, dtype)
    outputs = {"X_imputed": End(result, dtype, [len(imputer.get_feature_names_out())])}
    return graph, {"X": End("X", dtype, [imputer.n_features_in_])}, outputs


def _scored(estimator):
    """Graph of the scores of an autoencoder, of a detector or of an imputer, its input and its outputs."""
    graph, inner, x = Graph(), estimator, "X"
    if isinstance(estimator, AutoencoderOutlierDetector):
        inner = detected_by(estimator)
    elif isinstance(estimator, AutoencoderImputer):
        x = imputer_input(graph, "X", estimator, np.dtype(np.float64))
        inner = estimator.estimator_
    network, fill_values = in_precision(inner, inner._fitted.network.dtype)
    dtype = network.dtype
    losses = entry_losses(graph, x, network, inner.loss_, fill_values)
    if getattr(estimator, "_precision", None) is None:
        score = graph.add("Neg", row_sums(graph, losses, network))
    else:
        score = detector_scores(graph, x, estimator, network, fill_values)
    score = graph.add("Reshape", score, graph.constant("as_vector", np.array([-1])))
    features = graph.add("Mul", losses, graph.constant("minus_unit", dtype.type(-network.loss_unit)))
    if fill_values is not None:
        features = graph.add("Where", graph.add("IsNaN", x), graph.constant("no_score", dtype.type(np.nan)), features)
    outputs = {"score": End(score, dtype, []), "feature_scores": End(features, dtype, [estimator.n_features_in_])}
    if isinstance(estimator, AutoencoderOutlierDetector):
        label, decision = decided(graph, score, estimator, dtype)
        outputs.update(label=End(label, np.dtype(np.int64), []), decision=End(decision, dtype, []))
    source = np.dtype(np.float64) if isinstance(estimator, AutoencoderImputer) else dtype
    return graph, {"X": End("X", source, [estimator.n_features_in_])}, outputs


def _model(graph, inputs, outputs, opset):
    """The model of a graph.

    Parameters
    ----------
    graph : Graph
    inputs, outputs : dict of End by name
    opset : int
    """
    helper, from_array = required("onnx.helper"), required("onnx.numpy_helper").from_array
    tensors = [from_array(value, name) for name, value in graph.checked_constants().items()]
    names = {end.value: name for name, end in outputs.items()}
    nodes = [
        helper.make_node(operator, sources, targets, name=targets[0], **attributes)
        for operator, sources, targets, attributes in graph.named(lambda name: names.get(name, name))
    ]
    ends = [
        [
            helper.make_tensor_value_info(name, ELEMENT_TYPES[end.dtype], ["n_samples", *end.widths])
            for name, end in side
        ]
        for side in (inputs.items(), outputs.items())
    ]
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(
        helper.make_graph(nodes, "network", *ends, tensors),
        opset_imports=opsets,
        ir_version=helper.find_min_ir_version_for(opsets),
        producer_name="skae",
        producer_version=__version__,
    )


def _described(ends):
    return ", ".join(f"{name} of shape ({', '.join(map(str, ['n_samples', *e.widths]))})" for name, e in ends.items())


def _properties(estimator, part):
    """Metadata of the model: strings by name."""
    properties = {"estimator": type(estimator).__name__, "part": part}
    if part == "score":
        properties["loss"] = getattr(estimator, "estimator_", estimator).loss_
    if getattr(estimator, "feature_names_in_", None) is not None:
        properties["feature_names"] = json.dumps(list(estimator.feature_names_in_), ensure_ascii=False)
    return properties
