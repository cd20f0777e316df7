"""Any input and any parameters: finite results, or an error that says what is wrong and leaves all as it was."""

from numbers import Integral

import numpy as np
import pytest
from any_estimator import AUTOENCODERS, SUBJECTS, autoencoders, parameters
from any_matrix import matrices, rarely, sample_weights
from contract import Refused, check_training, check_use, fingerprint, refusing
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from skae import AutoencoderTransformer, stack


@st.composite
def trainings(draw):
    """One to three calls that train, most of them on rows of one width: method, X and sample_weight."""
    n_columns, n_rows = draw(st.sampled_from((1, 2, 3, 5, 20))), draw(st.sampled_from((1, 2, 3, 8, 60)))
    calls = []
    for _ in range(draw(rarely(st.integers(2, 3), st.just(1)))):
        X = draw(matrices(n_columns=n_columns, n_rows=n_rows))
        calls.append((draw(rarely(st.just("partial_fit"), st.just("fit"), 3)), X, draw(sample_weights(n_rows))))
    return calls


def set_anew(data, estimator):
    """Now and then set some parameters of an autoencoder that may be fitted."""
    if isinstance(estimator, AUTOENCODERS):
        estimator.set_params(**data.draw(rarely(parameters(type(estimator)), st.just({}))))


def asks_for_memory(estimator):
    """Whether a size among the parameters is one for which there is no memory."""
    widths = (estimator.get_params().get(name, 0) for name in ("n_components", "estimator__n_components"))
    return any(isinstance(width, Integral) and width >= 10**9 for width in widths)


def is_reproducible(estimator):
    seeds = (value for name, value in estimator.get_params().items() if name.endswith("random_state"))
    return all(isinstance(seed, Integral) for seed in seeds)


def check_uses(estimator, X, other_code=None):
    """All that a fitted estimator does with rows, which need not be those that it was fitted to."""
    uses = {name for name in USES if hasattr(estimator, name)}
    for name in sorted(uses):
        check_use(estimator, name, X, dtypes=USES[name])
    if "transform" not in uses:
        return
    code = check_use(estimator, "transform", X)
    if code is not None:
        assert code.shape[1] == len(estimator.get_feature_names_out())
    if hasattr(estimator, "inverse_transform"):
        for H in (code, other_code):
            if H is not None:
                check_use(estimator, "inverse_transform", H)
    if getattr(estimator, "missing_values", None) == "error":
        check_use(estimator, "reconstruction_error", X, per_feature=True)


FLOATS = (np.float32, np.float64)
USES = {
    "transform": FLOATS,
    "reconstruct": FLOATS,
    "score": FLOATS,
    "score_samples": FLOATS,
    "reconstruction_error": FLOATS,
    "decision_function": FLOATS,
    "predict": (np.int64,),
}


QUICK = "AutoencoderTransformer"


@pytest.mark.parametrize(
    "subject",
    [QUICK, *(pytest.param(subject, marks=pytest.mark.slow) for subject in sorted(SUBJECTS.keys() - {QUICK}))],
)
@given(data=st.data())
def test_finite_results_or_an_error(subject, data):
    estimator, calls = data.draw(SUBJECTS[subject]), data.draw(trainings())
    fitted = False
    for number, (method, X, sample_weight) in enumerate(calls):
        if number > 0:
            set_anew(data, estimator)
        if not hasattr(estimator, method):
            continue
        # PCANormalizer takes no weights.
        sample_weight = None if subject == "PCANormalizer" else sample_weight
        done = check_training(estimator, method, X, sample_weight, asks_for_memory(estimator))
        fitted |= done
        if done and number == 0 and is_reproducible(estimator):
            other = clone(estimator)
            assert check_training(other, method, X, sample_weight)
            assert fingerprint(vars(other)) == fingerprint(vars(estimator))
    if fitted:
        set_anew(data, estimator)
        X = calls[-1][1] if data.draw(st.booleans()) else data.draw(matrices(n_columns=estimator.n_features_in_))
        code = data.draw(rarely(st.none(), matrices(n_columns=getattr(estimator, "_n_features_out", 1))))
        check_uses(estimator, X, code)


@st.composite
def layers(draw):
    """Fitted autoencoders of which most are each trained on the code of the one before."""
    H, fitted = np.random.default_rng(0).random((8, 4)), []
    fixed = draw(st.sampled_from(({"activation": "tanh", "output_activation": "tanh", "loss": "squared_error"}, {})))
    for _ in range(draw(st.integers(0, 3))):
        estimator = draw(autoencoders(AUTOENCODERS, **fixed))
        try:
            with refusing(estimator, asks_for_memory(estimator)):
                estimator.fit(H)
                fitted.append(estimator)
                H = estimator.transform(H)
        except Refused:
            fitted += draw(st.sampled_from(([], [estimator], [None])))
            break
    return fitted


@given(layers=layers(), parameters=parameters(AutoencoderTransformer), data=st.data())
def test_stacks(layers, parameters, data):
    before = fingerprint(layers)
    try:
        with refusing(AutoencoderTransformer()):
            deep = stack(*layers, **parameters)
    except Refused:
        return
    finally:
        assert fingerprint(layers) == before
    X = data.draw(matrices(n_columns=4, n_rows=8))
    check_uses(deep, X)
    if check_training(deep, "fit", X, sized=asks_for_memory(deep)):
        check_uses(deep, X)
    assert fingerprint(layers) == before
