"""Names and values of other libraries, and misspelt ones: the error names what was meant."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import InvalidParameterError

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE

ESTIMATORS = [AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE]
every_estimator = pytest.mark.parametrize("cls", ESTIMATORS)


@pytest.fixture
def X(rng):
    return rng.standard_normal((20, 9))


@pytest.mark.parametrize(
    "name, meant",
    [
        ("epochs", "max_iter"),
        ("lr", "learning_rate_init"),
        ("optimizer", "solver"),
        ("latent_dim", "n_components"),
        ("weight_decay", "alpha"),
        ("seed", "random_state"),
        ("tied_weight", "tied_weights"),
        ("hidden_layer_size", "hidden_layer_sizes"),
    ],
)
@every_estimator
def test_an_unknown_parameter_is_told_with_a_near_one(cls, name, meant):
    expected = rf"^{cls.__name__}\(\) got an unexpected keyword argument '{name}'. Did you mean '{meant}'\?$"
    with pytest.raises(TypeError, match=expected):
        cls(**{name: 3})
    assert meant in cls().get_params()


@every_estimator
def test_a_parameter_like_no_other_is_told_with_all(cls):
    with pytest.raises(TypeError, match=r"argument 'zzz'. It has n_components, .*hidden_layer_sizes, .*verbose\.$"):
        cls(zzz=3)


def test_the_error_names_the_class_that_was_called():
    class Own(DenoisingAE):
        """Own."""

    with pytest.raises(TypeError, match=r"^Own\(\) got an unexpected keyword argument 'epochs'"):
        Own(epochs=3)
    assert clone(Own(3)).n_components == 3


@pytest.mark.parametrize(
    "name, value, meant",
    [
        ("activation", "sigmoid", "'logistic'"),
        ("activation", "Tanh", "'tanh'"),
        ("output_activation", "linear", "'identity'"),
        ("loss", "mse", "'squared_error'"),
        ("loss", "binary_crossentropy", "'log_loss'"),
        ("solver", "L-BFGS", "'lbfgs'"),
        ("solver", "adm", "'adam'"),
        ("learning_rate", "adaptive", "'plateau'"),
        ("learning_rate", 0.01, "learning_rate_init=0.01"),
        ("missing_values", "ignore", "'mask'"),
    ],
)
@every_estimator
def test_a_wrong_value_is_told_with_a_near_one(cls, name, value, meant, X):
    ae = cls(3, max_iter=1, **{name: value})
    with pytest.raises(InvalidParameterError, match=rf"'{name}' parameter of {cls.__name__} must be .*[gG]ot ") as told:
        ae.fit(X)
    assert str(told.value).endswith(f" instead. Did you mean {meant}?")


@pytest.mark.parametrize(
    "ae, meant",
    [
        (DenoisingAE(corruption=0.3), "noise_level=0.3"),
        (DenoisingAE(corruption="salt-and-peper"), "'salt_and_pepper'"),
        (SparseAE(sparsity="k-sparse"), "'topk'"),
        (SparseAE(sparsity=2), "sparsity_weight=2"),
    ],
)
def test_values_of_parameters_that_not_all_have(ae, meant, X):
    with pytest.raises(InvalidParameterError) as told:
        ae.fit(X)
    assert str(told.value).endswith(f"Did you mean {meant}?")


@pytest.mark.parametrize(
    "name, value", [("learning_rate", "swish"), ("tied_weights", "yes"), ("loss", 3.0), ("tol", -1)]
)
def test_there_is_no_hint_where_nothing_is_near(name, value, X):
    with pytest.raises(InvalidParameterError, match=r"Got .* instead\.$"):
        AutoencoderTransformer(3, **{name: value}).fit(X)


def test_other_estimators_keep_their_messages(X):
    with pytest.raises(InvalidParameterError, match=r"'estimator' parameter of AutoencoderOutlierDetector must be"):
        AutoencoderOutlierDetector("mse").fit(X)


@pytest.mark.parametrize(
    "hidden, code, meant",
    [
        ((8, 2, 8), 64, r"n_components=2 and hidden_layer_sizes=\(8,\)"),
        (np.array([8, 2, 8]), 2, r"n_components=2 and hidden_layer_sizes=\(8,\)"),
        ([8, 2, 8], 5, r"n_components=2 and hidden_layer_sizes=\(8,\)"),
        ((8, 4, 2, 4, 8), 3, r"n_components=2 and hidden_layer_sizes=\(8, 4\)"),
        ((8, 2), 8, r"n_components=2 and hidden_layer_sizes=\(8,\)"),
        # With the output, of as many columns as X has.
        ((4, 2, 4, 9), 3, r"n_components=2 and hidden_layer_sizes=\(4,\)"),
        ((2, 9), 3, r"n_components=2 and hidden_layer_sizes=\(\)"),
    ],
)
@every_estimator
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_layers_of_a_decoder_are_told(cls, hidden, code, meant, X):
    ae = cls(code, hidden_layer_sizes=hidden, max_iter=1, random_state=0)
    layers = ", ".join(map(str, [*hidden, code, *hidden[::-1], 9]))
    with pytest.warns(UserWarning, match=rf"encoder and its decoder.* make the layers {layers}\. .*set {meant}"):
        ae.fit(X)
    # Once: a training that goes on has nothing to add.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ae.partial_fit(X)


@pytest.mark.parametrize("hidden, code", [((8, 4), 2), ((8, 8, 8), 2), ((2, 8, 2), 3), ((8,), 8), (5, 9), ((6, 9), 4)])
def test_layers_of_an_encoder_are_not(hidden, code, X):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        AutoencoderTransformer(code, hidden_layer_sizes=hidden, max_iter=1).fit(X)
