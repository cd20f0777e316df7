"""to_onnx: a trained autoencoder, its encoder or its decoder as an ONNX model."""

from __future__ import annotations

import json

from sklearn.utils.validation import check_is_fitted

from ..estimator.base import BaseAutoencoder
from ..runtime.version import __version__
from .graph import ELEMENT_TYPES, Graph, check_opset
from .operations import filled, in_precision, layers
from .packages import required

# Names of the input and of the output of each part.
PARTS = {"encoder": ("X", "H"), "decoder": ("H", "X_hat"), "autoencoder": ("X", "X_hat")}


def to_onnx(estimator, part="encoder", *, target_opset=13):
    """Convert a trained autoencoder, its encoder or its decoder to an ONNX model, which runs without Python.

    The model has one input and one output tensor, with any number of rows, in the precision of the estimator:

    =============  =======================================  ===========================================
    part           input                                    output
    =============  =======================================  ===========================================
    "encoder"      "X" of shape (n_samples, n_features)     "H" of shape (n_samples, n_components),
                                                            that of ``transform``
    "decoder"      "H" of shape (n_samples, n_components)   "X_hat" of shape (n_samples, n_features),
                                                            that of ``inverse_transform``
    "autoencoder"  "X" of shape (n_samples, n_features)     "X_hat" of shape (n_samples, n_features),
                                                            that of ``reconstruct``
    =============  =======================================  ===========================================

    With ``missing_values="mask"`` the model replaces NaN in X by the mean of its column, as ``transform`` does. It does
    not check its input. If only the most active units of a code are kept, all units that equal the threshold are kept;
    units that differ only by rounding may be kept by one library and not by the other.

    Parameters
    ----------
    estimator : AutoencoderTransformer, DenoisingAE, SparseAE or ContractiveAE
        Fitted on dense or sparse X; the model takes dense X. If X was float32 in training, the model is in float32,
        which more runtimes support than float64.
    part : {"encoder", "decoder", "autoencoder"}, default="encoder"
        What to convert.
    target_opset : int, default=13
        Version of the ONNX operators, at least 11. The default was released in 2020 (ONNX 1.8; onnxruntime supports it
        from 1.6 on). The IR version of the model is the lowest one for this opset.

    Returns
    -------
    onnx.ModelProto
        Checked by ``onnx.checker``. Its producer is skae. Its metadata hold the class name of the estimator, the part
        and, if X had feature names, these as a JSON list under "feature_names". To save it, write
        ``model.SerializeToString()`` to a file.

    Raises
    ------
    ImportError
        If the package onnx is not installed; ``pip install 'skae[onnx]'`` installs it.
    TypeError
        For anything but an autoencoder of skae. ``register_skl2onnx`` is for pipelines and other estimators.
    NotFittedError
        For an estimator that is not fitted.
    ValueError
        For an illegal part or version, and for a network whose parameters take more than 2 GiB, the limit of ONNX.

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
    if not isinstance(estimator, BaseAutoencoder):
        raise TypeError(
            f"to_onnx takes an autoencoder of skae; got {estimator!r}. Pipelines and other estimators are converted by "
            "skl2onnx, which skae.export.register_skl2onnx teaches the estimators of skae."
        )
    if not (isinstance(part, str) and part in PARTS):
        raise ValueError(f"part must be one of {list(PARTS)}; got {part!r}.")
    check_is_fitted(estimator)
    onnx = required("onnx")
    check_opset(target_opset, onnx.defs.onnx_opset_version())
    graph, result, ends = _part(estimator, part)
    model = _model(graph, result, ends, estimator._fitted.network.dtype, int(target_opset))
    model.graph.name = part
    model.doc_string = f"{part.capitalize()} of {type(estimator).__name__}: " + " to ".join(
        f"{name} of shape (n_samples, {width})" for name, width in ends.items()
    )
    onnx.helper.set_model_props(model, _properties(estimator, part))
    onnx.checker.check_model(model, full_check=True)
    return model


def _part(estimator, part):
    """Graph of a part, the name of its result, and the number of columns of the input and of the output by name."""
    network, fill_values = in_precision(estimator, estimator._fitted.network.dtype)
    depth, sizes = network.architecture.depth, network.architecture.sizes
    first = depth if part == "decoder" else 0
    last = depth if part == "encoder" else 2 * depth
    source, target = PARTS[part]
    graph = Graph()
    value = source if part == "decoder" else filled(graph, source, fill_values)
    return graph, layers(graph, value, network, first, last), {source: sizes[first], target: sizes[last]}


def _model(graph, result, ends, dtype, opset):
    """The model of a graph.

    Parameters
    ----------
    graph : Graph
    result : str
        Name of the output in the graph.
    ends : dict of int by name
        Number of columns of the input, which has the same name in the graph, and then of the output.
    dtype : dtype
        Of both.
    opset : int
    """
    helper, from_array = required("onnx.helper"), required("onnx.numpy_helper").from_array
    tensors = [from_array(value, name) for name, value in graph.checked_constants().items()]
    source, target = ends
    nodes = [
        helper.make_node(operator, inputs, outputs, name=outputs[0], **attributes)
        for operator, inputs, outputs, attributes in graph.named(lambda name: target if name == result else name)
    ]
    ends = [helper.make_tensor_value_info(name, ELEMENT_TYPES[dtype], ["n_samples", k]) for name, k in ends.items()]
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(
        helper.make_graph(nodes, "network", ends[:1], ends[1:], tensors),
        opset_imports=opsets,
        ir_version=helper.find_min_ir_version_for(opsets),
        producer_name="skae",
        producer_version=__version__,
    )


def _properties(estimator, part):
    """Metadata of the model: strings by name."""
    properties = {"estimator": type(estimator).__name__, "part": part}
    if hasattr(estimator, "feature_names_in_"):
        properties["feature_names"] = json.dumps(list(estimator.feature_names_in_), ensure_ascii=False)
    return properties
