"""Parameters: each comes back with its value and its type."""

import collections
import fractions

import numpy as np
import pytest
from model_cases import SETTINGS, rows, same

from skae import AutoencoderTransformer, DenoisingAE, load, save

VALUES = {
    "alpha": [0, 0.1, 1e-320, np.float32(0.1), np.float64(0.1), np.float16(0.1), np.int64(3)],
    "n_components": [5, np.int32(5), np.uint8(5)],
    "max_grad_norm": [None, 1.5],
    "hidden_layer_sizes": [
        (),
        [],
        (4, 3),
        [4, 3],
        (np.int64(4), 3),
        [np.int8(4)],
        np.array([4, 3]),
        np.array([4], np.int16),
    ],
    "activation": ["tanh", np.str_("tanh")],
    "batch_size": ["auto", 7, np.str_("auto")],
    "shuffle": [False, np.bool_(False)],
    "verbose": [0, False],
    "random_state": [None, 0, np.int64(2), np.random.RandomState(3)],
    "warm_start": [True],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in VALUES.items() for value in values],
    ids=lambda value: value if type(value) is str else f"{type(value).__name__}",
)
def test_parameters_come_back(name, value, tmp_path):
    estimator = AutoencoderTransformer(**{**SETTINGS, name: value}).fit(rows())
    save(estimator, tmp_path / "model.skae")
    loaded = load(tmp_path / "model.skae")
    assert same(getattr(loaded, name), value)
    if name != "random_state":
        assert repr(loaded) == repr(estimator)


def test_a_random_state_goes_on_where_it_was(tmp_path):
    state = np.random.RandomState(0)
    state.normal()
    estimator = DenoisingAE(**{**SETTINGS, "random_state": state}).fit(rows())
    save(estimator, tmp_path / "model.skae")
    loaded = load(tmp_path / "model.skae")
    assert same(loaded.fit(rows())._fitted.network, estimator.fit(rows())._fitted.network)
    assert same(loaded.random_state.normal(size=3), state.normal(size=3))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha", fractions.Fraction(1, 3)),
        ("alpha", np.longdouble(0.1)),
        ("hidden_layer_sizes", range(3, 5)),
        ("hidden_layer_sizes", collections.deque([3, 4])),
        ("hidden_layer_sizes", [3, range(2)]),
        ("hidden_layer_sizes", ((3,), 4)),
        ("hidden_layer_sizes", np.array([[3]])),
        ("hidden_layer_sizes", np.array([3], object)),
        ("random_state", np.random.RandomState(np.random.PCG64(0))),
    ],
)
def test_types_that_a_file_does_not_hold(name, value, tmp_path):
    estimator = AutoencoderTransformer(**SETTINGS).fit(rows()).set_params(**{name: value})
    with pytest.raises(TypeError, match=rf"got {name}\S*=.* of type \w+\. Replace it with set_params, by a tuple"):
        save(estimator, tmp_path / "model.skae")


def test_widths_of_any_kind_can_be_saved_once_they_are_a_tuple(tmp_path):
    estimator = AutoencoderTransformer(**{**SETTINGS, "hidden_layer_sizes": range(3, 5)}).fit(rows())
    save(estimator.set_params(hidden_layer_sizes=(3, 4)), tmp_path / "model.skae")
    assert load(tmp_path / "model.skae").hidden_layer_sizes == (3, 4)


def test_a_parameter_that_is_not_finite(tmp_path):
    estimator = AutoencoderTransformer(**SETTINGS).fit(rows()).set_params(tol=np.inf)
    with pytest.raises(ValueError, match=r"cannot be saved: .*'tol'.*inf"):
        save(estimator, tmp_path / "model.skae")
