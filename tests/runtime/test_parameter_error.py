"""ParameterError: its fields, its text in Python and on the command line, and its way between processes."""

import copy
import importlib
import inspect
import pickle

import joblib
import numpy as np
import pytest
from sklearn.utils._param_validation import InvalidParameterError, validate_parameter_constraints

import skae
from skae import AutoencoderOutlierDetector, AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE, stack
from skae.commands.parameters import ESTIMATORS, as_option
from skae.exceptions import ParameterError
from skae.impute import AutoencoderImputer
from skae.runtime.messages import written


def _error(estimator, X=None):
    with pytest.raises(ParameterError) as raised:
        estimator.fit(np.random.default_rng(0).random((20, 4)) if X is None else X)
    return raised.value


# Estimator; parameter, value, legal, remedy; text of Python; text of the command line.
CASES = [
    (
        AutoencoderTransformer(2, loss="log_loss", output_activation="tanh"),
        ("output_activation", "tanh", "'logistic' or 'auto'", "For another output use loss='squared_error'."),
        "loss='log_loss' needs output_activation='logistic' or 'auto'; got output_activation='tanh'. For another "
        "output use loss='squared_error'.",
        "--loss='log_loss' needs --output-activation='logistic' or 'auto'; got --output-activation='tanh'. For another "
        "output use --loss='squared_error'.",
    ),
    (
        AutoencoderTransformer(2, hidden_layer_sizes=(5, 0)),
        ("hidden_layer_sizes", (5, 0), "integers of at least 1", ""),
        "The 'hidden_layer_sizes' parameter of AutoencoderTransformer must hold integers of at least 1; got (5, 0).",
        "The '--hidden-layer-sizes' parameter of AutoencoderTransformer must hold integers of at least 1; got (5, 0).",
    ),
    (
        AutoencoderTransformer(2, early_stopping=True, validation_fraction=0.99),
        (
            "validation_fraction",
            0.99,
            "a fraction that leaves a row to train on",
            "Give more rows, a smaller fraction, or early_stopping=False.",
        ),
        "early_stopping=True with validation_fraction=0.99 leaves no row to train on: n_samples=20. Give more rows, a "
        "smaller fraction, or early_stopping=False.",
        "--early-stopping with --validation-fraction=0.99 leaves no row to train on: n_samples=20. Give more rows, a "
        "smaller fraction, or --no-early-stopping.",
    ),
    (
        DenoisingAE(2, noise_level=2),
        ("noise_level", 2, "[0, 1]", ""),
        "noise_level with corruption='masking' is a probability and must be in [0, 1]; got noise_level=2.",
        "--noise-level with --corruption='masking' is a probability and must be in [0, 1]; got --noise-level=2.",
    ),
    (
        DenoisingAE(2, corruption="gaussian", emphasis=0.5),
        ("emphasis", 0.5, "0", "Set it to 0, or use corruption='masking' or 'salt_and_pepper'."),
        "emphasis must be 0 with corruption='gaussian', which leaves no entry as it was; got emphasis=0.5. Set it to "
        "0, or use corruption='masking' or 'salt_and_pepper'.",
        "--emphasis must be 0 with --corruption='gaussian', which leaves no entry as it was; got --emphasis=0.5. Set "
        "it to 0, or use --corruption='masking' or 'salt_and_pepper'.",
    ),
    (
        SparseAE(2, revive_dead=True, solver="lbfgs"),
        ("solver", "lbfgs", "'adam' or 'kfac' or 'sgd'", "Use one of these, or revive_dead=False."),
        "revive_dead=True changes weights between the epochs: it needs solver='adam' or 'kfac' or 'sgd'; "
        "got solver='lbfgs'. Use one of these, or revive_dead=False.",
        "--revive-dead changes weights between the epochs: it needs --solver='adam' or 'kfac' or 'sgd'; "
        "got --solver='lbfgs'. Use one of these, or --no-revive-dead.",
    ),
    (
        SparseAE(3, sparsity="topk", n_active=2, n_active_transform=1),
        ("n_active_transform", 1, "2 to 3", "None stands for n_active."),
        "n_active_transform must lie between n_active=2 and n_components=3; got n_active_transform=1. None stands for "
        "n_active.",
        "--n-active-transform must lie between --n-active=2 and --n-components=3; got --n-active-transform=1. none "
        "stands for --n-active.",
    ),
    (
        SparseAE(2, activation="relu", sparsity_weight=0.5),
        ("activation", "relu", "'logistic'", "Use that activation, another sparsity, or sparsity_weight=0."),
        "The KL sparsity term of SparseAE (sparsity_weight=0.5) needs activations in (0, 1): activation='logistic'; "
        "got activation='relu'. Use that activation, another sparsity, or sparsity_weight=0.",
        "The KL sparsity term of SparseAE (--sparsity-weight=0.5) needs activations in (0, 1): "
        "--activation='logistic'; got --activation='relu'. Use that activation, another --sparsity, or "
        "--sparsity-weight=0.",
    ),
    (
        AutoencoderTransformer(2, random_state=-1),
        (
            "random_state",
            -1,
            "an int in the range [0, 4294967295], an instance of 'numpy.random.mtrand.RandomState' or None",
            "",
        ),
        "The 'random_state' parameter of AutoencoderTransformer must be an int in the range [0, 4294967295], an "
        "instance of 'numpy.random.mtrand.RandomState' or None. Got -1 instead.",
        "The '--seed' parameter of AutoencoderTransformer must be an int in the range [0, 4294967295] or none. Got -1 "
        "instead.",
    ),
    (
        ContractiveAE(2, max_grad_norm=0),
        ("max_grad_norm", 0, "None or a float in the range (0.0, inf)", ""),
        "The 'max_grad_norm' parameter of ContractiveAE must be None or a float in the range (0.0, inf). Got 0 "
        "instead.",
        "The '--max-grad-norm' parameter of ContractiveAE must be none or a float in the range (0.0, inf). Got 0 "
        "instead.",
    ),
    (
        AutoencoderImputer(AutoencoderTransformer(2)),
        ("missing_values", "error", "'mask'", ""),
        "The estimator of AutoencoderImputer must take missing values: set its missing_values='mask'; got "
        "missing_values='error'.",
        "The estimator of AutoencoderImputer must take missing values: set its --missing-values='mask'; got "
        "--missing-values='error'.",
    ),
]


@pytest.mark.parametrize("estimator, fields, python, command_line", CASES)
def test_an_error_has_fields_and_a_text_for_each_interface(estimator, fields, python, command_line):
    error = _error(estimator)
    assert isinstance(error, ValueError) and isinstance(error, TypeError) and isinstance(error, InvalidParameterError)
    assert (error.parameter, error.value, error.legal, error.remedy) == fields
    assert str(error) == python
    assert written(error, as_option) == command_line


# Illegal for every constraint but "verbose" and those that take any object.
NOTHING = object()


@pytest.mark.parametrize("cls", [*ESTIMATORS.values(), AutoencoderOutlierDetector, AutoencoderImputer])
def test_errors_of_constraints_are_those_of_scikit_learn(cls):
    X, checked = np.zeros((3, 2)), 0
    for name in inspect.signature(cls).parameters:
        constraints = cls._parameter_constraints[name]
        for value in (NOTHING, None, "such", -1, 1.5):
            try:
                validate_parameter_constraints({name: constraints}, {name: value}, cls.__name__)
            except InvalidParameterError as expected:
                error = _error(cls().set_params(**{name: value}), X)
                assert str(error).removesuffix(f" {error.remedy}") == str(expected)
                assert (error.parameter, error.value) == (name, value)
                assert f" must be {error.legal}. Got " in str(expected)
                checked += 1
    assert checked > 4


@pytest.mark.parametrize(
    "fields, remedy, command_line",
    [
        ({"learning_rate": 0.5}, "Did you mean learning_rate_init=0.5?", "Did you mean --learning-rate-init=0.5?"),
        ({"solver": "l-bfgs"}, "Did you mean 'lbfgs'?", "Did you mean 'lbfgs'?"),
        ({"tol": -1}, "", "Got -1 instead."),
    ],
)
def test_the_remedy_of_a_constraint_is_what_was_meant(fields, remedy, command_line):
    error = _error(AutoencoderTransformer(2, **fields))
    assert error.remedy == remedy and str(error).endswith(remedy)
    assert written(error, as_option).endswith(f" {command_line}")


def test_numbers_beyond_float64_have_fields_too():
    error = _error(AutoencoderTransformer(10**400))
    assert (error.parameter, error.value, error.remedy) == ("n_components", 10**400, "Set another value.")
    assert error.legal == "an int or a float, of Python or NumPy, within the range of float64, which ends at 1.8e308"
    assert f"must be {error.legal}; got 1000000" in str(error)


def test_parameters_of_other_functions():
    X = np.random.default_rng(0).random((20, 4))
    ae = AutoencoderTransformer(2, max_iter=2, random_state=0).fit(X)
    for call in (lambda: stack(ae, activation="tanh"), lambda: ae.to_mlp("classifier", activation="tanh")):
        with pytest.raises(ParameterError, match=r"'logistic'; got activation='tanh'\. Leave it out\.$") as raised:
            call()
        error = raised.value
        assert (error.parameter, error.value, error.legal) == ("activation", "tanh", "'logistic'")
        assert error.remedy == "Leave it out."


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
@pytest.mark.parametrize("estimator, fields, python, command_line", [CASES[0], CASES[8]])
def test_copies_keep_fields_and_texts(estimator, fields, python, command_line, copied):
    error = _error(estimator)
    error.add_note("In a search.")
    again = copied(error)
    assert type(again) is ParameterError and again is not error
    assert (again.parameter, again.value, again.legal, again.remedy) == fields
    assert str(again) == python and written(again, as_option) == command_line
    assert again.__notes__ == ["In a search."]


def test_errors_and_warnings_are_imported_by_their_public_names():
    module = importlib.import_module("skae.exceptions")
    assert module is skae.exceptions and module.ParameterError is ParameterError
    assert issubclass(module.PoorFitWarning, module.FitWarning)


@pytest.mark.slow
def test_an_error_comes_back_from_a_process_of_joblib():
    estimator, fields, python, command_line = CASES[0]
    with pytest.raises(ParameterError) as raised:
        joblib.Parallel(n_jobs=2, backend="loky")(joblib.delayed(estimator.fit)(np.eye(4)) for _ in range(2))
    error = raised.value
    assert (error.parameter, error.value, error.legal, error.remedy) == fields
    assert str(error) == python and written(error, as_option) == command_line
