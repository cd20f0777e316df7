"""Numbers as parameters: those that no calculation can use are refused by their name, all others work."""

import fractions

import numpy as np
import pytest
from sklearn.utils._param_validation import Interval

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.impute import AutoencoderImputer

ESTIMATORS = [
    AutoencoderTransformer,
    DenoisingAE,
    SparseAE,
    ContractiveAE,
    AutoencoderOutlierDetector,
    AutoencoderImputer,
]
UNUSABLE = {
    "10**400": 10**400,
    "-10**400": -(10**400),
    "10**5000": 10**5000,
    "fraction": fractions.Fraction(1, 3),
    "nan": np.nan,
    "inf": np.inf,
    "float32 nan": np.float32(np.nan),
}
if np.finfo(np.longdouble).max > np.finfo(np.float64).max:
    UNUSABLE["longdouble"] = np.longdouble("1e400")


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).random((20, 6))


def numeric(cls):
    """Names of the parameters that may be numbers."""
    return [
        name
        for name, constraints in cls._parameter_constraints.items()
        if "random_state" in constraints or any(isinstance(constraint, Interval) for constraint in constraints)
    ]


@pytest.mark.parametrize("value", UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.parametrize("cls", ESTIMATORS)
def test_numbers_that_cannot_be_used_are_refused_by_name(cls, value, X):
    for name in numeric(cls):
        estimator = cls(**{name: value})
        with pytest.raises(ValueError, match=rf"'{name}' parameter of {cls.__name__} must be .*[gG]ot ") as caught:
            estimator.fit(X)
        assert len(str(caught.value)) < 500
        assert not hasattr(estimator, "n_features_in_")


AUTOENCODERS = [AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE]
WRONG = {
    "alpha": -1.0,
    "batch_size": 0,
    "n_components": 2.5,
    "learning_rate_init": np.nan,
    "max_grad_norm": -1,
    "missing_values": "x",
    "warmup_epochs": np.nan,
    "zero_sampling": 5,
    "corruption": "x",
    "emphasis": 5,
    "sparsity": "x",
    "sparsity_weight": -3.0,
    "contraction_weight": np.nan,
    "tol": 10**400,
}


KNOWN = [(cls, name) for cls in AUTOENCODERS for name in WRONG if name in cls._parameter_constraints]


@pytest.mark.parametrize("cls, name", KNOWN)
def test_what_was_set_after_a_training_is_checked_by_the_next(cls, name, X):
    ae = cls(3, max_iter=1, random_state=0).fit(X).set_params(**{name: WRONG[name]})
    before = dict(vars(ae))
    for train in (ae.partial_fit, ae.fit):
        with pytest.raises(ValueError, match=rf"'{name}' parameter of {cls.__name__} must be .*[gG]ot "):
            train(X)
        assert vars(ae) == before


@pytest.mark.parametrize("value", [2**70, np.uint64(2**63 + 1), np.float16(0.5), np.float32(0.5), np.longdouble(0.5)])
@pytest.mark.parametrize("name", ["tol", "max_grad_norm", "warmup_epochs"])
def test_numbers_of_any_type_that_a_float_can_be_made_of(name, value, X):
    estimator = AutoencoderTransformer(3, max_iter=2, **{name: value}).fit(X)
    assert np.isfinite(estimator.transform(X)).all()


@pytest.mark.parametrize("value", [np.int8(1), np.float16(1e-3), np.float32(1e-3), np.longdouble(1e-3)])
@pytest.mark.parametrize("name", ["alpha", "learning_rate_init"])
def test_strengths_and_rates_of_any_type(name, value, X):
    assert np.isfinite(AutoencoderTransformer(3, max_iter=2, **{name: value}).fit(X).loss_curve_).all()


@pytest.mark.parametrize("name", ["batch_size", "max_iter", "n_iter_no_change"])
def test_integers_by_which_nothing_is_allocated_may_be_of_any_size(name, X):
    settings = {"max_iter": 2, "n_iter_no_change": 1, "tol": 0.5, name: 2**70}
    estimator = AutoencoderTransformer(3, **settings).fit(X)
    assert estimator.n_iter_ == 2


@pytest.mark.parametrize("width", [2**40, 2**70, 10**300], ids=["2**40", "2**70", "10**300"])
@pytest.mark.parametrize("cls", [AutoencoderTransformer, SparseAE])
def test_codes_that_no_memory_holds(cls, width, X):
    with pytest.raises(ValueError, match=r"n_components=.* of 6 features a network of at least 2\*\*.* smaller widths"):
        cls(width).fit(X)


@pytest.mark.parametrize("width", [2**40, 10**400, 10**5000], ids=["2**40", "10**400", "10**5000"])
def test_layers_that_no_memory_holds(width, X):
    with pytest.raises(ValueError, match=r"hidden_layer_sizes=.* smaller widths") as caught:
        AutoencoderTransformer(3, hidden_layer_sizes=(4, width)).fit(X)
    assert len(str(caught.value)) < 500


def test_widths_that_are_no_widths_are_shown_in_short(X):
    with pytest.raises(
        ValueError, match=r"'hidden_layer_sizes' parameter .* must hold integers of at least 1; got"
    ) as caught:
        AutoencoderTransformer(3, hidden_layer_sizes=(10**5000, -1)).fit(X)
    assert len(str(caught.value)) < 500
