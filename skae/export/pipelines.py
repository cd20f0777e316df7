"""register_skl2onnx: converters with which skl2onnx converts pipelines with estimators of skae."""

from __future__ import annotations

from functools import cache

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..outlier import AutoencoderOutlierDetector
from .conversions import CONVERSIONS, multilabelled
from .graph import Graph, check_opset
from .packages import required

_DETECTOR = f"Skae{AutoencoderOutlierDetector.__name__}"


def register_skl2onnx():
    """Register the estimators of skae with skl2onnx, which can then convert pipelines that contain them.

    Call it once in a process, before ``skl2onnx.to_onnx``; further calls change nothing. Importing skae registers
    nothing. The estimators may be part of a Pipeline, FeatureUnion, ColumnTransformer or search, or be converted alone.

    ============================  ===============================================================================
    estimator                     what is converted
    ============================  ===============================================================================
    the four autoencoders         ``transform``
    AutoencoderOutlierDetector    label (1, or -1 for outliers) and ``decision_function``, each of shape
                                  (n_samples, 1), as of scikit-learn's detectors; of autoencoders of skae alone;
                                  ``options={"score_samples": True}`` adds ``score_samples``, of the same shape
    AutoencoderImputer            ``transform``
    PCANormalizer                 ``transform``
    what ``to_mlp`` gives         ``predict`` of a regressor of one output; of a classifier ``predict`` and
                                  ``predict_proba``, also of several labels a row
    ============================  ===============================================================================

    As always with skl2onnx, the precision is not that of the training: it is float64 if the declared input, or the
    first column of a frame, is float64, and float32 otherwise. A classifier in float64 needs
    ``options={"zipmap": False}``. Subclasses of the estimators are not registered. The graph of an autoencoder is
    described in ``to_onnx``, which does not need skl2onnx.

    Raises
    ------
    ImportError
        If the package skl2onnx is not installed; ``pip install 'skae[onnx]'`` installs it.

    See Also
    --------
    to_onnx : Convert one autoencoder, or its decoder, without skl2onnx.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skae import DenoisingAE
    >>> from skae.datasets import load_digits_unit
    >>> from skae.export import register_skl2onnx
    >>> X, y = load_digits_unit(return_X_y=True, dtype="float32")
    >>> pipeline = make_pipeline(DenoisingAE(16, tol=1e-2, random_state=0), LogisticRegression(max_iter=500)).fit(X, y)
    >>> register_skl2onnx()
    >>> import skl2onnx
    >>> model = skl2onnx.to_onnx(pipeline, X[:1], options={"zipmap": False})
    >>> [value.name for value in model.graph.output]
    ['label', 'probabilities']
    """
    # Imported here, since this takes longer than the import of the whole package.
    from ..estimator.fine_tuning import PERCEPTRONS

    register = required("skl2onnx").update_registered_converter
    for estimator in CONVERSIONS:
        if estimator is not AutoencoderOutlierDetector:
            register(estimator, f"Skae{estimator.__name__}", _transformer_shapes, _convert)
    register(
        AutoencoderOutlierDetector,
        _DETECTOR,
        _detector_shapes,
        _convert,
        parser=_detector_outputs,
        options={"score_samples": [True, False]},
    )
    register(
        PERCEPTRONS["classifier"],
        "SkaeMLPClassifier",
        _classifier_shapes,
        _convert_classifier,
        options={"zipmap": [True, False, "columns"], "output_class_labels": [False, True], "nocl": [True, False]},
    )
    register(
        PERCEPTRONS["regressor"],
        "SkaeMLPRegressor",
        _regressor_shapes,
        required("skl2onnx.operator_converters.multilayer_perceptron").convert_sklearn_mlp_regressor,
    )


def _is_multilabel(classifier):
    """Whether a fitted perceptron is a multilabel classifier."""
    return classifier._label_binarizer.y_type_ == "multilabel-indicator"


def _classifier_shapes(operator):
    """Types and shapes of the label and the probabilities of a perceptron."""
    required("skl2onnx.common.shape_calculator").calculate_linear_classifier_output_shapes(operator)
    classifier = operator.raw_operator
    if _is_multilabel(classifier):
        tensor, n_rows = _checked_input(operator)
        label, probabilities = operator.outputs
        label.type = required("skl2onnx.common.data_types").Int64TensorType([n_rows, classifier.n_outputs_])
        probabilities.type = tensor([n_rows, classifier.n_outputs_])


def _convert_classifier(scope, operator, container):
    """Add a perceptron to the model; a multilabel one by ``multilabelled``.

    For that skl2onnx itself gives four probabilities for two labels, and uses an operator that onnxruntime lacks in
    float64.
    """
    if _is_multilabel(operator.raw_operator):
        _put(multilabelled, scope, operator, container)
    else:
        perceptrons = required("skl2onnx.operator_converters.multilayer_perceptron")
        perceptrons.convert_sklearn_mlp_classifier(scope, operator, container)


def _regressor_shapes(operator):
    """Type and shape of the output of a perceptron, which skl2onnx supports with one column only."""
    regressor = operator.raw_operator
    check_is_fitted(regressor)
    if regressor.n_outputs_ > 1:
        raise ValueError(
            f"skl2onnx converts a perceptron of one output; {type(regressor).__name__} was fitted to "
            f"{regressor.n_outputs_}. Fit one for each column of y."
        )
    required("skl2onnx.common.shape_calculator").calculate_linear_regressor_output_shapes(operator)


def _transformer_shapes(operator):
    """Type and shape of the output of a transformer."""
    tensor, n_rows = _checked_input(operator)
    operator.outputs[0].type = tensor([n_rows, len(operator.raw_operator.get_feature_names_out())])


def _detector_outputs(scope, detector, inputs, custom_parsers=None):
    """Declare the outputs of a detector for some inputs: label, decision and, if requested, score."""
    types = required("skl2onnx.common.data_types")
    tensor = types.guess_tensor_type(inputs[0].type)
    operator = scope.declare_local_operator(_DETECTOR, detector)
    operator.inputs = inputs
    kinds = {"label": types.Int64TensorType(), "scores": tensor}
    if scope.get_options(detector, {"score_samples": False})["score_samples"]:
        kinds["score_samples"] = tensor
    for name, kind in kinds.items():
        operator.outputs.append(scope.declare_local_variable(name, kind))
    return operator.outputs


def _detector_shapes(operator):
    """Types and shapes of the label, the decision and, if requested, the score of a detector."""
    tensor, n_rows = _checked_input(operator)
    label, *scores = operator.outputs
    label.type = required("skl2onnx.common.data_types").Int64TensorType([n_rows, 1])
    for score in scores:
        score.type = tensor([n_rows, 1])


def _checked_input(operator):
    """Class of the floating-point output tensors, and the number of rows."""
    types, estimator = required("skl2onnx.common.data_types"), operator.raw_operator
    check_is_fitted(estimator)
    kinds = ("Float", "Double", "Boolean", "UInt8", "Int8", "Int32", "Int64")
    required("skl2onnx.common.utils").check_input_and_output_types(
        operator, [getattr(types, f"{kind}TensorType") for kind in kinds]
    )
    widths = [variable.get_second_dimension() for variable in operator.inputs]
    if None not in widths and sum(widths) != estimator.n_features_in_:
        raise ValueError(
            f"X has {sum(widths)} features, but {type(estimator).__name__} is expecting {estimator.n_features_in_} "
            "features as input."
        )
    return _tensor(operator), operator.inputs[0].get_first_dimension()


def _tensor(operator):
    """Class of tensors of the precision of an operator: that of its first input, as always in skl2onnx."""
    return type(required("skl2onnx.common.data_types").guess_tensor_type(operator.inputs[0].type))


def _convert(scope, operator, container):
    """Add an estimator to the model that skl2onnx builds."""
    _put(CONVERSIONS[type(operator.raw_operator)], scope, operator, container)


def _put(conversion, scope, operator, container):
    """``_convert`` by a function such as those in ``CONVERSIONS``."""
    check_opset(container.target_opset_any_domain(""), required("onnx").defs.onnx_opset_version())
    graph, estimator = Graph(), operator.raw_operator
    # The graph has its own names for the inputs, so that columns may have any name.
    inputs = {f"X{i}": variable for i, variable in enumerate(operator.inputs)}
    dtype = np.dtype(required("skl2onnx.common.data_types").guess_numpy_type(_tensor(operator)()))
    X = _joined(graph, inputs, _tensor(operator), dtype)
    results = conversion(graph, X, estimator, dtype)
    given = {name: variable.full_name for name, variable in (*inputs.items(), *zip(results, operator.outputs))}
    name_of = cache(lambda name: given[name] if name in given else scope.get_unique_variable_name(name))
    for name, value in graph.checked_constants().items():
        container.add_initializer(name_of(name), None, None, required("onnx.numpy_helper").from_array(value))
    for kind, sources, targets, attributes in graph.named(name_of):
        container.add_node(kind, sources, targets, name=scope.get_unique_operator_name(kind), **attributes)


def _joined(graph, inputs, tensor, dtype):
    """The inputs, for example the columns of a frame, joined to one X in the precision of a class of tensors."""
    parts = [name if isinstance(v.type, tensor) else graph.cast(name, dtype) for name, v in inputs.items()]
    return parts[0] if len(parts) == 1 else graph.add("Concat", *parts, axis=1)
