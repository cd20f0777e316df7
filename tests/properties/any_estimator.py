"""Estimators with parameters of every kind, right or wrong, that train for three epochs, or for "auto"."""

import decimal
import enum
import fractions
import inspect

import numpy as np
import pandas as pd
from any_matrix import rarely
from hypothesis import strategies as st

from skae import AutoencoderOutlierDetector, AutoencoderTransformer, ContractiveAE, DenoisingAE, SparseAE
from skae.impute import AutoencoderImputer
from skae.kernels.activations import ACTIVATIONS
from skae.kernels.corruptions import CORRUPTIONS
from skae.kernels.losses import LOSSES
from skae.preprocessing import PCANormalizer

AUTOENCODERS = (AutoencoderTransformer, DenoisingAE, SparseAE, ContractiveAE)


class Colour(enum.Enum):
    RED = 1


class Word(enum.StrEnum):
    TANH = "tanh"


class Number(enum.IntEnum):
    TWO = 2


# Wrong for nearly every parameter, and right for some.
WRONG = (
    None,
    "",
    "auto",
    "nonsense",
    b"tanh",
    0,
    -1,
    0.0,
    -0.5,
    0.5,
    1.0,
    1.5,
    2.5,
    1e308,
    5e-324,
    -1e308,
    10**12,
    2**63,
    -(10**400),
    10**400,
    np.nan,
    np.inf,
    -np.inf,
    1j,
    True,
    False,
    np.True_,
    np.int64(2),
    np.uint8(3),
    np.int8(-2),
    np.float32(0.5),
    np.float16(np.nan),
    np.float64(1e300),
    np.longdouble("1e4000"),
    np.str_("tanh"),
    np.datetime64("2020"),
    np.timedelta64(5, "s"),
    decimal.Decimal("0.5"),
    decimal.Decimal("NaN"),
    fractions.Fraction(1, 2),
    fractions.Fraction(10**400, 3),
    Colour.RED,
    Word.TANH,
    Number.TWO,
    (),
    [],
    {},
    set(),
    (2,),
    [2, 3],
    (0,),
    (2.0,),
    ("2",),
    (None,),
    ((2, 3), (4, 5)),
    {2, 3},
    {2: 3},
    range(2, 4),
    np.array(2),
    np.array([2, 3]),
    np.array([2.0, 3.0]),
    np.ones((2, 2), int),
    np.array([]),
    pd.Series([2, 3]),
    slice(2),
    object(),
    int,
    len,
    lambda: 1,
    np.random.default_rng(0),
    np.random.RandomState(0),
    np.random,
    AutoencoderTransformer(),
    AutoencoderTransformer,
)

RIGHT = {
    "n_components": (1, 2, 3, 8, 30),
    "hidden_layer_sizes": ((), (3,), [2, 4], (1, 1, 1), np.array([3])),
    "activation": sorted(ACTIVATIONS),
    "output_activation": ("auto", *sorted(ACTIVATIONS)),
    "loss": ("auto", *sorted(LOSSES)),
    "tied_weights": (False, True),
    "alpha": (0.0, 1e-3, 1),
    "init": ("auto", "glorot"),
    "solver": ("auto", "adam", "sgd", "kfac", "lbfgs"),
    "learning_rate_init": ("auto", 1e-3, 1e-2),
    "learning_rate": ("auto", "annealed", "constant", "cosine", "plateau"),
    "warmup_epochs": (0, 1, 0.5),
    "max_grad_norm": (None, 1.0),
    "batch_size": ("auto", 1, 3),
    "max_iter": ("auto", 1, 2, 3),
    "tol": (0, 1e-4, 1.0),
    "n_iter_no_change": (1, 10),
    "missing_values": ("error", "mask"),
    "zero_sampling": (None, 0.5, 1),
    "early_stopping": (False, True),
    "validation_fraction": (0.1, 0.5),
    "shuffle": (False, True),
    "random_state": range(10),
    "warm_start": (False, True),
    "verbose": (False, True, 2),
    "corruption": sorted(CORRUPTIONS),
    "noise_level": (0.0, 0.3, 1),
    "emphasis": (0.0, 0.5, 1),
    "sparsity": ("kl", "l1", "topk", "batchtopk", "lifetime"),
    "sparsity_target": (0.05, 0.5),
    "sparsity_weight": (0.0, 0.1),
    "n_active": (1, 2),
    "n_active_transform": (None, 1, 2),
    "anneal_epochs": (0, 1),
    "revive_dead": (False, True),
    "unit_norm": (False, True),
    "aux_weight": (0, 1 / 32),
    "n_aux": ("auto", 2),
    "nested_sizes": (None, (), (1,), [1, 2], np.array([1])),
    "sparse_output": (False, True),
    "contraction_weight": (0.0, 0.1),
    "contamination": ("auto", 0.1, 0.5),
    "calibration": ("auto", "cross-fit", "training"),
    "distance": ("auto", "loss", "mahalanobis"),
    "add_indicator": (False, True),
}

# Legal as well, and further out than anyone goes.
EXTREME = {
    "alpha": (1e10, 1e300, 5e-324),
    "learning_rate_init": (1e-320, 1, 1e5, 1e300),
    "warmup_epochs": (1e300, 1e-300),
    "max_grad_norm": (1e-320, 1e300),
    "batch_size": (10**15,),
    "tol": (1e300, 5e-324),
    "n_iter_no_change": (10**15,),
    "zero_sampling": (1e-300,),
    "validation_fraction": (1e-300, 0.999),
    "noise_level": (1e300, 1e-300),
    "sparsity_target": (1e-300, 1 - 1e-16),
    "sparsity_weight": (1e300, 1e-300),
    "n_active": (25,),
    "n_active_transform": (3,),
    "anneal_epochs": (10**15,),
    "contraction_weight": (1e300, 1e-300),
    "contamination": (1e-300,),
}


def trains_long(name, value):
    """Whether a value of a parameter is one with which an example would not come to its end."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, np.timedelta64)
    return name == "max_iter" and whole and value > 3


@st.composite
def parameters(draw, cls, settings=()):
    """Parameters of a class: a few that are right beside the defaults, and now and then one or two that are wrong."""
    names = [name for name in inspect.signature(cls).parameters if name not in ("estimator", *settings)]
    chosen = draw(st.lists(st.sampled_from(names), max_size=6, unique=True))
    values = {}
    for name in chosen:
        right = st.sampled_from(RIGHT[name])
        values[name] = draw(rarely(st.sampled_from(EXTREME[name]), right) if name in EXTREME else right)
    for name in draw(rarely(st.lists(st.sampled_from(names), min_size=1, max_size=2), st.just([]), 5)):
        value = draw(st.sampled_from(WRONG))
        if not trains_long(name, value):
            values[name] = value
    return {"random_state": 0, **values} if "random_state" in names else values


@st.composite
def autoencoders(draw, classes=AUTOENCODERS, **settings):
    cls = draw(st.sampled_from(classes))
    usual = {"n_components": 2, "max_iter": 2, "n_active": 1}
    usual = {name: value for name, value in usual.items() if name in inspect.signature(cls).parameters}
    return cls(**{**usual, **settings, **draw(parameters(cls, settings))})


@st.composite
def imputers(draw):
    """With an estimator of its own: the default one is too large for many examples."""
    missing_values = draw(rarely(st.sampled_from((0, -1, 0.5, 1e300, np.nan, pd.NA, np.inf, *WRONG)), st.just(np.nan)))
    inner = rarely(autoencoders(), autoencoders(missing_values="mask"), 8)
    inner = rarely(st.just("linear"), inner, 5)
    estimator = draw(rarely(st.sampled_from([value for value in WRONG if value is not None]), inner, 10))
    others = draw(parameters(AutoencoderImputer, ["estimator", "missing_values"]))
    return AutoencoderImputer(estimator, missing_values=missing_values, **others)


@st.composite
def detectors(draw):
    estimator = draw(rarely(st.sampled_from(WRONG), autoencoders(), 10))
    return AutoencoderOutlierDetector(estimator, **draw(parameters(AutoencoderOutlierDetector)))


@st.composite
def normalizers(draw):
    """All but those that are to change X."""
    return PCANormalizer(
        copy=draw(st.sampled_from([True] * len(WRONG) + [value for value in WRONG if value is not False]))
    )


SUBJECTS = {
    **{cls.__name__: autoencoders((cls,)) for cls in AUTOENCODERS},
    "AutoencoderImputer": imputers(),
    "AutoencoderOutlierDetector": detectors(),
    "PCANormalizer": normalizers(),
}
